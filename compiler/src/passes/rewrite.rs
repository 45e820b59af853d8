//! Rebuilding a function instruction by instruction, with a rule that may put something else in place of
//! an instruction. What the rule leaves alone is copied.

#![allow(
    clippy::indexing_slicing,
    reason = "entity maps are indexed by ids made for them"
)]

use super::hash::FxHashMap;
use dfn_ir::function::{Block, Function, Inst, InstData, Value};
use dfn_ir::size::Size;
use dfn_ir::ty::Type;
use dfn_ir::{Builder, DType, Op, Parts, Span, TypeError};
use smallvec::SmallVec;

/// What a rule makes of one instruction.
pub(crate) enum Made {
    /// Nothing special: copy it.
    Copy,
    /// These values take the place of its results.
    Values(Vec<Value>),
}

/// A rule of a rewriting.
pub(crate) trait Rule {
    /// Looks at the instruction `site` of the source; operands are given as new values.
    fn inst(&mut self, cx: &mut Rewriter, site: &Found<'_>) -> Result<Made, TypeError>;

    /// The parameters are there, and nothing else.
    fn start(&mut self, _cx: &mut Rewriter, _source: &Function) -> Result<(), TypeError> {
        Ok(())
    }

    /// A region of `owner` begins.
    fn enter(&mut self, _owner: &Op) {}

    /// A region ends.
    fn leave(&mut self) {}
}

/// An instruction of the source with its operands in the new function.
pub(crate) struct Found<'a> {
    /// The function that it is in.
    pub(crate) source: &'a Function,
    /// The instruction in the source.
    pub(crate) data: &'a InstData,
    /// Its operands in the new function.
    pub(crate) args: SmallVec<[Value; 3]>,
    /// Its size operands in the new function.
    pub(crate) sizes: SmallVec<[Size; 1]>,
    /// The types of its results in the new function, as far as they are known before it.
    pub(crate) types: Vec<Type>,
}

/// A function under reconstruction.
pub(crate) struct Rewriter {
    /// The new function.
    pub(crate) b: Builder,
    map: FxHashMap<Value, Value>,
    sizes: FxHashMap<Value, Size>,
}

/// `source` rebuilt under `rule`.
pub(crate) fn rewrite(source: &Function, rule: &mut dyn Rule) -> Result<Function, TypeError> {
    let mut cx = Rewriter {
        b: Builder::new(source.name.clone()),
        map: FxHashMap::default(),
        sizes: FxHashMap::default(),
    };
    cx.params(source, &source.body.params);
    cx.b.func_mut().sizes = source.sizes;
    cx.b.func_mut().linear = source.linear;
    cx.b.func_mut().marks = source.marks.clone();
    rule.start(&mut cx, source)?;
    cx.insts(source, &source.body, rule)?;
    let results = source.body.results.iter().map(|&v| cx.value(v)).collect();
    Ok(cx.b.finish(results))
}

impl Rewriter {
    /// The new value for a value of the source.
    pub(crate) fn value(&self, value: Value) -> Value {
        self.map.get(&value).copied().unwrap_or(value)
    }

    /// The new size for a size of the source.
    pub(crate) fn size(&self, size: &Size) -> Size {
        let of = |v| {
            self.sizes
                .get(&v)
                .cloned()
                .unwrap_or_else(|| Size::value(self.value(v)))
        };
        size.substitute(of).unwrap_or_default()
    }

    /// The new type for a type of the source.
    pub(crate) fn ty(&self, ty: &Type) -> Type {
        let shape = ty.shape.iter().map(|size| self.size(size)).collect();
        Type {
            shape,
            ..ty.clone()
        }
    }

    /// From here on `new` is what `old` was in the source.
    pub(crate) fn bind(&mut self, old: Value, new: Value) {
        self.map.insert(old, new);
        // A region may be rebuilt several times: what was known of a value then says nothing now.
        match self.known_size(new) {
            Some(size) => self.sizes.insert(old, size),
            None => self.sizes.remove(&old),
        };
    }

    /// The size that a new value is known to be: constants and named sizes are seen through.
    fn known_size(&self, value: Value) -> Option<Size> {
        let data = &self.b.func().insts[self.b.definition(value)?];
        data.known_size()
            .filter(|_| self.b.ty(value).is(DType::I64))
    }

