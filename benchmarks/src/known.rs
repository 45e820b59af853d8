//! What the cases must give: numbers of JAX in float64, in `known.json`.

use crate::Found;
use serde::Deserialize;
use std::collections::BTreeMap;

/// How far from the known numbers a result may be, relative to the largest.
pub const TOLERANCE: f64 = 1e-10;

/// What is known of a case.
#[derive(Clone, Debug, Deserialize)]
pub struct Known {
    /// The value.
    pub value: f64,
    /// The Euclidean norm of the derivative.
    pub derivative_norm: f64,
    /// How many numbers the derivative has.
    pub derivative_size: usize,
    /// Its first numbers.
    pub first: Vec<f64>,
    /// Its last numbers.
    pub last: Vec<f64>,
}

/// What is known of a case, by its name.
pub fn known(name: &str) -> Result<Known, String> {
    let all: BTreeMap<String, Known> = serde_json::from_str(include_str!("../known.json"))
        .map_err(|error| format!("known.json: {error}"))?;
    all.get(name)
        .cloned()
        .ok_or_else(|| format!("known.json does not know `{name}`"))
}

impl Known {
    /// What is wrong with a value.
    pub fn refute_value(&self, value: f64) -> Option<String> {
        wrong("value", value, self.value, self.value.abs())
    }

    /// What is wrong with a derivative.
    pub fn refute(&self, found: &Found) -> Option<String> {
        let derivative = &found.derivative;
        if derivative.len() != self.derivative_size {
            let (len, size) = (derivative.len(), self.derivative_size);
            return Some(format!(
                "the derivative has {len} numbers instead of {size}"
            ));
        }
        let norm = norm(derivative);
        let largest = derivative.iter().fold(0.0, |a: f64, x| a.max(x.abs()));
        let tail = derivative.len().saturating_sub(self.last.len());
        let last = derivative.iter().skip(tail).zip(&self.last);
        let first = derivative.iter().zip(&self.first);
        self.refute_value(found.value)
            .or_else(|| wrong("norm", norm, self.derivative_norm, self.derivative_norm))
            .or_else(|| {
                first
                    .chain(last)
                    .find_map(|(&x, &y)| wrong("entry", x, y, largest))
            })
    }
}

fn norm(numbers: &[f64]) -> f64 {
    // Scaled, since the squares of the smallest derivatives are below the range of normal numbers.
    let largest = numbers.iter().fold(0.0, |a: f64, x| a.max(x.abs()));
    let scale = if largest > 0.0 { largest } else { 1.0 };
    numbers
        .iter()
        .map(|x| (x / scale).powi(2))
        .sum::<f64>()
        .sqrt()
        * scale
}

fn wrong(what: &str, found: f64, known: f64, scale: f64) -> Option<String> {
    let near = (found - known).abs() <= TOLERANCE * scale;
    (!near).then(|| format!("{what} {found:e} instead of {known:e}"))
}
