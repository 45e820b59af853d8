//! Every function that the compiler provides takes its arguments by position and by name, and refuses names
//! that it does not have.

use super::support::{codes, printed};
use dfn::build::function_params;

/// What is given for each parameter, and how the call is printed (`{}` is the call). Functions of one or two
/// numbers are not listed.
const CALLS: &[(&str, &[&str], &str)] = &[
    ("fma", &["2.0", "3.0", "4.0"], "{}"),
    ("all", &["B", "1", "true"], "{}"),
    ("any", &["B", "1", "true"], "{}"),
    ("prod", &["M", "1", "true"], "{}"),
    ("sum", &["M", "1", "true"], "{}"),
    ("max", &["M", "-", "1", "true"], "{}"),
    ("min", &["M", "-", "1", "true"], "{}"),
    ("mean", &["M", "1", "true"], "{}"),
    ("logsumexp", &["M", "1", "true"], "{}"),
    ("argmax", &["M", "1", "true"], "{}"),
    ("argmin", &["M", "1", "true"], "{}"),
    ("softmax", &["M", "0"], "{}"),
    ("log_softmax", &["M", "0"], "{}"),
    ("where", &["true", "1.0", "2.0"], "{}"),
    ("dot", &["V", "V"], "{}"),
    ("transpose", &["M", "(1, 0)"], "{}"),
    ("flip", &["M", "1"], "{}"),
    ("concat", &["M", "1"], "{}"),
    ("len", &["V"], "{}"),
    ("size", &["M", "1"], "{}"),
    ("reshape", &["M", "f64[4]"], "{}"),
    ("zeros", &["f64[2]"], "{}"),
    ("ones", &["f64[2]"], "{}"),
    ("full", &["f64[2]", "3.0"], "{}"),
    ("iota", &["3"], "{}"),
    ("eye", &["2"], "{}"),
    ("uniform", &["key(1)", "f64[2]"], "{}"),
    ("normal", &["key(1)", "f64[2]"], "{}"),
    (
        "triangular_solve",
        &["M", "V", "false", "true", "true"],
        "{}",
    ),
    ("assert", &["true", "\"text\""], "{}"),
    ("find_root", &["|x| x * x - 2", "1.0"], "{}"),
    ("fixed_point", &["|x| 0.5 * x + 1", "1.0"], "{}"),
    ("minimizer", &["|x| x * x", "1.0"], "{}"),
    ("grad", &["F", "1", "false"], "{}(1.0, 2.0)"),
    ("value_and_grad", &["F", "1", "false"], "{}(1.0, 2.0)"),
    ("jacfwd", &["F", "1"], "{}(1.0, 2.0)"),
    ("jacrev", &["F", "1"], "{}(1.0, 2.0)"),
    ("jacobian", &["|x: f64[2]| x * x", "0", "false"], "{}(V)"),
    (
        "hessian",
        &["|x: f64[2]| sum(x * x)", "0", "false"],
        "{}(V)",
    ),
    ("jvp", &["tanh", "0.5", "1.0", "0", "-"], "{}"),
    ("hvp", &["tanh", "0.5", "1.0", "0"], "{}"),
    ("vjp", &["tanh", "0.5", "0"], "{}.0"),
    ("linearize", &["tanh", "0.5", "0"], "{}.0"),
    ("linear_transpose", &["|x| 2 * x", "0.5", "0"], "{}(1.0)"),
    ("vmap", &["|x| x * x", "0", "0"], "{}(V)"),
    ("checkpoint", &["tanh"], "{}(0.5)"),
    (
        "custom_root",
        &["|x| x - 1", "0.5", "|f, x| 1.0", "|g, b| b / g(1.0)"],
        "{}",
    ),
    ("check_grads", &["|x| x * x", "(0.5,)", "0", "1"], "{}"),
    ("take", &["M", "[1, 0]", "1"], "{}"),
    ("take_along", &["M", "[[1, 0]]", "0"], "{}"),
    ("scatter_add", &["V", "[1]", "[2.0]", "0"], "{}"),
    ("stack", &["M", "1"], "{}"),
    ("split", &["M", "2", "1"], "{}"),
    ("roll", &["M", "1", "1"], "{}"),
    ("pad", &["V", "1", "7.0"], "{}"),
    ("tile", &["V", "2"], "{}"),
    ("repeat", &["M", "2", "1"], "{}"),
    ("squeeze", &["[[1.0], [2.0]]", "1"], "{}"),
    ("expand_dims", &["V", "1"], "{}"),
    ("swapaxes", &["M", "0", "1"], "{}"),
    ("moveaxis", &["M", "0", "1"], "{}"),
    ("broadcast_to", &["V", "f64[2, 2]"], "{}"),
    ("meshgrid", &["V"], "{}"),
    ("arange", &["1", "7", "2"], "{}"),
    ("diag", &["V", "1"], "{}"),
    ("trace", &["M"], "{}"),
    ("tril", &["M", "1"], "{}"),
    ("triu", &["M", "1"], "{}"),
    ("outer", &["V", "V"], "{}"),
    ("kron", &["M", "M"], "{}"),
    ("vdot", &["V", "V"], "{}"),
    ("tensordot", &["M", "M", "1"], "{}"),
    ("einsum", &["\"ij->ji\"", "M"], "{}"),
    ("var", &["M", "0", "1", "true"], "{}"),
    ("std", &["M", "0", "1", "true"], "{}"),
    ("norm", &["M", "1", "0", "true"], "{}"),
    ("count_nonzero", &["M", "0", "true"], "{}"),
    ("cumsum", &["M", "0", "true"], "{}"),
    ("cumprod", &["M", "0", "true"], "{}"),
    ("cummax", &["M", "0", "true"], "{}"),
    ("cummin", &["M", "0", "true"], "{}"),
    ("linear_recurrence", &["M", "M", "0", "true"], "{}"),
    ("diff", &["M", "0"], "{}"),
    ("sort", &["M", "0", "true"], "{}"),
    ("argsort", &["M", "0", "true"], "{}"),
    ("top_k", &["M", "1", "0"], "{}"),
    ("searchsorted", &["V", "1.5", "\"right\""], "{}"),
    ("median", &["M", "0", "true"], "{}"),
    ("quantile", &["M", "0.5", "0", "true"], "{}"),
    ("windows", &["V", "2", "1", "1", "0"], "{}"),
    ("conv1d", &["[[V]]", "[[V]]", "1", "1", "1", "1"], "{}"),
    ("conv2d", &["[[M]]", "[[M]]", "1", "1", "1", "1"], "{}"),
    ("max_pool", &["[[M]]", "2", "1", "0"], "{}"),
    ("avg_pool", &["[[M]]", "2", "1", "0"], "{}"),
];

