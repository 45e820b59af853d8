//! The cases: a program, sizes, and what it is given.

use crate::inputs::{Input, Stream};

/// A program on inputs of some size.
#[derive(Clone, Copy, Debug)]
pub struct Case {
    /// The name of the case.
    pub name: &'static str,
    /// The program in `examples/suite`; the function whose time is the primal's has the same name.
    pub program: &'static str,
    /// The exported function that gives the derivative with the value.
    pub derivative: &'static str,
    /// The sizes, in the order in which the functions declare them.
    pub sizes: &'static [i64],
    /// The seed of the inputs.
    seed: u64,
    make: fn(&mut Stream, &[usize]) -> Vec<Input>,
}

impl Case {
    /// The arguments, without the sizes.
    pub fn inputs(&self) -> Vec<Input> {
        let sizes: Vec<usize> = self.sizes.iter().map(|&n| n as usize).collect();
        (self.make)(&mut Stream::new(self.seed), &sizes)
    }
}

macro_rules! cases {
    ($(#[$doc:meta])* $cases:ident: $($name:literal: $program:ident $derivative:ident $sizes:expr, $seed:literal;)*) => {
        $(#[$doc])*
        pub const $cases: &[Case] = &[$(Case {
            name: $name,
            program: stringify!($program),
            derivative: stringify!($derivative),
            sizes: &$sizes,
            seed: $seed,
            make: $program,
        }),*];
    };
}

cases! {
    /// What is measured.
    CASES:
    "tiny": tiny tiny_grad [], 0;
    "logistic-n569-d30": logistic logistic_grad [569, 30], 1;
    "logistic-n100000-d100": logistic logistic_grad [100_000, 100], 2;
    "gmm-d2-k5-n1000": gmm gmm_grad [1000, 5, 2, 1], 3;
    "gmm-d10-k25-n1000": gmm gmm_grad [1000, 25, 10, 45], 4;
    "gmm-d32-k50-n1000": gmm gmm_grad [1000, 50, 32, 496], 5;
    "lstm-l2-t1024-h14": lstm lstm_grad [2, 1024, 14], 6;
    "lstm-l4-t4096-h14": lstm lstm_grad [4, 4096, 14], 7;
    "kmeans-k16-n10000-d8": kmeans kmeans_grad [10_000, 16, 8], 8;
    "newton-k16-n10000-d8": kmeans kmeans_newton [10_000, 16, 8], 8;
    "ode-n30-s4000": ode ode_grad [30], 9;
    "lse-n1000": lse lse_grad [1000], 10;
    "lse-n1000000": lse lse_grad [1_000_000], 11;
    "ba-n49-m7776-p31843": ba ba_jacobian [49, 7776, 31843], 12;
}

cases! {
    /// For slow engines, where no measured case is small enough.
    SMALL:
    "kmeans-k5-n300-d4": kmeans kmeans_grad [300, 5, 4], 13;
    "newton-k5-n300-d4": kmeans kmeans_newton [300, 5, 4], 13;
}

fn tiny(_: &mut Stream, _: &[usize]) -> Vec<Input> {
    vec![
        Input::Floats(vec![3], vec![0.1, -0.2, 0.3]),
        Input::Number(0.05),
    ]
}

fn logistic(stream: &mut Stream, sizes: &[usize]) -> Vec<Input> {
    let &[n, d] = sizes else { return Vec::new() };
    let inputs = stream.symmetric(&[n, d]);
    let targets = stream.bits(&[n]);
    let w = stream.array(&[d], |u| (2.0 * u - 1.0) / (d as f64).sqrt());
    vec![w, Input::Number(0.05), inputs, targets]
}

fn gmm(stream: &mut Stream, sizes: &[usize]) -> Vec<Input> {
    let &[n, k, d, t] = sizes else {
        return Vec::new();
    };
    let shapes: [&[usize]; 5] = [&[k], &[k, d], &[k, d], &[k, t], &[n, d]];
    shapes.map(|shape| stream.symmetric(shape)).to_vec()
}

fn lstm(stream: &mut Stream, sizes: &[usize]) -> Vec<Input> {
    let &[l, t, h] = sizes else {
        return Vec::new();
    };
    let main = stream.unit(&[l, 2, 4, h]);
    let extra = stream.unit(&[3, h]);
    let state = stream.unit(&[l, 2, h]);
    vec![main, extra, state, stream.bits(&[t, h])]
}

fn kmeans(stream: &mut Stream, sizes: &[usize]) -> Vec<Input> {
    let &[n, k, d] = sizes else {
        return Vec::new();
    };
    let centroids = stream.unit(&[k, d]);
    vec![centroids, stream.unit(&[n, d])]
}

fn ode(stream: &mut Stream, sizes: &[usize]) -> Vec<Input> {
    vec![stream.array(sizes, |u| 1.0 + u), Input::Integer(4000)]
}

fn lse(stream: &mut Stream, sizes: &[usize]) -> Vec<Input> {
    vec![stream.symmetric(sizes)]
}

/// A camera that sees the points; each one of the case is near to it.
const CAMERA: [f64; 11] = [
    0.1, -0.2, 0.3, 0.5, -0.4, -6.0, 400.0, 320.0, 240.0, -0.05, 0.01,
];

fn ba(stream: &mut Stream, sizes: &[usize]) -> Vec<Input> {
    let &[n, m, p] = sizes else {
        return Vec::new();
    };
    let cameras = (0..n).flat_map(|_| CAMERA);
    let cameras: Vec<f64> = cameras
        .map(|x| x * (1.0 + 0.05 * (2.0 * stream.number() - 1.0)))
        .collect();
    let points = stream.symmetric(&[m, 3]);
    let weights = stream.array(&[p], |u| 0.5 + u);
    let observed = stream.array(&[p, 2], |u| 300.0 + 100.0 * (2.0 * u - 1.0));
    let pairs = (0..p).flat_map(|i| [(i % n) as i64, (i * 7 % m) as i64]);
    vec![
        Input::Floats(vec![n, 11], cameras),
        points,
        weights,
        Input::Integers(vec![p, 2], pairs.collect()),
        observed,
    ]
}
