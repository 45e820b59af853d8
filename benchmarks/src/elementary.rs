//! Elementary functions of arrays, against SLEEF (1 ulp) at its best width and libmvec (4 ulp).

use crate::aligned::Aligned;
use crate::build::Places;
use crate::kernel::{Given, Kernel};
use crate::measure::{Contender, compare_primals};
use dfn_benchmarks::Stream;
use std::path::Path;

/// How many elements: all arrays are in the first-level cache.
const COUNT: usize = 1024;

/// The functions, and the interval of their arguments.
const FUNCTIONS: &[(&str, f64, f64)] = &[
    ("exp", -10.0, 10.0),
    ("log", 0.001, 1000.0),
    ("tanh", -3.0, 3.0),
    ("sin", -10.0, 10.0),
    ("pow", 0.01, 10.0),
    ("erf", -3.0, 3.0),
];

/// The table.
pub(crate) fn compare(places: &Places, only: &str, repetitions: usize) -> Result<String, String> {
    let dfn = places.dfn("elementary", "llvm")?.path;
    let cpp = places.kernels("elementary", &["-lsleef", "-lmvec", "-lm"])?;
    let mut text =
        "| function | dfn, ns an element | / SLEEF | / libmvec |\n|---|---|---|---|\n".to_owned();
    for &(function, low, high) in FUNCTIONS {
        for width in [64, 32] {
            if format!("{function}{width}").contains(only) {
                let measured = measure((&dfn, &cpp), (function, width), (low, high), repetitions)?;
                text.push_str(&measured);
            }
        }
    }
    Ok(text)
}

/// A line of the table.
fn measure(
    (dfn, cpp): (&Path, &Path),
    (function, width): (&str, usize),
    interval: (f64, f64),
    repetitions: usize,
) -> Result<String, String> {
    let name = format!("{function}{width}");
    let mut contenders = Vec::new();
    for who in ["dfn", "sleef512", "sleef256", "libmvec"] {
        let given = given(function, width, interval);
        let (path, symbol) = match who {
            "dfn" => (dfn, name.clone()),
            _ => (cpp, format!("{who}_{name}")),
        };
        // Without AVX-512 some of them are not there.
        contenders.extend(Kernel::new(who, path, &symbol, given));
    }
    agree(&name, width, &mut contenders)?;
    let names: Vec<String> = contenders.iter().map(|c| c.name().to_owned()).collect();
    let mut boxes: Vec<Box<dyn Contender>> = Vec::new();
    for contender in contenders {
        boxes.push(Box::new(contender));
    }
    let times = compare_primals(&mut boxes, repetitions)?;
    let best = |prefix: &str| {
        let found = names
            .iter()
            .zip(&times)
            .filter(|(n, _)| n.starts_with(prefix));
        found.fold(f64::INFINITY, |best, (_, &time)| best.min(time))
    };
    let own = best("dfn");
    Ok(format!(
        "| {function}, f{width} | {:.3} | {:.2} | {:.2} |\n",
        own * 1e9 / COUNT as f64,
        own / best("sleef"),
        own / best("libmvec"),
    ))
}

fn given(function: &str, width: usize, (low, high): (f64, f64)) -> Given {
    let mut stream = Stream::new(99);
    let mut array = |low: f64, high: f64| {
        let numbers: Vec<f64> = (0..COUNT)
            .map(|_| low + (high - low) * stream.number())
            .collect();
        match width {
            64 => Aligned::of(numbers.iter().map(|x| x.to_bits())),
            _ => {
                let singles: Vec<f32> = numbers.iter().map(|&x| x as f32).collect();
                Aligned::of_singles(&singles)
            }
        }
    };
    let mut inputs = vec![array(low, high)];
    if function == "pow" {
        inputs.push(array(-5.0, 5.0));
    }
    Given {
        sizes: vec![COUNT as i64],
        inputs,
        words: COUNT * width / 64,
    }
}

/// Fails if two contenders are further apart than their errors allow.
fn agree(name: &str, width: usize, contenders: &mut [Kernel]) -> Result<(), String> {
    let mut first: Option<Vec<f64>> = None;
    for contender in contenders {
        contender.run(1)?;
        let (found, tolerance): (Vec<f64>, f64) = match width {
            64 => (contender.result().numbers().collect(), 3e-15),
            _ => (contender.result().singles().map(f64::from).collect(), 2e-6),
        };
        let wanted = first.get_or_insert_with(|| found.clone());
        let far = found.iter().zip(&*wanted).find(|(a, b)| {
            let near = (*a - *b).abs() <= tolerance * b.abs();
            !near
        });
        if let Some((found, wanted)) = far {
            return Err(format!(
                "{name}: {} gives {found} instead of {wanted}",
                contender.name()
            ));
        }
    }
    Ok(())
}
