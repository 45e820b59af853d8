//! Functions of matrices applied to arrays with more axes: the last axes are matrices, the others run
//! through a batch.
//!
//! The functions are those of the prelude in `linalg.dfn`, which are written for one matrix. All
//! arguments with more axes than their parameters have the same leading sizes; the others are shared.

use super::ArgVal;
use crate::build::elab::{Elab, R};
use crate::build::errors;
use crate::build::items::Item;
use crate::build::val::{Code, Func, Val};
use crate::diagnostic::Span;
use crate::syntax::ast::{self, TypeKind};
use dfn_ir::ops::Index;
use dfn_ir::{DType, Size, Value};
use std::rc::Rc;

/// The functions, and for those with a right-hand side the one that takes a vector in its place.
const OF_MATRICES: &[(&str, Option<&str>)] = &[
    ("cholesky", None),
    ("det", None),
    ("eigh", None),
    ("expm", None),
    ("inverse", None),
    ("logdet", None),
    ("logdet_positive", None),
    ("lstsq", Some("lstsq_vector")),
    ("lu", None),
    ("pinv", None),
    ("qr", None),
    ("slogdet", None),
    ("solve", Some("solve_vector")),
    ("solve_positive", Some("solve_positive_vector")),
    ("svd", None),
];

impl<'a> Elab<'a> {
    /// Whether `code` is a function of the prelude that applies to batches.
    pub(super) fn is_of_matrices(&self, code: &Code<'a, &'a ast::Function>) -> bool {
        let name = code.code.name.as_str();
        code.home + 1 == self.files.len() && OF_MATRICES.iter().any(|(known, _)| *known == name)
    }

    /// A function of matrices applied to arguments with any number of leading axes.
    pub(super) fn apply_to_batches(
        &mut self,
        code: &Code<'a, &'a ast::Function>,
        args: Vec<ArgVal<'a>>,
        at: Span,
    ) -> R<Val<'a>> {
        self.refuse_integers(code.code, &args)?;
        let code = self.for_vectors(code, &args);
        let func = Rc::new(Func::Declared(code.clone()));
        let extra = |elab: &Self, k: usize, arg: &ArgVal<'a>| {
            let wanted = rank_of_parameter(code.code, k, arg);
            elab.rank_of(&arg.val)
                .unwrap_or(0)
                .saturating_sub(wanted.unwrap_or(usize::MAX))
        };
        if !args
            .iter()
            .enumerate()
            .any(|(k, arg)| extra(self, k, arg) > 0)
        {
            let bound = self.bind(&func, args, at)?;
            return self.apply_bound(&func, bound, at);
        }
        let typed = args.iter().find_map(|arg| match &arg.val {
            Val::Ir(value) => Some(self.ty(*value).dtype),
            _ => None,
        });
        let mut arrays = Vec::new();
        for (k, arg) in args.iter().enumerate() {
            let more = extra(self, k, arg);
            let value = self.ir_as(&arg.val, typed.or(Some(DType::F64)), arg.span)?;
            arrays.push((value, self.ty(value).rank() - more, arg.span));
        }
        self.over_batches(&arrays, at, |elab, parts| {
            let part = |(arg, &value): (&ArgVal<'a>, &Value)| ArgVal {
                val: Val::Ir(value),
                ..arg.clone()
            };
            let args = args.iter().zip(parts).map(part).collect();
            let bound = elab.bind(&func, args, at)?;
            elab.apply_bound(&func, bound, at)
        })
    }

    /// Refuses arrays of anything but floats: there is no silent conversion.
    fn refuse_integers(&mut self, function: &ast::Function, args: &[ArgVal<'a>]) -> R<()> {
        for arg in args {
            let Val::Ir(value) = &arg.val else { continue };
            let ty = self.ty(*value);
            if ty.rank() > 0 && !ty.dtype.is_float() {
                let types = [self.show(&arg.val)];
                let name = function.name.as_str();
                let diagnostic = errors::types::operands(name, &types, arg.span);
                let help = format!("convert the argument: `{name}(f64(…))`");
                return Err(self.fail(diagnostic.help(help)));
            }
        }
        Ok(())
    }

    /// The function that takes a vector as its right-hand side, if one is given.
    fn for_vectors(
        &self,
        code: &Code<'a, &'a ast::Function>,
        args: &[ArgVal<'a>],
    ) -> Code<'a, &'a ast::Function> {
        let name = code.code.name.as_str();
        let known = OF_MATRICES.iter().find(|(known, _)| *known == name);
        let (Some((_, Some(other))), [a, b]) = (known, args) else {
            return code.clone();
        };
        let (Some(left), Some(right)) = (self.rank_of(&a.val), self.rank_of(&b.val)) else {
            return code.clone();
        };
        let prelude = self.files.last();
        match prelude.and_then(|file| file.items.get(*other)) {
            Some(&Item::Function(other, home)) if right == 1 || right < left => Code {
                code: other,
                captured: Vec::new(),
                home,
            },
            _ => code.clone(),
        }
    }

    fn rank_of(&self, val: &Val<'a>) -> Option<usize> {
        match val {
            Val::Ir(value) => Some(self.ty(*value).rank()),
            Val::Number(_) => Some(0),
            Val::Numbers(numbers) => Some(numbers.shape.len()),
            _ => None,
        }
    }

    /// `body` for each part of the arguments: the last axes of each, as many as stand beside it.
    pub(in crate::build) fn over_batches(
        &mut self,
        args: &[(Value, usize, Span)],
        at: Span,
        body: impl FnOnce(&mut Self, &[Value]) -> R<Val<'a>>,
    ) -> R<Val<'a>> {
        let mut batch: Vec<Size> = Vec::new();
        for &(value, core, span) in args {
            let ty = self.ty(value);
            let leading = ty
                .shape
                .get(..ty.rank() - core.min(ty.rank()))
                .unwrap_or_default();
            if batch.is_empty() {
                batch = leading.to_vec();
            } else if !leading.is_empty() && batch != leading {
                let differs = batch.iter().zip(leading).find(|(a, b)| a != b);
                let axes = (
                    Size::constant(batch.len() as i64),
                    Size::constant(leading.len() as i64),
                );
                return Err(match differs {
                    Some((a, b)) => self.sizes_differ("a leading axis", a, b, span),
                    None => self.sizes_differ("the number of leading axes", &axes.0, &axes.1, span),
                });
            }
        }
        let values: Vec<Value> = args.iter().map(|(value, ..)| *value).collect();
        if batch.is_empty() {
            return body(self, &values);
        }
        self.map_region(&batch, at, |elab, indices| {
            let mut parts = Vec::new();
            for &(value, core, _) in args {
                let shared = elab.ty(value).rank() == core;
                let mut operands = vec![value];
                operands.extend(indices);
                parts.push(if shared {
                    value
                } else {
                    elab.emit(Index, &operands, at)?
                });
            }
            body(elab, &parts)
        })
    }
}

/// The number of axes of the parameter that argument number `k` is for, if its type shows it.
fn rank_of_parameter(function: &ast::Function, k: usize, arg: &ArgVal<'_>) -> Option<usize> {
    let param = match arg.name {
        Some(name) => function
            .params
            .iter()
            .find(|param| param.name.text == name.text),
        None => function.params.get(k),
    };
    match &param?.ty.kind {
        TypeKind::Apply { args, .. } => Some(args.len()),
        TypeKind::Named(_) => Some(0),
        _ => None,
    }
}
