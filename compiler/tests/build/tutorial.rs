//! The rows of the tutorial. Expected values: 40-digit arithmetic, as the founding document gives them.

use super::support::{assert_close, outcome, printed};

/// The model that all rows use.
const MODEL: &str = "
fn sigmoid_(x: f64) -> f64 { 0.5 * (tanh(x / 2) + 1) }
fn predict[n, d](W: f64[d], b: f64, X: f64[n, d]) -> f64[n] { sigmoid_(X @ W + b) }
fn loss[n, d](W: f64[d], b: f64, X: f64[n, d], targets: bool[n]) -> f64 {
    let p = predict(W, b, X);
    let t = f64(targets);
    -sum(log(p * t + (1 - p) * (1 - t)))
}
const X: f64[4, 3] = [[0.52, 1.12, 0.77], [0.88, -1.08, 0.15], [0.52, 0.06, -1.30], [0.74, -2.49, 1.39]];
const T: bool[4] = [true, true, false, true];
const W: f64[3] = [0.1, -0.2, 0.3];
const B: f64 = 0.05;
";

const LOSS: f64 = 2.010_825_094_171_984_1;
const IN_W: [f64; 3] = [
    -0.571_314_244_078_633_07,
    0.580_444_148_550_696_37,
    -1.340_762_628_598_324_5,
];
const IN_B: f64 = -0.710_115_079_564_230_37;

#[track_caller]
fn check(expression: &str, expected: &[f64]) {
    let lines = printed(&format!("{MODEL} fn main() {{ print({expression}); }}"));
    assert_close(&lines[0], expected, 1e-14);
}

#[test]
fn gradients_of_a_builtin() {
    let lines = printed(
        "fn main() { print(grad(tanh)(2.0)); print(grad(grad(tanh))(2.0)); print(grad(grad(grad(tanh)))(2.0)); print(grad(grad(grad(grad(tanh))))(2)); }",
    );
    assert_close(&lines[0], &[0.070_650_824_853_164_465_69], 1e-14);
    assert_close(&lines[1], &[-0.136_218_687_427_113_04], 1e-14);
    assert_close(&lines[2], &[0.252_654_065_098_062_73], 1e-14);
    assert_close(&lines[3], &[-0.429_387_198_182_761_12], 1e-14);
}

#[test]
fn gradients_of_a_lambda_are_exact() {
    let program = "fn main() {
        let f0 = |x| x**3 + 2*x**2 - 3*x + 1;
        let f1 = grad(f0); let f2 = grad(f1); let f3 = grad(f2); let f4 = grad(f3); let f5 = grad(f4);
        print(f1(1), f2(1), f3(1), f4(1), f5(1));
    }";
    assert_eq!(printed(program), ["4.0 10.0 6.0 0.0 0.0"]);
}

#[test]
fn predictions_and_loss() {
    let expected = [
        0.527_223_052_245_341_16,
        0.598_447_375_673_625_16,
        0.425_557_483_188_341_02,
        0.738_657_009_328_462_23,
    ];
    check("predict(W, B, X)", &expected);
    check("loss(W, B, X, T)", &[LOSS]);
}

#[test]
fn gradients_of_the_loss_by_argument() {
    check("grad(loss)(W, B, X, T)", &IN_W);
    check("grad(loss, wrt = 1)(W, B, X, T)", &[IN_B]);
    check("grad(loss, wrt = b)(W, B, X, T)", &[IN_B]);
    let both: Vec<f64> = IN_W.into_iter().chain([IN_B]).collect();
    check("grad(loss, wrt = (0, 1))(W, B, X, T)", &both);
    check("grad(loss, wrt = (W, b))(W, B, X, T)", &both);
    let all: Vec<f64> = [LOSS].into_iter().chain(both).collect();
    check("value_and_grad(loss, wrt = (W, b))(W, B, X, T)", &all);
}

