//! The C functions of a library: computed once, written in several languages.

use super::names::{Names, is_taken};
use super::shape::{Computed, Extent, Source};
use super::structs::{FieldType, Struct, Structs, flatten};
use super::{ExportError, Place};
use crate::build::{Export, ExportType, Program, room};
use crate::diagnostic::Span;
use dfn_ir::{DType, FuncId, Value};
use std::collections::HashMap;

/// A library, as its callers see it.
#[derive(Clone, Debug)]
pub struct Interface {
    /// The name of the library, a C identifier.
    pub name: String,
    /// The file that it was made from.
    pub source: String,
    /// The text of the file's `//!` lines.
    pub doc: Option<String>,
    /// Its structs, each after those that it holds.
    pub structs: Vec<Struct>,
    /// Its functions, in the order of the source.
    pub functions: Vec<Function>,
    /// What the statuses from `FIRST_CHECK` on mean; known after lowering.
    pub checks: Vec<Place>,
}

/// A function of a library.
#[derive(Clone, Debug)]
pub struct Function {
    /// Its symbol.
    pub name: String,
    /// The text of its `///` lines.
    pub doc: Option<String>,
    /// Where its name stands.
    pub span: Span,
    /// Its IR.
    pub func: FuncId,
    /// The names of its sizes.
    pub sizes: Vec<String>,
    /// The sizes that its wrapper computes of them, which the compiled function takes after them.
    pub computed: Vec<Computed>,
    /// Whether it has a form for pools of threads; known after lowering.
    pub parallel: bool,
    /// Whether it takes memory with `malloc` even in the workspace of the caller; known after lowering.
    pub takes_memory: bool,
    /// For each size that only the function knows, the position of its parameter.
    pub found: Vec<usize>,
    /// Its parameters after the sizes: inputs, then results.
    pub params: Vec<Param>,
    /// The scalars and arrays in them, in the order of the IR: inputs, then results.
    pub leaves: Vec<Leaf>,
}

/// A parameter in C.
#[derive(Clone, Debug)]
pub struct Param {
    /// Its name.
    pub name: String,
    /// What it is.
    pub ty: ParamType,
    /// Whether the function writes to it. Such a parameter is always a pointer.
    pub output: bool,
}

/// What a parameter is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParamType {
    /// A number.
    Scalar(DType),
    /// A pointer to elements.
    Array(DType),
    /// A pointer to the struct with this position.
    Struct(usize),
}

/// A scalar or an array in a parameter.
#[derive(Clone, Debug)]
pub struct Leaf {
    /// The position of the parameter.
    pub param: usize,
    /// The members on the way to it, if the parameter is a struct.
    pub path: Vec<String>,
    /// Where it stands in the struct, if the parameter is one.
    pub offset: Option<u32>,
    /// The element type.
    pub dtype: DType,
    /// The sizes, outermost first.
    pub shape: Vec<Extent>,
    /// The most that they can be: those of the memory.
    pub room: Vec<Extent>,
}

impl Interface {
    /// The library of a program: what is wrong with each export.
    pub fn new(name: &str, source: &str, program: &Program) -> Result<Interface, Vec<ExportError>> {
        let mut structs = Structs::default();
        let mut types = Names::default();
        let mut errors = Vec::new();
        let mut symbols = Names::default();
        for export in &program.exports {
            // Functions and typedefs share one name space in C.
            types.take(&export.name);
            errors.extend(check_name(export, &mut symbols).err());
        }
        let mut functions = Vec::new();
        for export in &program.exports {
            match function(export, program, &mut structs, &mut types) {
                Ok(function) => functions.push(function),
                Err(error) => errors.push(error),
            }
        }
        if !errors.is_empty() {
            return Err(errors);
        }
        Ok(Interface {
            name: Names::default().unique(name),
            source: source.to_owned(),
            doc: program.doc.clone(),
            structs: structs.all,
            functions,
            checks: Vec::new(),
        })
    }
}

impl Function {
    /// The name of what a size mentions, as the caller writes it.
    pub fn source_name(&self, source: Source) -> String {
        match source {
            Source::Size(position) => match self.sizes.get(position) {
                Some(name) => name.clone(),
                None => {
                    let computed = self.computed.get(position - self.sizes.len());
                    computed.map_or_else(String::new, |c| c.show(|s| self.source_name(s)))
                }
            },
            Source::Found(position) => {
                let param = self.found.get(position).and_then(|&p| self.params.get(p));
                param.map_or_else(String::new, |param| param.name.clone())
            }
            Source::Leaf(position) => self
                .leaves
                .get(position)
                .map(|leaf| self.place(leaf))
                .unwrap_or_default(),
        }
    }

