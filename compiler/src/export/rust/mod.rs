//! A safe Rust module around a library: slices for arrays, sizes checked, results returned, `Result`.
//!
//! The text needs nothing but the standard library. It has no inner attributes and no inner
//! documentation, so that it can be included into a module of the caller.

mod support;
mod types;

use super::interface::{Function, Interface, Leaf, Param, ParamType};
use super::shape::{Extent, Source};
use crate::build::Opaque;
use dfn_ir::DType;
use std::fmt::{self, Write};

/// The lints that generated items are excused from.
const ALLOW: &str = "#[allow(dead_code, non_camel_case_types, non_snake_case, clippy::all)]";

/// The text of `NAME.rs`.
pub fn rust(interface: &Interface) -> String {
    let mut text = String::new();
    // Writing to a string does not fail.
    let _ = write(&mut text, interface);
    text
}

fn write(out: &mut String, interface: &Interface) -> fmt::Result {
    writeln!(
        out,
        "// Made from {} by dfn; do not edit.\n",
        interface.source
    )?;
    support::error(out, interface)?;
    for item in &interface.structs {
        types::structure(out, interface, item)?;
    }
    for item in &interface.functions {
        function(out, interface, item)?;
    }
    types::ffi(out, interface)?;
    support::helpers(out)
}

/// The safe form of a function.
fn function(out: &mut String, interface: &Interface, item: &Function) -> fmt::Result {
    let (inputs, outputs): (Vec<_>, Vec<_>) = item.params.iter().partition(|param| !param.output);
    for line in item.doc.iter().flat_map(|doc| doc.lines()) {
        writeln!(out, "/// {line}")?;
    }
    for leaf in item.leaves.iter().filter(|leaf| !leaf.shape.is_empty()) {
        let sizes: Vec<String> = leaf
            .shape
            .iter()
            .map(|extent| extent.show(|s| item.source_name(s)))
            .collect();
        let place = item.place(leaf).replace("->", ".");
        writeln!(
            out,
            "///\n/// `{place}` has the shape `[{}]`, row by row.",
            sizes.join(", ")
        )?;
    }
    let sizes = item.sizes.iter().map(|size| format!("{size}: usize"));
    let params = inputs
        .iter()
        .map(|param| format!("{}: {}", param.name, input_type(interface, param)));
    let params: Vec<String> = sizes.chain(params).collect();
    let results: Vec<String> = outputs
        .iter()
        .map(|param| output_type(interface, param))
        .collect();
    let result = tuple(&results);
    writeln!(
        out,
        "{ALLOW}\npub fn {}({}) -> Result<{result}, Error> {{",
        item.name,
        params.join(", ")
    )?;
    for size in &item.sizes {
        writeln!(out, "    let {size} = support::size(\"{size}\", {size})?;")?;
    }
    computed(out, item)?;
    for leaf in item
        .leaves
        .iter()
        .filter(|leaf| !leaf.shape.is_empty() && !item.is_output(leaf))
    {
        let place = item.place(leaf).replace("->", ".");
        let shape = shape(item, &leaf.shape);
        writeln!(
            out,
            "    support::expect(\"{place}\", {place}.len(), {shape})?;"
        )?;
    }
    for (position, param) in item
        .params
        .iter()
        .enumerate()
        .filter(|(_, param)| param.output)
    {
        let value = fresh(interface, item, position, param);
        writeln!(out, "    let mut {} = {value};", param.name)?;
    }
    call(out, item, &outputs)
}

/// The sizes that are computed of others.
fn computed(out: &mut String, item: &Function) -> fmt::Result {
    for computed in &item.computed {
        let (a, b) = &computed.operands;
        let (a, b) = (size(item, a), size(item, b));
        let op = match computed.op {
            Opaque::Div => "a.checked_div(b)",
            Opaque::Rem => "a.checked_rem(b)",
            Opaque::Min => "Some(a.min(b))",
            Opaque::Max => "Some(a.max(b))",
        };
        writeln!(
            out,
            "    let {} = support::computed({a}, {b}, |a, b| {op})?;",
            computed.name
        )?;
    }
    Ok(())
}