const HEAD: &str = "
    const M = [[1.0, 2.0], [3.0, 5.0]];
    const V = [1.0, 2.0];
    const B = [[true, false], [true, true]];
    fn F(x: f64, y: f64) -> f64 { x * y * y }
";

/// `enumerate` and `zip` stand in loops only; all that `print` takes is printed.
fn is_called(name: &str) -> bool {
    !matches!(
        name,
        "enumerate" | "zip" | "print" | "stop_gradient" | "sparsity" | "sparse_values"
    )
}

/// The parameters with what is given for them.
fn given(name: &str, params: &[&'static str]) -> (Vec<(&'static str, &'static str)>, &'static str) {
    let row = CALLS.iter().find(|(row, ..)| *row == name);
    let (values, form) = match (row, params) {
        (Some((_, values, form)), _) => (*values, *form),
        (None, [_]) => (&["0.5"][..], "{}"),
        (None, [_, _]) => (&["0.5", "2.0"][..], "{}"),
        _ => panic!("`{name}` needs a row"),
    };
    assert_eq!(values.len(), params.len(), "the row of `{name}`");
    let pairs = params.iter().copied().zip(values.iter().copied());
    (pairs.filter(|(_, value)| *value != "-").collect(), form)
}

/// Options of transformations, and what follows `x…`, are given by name.
fn by_name_only(param: &str, params: &[&str], name: &str) -> bool {
    let transforms = params.first() == Some(&"f") && !matches!(name, "find_root");
    let several = params.iter().any(|param| param.ends_with('…'));
    let skips = matches!(name, "max" | "min");
    param.ends_with('?') && (transforms || several || skips)
}

fn calls(name: &str, params: &[&'static str]) -> (String, String, String) {
    let (pairs, form) = given(name, params);
    let plain = |param: &str| param.trim_end_matches(['?', '…']).to_owned();
    let named = |(param, value): &(&str, &str)| match param.ends_with('…') {
        true => (*value).to_owned(),
        false => format!("{} = {value}", plain(param)),
    };
    let by_position = pairs
        .iter()
        .map(|(param, value)| match by_name_only(param, params, name) {
            true => format!("{} = {value}", plain(param)),
            false => (*value).to_owned(),
        });
    let by_position = by_position.collect::<Vec<_>>().join(", ");
    let mut by_name: Vec<String> = pairs.iter().map(named).collect();
    // What has no name comes first where there is any.
    if !params.iter().any(|param| param.ends_with('…')) {
        by_name.reverse();
    } else if by_name.len() > 1 && !pairs[0].0.ends_with('…') {
        by_name[0] = pairs[0].1.to_owned();
    }
    let shown = |args: &str| form.replace("{}", &format!("{name}({args})"));
    let wrong = shown(&format!("{by_position}, nonsense = 1"));
    (shown(&by_position), shown(&by_name.join(", ")), wrong)
}

fn statement(call: &str) -> String {
    let unit = ["assert", "check_grads"];
    match unit.iter().any(|name| call.starts_with(name)) {
        true => format!("{call};"),
        false => format!("print({call});"),
    }
}

#[test]
fn by_position_and_by_name_they_are_the_same() {
    let all: Vec<_> = function_params()
        .filter(|(name, _)| is_called(name))
        .collect();
    let (mut first, mut second) = (String::new(), String::new());
    for (name, params) in &all {
        let (by_position, by_name, _) = calls(name, params);
        first.push_str(&format!("print(\"{name}\"); {}\n", statement(&by_position)));
        second.push_str(&format!("print(\"{name}\"); {}\n", statement(&by_name)));
    }
    let program = |body: &str| format!("{HEAD} fn main() {{ {body} }}");
    let (first, second) = (printed(&program(&first)), printed(&program(&second)));
    assert_eq!(first, second);
    assert!(first.len() > 2 * all.len() - 5);
}

#[test]
fn names_that_they_do_not_have_are_refused() {
    for (name, params) in function_params().filter(|(name, _)| is_called(name)) {
        let (.., wrong) = calls(name, params);
        let program = format!("{HEAD} fn main() {{ {} }}", statement(&wrong));
        assert_eq!(codes(&program), ["E0501"], "{wrong}");
    }
}
