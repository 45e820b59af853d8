//! The state of lowering one function: what its values have become, and the code so far.

#![allow(
    clippy::indexing_slicing,
    reason = "entity maps are indexed by ids made for them"
)]

use std::collections::{HashMap, HashSet};

use cranelift_entity::EntityRef;
use dfn_ir::function::InstData;
use dfn_ir::loops::{Builder, Chance, ForSpec, Var};
use dfn_ir::{DType, Function, Inst, Op, Scalar, Size, Span, Type, Value};

use super::Lowered;
use super::element::Point;
use super::error::{Done, internal};
use super::map::Abreast;
use super::update::Frame;
use super::view::{View, overflow, product, split_last};

/// What a value has become.
#[derive(Clone, Debug)]
pub(super) enum Val {
    /// A number.
    Scalar(Var),
    /// Elements in memory: an array, or an accumulator.
    View(View),
}

/// One function that is being lowered.
pub(super) struct Cx<'a> {
    pub(super) func: &'a Function,
    pub(super) shared: &'a mut Lowered,
    pub(super) b: Builder,
    /// The workspace, handed on to callees.
    pub(super) workspace: Var,
    /// What values have become; a value that is not here is an index function of its operands.
    pub(super) vals: HashMap<Value, Val>,
    /// The instruction that defines a value, anywhere in the function.
    pub(super) defs: HashMap<Value, Inst>,
    /// Indices of maps that run in a fused nest, as its counters.
    pub(super) bind: HashMap<Value, Size>,
    /// `i64` scalars that are polynomials of others.
    polys: HashMap<Value, Size>,
    /// Where values that are results of something are to be written.
    pub(super) dests: HashMap<Value, View>,
    /// Results of the next block that are only added to arrays in memory.
    pub(super) adders: HashMap<Value, View>,
    /// Those that have been added.
    pub(super) added: HashSet<Value>,
    /// Where in the innermost fused nest the code stands.
    pub(super) point: Point,
    /// Where in the source temporaries come from.
    pub(super) temporaries: Vec<(Var, Span)>,
    /// The instruction that is being lowered.
    pub(super) span: Span,
    /// Values that are used once in the whole function.
    pub(super) single: HashSet<Value>,
    /// The blocks that are being emitted, innermost last.
    pub(super) frames: Vec<Frame>,
    /// Arrays from outside that the next block may change.
    pub(super) granted: Vec<Value>,
    /// Parts of arrays that are copied, because the array is changed while they are needed.
    pub(super) kept: HashSet<Value>,
    /// How many loops of the source are open.
    pub(super) loops: usize,
    /// Values that lie in a buffer.
    pub(super) sharers: HashMap<Var, Vec<Value>>,
    /// Buffers that may be changed.
    pub(super) mutable: HashSet<Var>,
    /// Identities of sums, for the number of elements and the type, computed at the start.
    pub(super) identities: HashMap<(Size, DType), Var>,
    /// How many updates have copied their arrays so far.
    pub(super) copies: usize,
    /// The counters of loops that threads may share, and where in the source these come from.
    pub(super) shares: Vec<(Var, Span)>,
    /// For each open loop whether its iterations are independent.
    pub(super) shared_loops: Vec<bool>,
    /// Runs of a map that are emitted side by side.
    pub(super) abreast: Option<Abreast>,
    /// Whether runs of maps are emitted one by one.
    pub(super) one_by_one: bool,
    /// Sizes that have been computed, for each open block.
    sizes: Vec<HashMap<Size, Var>>,
    next: usize,
}