    /// The expression for a leaf in C: `x`, `m->w`, `m->inner.w`.
    pub fn place(&self, leaf: &Leaf) -> String {
        let name = self
            .params
            .get(leaf.param)
            .map_or("", |param| param.name.as_str());
        match leaf.path.is_empty() {
            true => name.to_owned(),
            false => format!("{name}->{}", leaf.path.join(".")),
        }
    }

    /// Whether the function writes to a leaf.
    pub fn is_output(&self, leaf: &Leaf) -> bool {
        self.params
            .get(leaf.param)
            .is_some_and(|param| param.output)
    }

    /// The `i64` scalars among the inputs, on which the size of the workspace may depend: their
    /// positions among the leaves, and names for them.
    pub fn integers(&self) -> impl Iterator<Item = (usize, String)> + '_ {
        let leaves = self.leaves.iter().enumerate();
        let integers = leaves.filter(|(_, leaf)| {
            leaf.dtype == DType::I64 && leaf.shape.is_empty() && !self.is_output(leaf)
        });
        integers.map(|(position, leaf)| {
            let name = self
                .params
                .get(leaf.param)
                .map_or("", |param| param.name.as_str());
            let parts: Vec<&str> = std::iter::once(name)
                .chain(leaf.path.iter().map(String::as_str))
                .collect();
            (position, parts.join("_"))
        })
    }

    /// The symbol of the form without allocation.
    pub fn with_symbol(&self) -> String {
        format!("{}_with", self.name)
    }

    /// The symbol that tells how much workspace that needs.
    pub fn workspace_symbol(&self) -> String {
        format!("{}_workspace", self.name)
    }

    /// The symbol of the form for pools of threads.
    pub fn parallel_symbol(&self) -> String {
        format!("{}_parallel", self.name)
    }

    /// The symbol that tells how much workspace that needs.
    pub fn parallel_workspace_symbol(&self) -> String {
        format!("{}_parallel_workspace", self.name)
    }
}

/// What is added to the name of an export to make its symbols.
const SUFFIXES: [&str; 7] = [
    "",
    "_with",
    "_workspace",
    "_workspace_size",
    "_parallel",
    "_parallel_workspace",
    "_parallel_workspace_size",
];

/// Refuses a name that C does not take, and symbols that are defined already.
fn check_name(export: &Export, symbols: &mut Names) -> Result<(), ExportError> {
    let (name, span) = (&export.name, export.span);
    if is_taken(name) {
        return Err(ExportError::Name {
            name: name.clone(),
            span,
        });
    }
    for suffix in SUFFIXES {
        let symbol = format!("{name}{suffix}");
        if !symbols.take(&symbol) {
            return Err(ExportError::Twice { symbol, span });
        }
    }
    Ok(())
}

fn function(
    export: &Export,
    program: &Program,
    structs: &mut Structs,
    types: &mut Names,
) -> Result<Function, ExportError> {
    let mut names = Names::default();
    for reserved in ["workspace", "workspace_bytes"] {
        names.take(reserved);
    }
    let mut maker = Maker {
        structs,
        types,
        names,
        params: Vec::new(),
        found: Vec::new(),
    };
    let sizes: Vec<String> = export
        .sizes
        .iter()
        .map(|size| maker.names.unique(size))
        .collect();
    for param in &export.params {
        maker.add(&param.name, &param.ty, false);
    }
    let inputs = maker.found.len();
    let found: Vec<usize> = export
        .bounds
        .iter()
        .map(|bound| maker.size(&bound.name))
        .collect();
    maker.add("result", &export.result, true);
    let ir = program.module.get(export.func);
    let mut sources: HashMap<Value, Source> = HashMap::new();
    sources.extend(
        ir.size_params()
            .iter()
            .enumerate()
            .map(|(k, &value)| (value, Source::Size(k))),
    );
    sources.extend(
        ir.params()
            .iter()
            .take(inputs)
            .enumerate()
            .map(|(k, &value)| (value, Source::Leaf(k))),
    );
    let positions = export.bounds.iter().enumerate();
    sources.extend(positions.map(|(k, bound)| (bound.value, Source::Found(k))));
    let refused = ExportError::ResultSize {
        function: export.name.clone(),
        span: export.span,
    };
    if export.hidden > 0 {
        return Err(refused);
    }
    let computed = export.computed.iter().map(|size| {
        let (a, b) = &size.operands;
        Some(Computed {
            op: size.op,
            operands: (Extent::new(a, &sources)?, Extent::new(b, &sources)?),
            name: maker.names.unique("computed"),
        })
    });
    let computed: Option<Vec<Computed>> = computed.collect();
    let leaf = |found: Found<'_>| {
        let sizes = found.shape.iter();
        let room = sizes.clone().map(|size| room(size, &export.bounds));
        let room: Option<Vec<Extent>> = room.map(|size| Extent::new(&size, &sources)).collect();
        let shape: Option<Vec<Extent>> = sizes.map(|size| Extent::new(size, &sources)).collect();
        Some(Leaf {
            param: found.param,
            path: found.path,
            offset: found.offset,
            dtype: found.dtype,
            shape: shape?,
            room: room?,
        })
    };
    let params = maker.params;
    let leaves: Option<Vec<Leaf>> = maker.found.into_iter().map(leaf).collect();
    Ok(Function {
        name: export.name.clone(),
        doc: export.doc.clone(),
        span: export.span,
        func: export.func,
        parallel: false,
        takes_memory: false,
        sizes,
        computed: computed.ok_or_else(|| refused.clone())?,
        found,
        params,
        leaves: leaves.ok_or(refused)?,
    })
}

