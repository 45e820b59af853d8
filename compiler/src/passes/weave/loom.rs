//! The loop that elementwise operations and maps become.

#![allow(
    clippy::indexing_slicing,
    reason = "entity maps are indexed by ids made for them"
)]

use super::region::Region;
use dfn_ir::function::{Block, Function, Inst, InstData, Value};
use dfn_ir::ops::{AccAdd, AccNew, Add, Const, For, Index, Kernel};
use dfn_ir::scalar::Scalar;
use dfn_ir::{DType, Op, Size, Span, Type};
use std::collections::{HashMap, HashSet};

/// Larger loops have no registers for what they carry.
const LIMIT: usize = 160;
const DELAYS: usize = 16;

/// What an accumulator is in the loop.
#[derive(Clone, Copy, Debug)]
enum Acc {
    /// One that begins in it: its element.
    Here(Value),
    /// One from before it: the number of its carry.
    Carried(usize),
}

/// An accumulator from before the loop.
#[derive(Clone, Debug)]
struct Carried {
    from: Value,
    param: Value,
    /// What it is in the region by now.
    now: Value,
    /// What it is in the block by now.
    result: Value,
}

/// What is carried to the next place.
#[derive(Clone, Debug)]
struct Delay {
    of: Value,
    /// What it is at the first place.
    init: Scalar,
    param: Value,
}

/// A loop under construction.
#[derive(Clone, Debug)]
pub(super) struct Loom {
    n: Size,
    /// The parameters of the block that it is in.
    outer: Vec<Value>,
    /// How often that runs, if that is known.
    steps: Option<Size>,
    index: Option<Value>,
    insts: Vec<Inst>,
    /// The element of each array.
    elements: HashMap<Value, Value>,
    /// Elements that are read from memory, and whether their array is carried by the loop around.
    loads: HashMap<Value, bool>,
    accs: HashMap<Value, Acc>,
    carried: Vec<Carried>,
    delays: Vec<Delay>,
    /// Whether it runs down.
    reverse: Option<bool>,
    /// What its members give, in order.
    made: Vec<Value>,
    is_made: HashSet<Value>,
    worth: bool,
    span: Span,
}

impl Loom {
    /// A loop over `n` places in a block with these parameters, which are the number of the run first, if it is
    /// known how many there are.
    pub(super) fn new(n: &Size, outer: &[Value], steps: Option<&Size>) -> Loom {
        Loom {
            n: n.clone(),
            outer: outer.to_vec(),
            steps: steps.cloned(),
            index: None,
            insts: Vec::new(),
            elements: HashMap::new(),
            loads: HashMap::new(),
            accs: HashMap::new(),
            carried: Vec::new(),
            delays: Vec::new(),
            reverse: None,
            made: Vec::new(),
            is_made: HashSet::new(),
            worth: false,
            span: Span::default(),
        }
    }

    /// How many places there are.
    pub(super) fn n(&self) -> &Size {
        &self.n
    }

    /// Whether `value` is the number of the run of the loop around, one of `n`.
    pub(super) fn is_step(&self, value: Value, n: &Size) -> bool {
        self.outer.first() == Some(&value) && self.steps.as_ref() == Some(n)
    }

    /// Whether `value` is given by a member.
    pub(super) fn makes(&self, value: Value) -> bool {
        self.is_made.contains(&value)
    }

    /// Whether something is read at another place than its own that would be written for that.
    pub(super) fn is_worth_it(&self) -> bool {
        self.worth
    }

    /// Puts an instruction into the loop, if it can be there.
    pub(super) fn takes(
        &mut self,
        func: &mut Function,
        defs: &HashMap<Value, Inst>,
        inst: Inst,
    ) -> bool {
        let data = &func.insts[inst];
        let fits = match &data.op {
            Op::Map(op) => op.sums == 0 && data.sizes.as_slice() == [self.n.clone()],
            Op::AccNew(_) | Op::AccAdd(_) | Op::AccRead(_) => self.spans(func, data),
            op => op.kernel().is_some_and(is_light) && self.spans(func, data),
        };
        if !fits || self.insts.len() > LIMIT {
            return false;
        }
        let data = data.clone();
        let before = self.clone();
        self.span = data.span;
        let taken = self.member(func, defs, &data).is_some();
        if !taken || self.delays.len() > DELAYS {
            *self = before;
            return false;
        }
        self.made.extend(&data.results);
        self.is_made.extend(&data.results);
        true
    }

