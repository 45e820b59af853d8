//! Expressions.

use super::{Block, Name, Path, Pattern, Type};
use crate::diagnostic::Span;
use std::sync::Arc;

/// An expression and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Expr {
    /// What it is.
    pub kind: ExprKind,
    /// Where it stands.
    pub span: Span,
}

impl Expr {
    /// The expression inside any parentheses around it.
    pub fn unparenthesized(&self) -> &Expr {
        let mut expr = self;
        while let ExprKind::Paren(inner) = &expr.kind {
            expr = inner;
        }
        expr
    }
}

/// The forms of expressions.
#[derive(Clone, Debug, PartialEq)]
pub enum ExprKind {
    /// `1`, `2.5e-3`, `1.0f32`, `true`, `"text"`.
    Literal(Literal),
    /// A variable, a function, a constant; also an element type or a struct where one is an
    /// argument, as in `zeros(f64)`.
    Name(Name),
    /// `(e)`.
    Paren(Box<Expr>),
    /// `-e`, `!e`.
    Unary {
        /// The operator.
        op: UnaryOp,
        /// Its operand.
        operand: Box<Expr>,
    },
    /// `a + b`; long sums lean to the left, as deep as [`crate::syntax::MAX_HEIGHT`].
    Binary {
        /// The operator.
        op: BinaryOp,
        /// Where the operator stands.
        op_span: Span,
        /// The left operand.
        left: Box<Expr>,
        /// The right operand.
        right: Box<Expr>,
    },
    /// `f(x, wrt = b)`.
    Call {
        /// What is called.
        callee: Box<Expr>,
        /// The arguments: positional ones first.
        args: Vec<Arg>,
    },
    /// `x as f64[n + 1]`.
    Cast {
        /// The value.
        value: Box<Expr>,
        /// The type that it is claimed to have.
        ty: Type,
    },
    /// `m.w`, or `la.solve` for a name of a module.
    Field {
        /// What stands before the dot.
        base: Box<Expr>,
        /// The field.
        field: Name,
    },
    /// `t.0`.
    TupleField {
        /// The tuple.
        base: Box<Expr>,
        /// The position in it.
        index: u32,
        /// Where the position stands.
        index_span: Span,
    },
    /// `a[i, .., 1..n]`; also an array type as argument, as in `zeros(f64[n, m])`.
    Index {
        /// What is indexed.
        base: Box<Expr>,
        /// One entry an axis.
        indices: Vec<Index>,
    },
    /// `[a, b]`; nested for more axes.
    Array(Vec<Expr>),
    /// `[for i in 0..n, j in 0..m: e]`: an array.
    Comprehension(Box<Comprehension>),
    /// `for j in 0..m: e` as an argument of a reduction, as in `sum(for j in 0..m: x[j])`.
    Generator(Box<Comprehension>),
    /// `(a, b)`; `()` is the unit value; `(a,)` has one part.
    Tuple(Vec<Expr>),
    /// `Model { w: e, b }`.
    Struct(Box<StructLiteral>),
    /// `|x, y| e`.
    Lambda(Box<Lambda>),
    /// `{ … }`.
    Block(Block),
    /// `if c { … } else { … }`.
    If(Box<If>),
    /// `loop { … break value; … }`.
    Loop(Block),
    /// The text was wrong here; a diagnostic was given.
    Error,
}

/// A literal.
#[derive(Clone, Debug, PartialEq)]
pub enum Literal {
    /// `42`, `0x2a`, `1_000i32`. Without suffix its type comes from the context, floats included.
    Int {
        /// The value.
        value: u64,
        /// The type if it is written: an integer type.
        suffix: Option<Suffix>,
    },
    /// `1.0`, `1e-3`, `2.5f32`, `1f64`.
    Float {
        /// The decimal digits without `_` and suffix, for rounding once to the type it gets.
        text: Arc<str>,
        /// The value rounded to f64.
        value: f64,
        /// The type if it is written: a float type.
        suffix: Option<Suffix>,
    },
    /// `true`, `false`.
    Bool(bool),
    /// `"text"`, its escapes replaced.
    Str(Arc<str>),
}

/// The element types that may end a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Suffix {
    /// `f32`
    F32,
    /// `f64`
    F64,
    /// `i32`
    I32,
    /// `i64`
    I64,
    /// `u32`
    U32,
    /// `u64`
    U64,
}

/// Operators with one operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum UnaryOp {
    /// `-`
    Neg,
    /// `!`: of booleans and, bit by bit, of integers.
    Not,
}

