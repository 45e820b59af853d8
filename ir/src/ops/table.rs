//! The macro behind the table of primitives.

/// Makes the enum of all operations, its conversions, and the dispatch of every rule.
macro_rules! primitives {
    (
        elementwise { $($e:ident in $efile:ident),* $(,)? }
        structural { $($s:ident in $sfile:ident),* $(,)? }
    ) => {
        $(pub mod $efile; pub use $efile::$e;)*
        $(pub mod $sfile; pub use $sfile::$s;)*

        use crate::derive::{Linearize, Step, Transpose};
        use crate::interp::{Arithmetic, At, Eval, Evaluated};
        use crate::op::{Attributes, Cost, Effect, Example, Primitive, Reader, RuleError, Site, TypeError};
        use crate::ty::Type;

        /// An operation with its attributes: one of the primitives.
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        pub enum Op {
            $(#[doc = concat!("See [`", stringify!($efile), "`].")] $e($e),)*
            $(#[doc = concat!("See [`mod@", stringify!($sfile), "`].")] $s($s),)*
        }

        $(impl From<$e> for Op { fn from(op: $e) -> Op { Op::$e(op) } })*
        $(impl From<$s> for Op { fn from(op: $s) -> Op { Op::$s(op) } })*

        macro_rules! each {
            ($op:expr, $p:ident => $body:expr) => {
                match $op { $(Op::$e($p) => $body,)* $(Op::$s($p) => $body,)* }
            };
        }

        impl Op {
            /// The mnemonics of all primitives.
            pub const NAMES: &'static [&'static str] =
                &[$(<$e as Primitive>::NAME,)* $(<$s as Primitive>::NAME,)*];

            /// The mnemonic, the examples and the refused examples of every primitive.
            pub fn all_examples() -> Vec<(&'static str, Vec<Example>, Vec<Example>)> {
                vec![
                    $((<$e as Primitive>::NAME, $e::examples(), $e::refused()),)*
                    $((<$s as Primitive>::NAME, $s::examples(), $s::refused()),)*
                ]
            }

            /// The mnemonic.
            pub fn name(&self) -> &'static str {
                match self {
                    $(Op::$e(_) => <$e as Primitive>::NAME,)*
                    $(Op::$s(_) => <$s as Primitive>::NAME,)*
                }
            }

            /// Reads an operation from its mnemonic and attributes.
            pub fn read(name: &str, reader: &mut Reader<'_>) -> Result<Op, String> {
                $(if name == <$e as Primitive>::NAME {
                    return <$e as Primitive>::read(reader).map(Op::from);
                })*
                $(if name == <$s as Primitive>::NAME {
                    return <$s as Primitive>::read(reader).map(Op::from);
                })*
                Err(format!("there is no operation `{name}`"))
            }

            /// What is computed for each element, if the operation is elementwise.
            pub fn kernel(&self) -> Option<Kernel> {
                match self { $(Op::$e(p) => Some(kernel::Elementwise::kernel(p)),)* _ => None }
            }

            /// See [`Primitive::attributes`].
            pub fn attributes(&self) -> Attributes { each!(self, p => p.attributes()) }
            /// See [`Primitive::infer`].
            pub fn infer(&self, site: &Site<'_>) -> Result<Vec<Type>, TypeError> {
                each!(self, p => p.infer(site))
            }
            /// See [`Primitive::is_linear`].
            pub fn is_linear(&self, linear: &[bool]) -> bool { each!(self, p => p.is_linear(linear)) }
            /// See [`Primitive::linearize`].
            pub fn linearize(&self, cx: &mut Linearize<'_>, step: &Step<'_>) -> Result<(), RuleError> {
                each!(self, p => p.linearize(cx, step))
            }
            /// See [`Primitive::transpose`].
            pub fn transpose(&self, cx: &mut Transpose<'_>, step: &Step<'_>) -> Result<(), RuleError> {
                each!(self, p => p.transpose(cx, step))
            }
            /// See [`Primitive::eval`].
            pub fn eval<'m, A: Arithmetic>(
                &self,
                cx: &mut Eval<'_, 'm, A>,
                at: At<'m>,
            ) -> Evaluated<A> {
                each!(self, p => p.eval(cx, at))
            }
            /// See [`Primitive::effect`].
            pub fn effect(&self) -> Effect { each!(self, p => p.effect()) }
            /// See [`Primitive::cost`].
            pub fn cost(&self) -> Cost { each!(self, p => p.cost()) }
        }
    };
}

pub(super) use primitives;
