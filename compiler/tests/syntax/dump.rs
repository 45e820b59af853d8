//! A syntax tree as text with all groups in parentheses, operator first.

use dfn::syntax::ast::*;

pub(crate) fn module(module: &Module) -> String {
    let mut out = String::new();
    if let Some(doc) = &module.doc {
        out += &format!("(doc {:?})\n", doc.text);
    }
    for item in &module.items {
        out += &self::item(item, 0);
        out.push('\n');
    }
    out
}

fn indent(depth: usize) -> String {
    "  ".repeat(depth)
}

fn each<T>(values: &[T], show: impl Fn(&T) -> String) -> String {
    values.iter().map(show).collect::<Vec<_>>().join(" ")
}

fn item(item: &Item, depth: usize) -> String {
    let mut out = indent(depth);
    if let Some(doc) = &item.doc {
        out += &format!("(doc {:?})\n{}", doc.text, indent(depth));
    }
    for attribute in &item.attributes {
        out += &format!(
            "(@{} {})\n{}",
            attribute.name,
            args(&attribute.args, depth),
            indent(depth)
        );
    }
    if item.public.is_some() {
        out += "pub ";
    }
    out + &item_kind(&item.kind, depth)
}

fn item_kind(kind: &ItemKind, depth: usize) -> String {
    match kind {
        ItemKind::Import(import) => {
            let name = |name: &ImportedName| format!("({} {:?})", name.name, text(&name.alias));
            let names = import.names.as_ref().map(|names| each(names, name));
            format!(
                "(import {:?} {:?} {names:?})",
                import.path,
                text(&import.alias)
            )
        }
        ItemKind::Struct(item) => {
            let field = |field: &Field| {
                let doc = field.doc.as_ref().map(|doc| doc.text.to_string());
                format!(
                    "\n{}({} {} {doc:?})",
                    indent(depth + 1),
                    field.name,
                    ty(&field.ty)
                )
            };
            let fields = each(&item.fields, field);
            format!("(struct {}{}{fields})", item.name, generics(&item.generics))
        }
        ItemKind::TypeAlias(item) => {
            format!(
                "(type {}{} {})",
                item.name,
                generics(&item.generics),
                ty(&item.ty)
            )
        }
        ItemKind::Const(item) => {
            let ty = item.ty.as_ref().map(ty);
            format!("(const {} {ty:?} {})", item.name, expr(&item.value, depth))
        }
        ItemKind::Function(item) => function(item, depth),
        ItemKind::Test(test) => format!("(test {:?} {})", test.name, block(&test.body, depth)),
        ItemKind::Error => "error".to_owned(),
    }
}

fn function(item: &Function, depth: usize) -> String {
    let export = if item.export.is_some() {
        "export-fn"
    } else {
        "fn"
    };
    let param = |param: &Param| {
        let mutable = if param.mutable { "mut " } else { "" };
        let default = param
            .default
            .as_ref()
            .map(|value| format!(" = {}", expr(value, depth)));
        format!(
            "({mutable}{} {}{})",
            param.name,
            ty(&param.ty),
            default.unwrap_or_default()
        )
    };
    let result = item.result.as_ref().map_or("-".to_owned(), ty);
    let params = each(&item.params, param);
    let body = block(&item.body, depth);
    format!(
        "({export} {}{} ({params}) {result} {body})",
        item.name,
        generics(&item.generics)
    )
}

fn text(name: &Option<Name>) -> Option<&str> {
    name.as_ref().map(Name::as_str)
}

fn generics(params: &[GenericParam]) -> String {
    let param = |param: &GenericParam| match &param.bound {
        Some(bound) => format!("{}:{bound}", param.name),
        None => param.name.to_string(),
    };
    format!("[{}]", each(params, param))
}

fn ty(ty: &Type) -> String {
    match &ty.kind {
        TypeKind::Named(path) => path.to_string(),
        TypeKind::Apply { base, args } => format!("{}[{}]", self::ty(base), each(args, size)),
        TypeKind::Tuple(parts) => format!("({})", each(parts, self::ty)),
        TypeKind::Function(function) => {
            let result = function.result.as_ref().map_or("-".to_owned(), self::ty);
            format!("(fn ({}) {result})", each(&function.params, self::ty))
        }
        TypeKind::Error => "error".to_owned(),
    }
}

