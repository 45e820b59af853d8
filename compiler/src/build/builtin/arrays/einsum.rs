//! `einsum("ij,jk->ik", a, b)`: sums of products, written with a letter for each axis.
//!
//! Operands are multiplied from left to right. Before a product, each side is summed over the letters
//! that nothing after it mentions, and a letter that stands twice on one side takes its diagonal; the
//! product itself is one contraction.

use crate::build::call::ArgVal;
use crate::build::elab::{Elab, R};
use crate::build::errors;
use crate::build::val::Val;
use crate::diagnostic::Span;
use dfn_ir::ops::{Dot, Order, ReduceKind};
use dfn_ir::{DType, Size, Value};

/// An array with a letter for each axis.
struct Term {
    value: Value,
    letters: Vec<char>,
}

/// `einsum("ij,jk->ik", a, b)`
pub(super) fn einsum<'a>(elab: &mut Elab<'a>, args: Vec<ArgVal<'a>>, at: Span) -> R<Val<'a>> {
    let (args, _) = elab.several_given("einsum", args)?;
    let Some((formula, operands)) = args.split_first() else {
        return Err(elab.fail(errors::functions::missing("einsum", "formula", at, None)));
    };
    let Val::Text(text) = &formula.val else {
        return Err(elab.wrong(formula, "a formula such as `\"ij,jk->ik\"`"));
    };
    let (inputs, output) = elab.formula(text, formula.span)?;
    if inputs.len() != operands.len() {
        let takes = format!("{} arrays for this formula", inputs.len());
        let found = operands.len();
        return Err(elab.fail(errors::functions::arity("einsum", &takes, found, at, None)));
    }
    let mut terms = elab.terms(inputs, operands, at)?;
    terms.reverse();
    let mut product: Option<Term> = None;
    while let Some(term) = terms.pop() {
        // What later terms and the result mention is kept.
        let mut needed = output.clone();
        needed.extend(terms.iter().flat_map(|term| &term.letters));
        product = Some(match product {
            None => term,
            Some(before) => {
                let (mut left, mut right) = (needed.clone(), needed.clone());
                left.extend(&term.letters);
                right.extend(&before.letters);
                let (a, b) = (
                    elab.summed(before, &left, at)?,
                    elab.summed(term, &right, at)?,
                );
                elab.multiplied(a, b, &needed, at)?
            }
        });
    }
    let Some(term) = product else {
        return Err(elab.fail(errors::functions::missing("einsum", "x", at, None)));
    };
    let term = elab.summed(term, &output, at)?;
    let place = |letter: &char| term.letters.iter().position(|l| l == letter);
    let axes: Vec<usize> = output.iter().filter_map(place).collect();
    Ok(Val::Ir(elab.permuted(term.value, axes, at)?))
}

impl<'a> Elab<'a> {
    /// The letters of each operand and of the result.
    fn formula(&mut self, text: &str, at: Span) -> R<(Vec<Vec<char>>, Vec<char>)> {
        let plain: String = text.chars().filter(|c| !c.is_whitespace()).collect();
        let wrong = |elab: &mut Self, title: String| {
            let help = "a letter for each axis, operands apart by commas: `\"ij,jk->ik\"`";
            Err(elab.unfit(title, at, help))
        };
        let (left, right) = match plain.split_once("->") {
            Some((left, right)) => (left, Some(right)),
            None => (plain.as_str(), None),
        };
        let all = left
            .chars()
            .filter(|c| *c != ',')
            .chain(right.unwrap_or_default().chars());
        if let Some(odd) = all.into_iter().find(|c| !c.is_ascii_alphabetic()) {
            return wrong(self, format!("`{odd}` in a formula of `einsum`"));
        }
        let inputs: Vec<Vec<char>> = left.split(',').map(|part| part.chars().collect()).collect();
        let output: Vec<char> = match right {
            Some(right) => right.chars().collect(),
            None => {
                // Without `->`: the letters that stand once, in the order of the alphabet.
                let all: Vec<char> = inputs.iter().flatten().copied().collect();
                let once = |c: &&char| all.iter().filter(|other| other == c).count() == 1;
                let mut output: Vec<char> = all.iter().filter(once).copied().collect();
                output.sort_unstable();
                output
            }
        };
        for (k, letter) in output.iter().enumerate() {
            if output.iter().take(k).any(|other| other == letter) {
                return wrong(
                    self,
                    format!("`{letter}` stands twice in the result of `einsum`"),
                );
            }
            if !inputs.iter().flatten().any(|other| other == letter) {
                return wrong(self, format!("`{letter}` stands in no operand of `einsum`"));
            }
        }
        Ok((inputs, output))
    }

