//! Expressions.

use super::Formatter;
use super::comments::Entry;
use super::doc::{Doc, concat, group, indent, text};
use super::list::Style;
use crate::diagnostic::Span;
use crate::syntax::ast::{
    Arg, BinaryOp, Comprehension, Expr, ExprKind, FieldInit, If, Index, Iterable, Lambda, Literal,
    Range, StructLiteral, UnaryOp,
};

/// The sign of an operator.
pub(super) fn binary_sign(op: BinaryOp) -> &'static str {
    match op {
        BinaryOp::Add => "+",
        BinaryOp::Sub => "-",
        BinaryOp::Mul => "*",
        BinaryOp::Div => "/",
        BinaryOp::Rem => "%",
        BinaryOp::Pow => "**",
        BinaryOp::MatMul => "@",
        BinaryOp::Eq => "==",
        BinaryOp::Ne => "!=",
        BinaryOp::Lt => "<",
        BinaryOp::Le => "<=",
        BinaryOp::Gt => ">",
        BinaryOp::Ge => ">=",
        BinaryOp::And => "&&",
        BinaryOp::Or => "||",
        BinaryOp::BitAnd => "&",
        BinaryOp::BitOr => "|",
        BinaryOp::BitXor => "^",
        BinaryOp::Shl => "<<",
        BinaryOp::Shr => ">>",
    }
}

/// Operators that may stand in one chain, each on a line of its own.
fn same_chain(a: BinaryOp, b: BinaryOp) -> bool {
    let class = |op| match op {
        BinaryOp::Add | BinaryOp::Sub => 1,
        BinaryOp::Mul | BinaryOp::Div | BinaryOp::Rem | BinaryOp::MatMul => 2,
        BinaryOp::And => 3,
        BinaryOp::Or => 4,
        BinaryOp::BitAnd => 5,
        BinaryOp::BitOr => 6,
        BinaryOp::BitXor => 7,
        _ => 0,
    };
    class(a) == class(b) && class(a) != 0
}

