//! Trains the model of `logistic.dfn` on `breast_cancer.csv` by Newton's method.

use std::error::Error;

mod logistic {
    include!(concat!(env!("OUT_DIR"), "/logistic.rs"));
}

/// The number of rows and of features, the features row by row, and the labels.
struct Data {
    n: usize,
    d: usize,
    x: Vec<f64>,
    y: Vec<bool>,
}

/// Reads the file: a line `n,d,...`, then n lines of d features and a label.
fn read(path: &str) -> Result<Data, Box<dyn Error>> {
    let text = std::fs::read_to_string(path)?;
    let mut lines = text.lines();
    let mut head = lines.next().ok_or("an empty file")?.split(',');
    let mut number = || head.next().ok_or("the first line is too short")?.parse().map_err(Box::<dyn Error>::from);
    let (n, d) = (number()?, number()?);
    let mut data = Data { n, d, x: Vec::new(), y: Vec::new() };
    for line in lines.take(n) {
        let (features, label) = line.rsplit_once(',').ok_or("a line without label")?;
        for feature in features.split(',') {
            data.x.push(feature.parse()?);
        }
        data.y.push(label == "1");
    }
    Ok(data)
}

fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args().nth(1).unwrap_or_else(|| "../breast_cancer.csv".to_owned());
    let Data { n, d, x, y } = read(&path)?;
    let k = d + 1;
    let x = logistic::standardise(n, d, &x)?;
    let mut v = vec![0.0; k];
    for _ in 0..=100 {
        let (loss, gradient) = logistic::objective_grad(n, d, &v, &x, &y)?;
        if logistic::norm(k, &gradient)? < 1e-8 {
            print(loss, logistic::accuracy(n, d, &v, &x, &y)?, &v);
            return Ok(());
        }
        let hessian = logistic::objective_hessian(n, d, &v, &x, &y)?;
        v = logistic::newton_update(k, &v, &gradient, &hessian)?;
    }
    Err("no convergence".into())
}

/// Writes what the C program writes.
fn print(loss: f64, accuracy: f64, v: &[f64]) {
    println!("loss {}", general(loss));
    println!("accuracy {}", general(accuracy));
    let (bias, weights) = v.split_last().expect("a bias");
    for (position, weight) in weights.iter().enumerate() {
        println!("w[{position}] {}", general(*weight));
    }
    println!("b {}", general(*bias));
}

/// C's `%.17g`.
fn general(x: f64) -> String {
    let scientific = format!("{x:.16e}");
    let (digits, exponent) = scientific.split_once('e').expect("an exponent");
    let exponent: i32 = exponent.parse().expect("a number");
    let strip = |text: &str| match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => text.to_owned(),
    };
    if (-4..17).contains(&exponent) {
        return strip(&format!("{x:.*}", (16 - exponent) as usize));
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{}e{sign}{:02}", strip(digits), exponent.abs())
}
