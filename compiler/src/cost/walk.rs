//! Counts a function.

use super::{Atom, Cost, Costs, Counts, Poly, Spans, Temporary};
use dfn_ir::DType;
use dfn_ir::loops::{Block, Chance, For, FuncId, Function, If, Stmt, Ty, Var, While};
use dfn_ir::scalar::{Scalar, ScalarOp, eval};
use std::collections::HashMap;

/// Counts a function whose callees have been counted.
pub(super) fn walk(
    spans: &Spans,
    costs: &Costs,
    (id, function): (FuncId, &Function),
    unknown: &mut usize,
) -> Cost {
    let mut walk = Walk {
        spans,
        costs,
        id,
        function,
        values: HashMap::new(),
        strips: HashMap::new(),
        unknown,
        depth: 0,
        cost: Cost::default(),
    };
    for (k, &param) in function.params.iter().enumerate() {
        walk.values.insert(param, Poly::atom(Atom::Param(k)));
    }
    let counts = walk.block(&function.body);
    // Strips that are of no loop count as whole.
    let counts = counts.map(|poly| walk.whole(poly));
    for temporary in &mut walk.cost.temporaries {
        temporary.bytes = whole(&walk.strips, &temporary.bytes);
    }
    Cost {
        counts,
        ..walk.cost
    }
}

struct Walk<'a> {
    spans: &'a Spans,
    costs: &'a Costs,
    id: FuncId,
    function: &'a Function,
    /// The `i64` values.
    values: HashMap<Var, Poly>,
    /// The longest lengths of strips.
    strips: HashMap<usize, f64>,
    /// How many unknown numbers and iterations have names.
    unknown: &'a mut usize,
    depth: usize,
    cost: Cost,
}

