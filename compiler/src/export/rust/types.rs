//! The structs of a Rust module, and the declarations of the C functions.

use super::{ALLOW, fresh_leaf, zero};
use crate::export::interface::{Function, Interface, Leaf, Param, ParamType};
use crate::export::structs::{FieldType, Struct};
use std::fmt::{self, Write};

/// What the module calls by the names that Rust gives, or declares, among types.
const OWN: &[&str] = &[
    "Error", "Option", "Result", "String", "Vec", "ffi", "std", "support",
];

/// The name of a struct of C as one of the module. One that cannot stay gets an underscore, and so does
/// that one with underscores: different names stay different.
fn struct_name(name: &str) -> String {
    match OWN.contains(&name.trim_end_matches('_')) {
        true => format!("{name}_"),
        false => name.to_owned(),
    }
}

/// The name of a struct.
pub(super) fn name(interface: &Interface, position: usize) -> String {
    interface
        .structs
        .get(position)
        .map_or_else(String::new, |found| struct_name(&found.name))
}

/// The name of the struct of C.
fn raw(interface: &Interface, position: usize) -> &str {
    let found = interface.structs.get(position);
    found.map_or("", |found| found.name.as_str())
}

/// A struct that owns its arrays, and its conversions to and from the one of C.
pub(super) fn structure(out: &mut String, interface: &Interface, item: &Struct) -> fmt::Result {
    let own = struct_name(&item.name);
    let doc = item
        .doc
        .clone()
        .unwrap_or_else(|| format!("The struct `{}`.", item.source));
    doc.lines()
        .try_for_each(|line| writeln!(out, "/// {line}"))?;
    writeln!(
        out,
        "{ALLOW}\n#[derive(Clone, Debug, PartialEq)]\npub struct {own} {{"
    )?;
    for field in &item.fields {
        let doc = field
            .doc
            .clone()
            .unwrap_or_else(|| format!("The field `{}`.", field.name));
        doc.lines()
            .try_for_each(|line| writeln!(out, "    /// {line}"))?;
        let ty = match field.ty {
            FieldType::Scalar(dtype) => dtype.to_string(),
            FieldType::Array(dtype, _) => format!("Vec<{dtype}>"),
            FieldType::Struct(inner) => name(interface, inner),
        };
        writeln!(out, "    pub {}: {ty},", field.name)?;
    }
    writeln!(out, "}}\n\n{ALLOW}\nimpl {own} {{")?;
    conversion(out, item, ("raw", "&self", "as_ptr().cast_mut()"))?;
    conversion(out, item, ("raw_mut", "&mut self", "as_mut_ptr()"))?;
    writeln!(out, "    fn take(&mut self, raw: &ffi::{}) {{", item.name)?;
    for field in &item.fields {
        match field.ty {
            FieldType::Scalar(_) => writeln!(out, "        self.{0} = raw.{0};", field.name)?,
            FieldType::Struct(_) => writeln!(out, "        self.{0}.take(&raw.{0});", field.name)?,
            FieldType::Array(..) => {}
        }
    }
    writeln!(out, "        let _ = raw;\n    }}\n}}\n")
}

fn conversion(
    out: &mut String,
    item: &Struct,
    (how, this, pointer): (&str, &str, &str),
) -> fmt::Result {
    writeln!(
        out,
        "    fn {how}({this}) -> ffi::{0} {{\n        ffi::{0} {{",
        item.name
    )?;
    for field in &item.fields {
        let value = match field.ty {
            FieldType::Scalar(_) => format!("self.{}", field.name),
            FieldType::Array(..) => format!("self.{}.{pointer}", field.name),
            FieldType::Struct(_) => format!("self.{}.{how}()", field.name),
        };
        writeln!(out, "            {}: {value},", field.name)?;
    }
    writeln!(out, "        }}\n    }}")
}

/// A struct for a result to be written to; takes its leaves.
pub(super) fn fresh(
    interface: &Interface,
    position: usize,
    item: &Function,
    leaves: &mut dyn Iterator<Item = &Leaf>,
) -> String {
    let Some(found) = interface.structs.get(position) else {
        return String::new();
    };
    let mut fields = Vec::new();
    for field in &found.fields {
        let value = match field.ty {
            FieldType::Struct(inner) => fresh(interface, inner, item, leaves),
            FieldType::Scalar(dtype) => {
                leaves.next();
                zero(dtype).to_owned()
            }
            FieldType::Array(..) => leaves
                .next()
                .map_or_else(String::new, |leaf| fresh_leaf(item, leaf)),
        };
        fields.push(format!("{}: {value}", field.name));
    }
    format!("{} {{ {} }}", struct_name(&found.name), fields.join(", "))
}

/// The module with the C declarations.
pub(super) fn ffi(out: &mut String, interface: &Interface) -> fmt::Result {
    writeln!(out, "{ALLOW}\nmod ffi {{")?;
    for item in &interface.structs {
        writeln!(out, "    #[repr(C)]\n    pub struct {} {{", item.name)?;
        for field in &item.fields {
            let ty = match field.ty {
                FieldType::Scalar(dtype) => dtype.to_string(),
                FieldType::Array(dtype, _) => format!("*mut {dtype}"),
                FieldType::Struct(inner) => raw(interface, inner).to_owned(),
            };
            writeln!(out, "        pub {}: {ty},", field.name)?;
        }
        writeln!(out, "    }}\n")?;
    }
    writeln!(out, "    unsafe extern \"C\" {{")?;
    for item in &interface.functions {
        let sizes = item.sizes.iter().map(|size| format!("{size}: i64"));
        let params = item
            .params
            .iter()
            .map(|param| declaration(interface, param));
        let params: Vec<String> = sizes.chain(params).collect();
        writeln!(
            out,
            "        pub fn {}({}) -> i32;",
            item.name,
            params.join(", ")
        )?;
    }
    writeln!(out, "    }}\n}}\n")
}

fn declaration(interface: &Interface, param: &Param) -> String {
    let base = match param.ty {
        ParamType::Scalar(dtype) | ParamType::Array(dtype) => dtype.to_string(),
        ParamType::Struct(position) => raw(interface, position).to_owned(),
    };
    let pointer = match (param.ty, param.output) {
        (ParamType::Scalar(_), false) => "",
        (_, false) => "*const ",
        (_, true) => "*mut ",
    };
    format!("{}: {pointer}{base}", param.name)
}