    /// The operands with their letters; a letter that stands twice is a diagonal.
    fn terms(&mut self, inputs: Vec<Vec<char>>, operands: &[ArgVal<'a>], at: Span) -> R<Vec<Term>> {
        let dtype = operands.iter().find_map(|arg| match &arg.val {
            Val::Ir(value) => Some(self.ty(*value).dtype),
            _ => None,
        });
        let mut terms = Vec::new();
        let mut sizes: Vec<(char, Size)> = Vec::new();
        for (letters, arg) in inputs.into_iter().zip(operands) {
            let value = self.ir_as(&arg.val, dtype.or(Some(DType::F64)), arg.span)?;
            let ty = self.ty(value);
            if ty.dtype == DType::Bool || dtype.is_some_and(|dtype| dtype != ty.dtype) {
                let types: Vec<String> = operands.iter().map(|arg| self.show(&arg.val)).collect();
                let diagnostic = errors::types::operands("einsum", &types, arg.span);
                return Err(self.fail(diagnostic.help("all operands are numbers of one type")));
            }
            if ty.rank() != letters.len() {
                let wanted = format!("an array with {} axes", letters.len());
                return Err(self.wrong(arg, &wanted));
            }
            for (&letter, size) in letters.iter().zip(&ty.shape) {
                match sizes.iter().find(|(other, _)| *other == letter).cloned() {
                    Some((_, known)) => {
                        self.equal_sizes(&format!("`{letter}`"), &known, size, arg.span)?;
                    }
                    None => sizes.push((letter, size.clone())),
                }
            }
            terms.push(self.without_twins(Term { value, letters }, at)?);
        }
        Ok(terms)
    }

    /// A term in which every letter stands once.
    fn without_twins(&mut self, mut term: Term, at: Span) -> R<Term> {
        let twins = |letters: &[char]| {
            letters.iter().enumerate().find_map(|(k, letter)| {
                let first = letters.iter().take(k).position(|other| other == letter)?;
                Some((first, k))
            })
        };
        while let Some((first, second)) = twins(&term.letters) {
            let rank = term.letters.len();
            let mut axes: Vec<usize> = (0..rank).filter(|a| *a != first && *a != second).collect();
            axes.extend([first, second]);
            let value = self.permuted(term.value, axes.clone(), at)?;
            let value = self.diagonal(value, 0, at)?;
            axes.pop();
            let letters = axes
                .iter()
                .filter_map(|&a| term.letters.get(a).copied())
                .collect();
            term = Term { value, letters };
        }
        Ok(term)
    }

    /// A term summed over the letters that are not in `needed`.
    fn summed(&mut self, term: Term, needed: &[char], at: Span) -> R<Term> {
        let letters = term.letters.iter().enumerate();
        let axes: Vec<usize> = letters
            .filter(|(_, letter)| !needed.contains(letter))
            .map(|(axis, _)| axis)
            .collect();
        let value = self.folded(ReduceKind::Sum, term.value, &axes, at)?;
        let letters = term
            .letters
            .into_iter()
            .filter(|letter| needed.contains(letter))
            .collect();
        Ok(Term { value, letters })
    }

    /// The product of two terms, summed over the letters of both that are not in `needed`.
    fn multiplied(&mut self, a: Term, b: Term, needed: &[char], at: Span) -> R<Term> {
        let (mut batch, mut contract) = (Vec::new(), Vec::new());
        let mut letters = Vec::new();
        for (i, letter) in a.letters.iter().enumerate() {
            let Some(j) = b.letters.iter().position(|other| other == letter) else {
                continue;
            };
            if needed.contains(letter) {
                batch.push((i, j));
                letters.push(*letter);
            } else {
                contract.push((i, j));
            }
        }
        letters.extend(
            a.letters
                .iter()
                .filter(|letter| !b.letters.contains(letter)),
        );
        letters.extend(
            b.letters
                .iter()
                .filter(|letter| !a.letters.contains(letter)),
        );
        let dot = Dot {
            batch,
            contract,
            order: Order::Any,
        };
        let value = self.emit(dot, &[a.value, b.value], at)?;
        Ok(Term { value, letters })
    }
}