impl Walk<'_> {
    fn fresh(&mut self) -> usize {
        *self.unknown += 1;
        *self.unknown
    }

    fn value(&mut self, var: Var) -> Poly {
        if let Some(value) = self.values.get(&var) {
            return value.clone();
        }
        let value = Poly::atom(Atom::Unknown(self.fresh()));
        self.values.insert(var, value.clone());
        value
    }

    fn block(&mut self, block: &Block) -> Counts {
        let mut counts = Counts::default();
        for stmt in &block.stmts {
            let more = self.stmt(stmt);
            counts.add(&more);
        }
        counts
    }

    fn ty(&self, var: Var) -> Ty {
        self.function.value_ty(var).unwrap_or(Ty::I64)
    }

    /// The bytes of a value in memory.
    fn bytes(&self, var: Var) -> Poly {
        let ty = self.ty(var);
        Poly::number(f64::from(ty.dtype.bytes()) * f64::from(ty.lanes))
    }

    /// The bytes of an element of a buffer.
    fn element(&self, buffer: Var) -> f64 {
        let dtype = self.function.ty(buffer).buffer();
        f64::from(dtype.unwrap_or(DType::F64).bytes())
    }

    fn stmt(&mut self, stmt: &Stmt) -> Counts {
        let mut counts = Counts::default();
        match stmt {
            Stmt::Const { out, value } => {
                if let Scalar::I64(n) = value {
                    self.values.insert(*out, Poly::number(*n as f64));
                }
            }
            Stmt::Op { out, op, args } => self.op(*out, *op, args, &mut counts),
            Stmt::For(inner) => counts = self.counted(inner),
            Stmt::While(inner) => counts = self.conditional(inner),
            Stmt::If(inner) => counts = self.choice(inner),
            Stmt::Alloc { buffer, len, .. } => self.temporary(*buffer, *len),
            Stmt::Call { callee, args, .. } => counts = self.call(*callee, args),
            other => self.memory(other, &mut counts),
        }
        counts
    }

    /// Loads and stores; what is left then costs nothing.
    fn memory(&mut self, stmt: &Stmt, counts: &mut Counts) {
        match stmt {
            Stmt::Load { out, .. } => {
                if let (Ty::I64, Some(stored)) = (self.ty(*out), &self.cost.stored) {
                    self.values.insert(*out, stored.clone());
                }
                counts.read = self.bytes(*out);
            }
            Stmt::Gather { out, .. } => counts.read = self.bytes(*out),
            Stmt::Store { value, .. } => {
                // The functions that measure workspaces store one number.
                if self.ty(*value) == Ty::I64 && self.function.name.ends_with(".workspace") {
                    self.cost.stored = Some(self.value(*value));
                }
                counts.written = self.bytes(*value);
            }
            Stmt::Fill { buffer, len, .. } => {
                counts.written = self.value(*len).times(self.element(*buffer));
            }
            Stmt::Copy { to, len, .. } => {
                counts.written = self.value(*len).times(self.element(*to));
                counts.read = counts.written.clone();
            }
            _ => {}
        }
    }

    fn op(&mut self, out: Var, op: ScalarOp, args: &[Var], counts: &mut Counts) {
        let ty = self.ty(out);
        let first = args.first().map(|&arg| self.ty(arg).dtype);
        if ty.dtype.is_float() || first.is_some_and(DType::is_float) {
            counts.operations = Poly::number(f64::from(ty.lanes));
        } else if ty == Ty::I64 {
            let args: Vec<Poly> = args.iter().map(|&arg| self.value(arg)).collect();
            if let Some(value) = self.strip(op, &args).or_else(|| integer(op, &args)) {
                self.values.insert(out, value);
            }
        }
    }

    fn counted(&mut self, inner: &For) -> Counts {
        self.cost.loops += 1;
        let iteration = Atom::Iteration(self.fresh());
        let (lo, hi) = (self.value(inner.lo), self.value(inner.hi));
        let step = inner.step as f64;
        let counter = lo.sum(&Poly::atom(iteration).times(step));
        self.values.insert(inner.counter, counter);
        let length = hi.minus(&lo);
        let trips = match length.constant() {
            Some(length) => Poly::number((length / step).ceil().max(0.0)),
            None => length.times(1.0 / step),
        };
        let before = self.cost.temporaries.len();
        let counts = self.inside(&[&inner.body]);
        let last = trips.minus(&Poly::number(1.0));
        // The arrays of an iteration have room for those of the last one.
        for temporary in self.cost.temporaries.iter_mut().skip(before) {
            temporary.bytes = temporary.bytes.with(&|atom| match atom == iteration {
                true => last.clone(),
                false => Poly::atom(atom),
            });
        }
        counts.map(|poly| self.over(poly, iteration, (&length, step), &trips))
    }

    /// The sum of what an iteration costs.
    fn over(
        &self,
        poly: &Poly,
        iteration: Atom,
        (length, step): (&Poly, f64),
        trips: &Poly,
    ) -> Poly {
        let of_step = |atom: Atom| match atom {
            Atom::Strip(id) => self.strips.get(&id) == Some(&step),
            _ => false,
        };
        let (strips, rest) = poly.split(&of_step);
        if strips.constant() == Some(0.0) {
            return rest.over(iteration, trips);
        }
        // All strips together are the whole length; what is done once a strip is done once at least.
        let strips = strips.with(&|atom| match of_step(atom) {
            true => Poly::number(step),
            false => Poly::atom(atom),
        });
        let often = match trips.constant() {
            Some(_) => trips.clone(),
            None => trips.sum(&Poly::number(1.0)),
        };
        let all = strips.over(iteration, &length.times(1.0 / step));
        all.sum(&rest.over(iteration, &often))
    }

    /// The lesser of a constant and the rest of a loop.
    fn strip(&mut self, op: ScalarOp, args: &[Poly]) -> Option<Poly> {
        let (ScalarOp::Min, [a, b]) = (op, args) else {
            return None;
        };
        let longest = match (a.constant(), b.constant()) {
            (Some(x), None) | (None, Some(x)) => x,
            _ => return None,
        };
        let id = self.fresh();
        self.strips.insert(id, longest);
        Some(Poly::atom(Atom::Strip(id)))
    }

    fn whole(&self, poly: &Poly) -> Poly {
        whole(&self.strips, poly)
    }

    fn conditional(&mut self, inner: &While) -> Counts {
        self.cost.loops += 1;
        let trips = Poly::atom(Atom::Unknown(self.fresh()));
        let counts = self.inside(&[&inner.condition, &inner.body]);
        counts.map(|poly| poly.mul(&trips))
    }

    fn inside(&mut self, blocks: &[&Block]) -> Counts {
        self.depth += 1;
        self.cost.depth = self.cost.depth.max(self.depth);
        let mut counts = Counts::default();
        for block in blocks {
            let more = self.block(block);
            counts.add(&more);
        }
        self.depth -= 1;
        counts
    }

    fn choice(&mut self, inner: &If) -> Counts {
        let then = self.block(&inner.then);
        let otherwise = self.block(&inner.otherwise);
        match inner.chance {
            Chance::Even => then.larger(otherwise),
            Chance::Rare => otherwise,
            Chance::Sure => then,
        }
    }

    fn temporary(&mut self, buffer: Var, len: Var) {
        let span = self.spans.get(&(self.id, buffer)).copied();
        let bytes = self.value(len).times(self.element(buffer));
        self.cost.temporaries.push(Temporary {
            bytes,
            span: span.unwrap_or_default(),
        });
    }

    fn call(&mut self, callee: FuncId, args: &[Var]) -> Counts {
        let costs = self.costs;
        let Some(cost) = costs.get(callee) else {
            return Counts::default();
        };
        let args: Vec<Poly> = args.iter().map(|&arg| self.value(arg)).collect();
        let here = |poly: &Poly| {
            poly.with(&|atom| match atom {
                Atom::Param(k) => args.get(k).cloned().unwrap_or_default(),
                _ => Poly::atom(atom),
            })
        };
        self.cost.loops += cost.loops;
        self.cost.depth = self.cost.depth.max(self.depth + cost.depth);
        if let Some(stored) = &cost.stored {
            self.cost.stored = Some(here(stored));
        }
        for temporary in &cost.temporaries {
            self.cost.temporaries.push(Temporary {
                bytes: here(&temporary.bytes),
                span: temporary.span,
            });
        }
        cost.counts.clone().map(here)
    }
}

