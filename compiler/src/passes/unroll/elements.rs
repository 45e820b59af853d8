//! Arrays as their elements, and elements as an array.

use super::{Unroll, count, dims, is_small};
use crate::passes::rewrite::Rewriter;
use crate::passes::simplify::fold::{constant, definition};
use dfn_ir::function::Value;
use dfn_ir::ops::{Index, Stack};
use dfn_ir::scalar::Scalar;
use dfn_ir::{Op, Type, TypeError};

impl Unroll<'_> {
    /// The elements of a small array, row by row: as they were made, or read from it.
    pub(super) fn elements(
        &mut self,
        cx: &mut Rewriter,
        array: Value,
    ) -> Result<Option<Vec<Value>>, TypeError> {
        if let Some(known) = self.elements.get(&array) {
            return Ok(Some(known.clone()));
        }
        let ty = cx.b.ty(array).clone();
        if ty.rank() == 0 && !ty.is_accumulator() {
            return Ok(Some(vec![array]));
        }
        if !is_small(&ty) {
            return Ok(None);
        }
        let depth = cx.b.depth(array);
        let n = usize::try_from(count(&ty).unwrap_or(0)).unwrap_or(0);
        let elements = if let Some(value) = constant(cx, array) {
            let element = cx.b.in_block(depth, |b| b.constant(value))?;
            vec![element; n]
        } else {
            self.read(cx, array, depth)?
        };
        self.elements.insert(array, elements.clone());
        Ok(Some(elements))
    }

    /// Reads every element where the array is defined, so that each place that sees it sees them.
    fn read(
        &mut self,
        cx: &mut Rewriter,
        array: Value,
        depth: usize,
    ) -> Result<Vec<Value>, TypeError> {
        let (mut source, mut start) = (array, Vec::new());
        // An element of a part of a larger array is read from that.
        if let Some(data) = definition(cx, array)
            && matches!(data.op, Op::Index(_))
        {
            let data = data.clone();
            if let Some((&whole, indices)) = data.args.split_first() {
                (source, start) = (whole, indices.to_vec());
            }
        }
        let mut elements = Vec::new();
        for place in places(&dims(cx.b.ty(array))) {
            let element = cx.b.in_block(depth, |b| {
                let mut args = vec![source];
                args.extend(&start);
                for k in place {
                    args.push(b.constant(Scalar::I64(k as i64))?);
                }
                b.op(Index, &args)
            })?;
            elements.push(element);
        }
        Ok(elements)
    }

    /// The array of these elements; a scalar is its only element.
    pub(in crate::passes) fn assemble(
        &mut self,
        cx: &mut Rewriter,
        ty: &Type,
        elements: Vec<Value>,
    ) -> Result<Value, TypeError> {
        let mut parts = elements.clone();
        for &n in dims(ty).iter().rev() {
            let rows = parts.chunks(n.max(1));
            parts = rows
                .map(|row| cx.b.op(Stack, row))
                .collect::<Result<_, _>>()?;
        }
        let [whole] = parts.as_slice() else {
            return Err(TypeError::new("the elements do not make one array"));
        };
        if ty.rank() > 0 {
            self.elements.insert(*whole, elements);
        }
        Ok(*whole)
    }
}

/// All index tuples of an array, row by row.
pub(in crate::passes) fn places(dims: &[usize]) -> Vec<Vec<usize>> {
    let mut all = vec![Vec::new()];
    for &n in dims {
        all = (all.iter())
            .flat_map(|front: &Vec<usize>| {
                (0..n).map(move |k| front.iter().copied().chain([k]).collect())
            })
            .collect();
    }
    all
}

/// The number of an element, row by row.
pub(super) fn number(dims: &[usize], place: &[usize]) -> usize {
    let digits = dims.iter().zip(place);
    digits.fold(0, |at, (&n, &k)| at * n + k)
}
