//! Matrix products, against the crates gemm, faer and matrixmultiply; small ones against C++; and the logistic
//! loss against reading its matrix once.

use crate::aligned::Aligned;
use crate::build::Places;
use crate::kernel::{Given, Kernel};
use crate::measure::{Contender, compare_primals};
use crate::native::Native;
use dfn_benchmarks::{CASES, Stream};
use std::fmt::Write;
use std::path::Path;

const CRATES: [&str; 3] = ["gemm", "faer", "matrixmultiply"];
const SIZES: [usize; 7] = [64, 100, 128, 256, 512, 1024, 2048];
const SMALL: [usize; 7] = [2, 3, 4, 6, 8, 12, 16];

/// The tables.
pub(crate) fn compare(places: &Places, only: &str, repetitions: usize) -> Result<String, String> {
    let dfn = places.dfn("contractions", "llvm")?.path;
    let cpp = places.kernels("contractions", &[])?;
    let crates = places.crates()?;
    let mut text =
        "| product | dfn | GFLOP/s | / best | best | / gemm | / faer | / matrixmultiply |\n"
            .to_owned();
    text.push_str("|---|---|---|---|---|---|---|---|\n");
    for width in [64, 32] {
        for n in SIZES {
            let name = format!("product{width}");
            if format!("{name}-{n}").contains(only) {
                text.push_str(&large(&dfn, &crates, &name, (n, width), repetitions)?);
            }
        }
    }
    text.push_str("\n| small product, f64 | dfn | / C++ |\n|---|---|---|\n");
    for n in SMALL {
        if format!("small-{n}").contains(only) {
            text.push_str(&small(&dfn, &cpp, n, repetitions)?);
        }
    }
    if "read".contains(only) {
        text.push_str(&read(places, &cpp, repetitions)?);
    }
    Ok(text)
}

fn given(n: usize, width: usize, sizes: Vec<i64>) -> Given {
    let mut stream = Stream::new(17);
    let mut matrix = || {
        let numbers: Vec<f64> = (0..n * n).map(|_| 2.0 * stream.number() - 1.0).collect();
        match width {
            64 => Aligned::of(numbers.iter().map(|x| x.to_bits())),
            _ => {
                let singles: Vec<f32> = numbers.iter().map(|&x| x as f32).collect();
                Aligned::of_singles(&singles)
            }
        }
    };
    Given {
        sizes,
        inputs: vec![matrix(), matrix()],
        words: (n * n * width).div_ceil(64),
    }
}

fn large(
    dfn: &Path,
    crates: &Path,
    name: &str,
    (n, width): (usize, usize),
    repetitions: usize,
) -> Result<String, String> {
    let sizes = || vec![n as i64; 3];
    let mut contenders = vec![Kernel::new("dfn", dfn, name, given(n, width, sizes()))?];
    for who in CRATES {
        let symbol = format!("{who}_{name}");
        contenders.push(Kernel::new(who, crates, &symbol, given(n, width, sizes()))?);
    }
    let times = timed(name, (n, width), contenders, repetitions)?;
    let Some((&own, others)) = times.split_first() else {
        return Ok(String::new());
    };
    let best = others.iter().copied().fold(f64::INFINITY, f64::min);
    let who = CRATES.iter().zip(others).find(|(_, time)| **time == best);
    let ratios: Vec<String> = others.iter().map(|x| format!("{:.2}", own / x)).collect();
    Ok(format!(
        "| f{width}, {n} | {:.3} ms | {:.1} | {:.2} | {} | {} |\n",
        own * 1e3,
        2.0 * (n as f64).powi(3) / own * 1e-9,
        own / best,
        who.map_or("", |(who, _)| who),
        ratios.join(" | "),
    ))
}

fn small(dfn: &Path, cpp: &Path, n: usize, repetitions: usize) -> Result<String, String> {
    let name = format!("small{n}");
    let contenders = vec![
        Kernel::new("dfn", dfn, &name, given(n, 64, Vec::new()))?,
        Kernel::new("C++", cpp, &name, given(n, 64, Vec::new()))?,
    ];
    let times = timed(&name, (n, 64), contenders, repetitions)?;
    match *times {
        [own, other] => Ok(format!(
            "| {n} | {:.1} ns | {:.2} |\n",
            own * 1e9,
            own / other
        )),
        _ => Ok(String::new()),
    }
}

/// Checks that all give the same, and measures.
fn timed(
    name: &str,
    (n, width): (usize, usize),
    mut contenders: Vec<Kernel>,
    repetitions: usize,
) -> Result<Vec<f64>, String> {
    let mut first: Option<Vec<f64>> = None;
    for contender in &mut contenders {
        contender.run(1)?;
        let (found, unit): (Vec<f64>, f64) = match width {
            64 => (contender.result().numbers().collect(), f64::EPSILON),
            _ => {
                let singles = contender.result().singles().map(f64::from);
                (singles.take(n * n).collect(), f64::from(f32::EPSILON))
            }
        };
        let wanted = first.get_or_insert_with(|| found.clone());
        let far = found.iter().zip(&*wanted).find(|(a, b)| {
            let near = (*a - *b).abs() <= unit * n as f64;
            !near
        });
        if let Some((found, wanted)) = far {
            return Err(format!(
                "{name}: {} gives {found} instead of {wanted}",
                contender.name()
            ));
        }
    }
    let mut boxes: Vec<Box<dyn Contender>> = Vec::new();
    for contender in contenders {
        boxes.push(Box::new(contender));
    }
    compare_primals(&mut boxes, repetitions)
}

/// The logistic loss on its large matrix, against reading the matrix once.
fn read(places: &Places, cpp: &Path, repetitions: usize) -> Result<String, String> {
    let case = CASES
        .iter()
        .find(|case| case.name == "logistic-n100000-d100");
    let case = *case.ok_or("there is no large logistic case")?;
    let library = places.dfn("logistic", "llvm")?.path;
    let given = || Given {
        sizes: vec![10_000_000],
        inputs: vec![Aligned::of(
            (0..10_000_000u32).map(|k| f64::from(k).to_bits()),
        )],
        words: 1,
    };
    let mut contenders: Vec<Box<dyn Contender>> =
        vec![Box::new(Native::new("dfn", &library, case)?)];
    for symbol in ["read", "read1"] {
        contenders.push(Box::new(Kernel::new(symbol, cpp, symbol, given())?));
    }
    let times = crate::measure::compare(&mut contenders, repetitions)?;
    let mut text = "\n| reading 100000 × 100 numbers once | time | GB/s | logistic / it | gradient / it |\n|---|---|---|---|---|\n".to_owned();
    let Some((own, others)) = times.split_first() else {
        return Ok(text);
    };
    for (how, times) in ["in eight streams", "in one stream"].iter().zip(others) {
        let _ = writeln!(
            text,
            "| {how} | {:.2} ms | {:.1} | {:.2} | {:.2} |",
            times.primal * 1e3,
            0.08 / times.primal,
            own.primal / times.primal,
            own.derivative / times.primal
        );
    }
    Ok(text)
}
