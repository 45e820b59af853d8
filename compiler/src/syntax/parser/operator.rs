//! Operators and how tightly they bind.
//!
//! From tight to loose, as in Rust, with `**` and `@` where Python has them:
//! `**` (to the right), unary `- !`, `as`, `* / % @`, `+ -`, `<< >>`, `&`, `^`, `|`, comparisons
//! (not chained), `&&`, `||`.

use crate::syntax::ast::{BinaryOp, UnaryOp};
use crate::syntax::token::TokenKind;

/// How tightly the operators of a line of the table bind: the more, the tighter.
pub(super) type Power = u8;

pub(super) const LOOSEST: Power = 0;
pub(super) const COMPARISON: Power = 3;
pub(super) const BIT_OR: Power = 4;
pub(super) const CAST: Power = 10;
pub(super) const UNARY: Power = 11;
pub(super) const POWER: Power = 12;

/// The operator that a token is between two operands.
pub(super) fn binary(kind: TokenKind) -> Option<(BinaryOp, Power)> {
    Some(match kind {
        TokenKind::OrOr => (BinaryOp::Or, 1),
        TokenKind::AndAnd => (BinaryOp::And, 2),
        TokenKind::EqEq => (BinaryOp::Eq, COMPARISON),
        TokenKind::BangEq => (BinaryOp::Ne, COMPARISON),
        TokenKind::Lt => (BinaryOp::Lt, COMPARISON),
        TokenKind::LtEq => (BinaryOp::Le, COMPARISON),
        TokenKind::Gt => (BinaryOp::Gt, COMPARISON),
        TokenKind::GtEq => (BinaryOp::Ge, COMPARISON),
        TokenKind::Or => (BinaryOp::BitOr, BIT_OR),
        TokenKind::Caret => (BinaryOp::BitXor, 5),
        TokenKind::And => (BinaryOp::BitAnd, 6),
        TokenKind::Shl => (BinaryOp::Shl, 7),
        TokenKind::Shr => (BinaryOp::Shr, 7),
        TokenKind::Plus => (BinaryOp::Add, 8),
        TokenKind::Minus => (BinaryOp::Sub, 8),
        TokenKind::Star => (BinaryOp::Mul, 9),
        TokenKind::Slash => (BinaryOp::Div, 9),
        TokenKind::Percent => (BinaryOp::Rem, 9),
        TokenKind::At => (BinaryOp::MatMul, 9),
        TokenKind::StarStar => (BinaryOp::Pow, POWER),
        _ => return None,
    })
}

/// The operator that a token is before an operand.
pub(super) fn unary(kind: TokenKind) -> Option<UnaryOp> {
    match kind {
        TokenKind::Minus => Some(UnaryOp::Neg),
        TokenKind::Bang => Some(UnaryOp::Not),
        _ => None,
    }
}

/// The operator of an assignment: none for `=`, `+` for `+=`.
pub(super) fn assignment(kind: TokenKind) -> Option<Option<BinaryOp>> {
    Some(match kind {
        TokenKind::Eq => None,
        TokenKind::PlusEq => Some(BinaryOp::Add),
        TokenKind::MinusEq => Some(BinaryOp::Sub),
        TokenKind::StarEq => Some(BinaryOp::Mul),
        TokenKind::SlashEq => Some(BinaryOp::Div),
        TokenKind::PercentEq => Some(BinaryOp::Rem),
        TokenKind::StarStarEq => Some(BinaryOp::Pow),
        TokenKind::AtEq => Some(BinaryOp::MatMul),
        TokenKind::AndEq => Some(BinaryOp::BitAnd),
        TokenKind::OrEq => Some(BinaryOp::BitOr),
        TokenKind::CaretEq => Some(BinaryOp::BitXor),
        TokenKind::ShlEq => Some(BinaryOp::Shl),
        TokenKind::ShrEq => Some(BinaryOp::Shr),
        _ => return None,
    })
}
