//! Whole programs: their trees, and the grouping of operators.

use super::{dump, messages, parse};

#[test]
fn logistic_regression() {
    let text = include_str!("../programs/logistic.dfn");
    assert_eq!(messages(text), "");
    insta::assert_snapshot!(dump::module(&parse(text).0));
}

#[test]
fn every_form_of_the_grammar() {
    let text = include_str!("../programs/everything.dfn");
    assert_eq!(messages(text), "");
    insta::assert_snapshot!(dump::module(&parse(text).0));
}
