//! The C header of a library: valid in C99 and in C++, documented from the source.

use super::interface::{Function, Interface, Leaf, Param, ParamType};
use super::shape::Extent;
use super::structs::{FieldType, Struct};
use dfn_ir::DType;
use dfn_runtime::status;
use std::fmt::{self, Write};

/// The text of `NAME.h`.
pub fn header(interface: &Interface) -> String {
    let mut text = String::new();
    // Writing to a string does not fail.
    let _ = write(&mut text, interface);
    text
}

fn write(out: &mut String, interface: &Interface) -> fmt::Result {
    let name = &interface.name;
    let guard = format!("DFN_{}_H", name.to_uppercase());
    let mut lines = vec![format!(
        "Made from {} by dfn; do not edit.",
        interface.source
    )];
    push_doc(&mut lines, &interface.doc);
    lines.push(String::new());
    lines.extend(CONVENTIONS.iter().map(|line| (*line).to_owned()));
    comment(out, "", &lines)?;
    writeln!(
        out,
        "#ifndef {guard}\n#define {guard}\n\n#include <stdint.h>\n"
    )?;
    writeln!(out, "#ifdef __cplusplus\nextern \"C\" {{\n#endif\n")?;
    statuses(out, interface)?;
    for item in &interface.structs {
        structure(out, interface, item)?;
    }
    if interface.functions.iter().any(|item| item.parallel) {
        out.write_str(POOL)?;
    }
    for item in &interface.functions {
        function(out, interface, item)?;
        if item.parallel {
            super::parallel::declare(out, interface, item)?;
        }
    }
    writeln!(out, "#ifdef __cplusplus\n}}\n#endif\n\n#endif")
}

/// The type of pools.
const POOL: &str = include_str!("pool_type.h");

const CONVENTIONS: &[&str] = &[
    "Arrays are contiguous, the last index runs fastest. Inputs are never written; results are written",
    "through pointers and must not overlap inputs or each other. Every function returns 0 or a status",
    "below; after a status the results hold unspecified values. Functions are reentrant.",
];

/// The statuses, and the table of checks.
fn statuses(out: &mut String, interface: &Interface) -> fmt::Result {
    writeln!(out, "#ifndef DFN_OK\n#define DFN_OK {}", status::OK)?;
    for status in status::ALL {
        writeln!(
            out,
            "#define {} {} /* {} */",
            status.name, status.code, status.meaning
        )?;
    }
    let first = status::FIRST_CHECK;
    writeln!(
        out,
        "#define {} {first} /* this and above: a check failed */",
        status::FIRST_CHECK_NAME
    )?;
    writeln!(out, "#endif\n")?;
    if interface.checks.is_empty() {
        return Ok(());
    }
    let mut lines = vec!["Checks of this library, by status:".to_owned()];
    for (position, check) in interface.checks.iter().enumerate() {
        lines.push(format!(
            "{}: {}: {}",
            position + first as usize,
            check.at,
            check.message
        ));
    }
    comment(out, "", &lines)?;
    writeln!(out)
}

fn structure(out: &mut String, interface: &Interface, item: &Struct) -> fmt::Result {
    let mut lines = vec![format!("struct {}", item.source)];
    push_doc(&mut lines, &item.doc);
    comment(out, "", &lines)?;
    writeln!(out, "typedef struct {} {{", item.name)?;
    for field in &item.fields {
        if let Some(doc) = &field.doc {
            comment(
                out,
                "    ",
                &doc.lines()
                    .map(|line| line.trim().to_owned())
                    .collect::<Vec<_>>(),
            )?;
        }
        match field.ty {
            FieldType::Scalar(dtype) => writeln!(out, "    {} {};", c_type(dtype), field.name)?,
            FieldType::Array(dtype, rank) => {
                writeln!(
                    out,
                    "    {} *{}; /* array of rank {rank} */",
                    c_type(dtype),
                    field.name
                )?;
            }
            FieldType::Struct(inner) => {
                writeln!(out, "    {} {};", struct_name(interface, inner), field.name)?
            }
        }
    }
    writeln!(out, "}} {};\n", item.name)
}

fn function(out: &mut String, interface: &Interface, item: &Function) -> fmt::Result {
    let mut lines = Vec::new();
    push_doc(&mut lines, &item.doc);
    if !lines.is_empty() {
        lines.push(String::new());
    }
    lines.extend(item.leaves.iter().map(|leaf| describe(item, leaf)));
    lines.push(String::new());
    lines.push(format!(
        "`{}` allocates its workspace. `{}` does not: it takes",
        item.name,
        item.with_symbol()
    ));
    lines.push(format!(
        "`{}_workspace_size` bytes, aligned to 16, as `workspace`.",
        item.name
    ));
    if item.takes_memory {
        lines.push("What has a size that only the run tells is allocated all the same.".to_owned());
    }
    comment(out, "", &lines)?;
    let own = parameters(interface, item);
    let list = |parts: &[String]| match parts.is_empty() {
        true => "void".to_owned(),
        false => parts.join(", "),
    };
    writeln!(out, "int {}({});", item.name, list(&own))?;
    let mut with = own;
    with.extend([
        "void *workspace".to_owned(),
        "int64_t workspace_bytes".to_owned(),
    ]);
    writeln!(out, "int {}({});\n", item.with_symbol(), list(&with))?;
    workspace(out, item)
}