/// Operators with two operands, in the order of the reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BinaryOp {
    /// `+`
    Add,
    /// `-`
    Sub,
    /// `*`
    Mul,
    /// `/`
    Div,
    /// `%`
    Rem,
    /// `**`
    Pow,
    /// `@`
    MatMul,
    /// `==`
    Eq,
    /// `!=`
    Ne,
    /// `<`
    Lt,
    /// `<=`
    Le,
    /// `>`
    Gt,
    /// `>=`
    Ge,
    /// `&&`
    And,
    /// `||`
    Or,
    /// `&`
    BitAnd,
    /// `|`
    BitOr,
    /// `^`
    BitXor,
    /// `<<`
    Shl,
    /// `>>`
    Shr,
}

/// An argument of a call.
#[derive(Clone, Debug, PartialEq)]
pub struct Arg {
    /// `axis` in `axis = 0`.
    pub name: Option<Name>,
    /// The value.
    pub value: Expr,
}

/// One entry of an index.
#[derive(Clone, Debug, PartialEq)]
pub enum Index {
    /// `i`: a position, an array of positions, or a mask.
    At(Expr),
    /// `1..n`, `..n`, `.. step 2`, `(0..n).rev()`.
    Slice(Range),
    /// `..`: the whole axis.
    All(Span),
}

impl Index {
    /// Where the entry stands.
    pub fn span(&self) -> Span {
        match self {
            Index::At(expr) => expr.span,
            Index::Slice(range) => range.span,
            Index::All(span) => *span,
        }
    }
}

/// `start..end step s`, perhaps reversed. As what a loop runs through, the start is always there,
/// and the end as well.
#[derive(Clone, Debug, PartialEq)]
pub struct Range {
    /// The first number; absent for the first of the axis.
    pub start: Option<Box<Expr>>,
    /// The number to stop before (or at); absent for the end of the axis.
    pub end: Option<Box<Expr>>,
    /// Whether the end belongs to the range: `..=`.
    pub inclusive: bool,
    /// The distance between two numbers; absent for 1.
    pub step: Option<Box<Expr>>,
    /// `(range).rev()`: the same numbers from the last to the first.
    pub reversed: bool,
    /// Where the range stands.
    pub span: Span,
}

/// What a loop or a comprehension runs through.
#[derive(Clone, Debug, PartialEq)]
pub enum Iterable {
    /// Numbers.
    Range(Range),
    /// The elements of an array along its first axis.
    Values(Expr),
}

impl Iterable {
    /// Where it stands.
    pub fn span(&self) -> Span {
        match self {
            Iterable::Range(range) => range.span,
            Iterable::Values(expr) => expr.span,
        }
    }
}

/// `for i in 0..n, j in 0..m: body`.
#[derive(Clone, Debug, PartialEq)]
pub struct Comprehension {
    /// The counters, the slowest first; a later one may use those before it.
    pub clauses: Vec<Clause>,
    /// The value of one element.
    pub body: Expr,
}

/// `i in 0..n`.
#[derive(Clone, Debug, PartialEq)]
pub struct Clause {
    /// The counter or the element.
    pub pattern: Pattern,
    /// What is run through.
    pub iterable: Iterable,
}

/// `Model { w: e, b, ..rest }`.
#[derive(Clone, Debug, PartialEq)]
pub struct StructLiteral {
    /// The struct.
    pub path: Path,
    /// The fields that are given.
    pub fields: Vec<FieldInit>,
    /// The value that gives the other fields.
    pub rest: Option<Expr>,
}

/// `w: e` or `w`.
#[derive(Clone, Debug, PartialEq)]
pub struct FieldInit {
    /// The field.
    pub field: Name,
    /// Its value; for the short form, the name itself.
    pub value: Expr,
    /// Whether the short form was written.
    pub shorthand: bool,
}

/// A function without a name.
#[derive(Clone, Debug, PartialEq)]
pub struct Lambda {
    /// Its parameters.
    pub params: Vec<LambdaParam>,
    /// The type of its result, if it is written (then the body is a block).
    pub result: Option<Type>,
    /// Its body.
    pub body: Expr,
}

/// A parameter of a lambda.
#[derive(Clone, Debug, PartialEq)]
pub struct LambdaParam {
    /// What is bound.
    pub pattern: Pattern,
    /// Its type, if it is written.
    pub ty: Option<Type>,
}

/// A choice.
#[derive(Clone, Debug, PartialEq)]
pub struct If {
    /// The condition.
    pub condition: Expr,
    /// The first arm.
    pub then: Block,
    /// The other arm: a block or another `if`.
    pub otherwise: Option<Expr>,
}