impl Formatter<'_> {
    pub(super) fn expr(&mut self, expr: &Expr) -> Doc {
        match &expr.kind {
            ExprKind::Literal(_) | ExprKind::Name(_) | ExprKind::Error => self.verbatim(expr.span),
            ExprKind::Paren(inner) => concat([text("("), self.expr(inner), text(")")]),
            ExprKind::Unary { op, operand } => {
                let sign = if *op == UnaryOp::Neg { "-" } else { "!" };
                concat([text(sign), self.expr(operand)])
            }
            ExprKind::Binary {
                op, left, right, ..
            } => self.binary(*op, left, right),
            ExprKind::Call { callee, args } => {
                let function = self.expr(callee);
                let args = self.arguments(args, (callee.span.end, expr.span.end));
                concat([function, args])
            }
            ExprKind::Cast { value, ty } => {
                let value = self.expr(value);
                concat([value, text(" as "), self.ty(ty)])
            }
            ExprKind::Field { base, field } => self.dotted(base, field.as_str()),
            ExprKind::TupleField { base, index, .. } => self.dotted(base, &index.to_string()),
            ExprKind::Index { base, indices } => {
                let array = self.expr(base);
                let inside = (base.span.end, expr.span.end);
                let indices = self.list(Style::BRACKETS, inside, indices, Index::span, Self::index);
                concat([array, indices])
            }
            ExprKind::Array(elements) => self.array(elements, expr.span),
            ExprKind::Comprehension(value) => {
                let inner = self.comprehension(value);
                group([
                    text("["),
                    indent([Doc::SoftLine, inner]),
                    Doc::SoftLine,
                    text("]"),
                ])
            }
            ExprKind::Generator(value) => self.comprehension(value),
            ExprKind::Tuple(parts) => self.tuple(expr.span, parts, |part| part.span, Self::expr),
            ExprKind::Struct(literal) => self.struct_literal(literal, expr.span),
            ExprKind::Lambda(lambda) => self.lambda(lambda),
            ExprKind::Block(block) => self.block(block),
            ExprKind::If(choice) => self.choice(choice, expr.span),
            ExprKind::Loop(body) => concat([text("loop "), self.block(body)]),
        }
    }

    fn dotted(&mut self, base: &Expr, field: &str) -> Doc {
        // Without a space, the dot would belong to the number.
        let space = if is_number(base) { " " } else { "" };
        concat([self.expr(base), text(format!("{space}.{field}"))])
    }

    /// A chain of operators: on one line, or each operator at the start of a line.
    fn binary(&mut self, op: BinaryOp, left: &Expr, right: &Expr) -> Doc {
        if op == BinaryOp::Pow && is_simple(left) && is_simple_exponent(right) {
            return concat([self.expr(left), text("**"), self.expr(right)]);
        }
        let mut links = vec![(op, right)];
        let mut first = left;
        while let ExprKind::Binary {
            op: inner,
            left,
            right,
            ..
        } = &first.kind
            && same_chain(*inner, op)
        {
            links.push((*inner, right));
            first = left;
        }
        let first = self.expr(first);
        let mut rest = Vec::new();
        for (op, operand) in links.into_iter().rev() {
            let operand = self.expr(operand);
            rest.extend([Doc::Line, text(format!("{} ", binary_sign(op))), operand]);
        }
        group([first, indent(rest)])
    }

    /// `(x, axis = 0)`.
    pub(super) fn arguments(&mut self, args: &[Arg], inside: (u32, u32)) -> Doc {
        let place = |arg: &Arg| match &arg.name {
            Some(name) => name.span.to(arg.value.span),
            None => arg.value.span,
        };
        let entries = self.entries(inside, args, place, |formatter, arg| {
            let value = formatter.expr(&arg.value);
            match &arg.name {
                Some(name) => concat([text(format!("{name} = ")), value]),
                None => value,
            }
        });
        let plain = |entry: &Entry| entry.separated && entry.behind.is_empty();
        if hugs(args) && entries.iter().all(plain) {
            let mut parts = vec![text("(")];
            for (position, entry) in entries.into_iter().enumerate() {
                if position > 0 {
                    parts.push(text(", "));
                }
                parts.push(entry.doc);
            }
            parts.push(text(")"));
            return concat(parts);
        }
        self.list_of(Style::PARENS, entries)
    }

    /// An array: broken where it was; numbers fill the lines.
    fn array(&mut self, elements: &[Expr], span: Span) -> Doc {
        let inside = (span.start + 1, span.end);
        let first = elements.first().map_or(span.end, |first| first.span.start);
        let broken = !self.is_one_line(Span { end: first, ..span });
        if elements.len() > 1 && elements.iter().all(is_number) && !self.has_comments(span) {
            let mut parts = Vec::new();
            for (position, element) in elements.iter().enumerate() {
                let last = position + 1 == elements.len();
                let number = self.source.slice(element.span);
                parts.push(text(if last {
                    number.to_owned()
                } else {
                    format!("{number},")
                }));
                if !last {
                    parts.push(Doc::Line);
                }
            }
            let inner_break = || if broken { Doc::HardLine } else { Doc::SoftLine };
            let comma = Doc::IfBroken(",");
            let inner = indent([inner_break(), Doc::Fill(parts), comma]);
            return group([text("["), inner, inner_break(), text("]")]);
        }
        let style = Style {
            broken,
            ..Style::BRACKETS
        };
        self.list(style, inside, elements, |element| element.span, Self::expr)
    }

    fn comprehension(&mut self, value: &Comprehension) -> Doc {
        let mut parts = vec![text("for ")];
        for (position, clause) in value.clauses.iter().enumerate() {
            if position > 0 {
                parts.push(text(", "));
            }
            let pattern = self.pattern(&clause.pattern);
            let iterable = self.iterable(&clause.iterable);
            parts.extend([pattern, text(" in "), iterable]);
        }
        let body = self.expr(&value.body);
        parts.extend([text(":"), indent([Doc::Line, body])]);
        group(parts)
    }

    pub(super) fn iterable(&mut self, iterable: &Iterable) -> Doc {
        match iterable {
            Iterable::Range(range) => self.range(range),
            Iterable::Values(expr) => self.expr(expr),
        }
    }

    fn index(&mut self, index: &Index) -> Doc {
        match index {
            Index::At(expr) => self.expr(expr),
            Index::Slice(range) => self.range(range),
            Index::All(_) => text(".."),
        }
    }

    fn range(&mut self, range: &Range) -> Doc {
        let mut parts = Vec::new();
        if let Some(start) = &range.start {
            parts.push(self.expr(start));
            // `1.` before the dots would be read as `1` and three dots.
            if self.source.slice(start.span).ends_with('.') {
                parts.push(text(" "));
            }
        }
        parts.push(text(if range.inclusive { "..=" } else { ".." }));
        if let Some(end) = &range.end {
            parts.push(self.expr(end));
        }
        if let Some(step) = &range.step {
            parts.extend([text(" step "), self.expr(step)]);
        }
        let parenthesized = self.source.slice(range.span).starts_with('(')
            && range
                .start
                .as_ref()
                .is_none_or(|start| start.span.start > range.span.start);
        match (parenthesized, range.reversed) {
            (_, true) => concat([text("("), concat(parts), text(").rev()")]),
            (true, false) => concat([text("("), concat(parts), text(")")]),
            (false, false) => concat(parts),
        }
    }

    fn struct_literal(&mut self, literal: &StructLiteral, span: Span) -> Doc {
        let head = literal.path.span().end;
        let first = literal
            .fields
            .first()
            .map_or(span.end, |init| init.field.span.start);
        let broken = !self.is_one_line(Span {
            start: head,
            end: first,
            ..span
        });
        let mut style = Style {
            broken,
            ..Style::BRACES
        };
        let mut end = span.end;
        let mut rest_entries = Vec::new();
        if let Some(rest) = &literal.rest {
            let dots = self.between(head, rest.span.start).rfind("..");
            end = head + dots.unwrap_or(0) as u32;
            let at = Span {
                start: end,
                ..rest.span
            };
            rest_entries = self.entries(
                (end, span.end),
                &[rest],
                |_| at,
                |formatter, rest| concat([text(".."), formatter.expr(rest)]),
            );
            style.trailing_comma = false;
        }
        let place = |init: &FieldInit| init.field.span.to(init.value.span);
        let mut entries = self.entries((head, end), &literal.fields, place, Self::field_init);
        entries.extend(rest_entries);
        let fields = self.list_of(style, entries);
        concat([text(format!("{} ", literal.path)), fields])
    }

    fn field_init(&mut self, init: &FieldInit) -> Doc {
        match init.shorthand {
            true => text(init.field.to_string()),
            false => concat([text(format!("{}: ", init.field)), self.expr(&init.value)]),
        }
    }

    fn lambda(&mut self, lambda: &Lambda) -> Doc {
        let mut parts = vec![text("|")];
        for (position, param) in lambda.params.iter().enumerate() {
            if position > 0 {
                parts.push(text(", "));
            }
            parts.push(self.pattern(&param.pattern));
            parts.push(self.annotation(param.ty.as_ref()));
        }
        parts.push(text("|"));
        parts.push(self.result(lambda.result.as_ref()));
        parts.extend([text(" "), self.expr(&lambda.body)]);
        concat(parts)
    }

    /// All arms on one line if they were written so and fit, or none.
    fn choice(&mut self, choice: &If, span: Span) -> Doc {
        let mut short = self.is_one_line(span) && self.is_short(&choice.then);
        let mut arm = choice.otherwise.as_ref();
        while let Some(expr) = arm {
            arm = match &expr.kind {
                ExprKind::If(inner) => {
                    short &= self.is_short(&inner.then);
                    inner.otherwise.as_ref()
                }
                ExprKind::Block(block) => {
                    short &= self.is_short(block);
                    None
                }
                _ => None,
            };
        }
        let arms = self.arms(choice, short);
        if short { group([arms]) } else { arms }
    }

    fn arms(&mut self, choice: &If, short: bool) -> Doc {
        let mut parts = Vec::new();
        let mut choice = choice;
        loop {
            parts.push(self.head("if ", &choice.condition));
            parts.push(self.arm(&choice.then, short));
            match choice.otherwise.as_ref().map(|expr| &expr.kind) {
                Some(ExprKind::If(inner)) => {
                    parts.push(text(" else "));
                    choice = inner;
                }
                Some(ExprKind::Block(block)) => {
                    parts.extend([text(" else "), self.arm(block, short)]);
                    return concat(parts);
                }
                _ => return concat(parts),
            }
        }
    }

    /// `if condition `: where the condition is broken, the brace gets a line of its own, so that
    /// the condition and the block can be told apart.
    pub(super) fn head(&mut self, word: &str, condition: &Expr) -> Doc {
        let condition = self.expr(condition);
        group([text(word), condition, Doc::Line])
    }

    fn arm(&mut self, block: &crate::syntax::ast::Block, short: bool) -> Doc {
        match short {
            true => self.block_with_breaks(block),
            false => self.block_in_lines(block),
        }
    }
}