fn size(size: &Size) -> String {
    match size {
        Size::Exact(size) => expr(size, 0),
        Size::Bounded { name, bound } => format!("(bounded {name} {})", expr(bound, 0)),
    }
}

fn pattern(pattern: &Pattern) -> String {
    match &pattern.kind {
        PatternKind::Name {
            name,
            mutable: false,
        } => name.to_string(),
        PatternKind::Name {
            name,
            mutable: true,
        } => format!("(mut {name})"),
        PatternKind::Ignore => "_".to_owned(),
        PatternKind::Tuple(parts) => format!("(tuple {})", each(parts, self::pattern)),
        PatternKind::Struct { path, fields, rest } => {
            let field =
                |part: &FieldPattern| format!("({} {})", part.field, self::pattern(&part.pattern));
            let rest = if rest.is_some() { " .." } else { "" };
            format!("({path} {}{rest})", each(fields, field))
        }
        PatternKind::Error => "error".to_owned(),
    }
}

fn block(block: &Block, depth: usize) -> String {
    let mut out = "{".to_owned();
    for stmt in &block.stmts {
        out += &format!("\n{}{}", indent(depth + 1), self::stmt(stmt, depth + 1));
    }
    if let Some(value) = &block.value {
        out += &format!("\n{}(value {})", indent(depth + 1), expr(value, depth + 1));
    }
    out + "}"
}

fn stmt(stmt: &Stmt, depth: usize) -> String {
    let maybe = |value: &Option<Expr>| {
        value
            .as_ref()
            .map_or(String::new(), |value| expr(value, depth))
    };
    match &stmt.kind {
        StmtKind::Let(stmt) => {
            let ty = stmt.ty.as_ref().map(|ty| format!(": {}", self::ty(ty)));
            let value = expr(&stmt.value, depth);
            format!(
                "(let {}{} {value})",
                pattern(&stmt.pattern),
                ty.unwrap_or_default()
            )
        }
        StmtKind::Assign(stmt) => {
            let op = stmt.op.map(|op| format!("{op:?}")).unwrap_or_default();
            format!(
                "({op}= {} {})",
                expr(&stmt.place, depth),
                expr(&stmt.value, depth)
            )
        }
        StmtKind::For(stmt) => {
            let body = block(&stmt.body, depth);
            format!(
                "(for {} {} {body})",
                pattern(&stmt.pattern),
                iterable(&stmt.iterable, depth)
            )
        }
        StmtKind::While(stmt) => {
            format!(
                "(while {} {})",
                expr(&stmt.condition, depth),
                block(&stmt.body, depth)
            )
        }
        StmtKind::Break(value) => format!("(break {})", maybe(value)),
        StmtKind::Continue => "(continue)".to_owned(),
        StmtKind::Return(value) => format!("(return {})", maybe(value)),
        StmtKind::Expr(value) => format!("(do {})", expr(value, depth)),
        StmtKind::Function(item) => self::item(item, depth).trim_start().to_owned(),
        StmtKind::Error => "error".to_owned(),
    }
}

fn iterable(iterable: &Iterable, depth: usize) -> String {
    match iterable {
        Iterable::Range(range) => self::range(range, depth),
        Iterable::Values(values) => expr(values, depth),
    }
}

fn range(range: &Range, depth: usize) -> String {
    let part = |part: &Option<Box<Expr>>| {
        part.as_ref()
            .map_or("_".to_owned(), |part| expr(part, depth))
    };
    let inclusive = if range.inclusive { "=" } else { "" };
    let step = range
        .step
        .as_ref()
        .map(|step| format!(" step {}", expr(step, depth)));
    let reversed = if range.reversed { " rev" } else { "" };
    let (start, end) = (part(&range.start), part(&range.end));
    format!(
        "(..{inclusive} {start} {end}{}{reversed})",
        step.unwrap_or_default()
    )
}

