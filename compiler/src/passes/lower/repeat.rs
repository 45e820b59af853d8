//! `for`: scalars are carried as variables, accumulators stay in place, arrays alternate between two
//! buffers: a run reads one and writes the other.

use dfn_ir::function::InstData;
use dfn_ir::loops::{ForSpec, Var};
use dfn_ir::ops::For;
use dfn_ir::{Size, Type, Value};

use super::copies::Cause;
use super::cx::{Cx, Val};
use super::error::{Done, internal};
use super::simple::only;
use super::view::View;

/// How a value is carried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Carried {
    /// In a variable.
    Scalar,
    /// In two buffers.
    Array,
    /// In the memory where it is: accumulators, and arrays that do not change.
    InPlace,
    /// In memory that the loop changes.
    Updated,
}

impl<'a> Cx<'a> {
    /// Emits a loop.
    pub(super) fn for_loop(&mut self, op: &For, data: &'a InstData) -> Done {
        if self.delayed_loop(op, data)? {
            return Ok(());
        }
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
        for (k, kind) in kinds.iter().enumerate() {
            self.enter((params, data), k, *kind, &mut inits)?;
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
        let spec = match self.runs_apart(block, (counter, params), &kinds) {
            true if !op.reverse && inits.is_empty() => spec.apart(),
            _ => spec,
        };
        let (index, vars) = self.open_for(spec, &inits);
        self.set(counter, Val::Scalar(index));
        let mut dests = self.loop_params(params, &kinds, &vars)?;
        for stack in &stacks {
            dests.push(Some(stack.part(&[Size::value(counter)])?));
        }
        let copies = self.copies;
        let span = self.span;
        self.loops += 1;
        self.block(block, &dests)?;
        self.span = span;
        if copies != self.copies || !self.is_in_place((params, &block.results), &kinds)? {
            self.keep_in_order();
        }
        let next = self.next((params, &block.results), &kinds, &vars)?;
        self.loops -= 1;
        let after = self.close_for(&next);
        self.loop_results((params, &data.results), &kinds, after)?;
        for (&result, view) in data.results.iter().skip(params.len()).zip(stacks) {
            self.set(result, Val::View(view));
        }
        Ok(())
    }

    pub(super) fn carried(&self, param: Value, result: Value) -> Carried {
        let ty = self.func.ty(param);
        match ty.is_scalar() {
            true => Carried::Scalar,
            false if ty.is_accumulator() || param == result => Carried::InPlace,
            false if self.continues(result, param) => Carried::Updated,
            false => Carried::Array,
        }
    }

    /// What carried value `k` starts as.
    pub(super) fn enter(
        &mut self,
        (params, data): (&[Value], &InstData),
        k: usize,
        kind: Carried,
        inits: &mut Vec<Var>,
    ) -> Done {
        let (Some(&param), Some(&arg), Some(&result)) =
            (params.get(k), data.args.get(k), data.results.get(k))
        else {
            return Err(internal("a carry is missing"));
        };
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
            Carried::Updated => {
                let view = match self.changeable(arg)? {
                    true => self.accumulator(arg)?,
                    false => self.copied(arg, result)?,
                };
                self.claim(view.buffer);
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

    /// Says what the parameters of a region are; gives the destinations of its results.
    pub(super) fn loop_params(
        &mut self,
        params: &[Value],
        kinds: &[Carried],
        vars: &[Var],
    ) -> Done<Vec<Option<View>>> {
        let mut vars = vars.iter().copied();
        let mut dests = Vec::new();
        for (&param, kind) in params.iter().zip(kinds) {
            let mut var = || vars.next().ok_or_else(|| internal("a carry is missing"));
            dests.push(match kind {
                Carried::Scalar => {
                    let var = var()?;
                    self.set(param, Val::Scalar(var));
                    None
                }
                Carried::InPlace | Carried::Updated => None,
                Carried::Array => {
                    let (current, next) = (var()?, var()?);
                    let ty = self.func.ty(param);
                    let view = View::whole(current, ty.dtype, self.shape(ty)?)?;
                    self.set(param, Val::View(view.clone()));
                    Some(View {
                        buffer: next,
                        ..view
                    })
                }
            });
        }
        Ok(dests)
    }

    /// The carries of the next run: scalars, and the two buffers of an array exchanged.
    pub(super) fn next(
        &mut self,
        (params, results): (&[Value], &[Value]),
        kinds: &[Carried],
        vars: &[Var],
    ) -> Done<Vec<Var>> {
        let mut vars = vars.iter().copied();
        let mut next = Vec::new();
        for ((&param, &result), kind) in params.iter().zip(results).zip(kinds) {
            match kind {
                Carried::Scalar => {
                    vars.next();
                    next.push(self.number(result)?);
                }
                Carried::InPlace | Carried::Updated => {
                    let place = self.accumulator(param)?;
                    self.note_move(result, &place, Cause::Carried);
                    self.settle(result, &place)?;
                }
                Carried::Array => {
                    let (current, other) = (vars.next(), vars.next());
                    if let Some(buffer) = other {
                        let place = View {
                            buffer,
                            ..self.accumulator(param)?
                        };
                        self.note_move(result, &place, Cause::Carried);
                    }
                    next.extend(other);
                    next.extend(current);
                }
            }
        }
        Ok(next)
    }

    /// What the carries are after the loop.
    pub(super) fn loop_results(
        &mut self,
        (params, results): (&[Value], &[Value]),
        kinds: &[Carried],
        after: Vec<Var>,
    ) -> Done {
        let mut after = after.into_iter();
        for ((&result, &param), kind) in results.iter().zip(params).zip(kinds) {
            let mut var = || after.next().ok_or_else(|| internal("a carry is missing"));
            let val = match kind {
                Carried::Scalar => Val::Scalar(var()?),
                Carried::InPlace | Carried::Updated => Val::View(self.accumulator(param)?),
                Carried::Array => {
                    let current = var()?;
                    var()?;
                    let ty = self.func.ty(result);
                    Val::View(View::whole(current, ty.dtype, self.shape(ty)?)?)
                }
            };
            self.set(result, val);
        }
        Ok(())
    }
}
