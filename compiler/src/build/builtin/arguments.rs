//! The arguments of the functions that the compiler provides, by position or by name: one way for all.
//!
//! A function lists its parameters in the order of positions (`Builtin::params`): `axis?` need not be given,
//! and `x…` takes all that have no name.

use super::{Builtin, find};
use crate::build::call::ArgVal;
use crate::build::elab::{Elab, R, Reported};
use crate::build::errors;
use crate::diagnostic::Span;
use crate::syntax::ast;

/// An argument, elaborated or as it is written.
pub(in crate::build) trait Argument<'a> {
    /// The name before `=`.
    fn name(&self) -> Option<&'a ast::Name>;

    /// The argument in its place, where its name has said all.
    fn placed(self) -> Self;
}

impl<'a> Argument<'a> for ArgVal<'a> {
    fn name(&self) -> Option<&'a ast::Name> {
        self.name
    }

    fn placed(self) -> Self {
        ArgVal { name: None, ..self }
    }
}

impl<'a> Argument<'a> for &'a ast::Arg {
    fn name(&self) -> Option<&'a ast::Name> {
        self.name.as_ref()
    }

    fn placed(self) -> Self {
        self
    }
}

/// The name of a parameter without its mark.
fn plain(param: &'static str) -> &'static str {
    param.trim_end_matches(['?', '…'])
}

impl Builtin {
    /// The names of all parameters.
    pub(in crate::build) fn all_params(&self) -> impl Iterator<Item = &'static str> {
        self.params.iter().map(|param| plain(param))
    }

    /// The names of the parameters that must be given.
    pub(in crate::build) fn required(&self) -> impl Iterator<Item = &'static str> {
        let must = self.params.iter().filter(|param| !param.ends_with('?'));
        must.map(|param| plain(param))
    }
}

/// What a slot of [`Elab::given`] holds, for a parameter that must be given.
pub(super) fn must<A>(slot: Option<A>) -> R<A> {
    slot.ok_or(Reported)
}

impl<'a> Elab<'a> {
    /// The arguments of the builtin function `name` by parameter; those that must be there are.
    pub(super) fn given<A: Argument<'a>, const N: usize>(
        &mut self,
        name: &str,
        args: Vec<A>,
        at: Span,
    ) -> R<[Option<A>; N]> {
        let params = find(name).map_or(&[][..], |builtin| builtin.params);
        let slots = self.slots(name, params, args, at)?;
        let wrong = errors::types::internal("the table of functions is wrong", at);
        slots.try_into().map_err(|_| self.fail(wrong))
    }

    /// The arguments by parameter of a function that has no parameter `x…`.
    pub(in crate::build) fn slots<A: Argument<'a>>(
        &mut self,
        name: &str,
        params: &[&'static str],
        args: Vec<A>,
        at: Span,
    ) -> R<Vec<Option<A>>> {
        let mut slots: Vec<Option<A>> = params.iter().map(|_| None).collect();
        let (count, mut next) = (args.len(), 0);
        for arg in args {
            let named = arg.name();
            let place = match named {
                Some(name) => params
                    .iter()
                    .position(|param| plain(param) == name.as_str()),
                None => Some(next),
            };
            next += usize::from(named.is_none());
            match (place.and_then(|k| slots.get_mut(k)), named) {
                (Some(slot), _) if slot.is_none() => *slot = Some(arg.placed()),
                (_, Some(wrong)) => return Err(self.no_parameter(name, params, wrong)),
                (_, None) => {
                    let takes = takes(params);
                    return Err(self.fail(errors::functions::arity(name, &takes, count, at, None)));
                }
            }
        }
        let mut missing = params.iter().zip(&slots);
        match missing.find(|(param, slot)| slot.is_none() && !param.ends_with('?')) {
            Some((param, _)) => {
                Err(self.fail(errors::functions::missing(name, plain(param), at, None)))
            }
            None => Ok(slots),
        }
    }

    /// The arguments of a function with a parameter `x…`: those for it, and its one option, if it is given.
    pub(super) fn several_given<A: Argument<'a>>(
        &mut self,
        name: &str,
        args: Vec<A>,
    ) -> R<(Vec<A>, Option<A>)> {
        let params = find(name).map_or(&[][..], |builtin| builtin.params);
        let (mut all, mut option) = (Vec::new(), None);
        for arg in args {
            let known = |name: &ast::Name| {
                let mut options = params.iter().filter(|param| param.ends_with('?'));
                options.any(|param| plain(param) == name.as_str())
            };
            match arg.name() {
                None => all.push(arg),
                Some(name) if option.is_none() && known(name) => option = Some(arg),
                Some(wrong) => return Err(self.no_parameter(name, params, wrong)),
            }
        }
        Ok((all, option))
    }

    fn no_parameter(
        &mut self,
        function: &str,
        params: &[&'static str],
        wrong: &ast::Name,
    ) -> Reported {
        let known: Vec<&str> = params.iter().map(|param| plain(param)).collect();
        self.fail(errors::functions::named(
            function,
            wrong.as_str(),
            wrong.span,
            &known,
        ))
    }
}

/// How many arguments: `1 argument`, `1 to 3 arguments`.
fn takes(params: &[&str]) -> String {
    let most = params.len();
    let least = params.iter().filter(|param| !param.ends_with('?')).count();
    match (least, most) {
        (1, 1) => "1 argument".to_owned(),
        _ if least == most => format!("{most} arguments"),
        _ => format!("{least} to {most} arguments"),
    }
}