/// The function that tells the size of the workspace.
fn workspace(out: &mut String, item: &Function) -> fmt::Result {
    let integers: Vec<String> = item.integers().map(|(_, name)| name).collect();
    let names: Vec<String> = item.sizes.iter().cloned().chain(integers).collect();
    let params: Vec<String> = names.iter().map(|name| format!("int64_t {name}")).collect();
    let list = |last: &str, parts: &[String]| {
        let parts = parts
            .iter()
            .map(String::as_str)
            .chain(Some(last).filter(|last| !last.is_empty()));
        parts.collect::<Vec<_>>().join(", ")
    };
    let symbol = item.workspace_symbol();
    writeln!(
        out,
        "int {symbol}({});\n",
        list("int64_t *workspace_bytes", &params)
    )?;
    comment(
        out,
        "",
        &["Bytes of workspace; -1 if a size is negative or too large.".to_owned()],
    )?;
    let own = if params.is_empty() {
        "void".to_owned()
    } else {
        list("", &params)
    };
    writeln!(out, "static inline int64_t {symbol}_size({own}) {{")?;
    writeln!(out, "    int64_t workspace_bytes = 0;")?;
    let args = list("&workspace_bytes", &names);
    writeln!(
        out,
        "    return {symbol}({args}) == DFN_OK ? workspace_bytes : -1;\n}}\n"
    )
}

/// The parameters of the allocating form.
pub(super) fn parameters(interface: &Interface, item: &Function) -> Vec<String> {
    let sizes = item.sizes.iter().map(|size| format!("int64_t {size}"));
    sizes
        .chain(item.params.iter().map(|param| parameter(interface, param)))
        .collect()
}

fn parameter(interface: &Interface, param: &Param) -> String {
    let base = match param.ty {
        ParamType::Scalar(dtype) | ParamType::Array(dtype) => c_type(dtype).to_owned(),
        ParamType::Struct(position) => struct_name(interface, position).to_owned(),
    };
    let name = &param.name;
    match (param.ty, param.output) {
        (ParamType::Scalar(_), false) => format!("{base} {name}"),
        (_, false) => format!("const {base} *{name}"),
        (_, true) => format!("{base} *{name}"),
    }
}

/// One line about a scalar or an array: `x: double[n][d]`.
fn describe(item: &Function, leaf: &Leaf) -> String {
    let shape = |sizes: &[Extent]| -> String {
        let size = |extent: &Extent| extent.show(|source| item.source_name(source));
        let sizes = sizes.iter().map(|extent| format!("[{}]", size(extent)));
        sizes.collect()
    };
    let room = match leaf.shape == leaf.room {
        true => String::new(),
        false => format!(", in room for {}; the rest is 0", shape(&leaf.room)),
    };
    let kind = if item.is_output(leaf) { "out" } else { "in " };
    format!(
        "{kind} {}: {}{}{room}",
        item.place(leaf),
        c_type(leaf.dtype),
        shape(&leaf.shape)
    )
}

fn struct_name(interface: &Interface, position: usize) -> &str {
    interface
        .structs
        .get(position)
        .map_or("", |found| found.name.as_str())
}

fn c_type(dtype: DType) -> &'static str {
    match dtype {
        DType::F32 => "float",
        DType::F64 => "double",
        DType::I32 => "int32_t",
        DType::I64 => "int64_t",
        DType::U32 => "uint32_t",
        DType::U64 => "uint64_t",
        DType::Bool => "uint8_t",
    }
}

fn push_doc(lines: &mut Vec<String>, doc: &Option<String>) {
    lines.extend(
        doc.iter()
            .flat_map(|doc| doc.lines())
            .map(|line| line.trim_end().to_owned()),
    );
}

/// A comment; nothing in it can end it early.
pub(super) fn comment(out: &mut String, indent: &str, lines: &[String]) -> fmt::Result {
    for (position, line) in lines.iter().enumerate() {
        let lead = if position == 0 { "/*" } else { " *" };
        // A backslash at the end of a line would join it with the next one, and `/*` warns.
        let safe = line.replace("*/", "* /").replace("/*", "/ *");
        let safe = safe.trim_end_matches(['\\', ' ']);
        let end = if position + 1 == lines.len() {
            " */"
        } else {
            ""
        };
        let space = if safe.is_empty() { "" } else { " " };
        writeln!(out, "{indent}{lead}{space}{safe}{end}")?;
    }
    Ok(())
}
