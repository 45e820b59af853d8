//! The printer.

#![allow(
    clippy::indexing_slicing,
    reason = "entity maps are indexed by ids made for them"
)]

use super::Names;
use crate::function::{Block, FuncId, Function, Inline, Inst, Snapshots, Span, Value};
use crate::module::Module;
use crate::op::Attribute;
use crate::scalar::Scalar;
use crate::size::Size;
use crate::ty::Type;
use std::fmt::{self, Write};

/// All functions, in order, an empty line between.
pub fn module_to_string(module: &Module) -> String {
    annotated(module, &|_| None)
}

/// All functions, with a comment above each instruction that comes from another place of the source than
/// the one before it. `comment` gives its text, one line.
pub fn annotated(module: &Module, comment: Comment<'_>) -> String {
    let texts: Vec<String> = module
        .iter()
        .map(|(_, func)| function(func, Some(module), comment))
        .collect();
    texts.join("\n")
}

/// One function. Without the module, functions that it calls are printed by number.
pub fn function_to_string(func: &Function, module: Option<&Module>) -> String {
    function(func, module, &|_| None)
}

/// What is said about a place of the source.
type Comment<'a> = &'a dyn Fn(Span) -> Option<String>;

fn function(func: &Function, module: Option<&Module>, comment: Comment<'_>) -> String {
    let names = Names::new(func);
    let mut printer = Printer {
        func,
        module,
        names: &names,
        comment,
        said: None,
        out: String::new(),
    };
    // Writing to a string cannot fail.
    let _ = printer.function();
    printer.out
}

/// One instruction, as in the function's text.
pub fn inst_to_string(func: &Function, module: Option<&Module>, inst: Inst) -> String {
    let names = Names::new(func);
    let mut printer = Printer {
        func,
        module,
        names: &names,
        comment: &|_| None,
        said: None,
        out: String::new(),
    };
    let _ = printer.inst(inst, 0);
    printer.out
}

struct Printer<'a> {
    func: &'a Function,
    module: Option<&'a Module>,
    names: &'a Names,
    comment: Comment<'a>,
    /// The last comment, so that it is not said twice in a row.
    said: Option<String>,
    out: String,
}