    /// Whether the result has an element at each place.
    fn spans(&self, func: &Function, data: &InstData) -> bool {
        let mut results = data.results.iter();
        results.all(|&v| func.ty(v).shape.as_slice() == [self.n.clone()])
    }

    fn member(
        &mut self,
        func: &mut Function,
        defs: &HashMap<Value, Inst>,
        data: &InstData,
    ) -> Option<()> {
        let &result = data.results.first()?;
        match (&data.op, data.args.as_slice()) {
            (Op::Map(op), _) => return Region::map(self, func, defs, op, data),
            (Op::AccNew(_), &[x]) => {
                let x = self.element(func, defs, x)?;
                self.accs.insert(result, Acc::Here(x));
            }
            (Op::AccAdd(_), &[acc, x]) => {
                let x = self.element(func, defs, x)?;
                self.add(func, acc, result, Some(x))?;
            }
            (Op::AccRead(_), &[acc]) => match self.accs.get(&acc)? {
                Acc::Here(x) => {
                    self.elements.insert(result, *x);
                }
                Acc::Carried(_) => return None,
            },
            (op, args) if op.kernel().is_some() => {
                let mut elements = Vec::new();
                for &arg in args {
                    elements.push(self.element(func, defs, arg)?);
                }
                let ty = Type::scalar(func.ty(result).dtype);
                let x = self.emit(func, op.clone(), &elements, ty);
                self.elements.insert(result, x);
            }
            _ => return None,
        }
        Some(())
    }

    /// From here on `x` is the element of `array`.
    pub(super) fn give(&mut self, array: Value, x: Value) {
        self.elements.insert(array, x);
    }

    /// The index of the place.
    pub(super) fn index(&mut self, func: &mut Function) -> Value {
        let new = || func.value(Type::scalar(DType::I64), None);
        *self.index.get_or_insert_with(new)
    }

    /// Emits an instruction in the region.
    pub(super) fn emit(
        &mut self,
        func: &mut Function,
        op: impl Into<Op>,
        args: &[Value],
        ty: Type,
    ) -> Value {
        self.emit_with(func, op, args, (Vec::new(), ty))
    }

    /// Emits an instruction with sizes.
    pub(super) fn emit_with(
        &mut self,
        func: &mut Function,
        op: impl Into<Op>,
        args: &[Value],
        (sizes, ty): (Vec<Size>, Type),
    ) -> Value {
        let result = func.value(ty, None);
        let inst = func.insts.push(InstData {
            op: op.into(),
            args: args.into(),
            sizes: sizes.into(),
            results: [result].into_iter().collect(),
            blocks: Vec::new(),
            span: self.span,
        });
        self.insts.push(inst);
        result
    }

    /// The element of an array at the place.
    pub(super) fn element(
        &mut self,
        func: &mut Function,
        defs: &HashMap<Value, Inst>,
        array: Value,
    ) -> Option<Value> {
        if let Some(&x) = self.elements.get(&array) {
            return Some(x);
        }
        let ty = func.ty(array).clone();
        if self.makes(array) || ty.is_accumulator() || ty.shape.as_slice() != [self.n.clone()] {
            return None;
        }
        let scalar = Type::scalar(ty.dtype);
        let data = defs.get(&array).map(|&inst| &func.insts[inst]);
        let x = match data.map(|data| (&data.op, data.args.as_slice())) {
            Some((Op::Const(op), _)) => {
                let op = op.clone();
                self.emit(func, op, &[], scalar)
            }
            Some((Op::Broadcast(_), &[x])) if func.ty(x).rank() == 0 => x,
            _ => {
                let index = self.index(func);
                let x = self.emit(func, Index, &[array, index], scalar);
                self.loads.insert(x, self.outer.contains(&array));
                x
            }
        };
        self.elements.insert(array, x);
        Some(x)
    }

