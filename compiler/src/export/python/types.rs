//! The types of a Python module: numbers, and structs as data classes beside their layout in C.

use super::names;
use super::support;
use crate::export::interface::{Function, Interface, Leaf, ParamType};
use crate::export::structs::{Field, FieldType, Struct};
use dfn_ir::DType;
use std::fmt::{self, Write};

/// The type of elements in NumPy.
pub(super) fn numpy(dtype: DType) -> &'static str {
    match dtype {
        DType::F32 => "_numpy.float32",
        DType::F64 => "_numpy.float64",
        DType::I32 => "_numpy.int32",
        DType::I64 => "_numpy.int64",
        DType::U32 => "_numpy.uint32",
        DType::U64 => "_numpy.uint64",
        DType::Bool => "_numpy.bool_",
    }
}

/// The type of a scalar in ctypes.
pub(super) fn ctypes(dtype: DType) -> &'static str {
    match dtype {
        DType::F32 => "_ctypes.c_float",
        DType::F64 => "_ctypes.c_double",
        DType::I32 => "_ctypes.c_int32",
        DType::I64 => "_ctypes.c_int64",
        DType::U32 => "_ctypes.c_uint32",
        DType::U64 => "_ctypes.c_uint64",
        DType::Bool => "_ctypes.c_bool",
    }
}

/// The type of a scalar in Python.
fn scalar(dtype: DType) -> &'static str {
    match dtype {
        DType::F32 | DType::F64 => "float",
        DType::I32 | DType::I64 | DType::U32 | DType::U64 => "int",
        DType::Bool => "bool",
    }
}

/// The name of a struct.
pub(super) fn struct_name(interface: &Interface, position: usize) -> String {
    let found = interface.structs.get(position);
    found.map_or_else(String::new, |found| names::item(&found.name))
}

/// The class with the layout of a struct in C.
pub(super) fn layout_name(interface: &Interface, position: usize) -> String {
    let found = interface.structs.get(position);
    found.map_or_else(String::new, |found| format!("_C_{}", found.name))
}

/// The type of a parameter, as a reader of the signature wants it.
pub(super) fn hint(interface: &Interface, ty: ParamType, output: bool) -> String {
    match (ty, output) {
        (ParamType::Scalar(dtype), _) => scalar(dtype).to_owned(),
        (ParamType::Array(_), true) => "_numpy.ndarray".to_owned(),
        (ParamType::Array(_), false) => "_ArrayLike".to_owned(),
        (ParamType::Struct(position), _) => struct_name(interface, position),
    }
}

/// A struct: what the caller sees, and how C sees it.
pub(super) fn structure(out: &mut String, interface: &Interface, item: &Struct) -> fmt::Result {
    let name = names::item(&item.name);
    writeln!(out, "@_dataclasses.dataclass\nclass {name}:")?;
    let own = || format!("The struct `{}`.", item.source);
    let mut lines = vec![];
    match &item.doc {
        Some(doc) => lines.extend(doc.lines().map(|line| line.trim().to_owned())),
        None => lines.push(own()),
    }
    support::doc(out, "    ", &lines)?;
    writeln!(out)?;
    for field in &item.fields {
        for line in field.doc.iter().flat_map(|doc| doc.lines()) {
            writeln!(out, "    # {}", line.trim())?;
        }
        let ty = match field.ty {
            FieldType::Scalar(dtype) => scalar(dtype).to_owned(),
            FieldType::Array(..) => "_numpy.ndarray".to_owned(),
            FieldType::Struct(inner) => format!("\"{}\"", struct_name(interface, inner)),
        };
        writeln!(out, "    {}: {ty}", names::name(&field.name))?;
    }
    writeln!(out, "\n\nclass _C_{}(_ctypes.Structure):", item.name)?;
    writeln!(out, "    _fields_ = [")?;
    for field in &item.fields {
        let ty = match field.ty {
            FieldType::Scalar(dtype) => ctypes(dtype).to_owned(),
            FieldType::Array(..) => "_ctypes.c_void_p".to_owned(),
            FieldType::Struct(inner) => layout_name(interface, inner),
        };
        writeln!(out, "        ({:?}, {ty}),", names::name(&field.name))?;
    }
    writeln!(out, "    ]\n\n")
}

/// The struct of C around converted values: `_C_Model(w=_v_0_m_w0.ctypes.data, b=_v_1_m_b0)`.
pub(super) fn layout<'l>(
    interface: &Interface,
    item: &Function,
    position: usize,
    leaves: &mut impl Iterator<Item = &'l Leaf>,
) -> String {
    let fields = fields(interface, position).iter().map(|field| {
        let value = match field.ty {
            FieldType::Struct(inner) => Some(layout(interface, item, inner, leaves)),
            FieldType::Array(..) => leaves
                .next()
                .map(|leaf| format!("{}.ctypes.data", names::leaf(item, leaf))),
            // The library writes the scalars of results.
            FieldType::Scalar(_) => leaves
                .next()
                .filter(|leaf| !item.is_output(leaf))
                .map(|leaf| names::leaf(item, leaf)),
        };
        value.map(|value| format!("{}={value}", names::name(&field.name)))
    });
    let fields: Vec<String> = fields.flatten().collect();
    format!(
        "{}({})",
        layout_name(interface, position),
        fields.join(", ")
    )
}

/// The struct that the caller gets, with the scalars from the one of C that is called `raw`.
pub(super) fn taken<'l>(
    interface: &Interface,
    item: &Function,
    position: usize,
    raw: &str,
    leaves: &mut impl Iterator<Item = &'l Leaf>,
) -> String {
    let fields = fields(interface, position).iter().map(|field| {
        let name = names::name(&field.name);
        let value = match field.ty {
            FieldType::Struct(inner) => Some(taken(
                interface,
                item,
                inner,
                &format!("{raw}.{name}"),
                leaves,
            )),
            FieldType::Array(..) => leaves.next().map(|leaf| names::leaf(item, leaf)),
            FieldType::Scalar(_) => leaves.next().map(|_| format!("{raw}.{name}")),
        };
        value.map(|value| format!("{name}={value}"))
    });
    let fields: Vec<String> = fields.flatten().collect();
    format!(
        "{}({})",
        struct_name(interface, position),
        fields.join(", ")
    )
}

fn fields(interface: &Interface, position: usize) -> &[Field] {
    interface
        .structs
        .get(position)
        .map_or(&[], |found| found.fields.as_slice())
}
