//! Polynomials over the sizes of a function and over numbers that are only known while it runs.

use std::collections::BTreeMap;
use std::fmt::Write;

/// A variable of a polynomial.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Atom {
    /// The function's parameter of this number.
    Param(usize),
    /// The iteration of a loop, from 0; gone when the loop has been summed up.
    Iteration(usize),
    /// The length of a strip: of the rest of a loop, but at most its step.
    Strip(usize),
    /// Known only while the function runs.
    Unknown(usize),
}

/// A sum of products of atoms with coefficients.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Poly {
    terms: BTreeMap<Vec<Atom>, f64>,
}

/// Where two polynomials are compared if neither is larger everywhere.
const TYPICAL: f64 = 64.0;

impl Poly {
    /// A constant.
    pub fn number(x: f64) -> Poly {
        Poly::default().plus(Vec::new(), x)
    }

    /// A variable.
    pub fn atom(atom: Atom) -> Poly {
        Poly::default().plus(vec![atom], 1.0)
    }

    fn plus(mut self, product: Vec<Atom>, x: f64) -> Poly {
        self.put(product, x);
        self
    }

    fn put(&mut self, product: Vec<Atom>, x: f64) {
        let sum = self.terms.get(&product).copied().unwrap_or(0.0) + x;
        match sum == 0.0 {
            true => self.terms.remove(&product),
            false => self.terms.insert(product, sum),
        };
    }

    /// The constant that this is.
    pub fn constant(&self) -> Option<f64> {
        match self.terms.first_key_value() {
            None => Some(0.0),
            Some((product, &x)) => (product.is_empty() && self.terms.len() == 1).then_some(x),
        }
    }

    /// The constant term.
    pub(super) fn terms_constant(&self) -> f64 {
        self.terms.get(&Vec::new()).copied().unwrap_or(0.0)
    }

    /// Adds another one.
    pub fn add(&mut self, other: &Poly) {
        for (product, &x) in &other.terms {
            self.put(product.clone(), x);
        }
    }

    /// The sum.
    pub fn sum(&self, other: &Poly) -> Poly {
        let mut sum = self.clone();
        sum.add(other);
        sum
    }

    /// A multiple.
    pub fn times(&self, factor: f64) -> Poly {
        let terms = self.terms.iter();
        terms.fold(Poly::default(), |all, (product, x)| {
            all.plus(product.clone(), x * factor)
        })
    }

    /// The difference.
    pub fn minus(&self, other: &Poly) -> Poly {
        self.sum(&other.times(-1.0))
    }

    /// The product.
    pub fn mul(&self, other: &Poly) -> Poly {
        let mut all = Poly::default();
        for (a, x) in &self.terms {
            for (b, y) in &other.terms {
                let mut product = [a.as_slice(), b].concat();
                product.sort_unstable();
                all.put(product, x * y);
            }
        }
        all
    }

    /// The value where atoms have values.
    pub fn evaluate(&self, at: &dyn Fn(Atom) -> f64) -> f64 {
        let products = self.terms.iter();
        products
            .map(|(product, x)| x * product.iter().map(|&atom| at(atom)).product::<f64>())
            .sum()
    }

    /// The one that is larger where it matters.
    pub fn larger(a: &Poly, b: &Poly) -> Poly {
        let value = |poly: &Poly| poly.evaluate(&|_| TYPICAL);
        match value(a) >= value(b) {
            true => a.clone(),
            false => b.clone(),
        }
    }

    /// With polynomials in the places of atoms.
    pub fn with(&self, change: &dyn Fn(Atom) -> Poly) -> Poly {
        let mut all = Poly::default();
        for (product, &x) in &self.terms {
            let factors = product.iter().map(|&atom| change(atom));
            all.add(&factors.fold(Poly::number(x), |all, factor| all.mul(&factor)));
        }
        all
    }

    /// The sum over the iterations 0, 1, … of a loop, by the formulas of Faulhaber.
    pub fn over(&self, iteration: Atom, trips: &Poly) -> Poly {
        let mut all = Poly::default();
        for (product, &x) in &self.terms {
            let power = product.iter().filter(|&&atom| atom == iteration).count();
            let rest: Vec<Atom> = product
                .iter()
                .copied()
                .filter(|&a| a != iteration)
                .collect();
            all.add(&Poly::default().plus(rest, x).mul(&powers(trips, power)));
        }
        all
    }

    /// The terms that have an atom which `chosen` chooses, and the others.
    pub fn split(&self, chosen: &dyn Fn(Atom) -> bool) -> (Poly, Poly) {
        let (mut with, mut without) = (Poly::default(), Poly::default());
        for (product, &x) in &self.terms {
            match product.iter().any(|&atom| chosen(atom)) {
                true => with.put(product.clone(), x),
                false => without.put(product.clone(), x),
            }
        }
        (with, without)
    }

    /// Every atom that occurs.
    pub fn atoms(&self) -> impl Iterator<Item = Atom> {
        self.terms.keys().flatten().copied()
    }

    /// As text.
    pub fn show(&self, name: &dyn Fn(Atom) -> String) -> String {
        let mut terms: Vec<_> = self.terms.iter().collect();
        terms.sort_by_key(|(product, _)| std::cmp::Reverse(product.len()));
        let mut text = String::new();
        for (product, &x) in terms {
            let sign = match (text.is_empty(), x < 0.0) {
                (true, false) => "",
                (true, true) => "-",
                (false, false) => " + ",
                (false, true) => " - ",
            };
            text.push_str(sign);
            let one = (x.abs() - 1.0).abs() < 1e-9;
            if !one || product.is_empty() {
                text.push_str(&coefficient(x.abs()));
            }
            for (k, &atom) in product.iter().enumerate() {
                let gap = if k > 0 || !one { " " } else { "" };
                let _ = write!(text, "{gap}{}", name(atom));
            }
        }
        match text.is_empty() {
            true => "0".to_owned(),
            false => text,
        }
    }
}

/// Whole if it is, and else with three digits.
fn coefficient(x: f64) -> String {
    match (x - x.round()).abs() < 1e-6 * x.max(1.0) {
        true => format!("{}", x.round()),
        false => format!("{x:.3}"),
    }
}

/// Σ t^power for t from 0 below `n`.
fn powers(n: &Poly, power: usize) -> Poly {
    let before = n.minus(&Poly::number(1.0));
    let triangle = n.mul(&before).times(0.5);
    match power {
        0 => n.clone(),
        1 => triangle,
        2 => {
            let odd = n.times(2.0).minus(&Poly::number(1.0));
            triangle.mul(&odd).times(1.0 / 3.0)
        }
        3 => triangle.mul(&triangle),
        // The leading term is enough where so many loops are nested.
        _ => (0..power)
            .fold(n.clone(), |all, _| all.mul(n))
            .times(1.0 / (power + 1) as f64),
    }
}
