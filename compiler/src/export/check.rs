//! What a wrapper refuses before it calls the compiled function: negative sizes, arrays that no memory
//! holds, null and misaligned pointers.

use super::extent::{self, Values};
use super::interface::{Function, Interface, Leaf, Param, ParamType};
use super::shape::Source;
use dfn_ir::DType;
use dfn_ir::loops::{Builder, Facts, PointerTest, Var, VarTy};
use dfn_ir::scalar::{Compare, ScalarOp};
use dfn_runtime::status;

/// Declares the C parameters of a function: sizes, then the others.
pub(super) fn parameters(b: &mut Builder, function: &Function) -> (Vec<Var>, Vec<Var>) {
    let size = VarTy::Value(dfn_ir::loops::Ty::I64);
    let sizes = function
        .sizes
        .iter()
        .map(|name| b.param(name, size))
        .collect();
    let params = function.params.iter().map(|param| {
        let var = b.param(&param.name, machine_type(param));
        if matches!(b.ty(var), VarTy::Buffer(_)) {
            // Nothing may be assumed of what is still to be checked.
            b.facts(
                var,
                Facts {
                    align: 1,
                    ..Facts::default()
                },
            );
        }
        var
    });
    let params = params.collect();
    (sizes, params)
}

fn machine_type(param: &Param) -> VarTy {
    match param.ty {
        ParamType::Scalar(dtype) if !param.output => VarTy::Value(dfn_ir::loops::Ty::scalar(dtype)),
        ParamType::Scalar(dtype) | ParamType::Array(dtype) => VarTy::Buffer(dtype),
        ParamType::Struct(_) => VarTy::Pointer,
    }
}

/// Checks what can be checked of the arguments; gives all sizes and the leaves, as the compiled function
/// takes them.
pub(super) fn arguments(
    b: &mut Builder,
    interface: &Interface,
    function: &Function,
    (sizes, params): (&[Var], &[Var]),
) -> (Vec<Var>, Vec<Var>) {
    let zero = b.index(0);
    for &size in sizes {
        at_least(b, size, zero);
    }
    for (param, &var) in function.params.iter().zip(params) {
        if let ParamType::Struct(position) = param.ty {
            let align = interface
                .structs
                .get(position)
                .map_or(1, |found| found.align);
            not_null(b, var);
            aligned(b, var, align);
        }
    }
    let leaves: Vec<Var> = function
        .leaves
        .iter()
        .map(|leaf| read(b, function, leaf, params))
        .collect();
    let known: Vec<(usize, Var)> = leaves.iter().copied().enumerate().collect();
    let sizes = extent::all_sizes(b, function, sizes, &known);
    let values = Values {
        sizes: &sizes,
        leaves: &known,
    };
    for var in mentioned(function, &values) {
        at_least(b, var, zero);
    }
    for (leaf, &var) in function.leaves.iter().zip(&leaves) {
        if matches!(b.ty(var), VarTy::Buffer(_)) {
            buffer(b, leaf, var, &values);
        }
    }
    (sizes, leaves)
}

/// The `i64` scalars and the computed sizes that the sizes of arrays mention.
fn mentioned(function: &Function, values: &Values<'_>) -> Vec<Var> {
    let shapes = function.leaves.iter().flat_map(|leaf| &leaf.room);
    let sources = shapes
        .flat_map(|extent| &extent.0)
        .flat_map(|(_, product)| product);
    let mut found: Vec<Var> = Vec::new();
    for &source in sources {
        let checked = matches!(source, Source::Size(k) if k < function.sizes.len());
        let var = values.of(source).filter(|_| !checked);
        found.extend(var.filter(|var| !found.contains(var)));
    }
    found
}

/// The value of a leaf: a scalar, or the address of elements.
fn read(b: &mut Builder, function: &Function, leaf: &Leaf, params: &[Var]) -> Var {
    let base = params
        .get(leaf.param)
        .copied()
        .expect("each leaf belongs to a parameter");
    let Some(offset) = leaf.offset else {
        return base;
    };
    match (leaf.shape.is_empty(), function.is_output(leaf)) {
        (true, false) => b.field(base, offset, leaf.dtype),
        (true, true) => b.buffer_at(base, offset, leaf.dtype),
        (false, _) => {
            let pointer = b.pointer_field(base, offset);
            b.buffer_at(pointer, 0, leaf.dtype)
        }
    }
}

/// Checks an array: its bytes can be addressed, and there is an address unless it is empty.
fn buffer(b: &mut Builder, leaf: &Leaf, var: Var, values: &Values<'_>) {
    if leaf.offset.is_some() && leaf.shape.is_empty() {
        // A member of a struct that was checked.
        return;
    }
    if leaf.shape.is_empty() {
        not_null(b, var);
    } else {
        let mut factors: Vec<Var> = leaf
            .room
            .iter()
            .map(|size| extent::extent(b, size, values))
            .collect();
        let count = factors
            .iter()
            .copied()
            .reduce(|x, y| b.op(ScalarOp::Min, &[x, y]));
        factors.push(b.index(i64::from(leaf.dtype.bytes())));
        extent::product_of(b, &factors);
        let null = b.test(var, PointerTest::Null);
        let some = b.op(ScalarOp::Not, &[null]);
        let zero = b.index(0);
        let empty = count.map_or(some, |count| b.compare(Compare::Le, count, zero));
        let fine = b.op(ScalarOp::Or, &[some, empty]);
        b.check(fine, status::NULL.code);
    }
    aligned(b, var, alignment(leaf.dtype));
}

fn alignment(dtype: DType) -> u32 {
    dtype.bytes()
}

/// Refuses a negative number.
fn at_least(b: &mut Builder, value: Var, zero: Var) {
    let fine = b.compare(Compare::Le, zero, value);
    b.check(fine, status::SIZE.code);
}

/// Refuses the null address.
pub(super) fn not_null(b: &mut Builder, pointer: Var) {
    refuse(b, pointer, PointerTest::Null, status::NULL.code);
}

/// Refuses an address that is not a multiple of `align`.
pub(super) fn aligned(b: &mut Builder, pointer: Var, align: u32) {
    if align > 1 {
        refuse(
            b,
            pointer,
            PointerTest::Misaligned(align),
            status::MISALIGNED.code,
        );
    }
}

fn refuse(b: &mut Builder, pointer: Var, test: PointerTest, code: i32) {
    let bad = b.test(pointer, test);
    let fine = b.op(ScalarOp::Not, &[bad]);
    b.check(fine, code);
}