/// Whether the brackets of the last argument stand directly in those of the call:
/// `f(|x| { … })`, `f([ … ])`, `f(g( … ))`. That depends on the form alone, so that it stays as it is.
fn hugs(args: &[Arg]) -> bool {
    let Some((last, others)) = args.split_last() else {
        return false;
    };
    if last.name.is_some() {
        return false;
    }
    match &last.value.kind {
        ExprKind::Lambda(lambda) => {
            let has_block = matches!(
                lambda.body.kind,
                ExprKind::Block(_) | ExprKind::If(_) | ExprKind::Loop(_)
            );
            has_block
                && others
                    .iter()
                    .all(|arg| arg.name.is_none() && is_simple(&arg.value))
        }
        ExprKind::Array(_)
        | ExprKind::Comprehension(_)
        | ExprKind::Tuple(_)
        | ExprKind::Struct(_)
        | ExprKind::Call { .. } => others.is_empty(),
        _ => false,
    }
}

/// Whether an expression is a number, perhaps with a sign.
fn is_number(expr: &Expr) -> bool {
    let is_literal = |expr: &Expr| {
        matches!(
            expr.kind,
            ExprKind::Literal(Literal::Int { .. } | Literal::Float { .. })
        )
    };
    match &expr.kind {
        ExprKind::Unary {
            op: UnaryOp::Neg,
            operand,
        } => is_literal(operand) && operand.span.start == expr.span.start + 1,
        _ => is_literal(expr),
    }
}

/// Whether a power of this base is written without spaces.
fn is_simple(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Name(_) | ExprKind::Literal(_) | ExprKind::Paren(_) => true,
        ExprKind::Field { base, .. } | ExprKind::TupleField { base, .. } => is_simple(base),
        ExprKind::Call { callee, .. } => is_simple(callee),
        ExprKind::Index { base, .. } => is_simple(base),
        _ => false,
    }
}

fn is_simple_exponent(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Unary {
            op: UnaryOp::Neg,
            operand,
        } => is_simple(operand),
        ExprKind::Binary {
            op: BinaryOp::Pow,
            left,
            right,
            ..
        } => is_simple(left) && is_simple_exponent(right),
        _ => is_simple(expr),
    }
}