impl<'a> Cx<'a> {
    pub(super) fn new(
        func: &'a Function,
        shared: &'a mut Lowered,
        b: Builder,
        workspace: Var,
    ) -> Cx<'a> {
        let mut cx = Cx {
            func,
            shared,
            b,
            workspace,
            vals: HashMap::new(),
            defs: HashMap::new(),
            bind: HashMap::new(),
            polys: HashMap::new(),
            dests: HashMap::new(),
            adders: HashMap::new(),
            added: HashSet::new(),
            point: Point::default(),
            single: single(func),
            kept: HashSet::new(),
            frames: Vec::new(),
            granted: Vec::new(),
            loops: 0,
            sharers: HashMap::new(),
            mutable: HashSet::new(),
            temporaries: Vec::new(),
            span: Span::default(),
            identities: HashMap::new(),
            copies: 0,
            shares: Vec::new(),
            shared_loops: Vec::new(),
            abreast: None,
            one_by_one: false,
            sizes: vec![HashMap::new()],
            next: func.values.len(),
        };
        func.walk(&func.body, &mut |inst, data| cx.note(inst, data));
        cx.kept = super::keep::kept(&cx);
        cx
    }

    /// Remembers who defines the results of an instruction, and the polynomial that it computes.
    fn note(&mut self, inst: Inst, data: &InstData) {
        for &result in &data.results {
            self.defs.insert(result, inst);
        }
        if let &[result] = data.results.as_slice()
            && self.func.ty(result).is(DType::I64)
            && let Some(size) = self.polynomial(data)
            && size.terms().count() <= 8
        {
            self.polys.insert(result, size);
        }
    }

    fn polynomial(&self, data: &InstData) -> Option<Size> {
        let poly = |k: usize| {
            let value = data.args.get(k)?;
            Some(self.polys.get(value).cloned().unwrap_or((*value).into()))
        };
        match &data.op {
            Op::Const(op) => op.value.as_i64().map(Size::constant),
            Op::SizeOf(_) => self.resolve(data.sizes.first()?).ok(),
            Op::Add(_) => poly(0)?.checked_add(&poly(1)?),
            Op::Sub(_) => poly(0)?.checked_sub(&poly(1)?),
            Op::Mul(_) => poly(0)?.checked_mul(&poly(1)?),
            _ => None,
        }
    }

    /// A polynomial in terms of values that are not polynomials themselves.
    pub(super) fn resolve(&self, size: &Size) -> Done<Size> {
        let poly = |v| self.polys.get(&v).cloned().unwrap_or(Size::value(v));
        let size = size.substitute(poly).ok_or_else(overflow)?;
        if self.bind.is_empty() {
            return Ok(size);
        }
        let bound = |v| self.bind.get(&v).cloned().unwrap_or(Size::value(v));
        size.substitute(bound).ok_or_else(overflow)
    }

    /// The polynomial of a scalar.
    pub(super) fn poly(&self, value: Value) -> Done<Size> {
        self.resolve(&Size::value(value))
    }

    /// The resolved sizes of a type.
    pub(super) fn shape(&self, ty: &Type) -> Done<Vec<Size>> {
        ty.shape.iter().map(|size| self.resolve(size)).collect()
    }

    /// The resolved sizes of a value's type.
    pub(super) fn shape_of(&self, value: Value) -> Done<Vec<Size>> {
        self.shape(self.func.ty(value))
    }

    /// The instruction `inst`.
    pub(super) fn data(&self, inst: Inst) -> &'a InstData {
        &self.func.insts[inst]
    }

    /// The instruction that defines `value`.
    pub(super) fn def(&self, value: Value) -> Option<&'a InstData> {
        self.defs.get(&value).map(|&inst| self.data(inst))
    }

    /// A name for a loop counter or another value that the function does not have.
    pub(super) fn fresh(&mut self) -> Value {
        self.next += 1;
        Value::new(self.next - 1)
    }

    /// A counted loop, opened.
    pub(super) fn open_for(&mut self, spec: ForSpec, inits: &[Var]) -> (Var, Vec<Var>) {
        self.sizes.push(HashMap::new());
        self.shared_loops.push(spec.parallel);
        let opened = self.b.open_for(spec, inits);
        if spec.parallel {
            self.shares.push((opened.0, self.span));
        }
        opened
    }

    /// The end of a counted loop.
    pub(super) fn close_for(&mut self, next: &[Var]) -> Vec<Var> {
        self.sizes.pop();
        self.shared_loops.pop();
        self.b.close_for(next)
    }

    /// The first arm of a choice, opened.
    pub(super) fn open_if(&mut self, condition: Var) {
        self.sizes.push(HashMap::new());
        self.b.open_if(condition, Chance::Even);
    }

    /// The second arm of a choice, opened.
    pub(super) fn open_else(&mut self, yields: &[Var]) {
        self.sizes.pop();
        self.sizes.push(HashMap::new());
        self.b.open_else(yields);
    }

    /// The end of a choice.
    pub(super) fn close_if(&mut self, yields: &[Var]) -> Vec<Var> {
        self.sizes.pop();
        self.b.close_if(yields)
    }

    /// The condition of a loop, opened.
    pub(super) fn open_while(&mut self, inits: &[Var]) -> Vec<Var> {
        self.sizes.push(HashMap::new());
        self.shared_loops.push(false);
        self.b.open_while(inits)
    }

    /// The body of a loop with a condition, opened.
    pub(super) fn open_while_body(&mut self, condition: Var) {
        self.sizes.pop();
        self.sizes.push(HashMap::new());
        self.b.open_while_body(condition);
    }

    /// The end of a loop with a condition.
    pub(super) fn close_while(&mut self, next: &[Var]) -> Vec<Var> {
        self.sizes.pop();
        self.shared_loops.pop();
        self.b.close_while(next)
    }

    /// A loop over `lo..hi` in steps of 1.
    pub(super) fn upto(&mut self, hi: Var) -> Done<ForSpec> {
        Ok(ForSpec::up(self.size(&Size::default())?, hi))
    }

    /// Runs `emit` with a memory of its own for the sizes that it computes.
    pub(super) fn scoped<T>(&mut self, emit: impl FnOnce(&mut Self) -> Done<T>) -> Done<T> {
        self.sizes.push(HashMap::new());
        let result = emit(self);
        self.sizes.pop();
        result
    }

    /// The number that a resolved polynomial is; its values must be scalars here, not vectors.
    pub(super) fn size(&mut self, size: &Size) -> Done<Var> {
        if let Some(&var) = self.sizes.iter().rev().find_map(|known| known.get(size)) {
            return Ok(var);
        }
        let var = match (size.as_constant(), split_last(size)) {
            (Some(n), _) => self.b.index(n),
            (None, Some((front, last))) if front == Size::default() => self.term(&last)?,
            (None, Some((front, last))) => {
                let front = self.size(&front)?;
                let last = self.size(&last)?;
                self.b.add(front, last)
            }
            (None, None) => return Err(overflow()),
        };
        if let Some(known) = self.sizes.last_mut() {
            known.insert(size.clone(), var);
        }
        Ok(var)
    }

    fn term(&mut self, term: &Size) -> Done<Var> {
        let mut product: Option<Var> = None;
        let mut factor = 1;
        for (monomial, k) in term.terms() {
            factor = k;
            for &value in monomial {
                let var = self.number(value)?;
                product = Some(match product {
                    None => var,
                    Some(before) => self.b.mul(before, var),
                });
            }
        }
        match (product, factor) {
            (None, k) => Ok(self.b.index(k)),
            (Some(var), 1) => Ok(var),
            (Some(var), k) => {
                let k = self.size(&Size::constant(k))?;
                Ok(self.b.mul(var, k))
            }
        }
    }

    /// The scalar that `value` is here.
    pub(super) fn number(&mut self, value: Value) -> Done<Var> {
        let reg = self.operand(value)?;
        match reg.lanes {
            1 => Ok(reg.var),
            _ => Err(internal("a vector where a scalar is needed")),
        }
    }

    /// A constant.
    pub(super) fn constant(&mut self, value: Scalar) -> Var {
        self.b.constant(value, 1)
    }

    /// A temporary for an array of this type.
    pub(super) fn temporary(&mut self, name: &str, ty: &Type) -> Done<View> {
        if self.abreast.is_some() {
            return self.temporary_of_each(name, ty);
        }
        let shape = self.shape(ty)?;
        let len = self.size(&product(&shape)?)?;
        let buffer = self.b.alloc(name, ty.dtype, len);
        self.temporaries.push((buffer, self.span));
        self.mutable.insert(buffer);
        View::whole(buffer, ty.dtype, shape)
    }

    /// Where `value`, which is about to be computed, is to be written.
    pub(super) fn dest(&mut self, value: Value) -> Done<View> {
        match self.dests.remove(&value) {
            Some(view) => Ok(view),
            None => {
                let name = self.func.name(value).unwrap_or_default().to_owned();
                let ty = self.func.ty(value).clone();
                self.temporary(&name, &ty)
            }
        }
    }

    /// Says what `value` has become.
    pub(super) fn set(&mut self, value: Value, val: Val) {
        if let Val::View(view) = &val {
            self.sharers.entry(view.buffer).or_default().push(value);
        }
        self.vals.insert(value, val);
    }

    /// The view of an accumulator.
    pub(super) fn accumulator(&self, value: Value) -> Done<View> {
        match self.vals.get(&value) {
            Some(Val::View(view)) => Ok(view.clone()),
            _ => Err(internal("an accumulator without memory")),
        }
    }
}

/// The values that one operand or result of a block uses.
fn single(func: &Function) -> HashSet<Value> {
    let mut uses: HashMap<Value, usize> = HashMap::new();
    let mut add = |v: &Value| *uses.entry(*v).or_default() += 1;
    func.body.results.iter().for_each(&mut add);
    func.walk(&func.body, &mut |_, data| {
        let results = data.blocks.iter().flat_map(|block| &block.results);
        data.args.iter().chain(results).for_each(&mut add);
    });
    uses.into_iter()
        .filter(|(_, n)| *n == 1)
        .map(|(v, _)| v)
        .collect()
}
