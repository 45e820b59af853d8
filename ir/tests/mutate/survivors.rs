//! Faults that the laws do not find, with the reason.

/// Locally constant: there is no tangent that could be left out.
const CONSTANT: &str = "the rule gives no tangent whatever the operand's is";
/// Operands that hold what was computed of another one.
const HELD: &str =
    "the operand is a result computed from the matrix; its tangent follows from that one's";
/// Numbers that are only squared.
const SQUARED: &str = "the number is only squared";
/// Numbers in the place of others where a rule divides by zero.
const GUARD: &str = "any number but 0 serves: what is divided by it is 0 there, or not chosen";

/// A quotient that is whole but for rounding.
const ROUNDED: &str = "the number is rounded to a whole one";

/// What a rule puts in the place of ∞.
const BOUND: &str = "only infinite numbers reach the bound; tests/programs has them";

/// Sums over nothing.
const EMPTY: &str = "only in a map that runs for nothing is the sum no accumulator, and it is zero";

/// Terms of a series.
const TINY: &str =
    "a term of an asymptotic series that is below what the laws can see at 16 and above";

/// The rule and the place, and why a change there cannot be seen.
pub(crate) const SURVIVORS: &[(&str, &str)] = &[
    ("round Linearize Operand(0)", CONSTANT),
    ("sign Linearize Operand(0)", CONSTANT),
    ("stop Linearize Operand(0)", CONSTANT),
    ("cholesky_solve Linearize Operand(1)", HELD),
    ("det Linearize Operand(1)", HELD),
    ("lu_solve Linearize Operand(1)", HELD),
    ("pinv Linearize Operand(1)", HELD),
    ("atan Linearize Emitted(1)", BOUND),
    ("atan Linearize Emitted(2)", BOUND),
    ("atan Linearize Emitted(3)", SQUARED),
    ("atan Linearize Emitted(4)", SQUARED),
    ("atan2 Linearize Emitted(0)", SQUARED),
    ("atan2 Linearize Emitted(2)", BOUND),
    ("atan2 Linearize Emitted(10)", BOUND),
    ("atan2 Linearize Emitted(11)", BOUND),
    ("erf Linearize Emitted(1)", BOUND),
    ("erf Linearize Emitted(2)", BOUND),
    ("erf Linearize Emitted(3)", SQUARED),
    ("erf Linearize Emitted(4)", SQUARED),
    ("erfc Linearize Emitted(1)", BOUND),
    ("erfc Linearize Emitted(2)", BOUND),
    ("erfc Linearize Emitted(3)", SQUARED),
    ("erfc Linearize Emitted(4)", SQUARED),
    ("svd Linearize Emitted(0)", SQUARED),
    ("svd Linearize Emitted(1)", SQUARED),
    ("hypot Linearize Emitted(1)", GUARD),
    ("hypot Linearize Emitted(3)", BOUND),
    ("hypot Linearize Emitted(4)", BOUND),
    ("hypot Linearize Emitted(7)", BOUND),
    ("hypot Linearize Emitted(12)", GUARD),
    ("hypot Linearize Emitted(14)", BOUND),
    ("hypot Linearize Emitted(15)", BOUND),
    ("hypot Linearize Emitted(18)", BOUND),
    ("pow Linearize Emitted(6)", GUARD),
    ("rem Linearize Emitted(1)", ROUNDED),
    ("map Transpose Operand(1)", EMPTY),
    ("trigamma Linearize Emitted(2)", GUARD),
    ("trigamma Linearize Emitted(10)", TINY),
    ("trigamma Linearize Emitted(11)", TINY),
    ("trigamma Linearize Emitted(12)", TINY),
    ("trigamma Linearize Emitted(13)", TINY),
    ("trigamma Linearize Emitted(14)", TINY),
    ("trigamma Linearize Emitted(15)", TINY),
    ("trigamma Linearize Emitted(16)", TINY),
    ("trigamma Linearize Emitted(17)", TINY),
    ("trigamma Linearize Emitted(18)", TINY),
    ("trigamma Linearize Emitted(19)", TINY),
    ("trigamma Linearize Emitted(20)", TINY),
    ("trigamma Linearize Emitted(21)", TINY),
    ("trigamma Linearize Emitted(22)", TINY),
    ("trigamma Linearize Emitted(23)", TINY),
    ("trigamma Linearize Emitted(24)", TINY),
    ("trigamma Linearize Emitted(25)", TINY),
];