    fn params(&mut self, source: &Function, params: &[Value]) {
        for &param in params {
            let ty = self.ty(source.ty(param));
            let new = self.b.param(ty, source.values[param].name.clone());
            self.bind(param, new);
        }
    }

    fn insts(
        &mut self,
        source: &Function,
        block: &Block,
        rule: &mut dyn Rule,
    ) -> Result<(), TypeError> {
        for &inst in &block.insts {
            let data = &source.insts[inst];
            // What has no place of its own has that of the call that it is put in for.
            let place = match data.span == Span::default() {
                true => self.b.span(),
                false => data.span,
            };
            let outer = self.b.at(place);
            let found = Found {
                source,
                data,
                args: data.args.iter().map(|&v| self.value(v)).collect(),
                sizes: data.sizes.iter().map(|s| self.size(s)).collect(),
                types: data
                    .results
                    .iter()
                    .map(|&v| self.ty(source.ty(v)))
                    .collect(),
            };
            match rule.inst(self, &found)? {
                Made::Values(values) => {
                    for (&old, &new) in data.results.iter().zip(&values) {
                        self.keep_name(source, old, new);
                        self.bind(old, new);
                    }
                }
                Made::Copy => {
                    self.copy(source, found, rule)?;
                }
            }
            self.b.at(outer);
        }
        Ok(())
    }

    fn keep_name(&mut self, source: &Function, old: Value, new: Value) {
        if self.b.func().name(new).is_none()
            && let Some(name) = source.values[old].name.clone()
        {
            self.b.name(new, name);
        }
    }

    fn copy(
        &mut self,
        source: &Function,
        found: Found<'_>,
        rule: &mut dyn Rule,
    ) -> Result<Inst, TypeError> {
        let mut blocks = Vec::new();
        for block in &found.data.blocks {
            self.b.open();
            rule.enter(&found.data.op);
            self.params(source, &block.params);
            self.insts(source, block, rule)?;
            let results = block.results.iter().map(|&v| self.value(v)).collect();
            rule.leave();
            blocks.push(self.b.close(results));
        }
        let mut results = SmallVec::new();
        for &old in &found.data.results {
            let ty = self.ty(source.ty(old));
            let new = self.b.fresh(ty, source.values[old].name.clone());
            self.map.insert(old, new);
            results.push(new);
        }
        let parts = Parts {
            args: found.args,
            sizes: found.sizes,
            blocks,
            wanted: Vec::new(),
        };
        let inst = self.b.push_with(found.data.op.clone(), parts, results);
        for &old in &found.data.results {
            let new = self.value(old);
            self.bind(old, new);
        }
        Ok(inst)
    }

    /// Copies the instructions of a region of `source` to the current point, its parameters bound to
    /// these values; returns its results.
    pub(crate) fn region(
        &mut self,
        source: &Function,
        block: &Block,
        params: &[Value],
        rule: &mut dyn Rule,
    ) -> Result<Vec<Value>, TypeError> {
        for (&old, &new) in block.params.iter().zip(params) {
            self.bind(old, new);
        }
        self.insts(source, block, rule)?;
        Ok(block.results.iter().map(|&v| self.value(v)).collect())
    }

    /// Copies the body of `callee` to the current point, its parameters bound to these arguments;
    /// returns its results.
    pub(crate) fn splice(
        &mut self,
        callee: &Function,
        sizes: &[Size],
        args: &[Value],
        rule: &mut dyn Rule,
    ) -> Result<Vec<Value>, TypeError> {
        let mut inner = FxHashMap::default();
        let mut inner_sizes = FxHashMap::default();
        for (&param, size) in callee.size_params().iter().zip(sizes) {
            inner.insert(param, self.b.size(size)?);
            inner_sizes.insert(param, size.clone());
        }
        for (&param, &arg) in callee.params().iter().zip(args) {
            inner.insert(param, arg);
            if let Some(size) = self.known_size(arg) {
                inner_sizes.insert(param, size);
            }
        }
        std::mem::swap(&mut self.map, &mut inner);
        std::mem::swap(&mut self.sizes, &mut inner_sizes);
        let done = self.insts(callee, &callee.body, rule);
        let results = callee.body.results.iter().map(|&v| self.value(v)).collect();
        self.map = inner;
        self.sizes = inner_sizes;
        done.map(|()| results)
    }
}