/// With whole strips.
fn whole(strips: &HashMap<usize, f64>, poly: &Poly) -> Poly {
    poly.with(&|atom| match atom {
        Atom::Strip(id) => Poly::number(strips.get(&id).copied().unwrap_or(1.0)),
        _ => Poly::atom(atom),
    })
}

/// The result of an operation on `i64`, if it is a polynomial, up to the rounding of strips.
fn integer(op: ScalarOp, args: &[Poly]) -> Option<Poly> {
    let number = |poly: &Poly| poly.constant();
    let numbers: Option<Vec<Scalar>> = args
        .iter()
        .map(|arg| number(arg).map(|x| Scalar::I64(x as i64)))
        .collect();
    if let Some(numbers) = numbers {
        let value = eval(op, &numbers).and_then(Scalar::as_i64);
        return value.map(|n| Poly::number(n as f64));
    }
    Some(match (op, args) {
        (ScalarOp::Neg, [a]) => a.times(-1.0),
        (ScalarOp::Add, [a, b]) => a.sum(b),
        (ScalarOp::Sub, [a, b]) => a.minus(b),
        (ScalarOp::Mul, [a, b]) => a.mul(b),
        (ScalarOp::Div, [a, b]) => a.times(1.0 / number(b).filter(|&b| b != 0.0)?),
        (ScalarOp::Shr, [a, b]) => a.times((-number(b)?).exp2()),
        (ScalarOp::Shl, [a, b]) => a.times(number(b)?.exp2()),
        // What is left of strips of a constant length.
        (ScalarOp::Rem, [_, b]) => number(b).map(|_| Poly::default())?,
        (ScalarOp::And, [a, b]) => rounded(a, number(b)?)?,
        (ScalarOp::Min, [a, b]) => match Poly::larger(a, b) == *a {
            true => b.clone(),
            false => a.clone(),
        },
        (ScalarOp::Max, [a, b]) => match (number(a), number(b)) {
            (Some(_), None) => b.clone(),
            (None, Some(_)) => a.clone(),
            _ => Poly::larger(a, b),
        },
        // `-1` is what says that a workspace cannot be addressed.
        (ScalarOp::Select, [_, a, b]) => match number(b) {
            Some(-1.0) => a.clone(),
            _ => Poly::larger(a, b),
        },
        _ => return None,
    })
}

/// `a` rounded by a mask of the form -2^k: an array that is rounded up (by 2^k - 1 before) counts as it is.
fn rounded(a: &Poly, mask: f64) -> Option<Poly> {
    let up = -mask - 1.0;
    let is_mask = mask < 0.0 && (-mask).log2().fract() == 0.0;
    is_mask.then(|| {
        let constant = a.terms_constant();
        match constant == up {
            true => a.minus(&Poly::number(up)),
            false => a.clone(),
        }
    })
}