    /// What `of` is `offset` places further on; `init` where there is none.
    pub(super) fn moved(
        &mut self,
        func: &mut Function,
        of: Value,
        offset: i64,
        init: Scalar,
    ) -> Option<Value> {
        let ty = func.ty(of).clone();
        let number = ty.dtype != DType::Bool;
        if offset == 0 || !number || self.reverse.is_some_and(|down| down != (offset > 0)) {
            return (offset == 0).then_some(of);
        }
        self.reverse = Some(offset > 0);
        self.worth |= self.loads.get(&of).copied().unwrap_or(true);
        let mut at = of;
        for _ in 0..offset.unsigned_abs().min(DELAYS as u64 + 1) {
            let known = |d: &&Delay| d.of == at && d.init.to_bits() == init.to_bits();
            let known = self.delays.iter().find(known).map(|d| d.param);
            at = match known {
                Some(param) => param,
                None => {
                    let param = func.value(ty.clone(), None);
                    self.delays.push(Delay {
                        of: at,
                        init,
                        param,
                    });
                    param
                }
            };
        }
        Some(at)
    }

    /// Adds an element to an accumulator, which becomes `result`.
    pub(super) fn add(
        &mut self,
        func: &mut Function,
        acc: Value,
        result: Value,
        x: Option<Value>,
    ) -> Option<()> {
        let known = match self.accs.get(&acc) {
            Some(&known) => known,
            None if self.makes(acc) => return None,
            None => {
                let param = func.value(func.ty(acc).clone(), None);
                self.carried.push(Carried {
                    from: acc,
                    param,
                    now: param,
                    result,
                });
                Acc::Carried(self.carried.len() - 1)
            }
        };
        let after = match (known, x) {
            (Acc::Here(sum), Some(x)) => {
                let ty = func.ty(sum).clone();
                Acc::Here(self.emit(func, Add, &[sum, x], ty))
            }
            (Acc::Carried(k), Some(x)) => {
                let index = self.index(func);
                let ty = func.ty(acc).clone();
                let now = self.carried.get(k)?.now;
                let now = self.emit(func, AccAdd, &[now, x, index], ty);
                self.carried.get_mut(k)?.now = now;
                known
            }
            (_, None) => known,
        };
        if let Acc::Carried(k) = known {
            self.carried.get_mut(k)?.result = result;
        }
        self.accs.insert(result, after);
        Some(())
    }

    /// The instructions that take the place of all members; what else needs of them is `needed`.
    pub(super) fn finish(mut self, func: &mut Function, needed: &HashSet<Value>) -> Vec<Inst> {
        let mut block = Block {
            params: vec![self.index(func)],
            ..Block::default()
        };
        let mut results = Vec::new();
        let mut args = Vec::new();
        block.insts = std::mem::take(&mut self.insts);
        for delay in std::mem::take(&mut self.delays) {
            let ty = func.ty(delay.of).clone();
            args.push(self.emit(func, Const { value: delay.init }, &[], ty.clone()));
            block.params.push(delay.param);
            block.results.push(delay.of);
            results.push(func.value(ty, None));
        }
        for carried in &self.carried {
            args.push(carried.from);
            block.params.push(carried.param);
            block.results.push(carried.now);
            results.push(carried.result);
        }
        let mut rest = Vec::new();
        for &value in self.made.iter().filter(|v| needed.contains(v)) {
            let (array, element) = match (self.elements.get(&value), self.accs.get(&value)) {
                (Some(&x), _) => (value, x),
                (None, Some(&Acc::Here(x))) => {
                    let array = func.value(func.ty(value).contents(), None);
                    rest.push((array, value));
                    (array, x)
                }
                (None, _) => continue,
            };
            results.push(array);
            block.results.push(element);
        }
        let looped = func.insts.push(InstData {
            op: Op::For(For {
                reverse: self.reverse == Some(true),
            }),
            args: args.into(),
            sizes: [self.n.clone()].into_iter().collect(),
            results: results.into(),
            blocks: vec![block],
            span: self.span,
        });
        self.insts.push(looped);
        for (array, acc) in rest {
            let inst = func.insts.push(InstData {
                op: Op::AccNew(AccNew),
                args: [array].into_iter().collect(),
                sizes: Default::default(),
                results: [acc].into_iter().collect(),
                blocks: Vec::new(),
                span: self.span,
            });
            self.insts.push(inst);
        }
        self.insts
    }
}

/// Whether a vector of results takes little code.
pub(super) fn is_light(kernel: Kernel) -> bool {
    !matches!(
        kernel,
        Kernel::Elementary(_) | Kernel::PowI(_) | Kernel::Remainder
    )
}