/// A leaf whose sizes are still those of the IR.
struct Found<'t> {
    param: usize,
    path: Vec<String>,
    offset: Option<u32>,
    dtype: DType,
    shape: &'t [dfn_ir::Size],
}

struct Maker<'s, 't> {
    structs: &'s mut Structs,
    types: &'s mut Names,
    names: Names,
    params: Vec<Param>,
    found: Vec<Found<'t>>,
}

impl<'t> Maker<'_, 't> {
    /// Adds a result for a size that only the function knows; gives its position.
    fn size(&mut self, name: &str) -> usize {
        let param = self.params.len();
        self.found.push(Found {
            param,
            path: Vec::new(),
            offset: None,
            dtype: DType::I64,
            shape: &[],
        });
        let name = self.names.unique(name);
        let ty = ParamType::Scalar(DType::I64);
        let output = true;
        self.params.push(Param { name, ty, output });
        param
    }

    /// Adds the parameters for a value.
    fn add(&mut self, name: &str, ty: &'t ExportType, output: bool) {
        for (wanted, ty) in flatten(name, ty) {
            let param = self.params.len();
            let ty = match ty {
                ExportType::Array { dtype, shape } => {
                    self.found.push(Found {
                        param,
                        path: Vec::new(),
                        offset: None,
                        dtype: *dtype,
                        shape,
                    });
                    match shape.is_empty() {
                        true => ParamType::Scalar(*dtype),
                        false => ParamType::Array(*dtype),
                    }
                }
                ExportType::Struct { name, doc, fields } => {
                    let position = self.structs.intern((name, doc), fields, self.types);
                    self.members(param, position, ty, (&[], 0));
                    ParamType::Struct(position)
                }
                // `flatten` leaves no tuple.
                ExportType::Tuple(_) => continue,
            };
            let name = self.names.unique(&wanted);
            self.params.push(Param { name, ty, output });
        }
    }

    /// Adds the leaves of a struct that stands `base.1` bytes into a parameter.
    fn members(
        &mut self,
        param: usize,
        position: usize,
        ty: &'t ExportType,
        base: (&[String], u32),
    ) {
        let ExportType::Struct { fields, .. } = ty else {
            return;
        };
        let Some(members) = self
            .structs
            .all
            .get(position)
            .map(|found| found.fields.clone())
        else {
            return;
        };
        let types = fields
            .iter()
            .flat_map(|field| flatten(&field.name, &field.ty));
        for (member, (_, ty)) in members.iter().zip(types) {
            let path: Vec<String> = base.0.iter().chain([&member.name]).cloned().collect();
            let offset = base.1 + member.offset;
            match (member.ty, ty) {
                (FieldType::Struct(inner), _) => self.members(param, inner, ty, (&path, offset)),
                (_, ExportType::Array { dtype, shape }) => {
                    self.found.push(Found {
                        param,
                        path,
                        offset: Some(offset),
                        dtype: *dtype,
                        shape,
                    });
                }
                _ => {}
            }
        }
    }
}
