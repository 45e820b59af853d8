//! What is elaborated without being called: functions at their definition, exports, tests and `main`.

use super::Source;
use super::bounded::declared_shapes;
use super::call::Bound;
use super::elab::{Cx, Elab, R, ir_span};
use super::errors;
use super::instance::Instance;
use super::program::{
    Export, ExportBound, ExportField, ExportParam, ExportSize, ExportType, Program, Test,
};
use super::types::Pat;
use super::val::{Code, Func, Meaning, StructDef, Val};
use crate::diagnostic::Span;
use crate::syntax::ast::{self, ItemKind, TypeKind};
use dfn_ir::{DType, FuncId, Function, Size, Type, Value};

/// A function elaborated at its definition.
struct Defined<'a> {
    instance: Instance<'a>,
    params: Vec<Val<'a>>,
    /// Its result, before it is laid out for a caller from outside.
    result: Val<'a>,
    /// The declared type of that.
    declared: Option<Pat<'a>>,
    /// The sizes that only the function knows.
    bounds: Vec<ExportBound>,
}

impl<'a> Elab<'a> {
    /// The program of all files, the main one first: only that one exports, tests and has a `main`.
    pub(super) fn program(&mut self, files: &[Source<'a>]) -> Program {
        let mut program = Program::default();
        let own = |file: &(usize, &Source<'a>)| !file.1.standard;
        for (home, file) in files.iter().enumerate().filter(own) {
            for item in &file.module.items {
                match &item.kind {
                    ItemKind::Function(function) => {
                        self.definition(function, item, home, &mut program);
                        if home == 0 {
                            self.checked_tests(function, item, &mut program);
                        }
                    }
                    ItemKind::Test(test) if home == 0 => self.test(test, home, &mut program),
                    ItemKind::Struct(decl) => self.check_struct(decl, home),
                    ItemKind::TypeAlias(alias) => self.check_alias(alias, home),
                    ItemKind::Const(constant) => self.check_const(constant, home),
                    ItemKind::Import(_) | ItemKind::Test(_) | ItemKind::Error => {}
                }
            }
        }
        program.doc = files
            .first()
            .and_then(|file| file.module.doc.as_ref())
            .map(|doc| doc.text.to_string());
        self.make_rules();
        program.module = std::mem::take(&mut self.module);
        program
    }

    fn definition(
        &mut self,
        function: &'a ast::Function,
        item: &'a ast::Item,
        home: usize,
        program: &mut Program,
    ) {
        let takes_function = function
            .params
            .iter()
            .any(|param| mentions_function(&param.ty));
        if takes_function {
            if let Some(export) = function.export {
                let title = format!(
                    "`{}` takes a function and cannot be exported",
                    function.name
                );
                let help = "C has no such functions: export a function that calls it with one";
                self.fail(errors::functions::signature(
                    title,
                    function.name.span.to(export),
                    help,
                ));
            }
            return;
        }
        let Ok(defined) = self.define(function, home) else {
            return;
        };
        let func = defined.instance.func;
        program.functions.push((function.name.to_string(), func));
        if function.name.as_str() == "main" && home == 0 {
            self.main(function, func, program);
        }
        if function.export.is_some() && home == 0 {
            let doc = item.doc.as_ref().map(|doc| doc.text.to_string());
            let laws = self.cost_laws(item);
            if let (Ok(mut export), Ok(laws)) = (self.export(function, &defined, doc), laws) {
                export.laws = laws;
                program.exports.push(export);
            }
        }
    }

    fn main(&mut self, function: &'a ast::Function, func: FuncId, program: &mut Program) {
        let made = self.module.get(func);
        if made.body.params.is_empty() && made.body.results.is_empty() {
            program.main = Some(func);
            return;
        }
        let title = "`main` takes no parameters and gives no result".to_owned();
        self.fail(errors::functions::signature(
            title,
            function.name.span,
            "print the result",
        ));
    }

    /// Elaborates a function with its sizes as parameters; element types that it leaves open are f64.
    fn define(&mut self, function: &'a ast::Function, home: usize) -> R<Defined<'a>> {
        let outer = std::mem::replace(&mut self.cx, Cx::new(function.name.as_str(), home));
        self.cx.b.at(ir_span(function.name.span));
        let unknowns = self.unknowns.len();
        let defined = self.define_here(function, home);
        self.unknowns.truncate(unknowns);
        self.cx = outer;
        defined
    }

    fn define_here(&mut self, function: &'a ast::Function, home: usize) -> R<Defined<'a>> {
        self.repeated_names(function)?;
        for generic in &function.generics {
            let meaning = match &generic.bound {
                Some(bound) => Meaning::DType(self.representative(bound)?),
                None => {
                    let size = self.cx.b.size_param(generic.name.as_str());
                    self.cx.facts.is_natural(size);
                    Meaning::Size(Size::value(size))
                }
            };
            self.cx
                .scope
                .bind(&generic.name.text, meaning, false, generic.name.span);
        }
        let generics = self.cx.scope.clone();
        let mut params = Vec::new();
        for param in &function.params {
            let pat = self.resolve(&param.ty)?;
            self.sizes_from_outside(&pat, param)?;
            let val = self.param_of(&pat, param.name.as_str());
            // A later type may mention an integer parameter.
            self.cx.scope.bind(
                &param.name.text,
                Meaning::Val(val.clone()),
                false,
                param.name.span,
            );
            params.push(val);
        }
        self.export_checks(function)?;
        let generics: Vec<_> = function
            .generics
            .iter()
            .filter_map(|g| generics.get(g.name.as_str()).cloned())
            .collect();
        self.cx.scope = super::scope::Scope::default();
        let func = Func::Declared(Code {
            code: function,
            captured: Vec::new(),
            home,
        });
        let bound = Bound {
            args: params.clone(),
            generics,
            elementwise: false,
            sizes: Vec::new(),
        };
        if self.has_rule(function) {
            // The rule is checked whether the function is called or not.
            self.specialise(&func, &bound, function.name.span)?;
        }
        let result = self.body_of(&func, &bound, function.name.span)?;
        // The function is the entry of a call from outside: the result keeps its declared types.
        let bounds = self.export_bounds();
        let declared = self.cx.returns.clone();
        let outside = match function.export {
            Some(_) => self.with_room(result.clone(), function.name.span)?,
            None => result.clone(),
        };
        let instance = self.finish(outside, function.name.span)?;
        Ok(Defined {
            instance,
            params,
            result,
            declared,
            bounds,
        })
    }

    /// Refuses a parameter of an export whose size is computed: the caller would have to give an array of a
    /// size that it does not say.
    fn sizes_from_outside(&mut self, pat: &Pat<'a>, param: &'a ast::Param) -> R<()> {
        match pat {
            Pat::Array(_, shape) => {
                let values = shape.iter().flat_map(Size::values);
                let computed = values
                    .into_iter()
                    .find(|v| self.cx.b.definition(*v).is_some());
                let Some(value) = computed else { return Ok(()) };
                let size = self.show_size(&Size::value(value));
                let title = format!(
                    "the size `{size}` of the exported parameter `{}`",
                    param.name
                );
                let help = format!(
                    "give the array a size parameter of its own, and say in the function that it is equal: `{} as f64[{size}]`",
                    param.name
                );
                Err(self.fail(errors::functions::signature(title, param.ty.span, &help)))
            }
            Pat::Tuple(parts) | Pat::Struct(_, parts) => parts
                .iter()
                .try_for_each(|part| self.sizes_from_outside(part, param)),
            Pat::Func(_) => Ok(()),
        }
    }

    /// Sizes that come from outside are checked once, at the entry.
    fn export_checks(&mut self, function: &'a ast::Function) -> R<()> {
        if function.export.is_none() {
            return Ok(());
        }
        for size in self.cx.b.func().size_params().to_vec() {
            let at = function.name.span;
            let zero = self.integer(0, at)?;
            let how = dfn_ir::scalar::Compare::Le;
            let holds = self.emit(dfn_ir::ops::CompareOp { how }, &[zero, size], at)?;
            let message = format!(
                "the size `{}` is negative",
                self.show_size(&Size::value(size))
            );
            self.check(holds, &message, at)?;
        }
        Ok(())
    }

    fn repeated_names(&mut self, function: &'a ast::Function) -> R<()> {
        let names = function
            .generics
            .iter()
            .map(|g| &g.name)
            .chain(function.params.iter().map(|p| &p.name));
        let names: Vec<&ast::Name> = names.collect();
        for (k, name) in names.iter().enumerate() {
            if let Some(first) = names
                .iter()
                .take(k)
                .find(|first| first.text == name.text && !name.is_missing())
            {
                return Err(self.fail(errors::names::declared_twice(
                    name.as_str(),
                    name.span,
                    first.span,
                )));
            }
        }
        Ok(())
    }

    /// The element type that stands for a class where a function is checked at its definition.
    fn representative(&mut self, bound: &ast::Name) -> R<DType> {
        match bound.as_str() {
            "float" | "number" => Ok(DType::F64),
            "int" => Ok(DType::I64),
            _ => {
                let known = ["float", "int", "number"];
                Err(self.fail(errors::names::unknown(
                    "class of element types",
                    bound.as_str(),
                    bound.span,
                    known,
                )))
            }
        }
    }

    /// Makes sure that an element type is of the class that `owner.0` asks of `owner.1`.
    pub(super) fn in_class(
        &mut self,
        class: &ast::Name,
        dtype: DType,
        owner: (&str, &str),
        at: Span,
    ) -> R<()> {
        let fits = match class.as_str() {
            "float" => dtype.is_float(),
            "int" => !dtype.is_float() && dtype != DType::Bool,
            "number" => dtype != DType::Bool,
            // The declaration was refused.
            _ => true,
        };
        match fits {
            true => Ok(()),
            false => Err(self.fail(errors::types::class(class, dtype.name(), owner, at))),
        }
    }

    /// A parameter of the IR function for each leaf of a declared type.
    pub(super) fn param_of(&mut self, pat: &Pat<'a>, name: &str) -> Val<'a> {
        match pat {
            Pat::Array(dtype, shape) => {
                let ty = Type::array(*dtype, shape.iter().cloned());
                Val::Ir(self.cx.b.param(ty, Some(name.into())))
            }
            Pat::Tuple(parts) => {
                let each = parts.iter().enumerate();
                Val::Tuple(
                    each.map(|(k, part)| self.param_of(part, &format!("{name}.{k}")))
                        .collect(),
                )
            }
            Pat::Struct(def, parts) => {
                let each = def.decl.fields.iter().zip(parts);
                let parts = each
                    .map(|(field, part)| self.param_of(part, &format!("{name}.{}", field.name)));
                Val::Struct(*def, parts.collect())
            }
            Pat::Func(_) => Val::Error,
        }
    }

    fn export(
        &mut self,
        function: &'a ast::Function,
        defined: &Defined<'a>,
        doc: Option<String>,
    ) -> R<Export> {
        let name = function.name.to_string();
        if !name.is_ascii() {
            let title = format!("the exported name `{name}` is not ASCII");
            return Err(self.fail(errors::functions::signature(
                title,
                function.name.span,
                "it becomes a name in C",
            )));
        }
        if function
            .generics
            .iter()
            .any(|generic| generic.bound.is_some())
        {
            let title = format!("`{name}` leaves an element type open and cannot be exported");
            let help = "write the type, as in `f64`, and export one function for each";
            return Err(self.fail(errors::functions::signature(
                title,
                function.name.span,
                help,
            )));
        }
        let func = self.module.get(defined.instance.func);
        let params = function.params.iter().zip(&defined.params);
        let params = params.map(|(param, val)| ExportParam {
            name: param.name.to_string(),
            ty: export_type(func, val),
        });
        let mut result = export_type(func, &defined.result);
        if let Some(pat) = &defined.declared {
            declared_shapes(&mut result, pat, &defined.bounds);
        }
        let computed = defined.instance.lifted.iter();
        let computed = computed.map(|(value, (op, a, b))| ExportSize {
            value: *value,
            op: *op,
            operands: (a.clone(), b.clone()),
        });
        Ok(Export {
            name,
            doc,
            span: function.name.span,
            func: defined.instance.func,
            sizes: function
                .generics
                .iter()
                .map(|generic| generic.name.to_string())
                .collect(),
            params: params.collect(),
            result,
            hidden: defined.instance.hidden,
            computed: computed.collect(),
            bounds: defined.bounds.clone(),
            laws: Vec::new(),
        })
    }

    fn test(&mut self, test: &'a ast::Test, home: usize, program: &mut Program) {
        let name = format!("test.{}", program.tests.len() + 1);
        let outer = std::mem::replace(&mut self.cx, Cx::new(&name, home));
        let at = test.name_span;
        self.cx.returns = Some(Pat::Tuple(Vec::new()));
        self.in_test = true;
        let made = self
            .tail_block(&test.body)
            .and_then(|_| self.finish(Val::unit(), at));
        self.in_test = false;
        self.cx = outer;
        if let Ok(instance) = made {
            program.tests.push(Test {
                name: test.name.to_string(),
                span: at,
                func: instance.func,
            });
        }
    }

    /// A test for each `@checked(…)`.
    fn checked_tests(
        &mut self,
        function: &'a ast::Function,
        item: &'a ast::Item,
        program: &mut Program,
    ) {
        let is_checked = |attribute: &&ast::Attribute| attribute.name.as_str() == "checked";
        for attribute in item.attributes.iter().filter(is_checked) {
            let number = program.tests.len() + 1;
            if let Ok(func) = self.checked_rule(function, attribute, 0, number) {
                program.tests.push(Test {
                    name: format!("the derivative of `{}`", function.name),
                    span: attribute.span,
                    func,
                });
            }
        }
    }

    fn check_struct(&mut self, decl: &'a ast::Struct, home: usize) {
        self.scratch(home, |elab| {
            elab.declare_for_types(&decl.generics)?;
            let mut known: Vec<&ast::Name> = Vec::new();
            for field in &decl.fields {
                if let Some(first) = known.iter().find(|first| first.text == field.name.text) {
                    elab.fail(errors::names::declared_twice(
                        field.name.as_str(),
                        field.name.span,
                        first.span,
                    ));
                }
                known.push(&field.name);
                if mentions_function(&field.ty) {
                    elab.fail(errors::functions::function_value("a field", field.ty.span));
                }
                let _ = elab.resolve(&field.ty);
            }
            Ok(())
        });
    }

    fn check_alias(&mut self, alias: &'a ast::TypeAlias, home: usize) {
        self.scratch(home, |elab| {
            elab.declare_for_types(&alias.generics)?;
            elab.resolve(&alias.ty).map(|_| ())
        });
    }

    fn check_const(&mut self, constant: &'a ast::Const, home: usize) {
        self.scratch(home, |elab| {
            elab.const_value(constant, home, constant.name.span)
                .map(|_| ())
        });
    }

    fn declare_for_types(&mut self, generics: &'a [ast::GenericParam]) -> R<()> {
        for generic in generics {
            let meaning = match &generic.bound {
                Some(bound) => Meaning::DType(self.representative(bound)?),
                None => Meaning::Size(Size::value(self.cx.b.size_param(generic.name.as_str()))),
            };
            self.cx
                .scope
                .bind(&generic.name.text, meaning, false, generic.name.span);
        }
        Ok(())
    }

    /// Runs `check` in a function that is thrown away.
    fn scratch(&mut self, home: usize, check: impl FnOnce(&mut Self) -> R<()>) {
        let outer = std::mem::replace(&mut self.cx, Cx::new("", home));
        let _ = check(self);
        self.cx = outer;
    }
}

fn mentions_function(ty: &ast::Type) -> bool {
    match &ty.kind {
        TypeKind::Function(_) => true,
        TypeKind::Tuple(parts) => parts.iter().any(mentions_function),
        TypeKind::Apply { base, .. } => mentions_function(base),
        TypeKind::Named(_) | TypeKind::Error => false,
    }
}

/// The structure of a value in a finished function.
fn export_type(func: &Function, val: &Val<'_>) -> ExportType {
    match val {
        Val::Ir(value) => leaf_type(func, *value),
        Val::Struct(def, parts) => struct_type(func, *def, parts),
        Val::Tuple(parts) => {
            ExportType::Tuple(parts.iter().map(|part| export_type(func, part)).collect())
        }
        Val::Number(_) | Val::Numbers(_) | Val::Func(_) | Val::Text(_) | Val::Error => {
            ExportType::Tuple(Vec::new())
        }
    }
}

fn leaf_type(func: &Function, value: Value) -> ExportType {
    let ty = func.ty(value);
    ExportType::Array {
        dtype: ty.dtype,
        shape: ty.shape.to_vec(),
    }
}

fn struct_type(func: &Function, def: StructDef<'_>, parts: &[Val<'_>]) -> ExportType {
    let is_left_out = |part: &Val<'_>| matches!(part, Val::Tuple(inner) if inner.is_empty());
    let tangent = parts.iter().any(is_left_out);
    let kept = def
        .decl
        .fields
        .iter()
        .zip(parts)
        .filter(|(_, part)| !is_left_out(part));
    let fields = kept.map(|(field, part)| ExportField {
        name: field.name.to_string(),
        doc: field.doc.as_ref().map(|doc| doc.text.to_string()),
        ty: export_type(func, part),
    });
    let name = def.decl.name.to_string();
    ExportType::Struct {
        name: match (tangent, def.rows) {
            (false, 0) => name,
            (true, 0) => format!("{name}_tangent"),
            (false, _) => format!("{name}_array"),
            (true, _) => format!("{name}_array_tangent"),
        },
        doc: def.doc.map(|doc| doc.text.to_string()),
        fields: fields.collect(),
    }
}
