//! `for`: scalars are carried as variables, accumulators stay in place, arrays alternate between two
//! buffers: a run reads one and writes the other.

use dfn_ir::function::{Block, InstData};
use dfn_ir::loops::{ForSpec, Var};
use dfn_ir::ops::For;
use dfn_ir::{Size, Type, Value};

use super::cx::{Cx, Val};
use super::error::{Done, internal};
use super::simple::only;
use super::view::View;

/// How a value is carried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Carried {
    /// In a variable.
    Scalar,
    /// In two buffers.
    Array,
    /// In the memory where it is: accumulators, and arrays that do not change.
    InPlace,
}

impl<'a> Cx<'a> {
    /// Emits a loop.
    pub(super) fn for_loop(&mut self, op: &For, data: &'a InstData) -> Done {
        let block = only(data)?;
        let (&counter, params) = block
            .params
            .split_first()
            .ok_or_else(|| internal("a loop without an index"))?;
        let size = data
            .sizes
            .first()
            .ok_or_else(|| internal("a loop without a size"))?;
        let size = self.resolve(size)?;
        let kinds: Vec<Carried> = params
            .iter()
            .zip(&block.results)
            .map(|(&p, &r)| self.carried(p, r))
            .collect();
        let mut inits = Vec::new();
        for ((&param, &arg), kind) in params.iter().zip(&data.args).zip(&kinds) {
            self.enter(param, arg, *kind, &mut inits)?;
        }
        let mut stacks = Vec::new();
        for &result in data.results.iter().skip(params.len()) {
            stacks.push(self.dest(result)?);
        }
        let (lo, hi) = (self.size(&Size::default())?, self.size(&size)?);
        let spec = match op.reverse {
            true => ForSpec::down(lo, hi),
            false => ForSpec::up(lo, hi),
        };
        let (index, vars) = self.open_for(spec, &inits);
        self.set(counter, Val::Scalar(index));
        let dests = self.loop_params(block, &kinds, &vars, &stacks)?;
        self.block(block, &dests)?;
        let next = self.next(block, &kinds, &vars)?;
        let after = self.close_for(&next);
        self.loop_results(data, &kinds, after, stacks)
    }

    fn carried(&self, param: Value, result: Value) -> Carried {
        let ty = self.func.ty(param);
        match ty.is_scalar() {
            true => Carried::Scalar,
            false if ty.is_accumulator() || param == result => Carried::InPlace,
            false => Carried::Array,
        }
    }

    /// What a carried value starts as.
    fn enter(&mut self, param: Value, arg: Value, kind: Carried, inits: &mut Vec<Var>) -> Done {
        match kind {
            Carried::Scalar => inits.push(self.number(arg)?),
            Carried::InPlace if self.func.ty(param).is_accumulator() => {
                let view = self.accumulator(arg)?;
                self.set(param, Val::View(view));
            }
            Carried::InPlace => {
                let view = match self.view(arg)? {
                    Some(view) => view,
                    None => self.contiguous(arg)?,
                };
                self.set(param, Val::View(view));
            }
            Carried::Array => {
                let ty: Type = self.func.ty(param).clone();
                let name = self.func.name(param).unwrap_or_default().to_owned();
                let current = self.temporary(&name, &ty)?;
                let next = self.temporary(&name, &ty)?;
                self.settle(arg, &current)?;
                inits.extend([current.buffer, next.buffer]);
            }
        }
        Ok(())
    }

    /// Says what the parameters are in the body; gives the destinations of its results.
    fn loop_params(
        &mut self,
        block: &Block,
        kinds: &[Carried],
        vars: &[Var],
        stacks: &[View],
    ) -> Done<Vec<Option<View>>> {
        let mut vars = vars.iter().copied();
        let mut dests = Vec::new();
        for (&param, kind) in block.params.iter().skip(1).zip(kinds) {
            let ty = self.func.ty(param);
            let missing = || internal("a carry is missing");
            match kind {
                Carried::Scalar => {
                    let var = vars.next().ok_or_else(missing)?;
                    self.set(param, Val::Scalar(var));
                    dests.push(None);
                }
                Carried::InPlace => dests.push(None),
                Carried::Array => {
                    let current = vars.next().ok_or_else(missing)?;
                    let next = vars.next().ok_or_else(missing)?;
                    let shape = self.shape(ty)?;
                    let view = View::whole(current, ty.dtype, shape)?;
                    dests.push(Some(View {
                        buffer: next,
                        ..view.clone()
                    }));
                    self.set(param, Val::View(view));
                }
            }
        }
        let index = block
            .params
            .first()
            .map(|&v| Size::value(v))
            .unwrap_or_default();
        for stack in stacks {
            dests.push(Some(stack.part(std::slice::from_ref(&index))?));
        }
        Ok(dests)
    }

    /// The carries of the next run: scalars, and the two buffers of an array exchanged.
    fn next(&mut self, block: &Block, kinds: &[Carried], vars: &[Var]) -> Done<Vec<Var>> {
        let mut vars = vars.iter().copied();
        let mut next = Vec::new();
        for (&result, kind) in block.results.iter().zip(kinds) {
            match kind {
                Carried::Scalar => {
                    vars.next();
                    next.push(self.number(result)?);
                }
                Carried::InPlace => {}
                Carried::Array => {
                    let (current, other) = (vars.next(), vars.next());
                    next.extend(other);
                    next.extend(current);
                }
            }
        }
        Ok(next)
    }

    fn loop_results(
        &mut self,
        data: &InstData,
        kinds: &[Carried],
        after: Vec<Var>,
        stacks: Vec<View>,
    ) -> Done {
        let mut after = after.into_iter();
        let params = only(data)?.params.iter().skip(1);
        for ((&result, &param), kind) in data.results.iter().zip(params).zip(kinds) {
            let missing = || internal("a carry is missing");
            let val = match kind {
                Carried::Scalar => Val::Scalar(after.next().ok_or_else(missing)?),
                Carried::InPlace => Val::View(self.accumulator(param)?),
                Carried::Array => {
                    let current = after.next().ok_or_else(missing)?;
                    after.next();
                    let ty = self.func.ty(result);
                    Val::View(View::whole(current, ty.dtype, self.shape(ty)?)?)
                }
            };
            self.set(result, val);
        }
        let stacked = data.results.iter().skip(kinds.len());
        for (&result, view) in stacked.zip(stacks) {
            self.set(result, Val::View(view));
        }
        Ok(())
    }
}