impl Printer<'_> {
    fn function(&mut self) -> fmt::Result {
        let func = self.func;
        write!(self.out, "func @{}", func.name)?;
        if func.sizes > 0 {
            let sizes: Vec<String> = func.size_params().iter().map(|v| self.value(*v)).collect();
            write!(self.out, "[{}]", sizes.join(", "))?;
        }
        let fixed = func.params().len().saturating_sub(func.linear);
        let typed: Vec<String> = func.params().iter().map(|v| self.typed(*v)).collect();
        let (plain, linear) = typed.split_at_checked(fixed).unwrap_or_default();
        write!(self.out, "({}", plain.join(", "))?;
        if !linear.is_empty() {
            write!(self.out, "; lin {}", linear.join(", "))?;
        }
        let results: Vec<String> = func
            .body
            .results
            .iter()
            .map(|v| self.ty(func.ty(*v)))
            .collect();
        let marks = self.marks();
        writeln!(self.out, ") -> ({}){marks} {{", results.join(", "))?;
        for &inst in &func.body.insts {
            self.inst(inst, 1)?;
        }
        let results = self.values(&func.body.results);
        writeln!(
            self.out,
            "  return{}{results}",
            if results.is_empty() { "" } else { " " }
        )?;
        writeln!(self.out, "}}")
    }

    /// ` tangent @t pullback @p @b checkpoint inline`, as far as it is said.
    fn marks(&self) -> String {
        let marks = &self.func.marks;
        let mut text = String::new();
        if let Some(rule) = &marks.rule {
            if let Some(tangent) = rule.tangent {
                text += &format!(" tangent {}", self.function_name(tangent));
            }
            if let Some((forward, backward)) = rule.pullback {
                let (forward, backward) =
                    (self.function_name(forward), self.function_name(backward));
                text += &format!(" pullback {forward} {backward}");
            }
            if let Some(linear) = rule.linear {
                let transpose = self.function_name(linear.transpose);
                text += &format!(" linear {} {transpose}", linear.param);
            }
        }
        if marks.checkpoint {
            text += " checkpoint";
        }
        if marks.declared_linear {
            text += " declared";
        }
        match marks.snapshots {
            None => {}
            Some(Snapshots::Root) => text += " snapshots root",
            Some(Snapshots::Count(n)) => text += &format!(" snapshots count {n}"),
            Some(Snapshots::Bytes(n)) => text += &format!(" snapshots bytes {n}"),
        }
        text += match marks.inline {
            Inline::Auto => "",
            Inline::Always => " inline",
            Inline::Never => " apart",
        };
        text
    }

    fn inst(&mut self, inst: Inst, depth: usize) -> fmt::Result {
        let func = self.func;
        let data = &func.insts[inst];
        let indent = "  ".repeat(depth);
        self.place(data.span, &indent)?;
        write!(self.out, "{indent}")?;
        if !data.results.is_empty() {
            write!(self.out, "{} = ", self.values(&data.results))?;
        }
        write!(self.out, "{}", data.op.name())?;
        if !data.sizes.is_empty() {
            let sizes: Vec<String> = data.sizes.iter().map(|s| self.size(s)).collect();
            write!(self.out, " [{}]", sizes.join(", "))?;
        }
        if !data.args.is_empty() {
            write!(self.out, " {}", self.values(&data.args))?;
        }
        let attributes: Vec<String> = data
            .op
            .attributes()
            .iter()
            .map(|(key, value)| format!("{key} = {}", self.attribute(value)))
            .collect();
        if !attributes.is_empty() {
            write!(self.out, " {{{}}}", attributes.join(", "))?;
        }
        if !data.results.is_empty() {
            let types: Vec<String> = data.results.iter().map(|v| self.ty(func.ty(*v))).collect();
            write!(self.out, " : {}", types.join(", "))?;
        }
        for (k, block) in data.blocks.iter().enumerate() {
            write!(self.out, "{}", if k == 0 { " do {\n" } else { " else {\n" })?;
            self.block(block, depth + 1)?;
            write!(self.out, "{indent}}}")?;
        }
        writeln!(self.out)
    }

    fn place(&mut self, span: Span, indent: &str) -> fmt::Result {
        match (self.comment)(span) {
            Some(text) if self.said.as_ref() != Some(&text) => {
                writeln!(self.out, "{indent}// {text}")?;
                self.said = Some(text);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn block(&mut self, block: &Block, depth: usize) -> fmt::Result {
        let indent = "  ".repeat(depth);
        if !block.params.is_empty() {
            let params: Vec<String> = block.params.iter().map(|v| self.typed(*v)).collect();
            writeln!(self.out, "{indent}({}):", params.join(", "))?;
        }
        for &inst in &block.insts {
            self.inst(inst, depth)?;
        }
        let results = self.values(&block.results);
        writeln!(
            self.out,
            "{indent}yield{}{results}",
            if results.is_empty() { "" } else { " " }
        )
    }

    fn value(&self, value: Value) -> String {
        format!("%{}", self.names.of(value))
    }

    fn values(&self, values: &[Value]) -> String {
        let names: Vec<String> = values.iter().map(|v| self.value(*v)).collect();
        names.join(", ")
    }

    fn typed(&self, value: Value) -> String {
        format!("{}: {}", self.value(value), self.ty(self.func.ty(value)))
    }

    fn ty(&self, ty: &Type) -> String {
        let mut text = String::new();
        if ty.is_accumulator() {
            text.push_str("acc ");
        }
        text.push_str(ty.dtype.name());
        if !ty.shape.is_empty() {
            let sizes: Vec<String> = ty.shape.iter().map(|s| self.size(s)).collect();
            text.push_str(&format!("[{}]", sizes.join(", ")));
        }
        text
    }

    fn size(&self, size: &Size) -> String {
        let mut text = String::new();
        for (monomial, k) in size.terms() {
            let factors: Vec<String> = monomial.iter().map(|v| self.value(*v)).collect();
            let (sign, magnitude) = (k < 0, k.unsigned_abs());
            match (text.is_empty(), sign) {
                (true, true) => text.push('-'),
                (true, false) => {}
                (false, true) => text.push_str(" - "),
                (false, false) => text.push_str(" + "),
            }
            match (factors.is_empty(), magnitude) {
                (true, _) => text.push_str(&magnitude.to_string()),
                (false, 1) => text.push_str(&factors.join("*")),
                (false, _) => text.push_str(&format!("{magnitude}*{}", factors.join("*"))),
            }
        }
        if text.is_empty() {
            "0".to_owned()
        } else {
            text
        }
    }

    fn function_name(&self, id: FuncId) -> String {
        match self.module.and_then(|module| module.find(id)) {
            Some(func) => format!("@{}", func.name),
            None => id.to_string(),
        }
    }

    fn attribute(&self, attribute: &Attribute) -> String {
        match attribute {
            Attribute::Int(n) => n.to_string(),
            Attribute::Ints(list) => format!("{list:?}"),
            Attribute::Word(word) => word.clone(),
            Attribute::Text(text) => format!("{text:?}"),
            Attribute::Number(x) => format!("{} {}", x.dtype(), number(*x)),
            Attribute::Numbers(list) => {
                let dtype = list.first().map_or("", |x| x.dtype().name());
                let numbers: Vec<String> = list.iter().map(|x| number(*x)).collect();
                format!("{dtype} [{}]", numbers.join(", "))
            }
            Attribute::Function(id) => self.function_name(*id),
        }
    }
}

/// A number as the shortest text that reads back the same.
fn number(x: Scalar) -> String {
    match x {
        Scalar::F32(x) if x.is_nan() => "nan".to_owned(),
        Scalar::F64(x) if x.is_nan() => "nan".to_owned(),
        Scalar::F32(x) => format!("{x:?}"),
        Scalar::F64(x) => format!("{x:?}"),
        Scalar::I32(x) => x.to_string(),
        Scalar::I64(x) => x.to_string(),
        Scalar::U32(x) => x.to_string(),
        Scalar::U64(x) => x.to_string(),
        Scalar::Bool(x) => x.to_string(),
    }
}
