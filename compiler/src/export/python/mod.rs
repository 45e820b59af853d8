//! A Python module around a shared library: NumPy arrays in and out, through ctypes.
//!
//! The sizes of a call are read off the shapes of its arrays; a size that no shape tells is an argument
//! with a name.

mod names;
mod sizes;
mod support;
mod types;

use super::interface::{Function, Interface, Leaf, Param, ParamType};
use std::fmt::{self, Write};

/// The text of `NAME.py`.
pub fn python(interface: &Interface) -> String {
    let mut text = String::new();
    // Writing to a string does not fail.
    let _ = write(&mut text, interface);
    text.trim_end().to_owned() + "\n"
}

fn write(out: &mut String, interface: &Interface) -> fmt::Result {
    let made = format!("Made from {} by dfn; do not edit.", interface.source);
    let mut lines = Vec::new();
    if let Some(doc) = &interface.doc {
        lines.extend(doc.lines().map(|line| line.trim_end().to_owned()));
        lines.push(String::new());
    }
    lines.push(made);
    support::doc(out, "", &lines)?;
    writeln!(out)?;
    support::head(out, interface)?;
    bindings(out, interface)?;
    for item in &interface.structs {
        types::structure(out, interface, item)?;
    }
    for item in &interface.functions {
        function(out, interface, item)?;
    }
    Ok(())
}

/// The functions of the library with the types of their arguments, those of structs as pointers.
fn bindings(out: &mut String, interface: &Interface) -> fmt::Result {
    for item in &interface.functions {
        let sizes = item.sizes.iter().map(|_| "_ctypes.c_int64");
        let params = item.params.iter().map(|param| match param.ty {
            ParamType::Scalar(dtype) if !param.output => types::ctypes(dtype),
            _ => "_ctypes.c_void_p",
        });
        let args: Vec<&str> = sizes.chain(params).collect();
        let args: String = args.iter().map(|arg| format!(", {arg}")).collect();
        writeln!(out, "_c_{0} = _bind({0:?}{args})", item.name)?;
    }
    writeln!(out, "\n")
}

/// The leaves of parameters that are inputs, or of those that are results.
fn leaves(item: &Function, output: bool) -> impl Iterator<Item = &Leaf> {
    item.leaves
        .iter()
        .filter(move |leaf| item.is_output(leaf) == output)
}

fn function(out: &mut String, interface: &Interface, item: &Function) -> fmt::Result {
    signature(out, interface, item)?;
    support::doc(out, "    ", &documentation(item))?;
    for leaf in leaves(item, false) {
        let place = item.place(leaf);
        let (from, to) = (names::place(&place), names::leaf(item, leaf));
        let dtype = types::numpy(leaf.dtype);
        match leaf.shape.len() {
            0 => writeln!(out, "    {to} = _scalar({from:?}, {from}, {dtype})")?,
            rank => writeln!(out, "    {to} = _array({from:?}, {from}, {dtype}, {rank})")?,
        }
    }
    for (size, from) in sizes::deduced(item) {
        writeln!(out, "    {} = {from}", names::local(&size))?;
    }
    for size in sizes::asked(item) {
        let (from, to) = (names::name(&size), names::local(&size));
        writeln!(out, "    {to} = _scalar({from:?}, {from}, _numpy.int64)")?;
    }
    for (size, value) in sizes::computed(item) {
        writeln!(out, "    {size} = {value}")?;
    }
    for leaf in leaves(item, false).filter(|leaf| !leaf.shape.is_empty()) {
        let place = item.place(leaf);
        let (shape, shown) = (sizes::shape(item, &leaf.shape), sizes::shown(item, leaf));
        let (from, to) = (names::place(&place), names::leaf(item, leaf));
        writeln!(out, "    _expect({from:?}, {to}, {shape}, {shown:?})")?;
    }
    for leaf in leaves(item, true).filter(|leaf| !leaf.shape.is_empty()) {
        let (to, shape) = (names::leaf(item, leaf), sizes::shape(item, &leaf.room));
        let dtype = types::numpy(leaf.dtype);
        writeln!(out, "    {to} = _empty({shape}, {dtype})")?;
    }
    call(out, interface, item)
}