fn args(args: &[Arg], depth: usize) -> String {
    let arg = |arg: &Arg| match &arg.name {
        Some(name) => format!("{name}={}", expr(&arg.value, depth)),
        None => expr(&arg.value, depth),
    };
    each(args, arg)
}

fn comprehension(value: &Comprehension, depth: usize) -> String {
    let clause = |clause: &Clause| {
        format!(
            "({} {})",
            pattern(&clause.pattern),
            iterable(&clause.iterable, depth)
        )
    };
    format!(
        "{} : {}",
        each(&value.clauses, clause),
        expr(&value.body, depth)
    )
}

pub(crate) fn expr(expr: &Expr, depth: usize) -> String {
    let show = |expr: &Expr| self::expr(expr, depth);
    match &expr.kind {
        ExprKind::Literal(value) => literal(value),
        ExprKind::Name(name) => name.to_string(),
        ExprKind::Paren(inner) => format!("(paren {})", show(inner)),
        ExprKind::Unary { op, operand } => format!("({op:?} {})", show(operand)),
        ExprKind::Binary {
            op, left, right, ..
        } => {
            format!("({op:?} {} {})", show(left), show(right))
        }
        ExprKind::Call { callee, args } => {
            format!("(call {} {})", show(callee), self::args(args, depth))
        }
        ExprKind::Cast { value, ty } => format!("(as {} {})", show(value), self::ty(ty)),
        ExprKind::Field { base, field } => format!("(. {} {field})", show(base)),
        ExprKind::TupleField { base, index, .. } => format!("(. {} {index})", show(base)),
        ExprKind::Index { base, indices } => {
            let index = |index: &Index| match index {
                Index::At(at) => show(at),
                Index::Slice(slice) => range(slice, depth),
                Index::All(_) => "..".to_owned(),
            };
            format!("(index {} {})", show(base), each(indices, index))
        }
        ExprKind::Array(elements) => format!("(array {})", each(elements, show)),
        ExprKind::Comprehension(value) => format!("(array-for {})", comprehension(value, depth)),
        ExprKind::Generator(value) => format!("(for {})", comprehension(value, depth)),
        ExprKind::Tuple(parts) => format!("(tuple {})", each(parts, show)),
        ExprKind::Struct(value) => {
            let field = |init: &FieldInit| format!("({} {})", init.field, show(&init.value));
            let rest = value.rest.as_ref().map(|rest| format!(" ..{}", show(rest)));
            format!(
                "({} {}{})",
                value.path,
                each(&value.fields, field),
                rest.unwrap_or_default()
            )
        }
        ExprKind::Lambda(lambda) => {
            let param = |param: &LambdaParam| {
                let ty = param.ty.as_ref().map(|ty| format!(": {}", self::ty(ty)));
                format!("{}{}", pattern(&param.pattern), ty.unwrap_or_default())
            };
            let result = lambda
                .result
                .as_ref()
                .map(|ty| format!(" -> {}", self::ty(ty)));
            let params = each(&lambda.params, param);
            format!(
                "(lambda ({params}){} {})",
                result.unwrap_or_default(),
                show(&lambda.body)
            )
        }
        ExprKind::Block(value) => block(value, depth),
        ExprKind::If(choice) => {
            let otherwise = choice.otherwise.as_ref().map_or(String::new(), show);
            let then = block(&choice.then, depth);
            format!("(if {} {then} {otherwise})", show(&choice.condition))
        }
        ExprKind::Loop(body) => format!("(loop {})", block(body, depth)),
        ExprKind::Error => "error".to_owned(),
    }
}

fn literal(literal: &Literal) -> String {
    let with = |suffix: &Option<Suffix>| {
        suffix
            .map(|suffix| format!("{suffix:?}"))
            .unwrap_or_default()
    };
    match literal {
        Literal::Int { value, suffix } => format!("{value}{}", with(suffix)),
        Literal::Float { value, suffix, .. } => format!("{value:?}{}", with(suffix)),
        Literal::Bool(value) => value.to_string(),
        Literal::Str(text) => format!("{text:?}"),
    }
}