/// The call, and what follows it.
fn call(out: &mut String, item: &Function, outputs: &[&Param]) -> fmt::Result {
    let structs = |param: &&Param| matches!(param.ty, ParamType::Struct(_));
    for param in item.params.iter().filter(structs) {
        let (how, var) = if param.output {
            ("raw_mut", "let mut")
        } else {
            ("raw", "let")
        };
        writeln!(out, "    {var} raw_{0} = {0}.{how}();", param.name)?;
    }
    let params = item.params.iter().map(argument);
    let args: Vec<String> = item.sizes.iter().cloned().chain(params).collect();
    writeln!(
        out,
        "    // SAFETY: the lengths of all slices were checked against the sizes, and results are"
    )?;
    writeln!(
        out,
        "    // fresh memory of the size that the function writes."
    )?;
    writeln!(
        out,
        "    let status = unsafe {{ ffi::{}({}) }};",
        item.name,
        args.join(", ")
    )?;
    writeln!(out, "    Error::check(status)?;")?;
    for param in outputs.iter().filter(|param| structs(param)) {
        writeln!(out, "    {0}.take(&raw_{0});", param.name)?;
    }
    for leaf in item.leaves.iter().filter(|leaf| leaf.shape != leaf.room) {
        let place = item.place(leaf).replace("->", ".");
        writeln!(
            out,
            "    support::shorten(&mut {place}, {})?;",
            shape(item, &leaf.shape)
        )?;
    }
    let names: Vec<String> = outputs.iter().map(|param| param.name.clone()).collect();
    writeln!(out, "    Ok({})\n}}\n", tuple(&names))
}

fn tuple(parts: &[String]) -> String {
    match parts {
        [one] => one.clone(),
        _ => format!("({})", parts.join(", ")),
    }
}

fn argument(param: &Param) -> String {
    let name = &param.name;
    match (param.ty, param.output) {
        (ParamType::Scalar(_), false) => name.clone(),
        (ParamType::Scalar(_), true) => format!("&mut {name}"),
        (ParamType::Array(_), false) => format!("{name}.as_ptr()"),
        (ParamType::Array(_), true) => format!("{name}.as_mut_ptr()"),
        (ParamType::Struct(_), false) => format!("&raw_{name}"),
        (ParamType::Struct(_), true) => format!("&mut raw_{name}"),
    }
}

fn input_type(interface: &Interface, param: &Param) -> String {
    match param.ty {
        ParamType::Scalar(dtype) => dtype.to_string(),
        ParamType::Array(dtype) => format!("&[{dtype}]"),
        ParamType::Struct(position) => format!("&{}", types::name(interface, position)),
    }
}

fn output_type(interface: &Interface, param: &Param) -> String {
    match param.ty {
        ParamType::Scalar(dtype) => dtype.to_string(),
        ParamType::Array(dtype) => format!("Vec<{dtype}>"),
        ParamType::Struct(position) => types::name(interface, position),
    }
}

/// The zero of a type.
fn zero(dtype: DType) -> &'static str {
    match dtype {
        DType::F32 | DType::F64 => "0.0",
        DType::I32 | DType::I64 | DType::U32 | DType::U64 => "0",
        DType::Bool => "false",
    }
}

/// A value for a result to be written to.
fn fresh(interface: &Interface, item: &Function, position: usize, param: &Param) -> String {
    let mut leaves = item.leaves.iter().filter(|leaf| leaf.param == position);
    match param.ty {
        ParamType::Struct(found) => types::fresh(interface, found, item, &mut leaves),
        ParamType::Scalar(_) | ParamType::Array(_) => leaves
            .next()
            .map_or_else(String::new, |leaf| fresh_leaf(item, leaf)),
    }
}

fn fresh_leaf(item: &Function, leaf: &Leaf) -> String {
    match leaf.shape.is_empty() {
        true => zero(leaf.dtype).to_owned(),
        false => format!(
            "support::zeros({}, {})?",
            zero(leaf.dtype),
            shape(item, &leaf.room)
        ),
    }
}

/// The sizes of a leaf as an expression: `&[Some(n), support::sum(&[...])]`.
fn shape(item: &Function, sizes: &[Extent]) -> String {
    let sizes: Vec<String> = sizes.iter().map(|extent| size(item, extent)).collect();
    format!("&[{}]", sizes.join(", "))
}

fn size(item: &Function, extent: &Extent) -> String {
    if let Some(n) = extent.as_constant() {
        return format!("Some({n})");
    }
    let name = |source: Source| match source {
        Source::Size(position) if position >= item.sizes.len() => {
            let computed = item.computed.get(position - item.sizes.len());
            computed.map_or_else(String::new, |computed| computed.name.clone())
        }
        source => item.source_name(source).replace("->", "."),
    };
    if let [(1, product)] = extent.0.as_slice()
        && let [one] = product.as_slice()
    {
        return format!("Some({})", name(*one));
    }
    let term = |(k, product): &(i64, Vec<Source>)| {
        let factors =
            std::iter::once(k.to_string()).chain(product.iter().map(|&source| name(source)));
        format!(
            "support::product(&[{}])",
            factors.collect::<Vec<_>>().join(", ")
        )
    };
    let terms: Vec<String> = extent.0.iter().map(term).collect();
    format!("support::sum(&[{}])", terms.join(", "))
}