/// `def f(m: Model, x: _ArrayLike, *, k: int) -> tuple[float, _numpy.ndarray]:`
fn signature(out: &mut String, interface: &Interface, item: &Function) -> fmt::Result {
    let (inputs, outputs): (Vec<_>, Vec<_>) = item.params.iter().partition(|param| !param.output);
    let hint = |param: &&Param| types::hint(interface, param.ty, param.output);
    let mut params: Vec<String> = inputs
        .iter()
        .map(|param| format!("{}: {}", names::name(&param.name), hint(param)))
        .collect();
    let asked = sizes::asked(item);
    if !asked.is_empty() {
        params.push("*".to_owned());
        params.extend(
            asked
                .iter()
                .map(|size| format!("{}: int", names::name(size))),
        );
    }
    let results: Vec<String> = outputs.iter().map(hint).collect();
    let result = match results.as_slice() {
        [] => "None".to_owned(),
        [one] => one.clone(),
        _ => format!("tuple[{}]", results.join(", ")),
    };
    let name = names::item(&item.name);
    writeln!(out, "def {name}({}) -> {result}:", params.join(", "))
}

/// What the source says, then the shapes.
fn documentation(item: &Function) -> Vec<String> {
    let doc = item.doc.iter().flat_map(|doc| doc.lines());
    let mut lines: Vec<String> = doc.map(|line| line.trim().to_owned()).collect();
    let described = item.leaves.iter().map(|leaf| {
        let place = names::place(&item.place(leaf));
        let dtype = types::numpy(leaf.dtype).trim_start_matches("_numpy.");
        let dtype = dtype.trim_end_matches('_');
        match leaf.shape.is_empty() {
            true => format!("{place}: {dtype}"),
            false => format!("{place}: {dtype}[{}]", sizes::shown(item, leaf)),
        }
    });
    let described: Vec<String> = described.collect();
    if !lines.is_empty() && !described.is_empty() {
        lines.push(String::new());
    }
    lines.extend(described);
    lines
}

/// The call, and what follows it.
fn call(out: &mut String, interface: &Interface, item: &Function) -> fmt::Result {
    for (position, param) in item.params.iter().enumerate() {
        let to = names::local(&param.name);
        match (param.ty, param.output) {
            (ParamType::Struct(found), _) => {
                let mut leaves = item.leaves.iter().filter(|leaf| leaf.param == position);
                let value = types::layout(interface, item, found, &mut leaves);
                writeln!(out, "    {to} = {value}")?;
            }
            (ParamType::Scalar(dtype), true) => {
                writeln!(out, "    {to} = {}()", types::ctypes(dtype))?
            }
            _ => {}
        }
    }
    let sizes = item.sizes.iter().map(|size| names::local(size));
    let args: Vec<String> = sizes.chain(item.params.iter().map(argument)).collect();
    writeln!(out, "    _check(_c_{}({}))", item.name, args.join(", "))?;
    for leaf in leaves(item, true).filter(|leaf| leaf.shape != leaf.room) {
        let (to, shape) = (names::leaf(item, leaf), sizes::shape(item, &leaf.shape));
        writeln!(out, "    {to} = _shortened({to}, {shape})")?;
    }
    let mut results = Vec::new();
    for (position, param) in item
        .params
        .iter()
        .enumerate()
        .filter(|(_, param)| param.output)
    {
        let local = names::local(&param.name);
        results.push(match param.ty {
            ParamType::Array(_) => local,
            ParamType::Scalar(_) => format!("{local}.value"),
            ParamType::Struct(found) => {
                let mut leaves = item.leaves.iter().filter(|leaf| leaf.param == position);
                types::taken(interface, item, found, &local, &mut leaves)
            }
        });
    }
    match results.is_empty() {
        true => writeln!(out, "\n"),
        false => writeln!(out, "    return {}\n\n", results.join(", ")),
    }
}

fn argument(param: &Param) -> String {
    let local = names::local(&param.name);
    match (param.ty, param.output) {
        (ParamType::Scalar(_), false) => local,
        (ParamType::Array(_), _) => format!("{local}.ctypes.data"),
        (ParamType::Scalar(_), true) | (ParamType::Struct(_), _) => {
            format!("_ctypes.byref({local})")
        }
    }
}