#[test]
fn gradients_in_structs_and_nested_tuples() {
    let program = format!("{MODEL}
        struct Linear[d] {{ W: f64[d], b: f64 }}
        struct Net[d] {{ inner: Linear[d], tag: i64 }}
        fn loss2[n, d](m: Linear[d], X: f64[n, d], t: bool[n]) -> f64 {{ loss(m.W, m.b, X, t) }}
        fn loss3[n, d](m: (f64[d], (f64,)), X: f64[n, d], t: bool[n]) -> f64 {{ loss(m.0, m.1.0, X, t) }}
        fn loss4[n, d](m: Net[d], X: f64[n, d], t: bool[n]) -> f64 {{ loss2(m.inner, X, t) }}
        fn main() {{
            let m = Linear {{ W: W, b: B }};
            print(grad(loss2)(m, X, T));
            print(grad(loss3)((W, (B,)), X, T));
            print(grad(loss4)(Net {{ inner: m, tag: 7 }}, X, T).inner);
        }}");
    let lines = printed(&program);
    let both: Vec<f64> = IN_W.into_iter().chain([IN_B]).collect();
    for line in &lines {
        assert_close(
            &line
                .replace("Linear { W:", "")
                .replace("b:", "")
                .replace('}', ""),
            &both,
            1e-14,
        );
    }
    assert_eq!(lines.len(), 3);
}

#[test]
fn differences_agree() {
    let program = format!(
        "{MODEL} fn main() {{
        let h = 1e-4;
        let f = |b| loss(W, b, X, T);
        print((f(B + h / 2) - f(B - h / 2)) / h);
        let v = [1, 2, -2] / 3;
        let g = |w| loss(w, B, X, T);
        print((g(W + h / 2 * v) - g(W - h / 2 * v)) / h);
        print(grad(g)(W) @ v);
    }}"
    );
    let lines = printed(&program);
    assert_close(&lines[0], &[-0.710_115_079_614_048_74], 1e-9);
    assert_close(&lines[1], &[1.090_366_437_252_241_3], 1e-9);
    assert_close(&lines[2], &[1.090_366_436_739_802_9], 1e-14);
}

#[test]
fn checked_gradients() {
    for order in 1..=3 {
        let program = format!(
            "{MODEL} test \"t\" {{
            check_grads(|W, b| loss(W, b, X, T), (W, B), order = {order});
            check_grads(loss, (W, B, X, T), order = 1);
        }}"
        );
        assert_eq!(outcome(&program).1, None);
    }
}

#[test]
fn second_derivatives() {
    let hessian = [
        0.425_305_993_910_322_49,
        -0.431_294_067_968_383_60,
        0.164_833_974_997_926_57,
        -0.431_294_067_968_383_60,
        1.790_730_667_371_936_2,
        -0.511_177_328_259_764_57,
        0.164_833_974_997_926_57,
        -0.511_177_328_259_764_57,
        0.939_305_139_865_605_79,
    ];
    check("hessian(loss)(W, B, X, T)", &hessian);
    check("jacfwd(grad(loss))(W, B, X, T)", &hessian);
    check("jacrev(grad(loss))(W, B, X, T)", &hessian);
    let mixed = [
        0.611_055_789_021_971_28,
        -0.446_371_942_008_750_16,
        0.178_509_305_452_609_38,
    ];
    check("jacfwd(grad(loss), wrt = b)(W, B, X, T)", &mixed);
    check(
        "hessian(loss, wrt = b)(W, B, X, T)",
        &[0.927_068_163_238_563_72],
    );
    check(
        "grad(grad(grad(loss, wrt = b), wrt = b), wrt = b)(W, B, X, T)",
        &[-0.116_632_448_717_500_44],
    );
    let product = [
        -0.766_950_092_022_297_58,
        4.172_521_923_295_018_8,
        -2.736_130_961_252_814_9,
    ];
    check("hvp(loss, (W, B, X, T), [1, 2, -2])", &product);
}

#[test]
fn derivatives_of_predictions() {
    let tangent = [
        0.304_095_864_620_265_94,
        -0.379_686_820_472_302_34,
        0.792_044_929_878_016_78,
        -1.355_160_679_926_727_7,
    ];
    check("jvp(predict, (W, B, X), [1, 2, -2]).1", &tangent);
    let cotangent = [
        1.505_318_660_511_001_4,
        -2.118_599_662_247_679_9,
        0.383_952_521_206_420_54,
    ];
    check("vjp(predict, W, B, X).1([1, 2, 3, 4])", &cotangent);
    let jacobian = [
        0.129_614_630_821_752_67,
        0.279_169_974_077_621_17,
        0.191_929_357_178_364_54,
        0.211_471_140_516_218_96,
        -0.259_532_763_360_814_21,
        0.036_046_217_133_446_412,
        0.127_118_322_079_187_86,
        0.014_667_498_701_444_752,
        -0.317_795_805_197_969_68,
        0.142_851_695_604_811_78,
        -0.480_676_651_427_001_83,
        0.268_329_536_338_767_99,
    ];
    check("jacfwd(predict)(W, B, X)", &jacobian);
    check("jacrev(predict)(W, B, X)", &jacobian);
}
