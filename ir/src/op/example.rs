//! Examples: the functions and points on which every law is tested for every primitive.

/// A point where the derivative is a matter of definition, with the derivative there.
#[derive(Clone, Debug)]
pub struct Special {
    /// The float arguments, each as a list of elements; all of them are active.
    pub args: Vec<Vec<f64>>,
    /// Their tangents.
    pub tangents: Vec<Vec<f64>>,
    /// The tangents of the results.
    pub expected: Vec<Vec<f64>>,
}

/// A module whose function `@f` shows a primitive at work.
#[derive(Clone, Debug)]
pub struct Example {
    /// The text of the module.
    pub source: String,
    /// What the size parameters of `@f` are.
    pub sizes: Vec<i64>,
    /// Random floats are taken from this range.
    pub floats: (f64, f64),
    /// Random integers are taken from this range, both ends included.
    pub ints: (i64, i64),
    /// Points with known derivatives.
    pub special: Vec<Special>,
    /// How often it has a derivative, as far as that is tested; one more is refused if this is below 2.
    pub derivatives: usize,
    /// Whether it can be run as it stands.
    pub runs: bool,
}

impl Example {
    /// A whole module.
    pub fn module(source: impl Into<String>) -> Example {
        Example {
            source: source.into(),
            sizes: Vec::new(),
            floats: (-2.0, 2.0),
            ints: (0, 1),
            special: Vec::new(),
            derivatives: 2,
            runs: true,
        }
    }

    /// One instruction, `results = operation : types`, as a function with these parameters
    /// (`[%n](%x: f64[%n])`).
    pub fn one(params: &str, inst: &str) -> Example {
        let results = inst.split(" = ").next().unwrap_or_default();
        let types = inst.rsplit(" : ").next().unwrap_or_default();
        Example::module(format!(
            "func @f{params} -> ({types}) {{ {inst} return {results} }}"
        ))
    }

    /// The body of a function with these parameters and results.
    pub fn body(params: &str, types: &str, body: &str) -> Example {
        Example::module(format!("func @f{params} -> ({types}) {{ {body} }}"))
    }

    /// With these sizes.
    pub fn sizes(mut self, sizes: &[i64]) -> Example {
        self.sizes = sizes.to_vec();
        self
    }

    /// With floats between these bounds.
    pub fn within(mut self, low: f64, high: f64) -> Example {
        self.floats = (low, high);
        self
    }

    /// With integers between these bounds.
    pub fn ints(mut self, low: i64, high: i64) -> Example {
        self.ints = (low, high);
        self
    }

    /// With a derivative that is known.
    pub fn special(mut self, args: &[&[f64]], tangents: &[&[f64]], expected: &[&[f64]]) -> Example {
        let owned = |lists: &[&[f64]]| lists.iter().map(|list| list.to_vec()).collect();
        self.special.push(Special {
            args: owned(args),
            tangents: owned(tangents),
            expected: owned(expected),
        });
        self
    }

    /// It must be expanded by the compiler before it runs.
    pub fn not_run(mut self) -> Example {
        self.runs = false;
        self
    }

    /// Differentiating it is refused.
    pub fn without_derivative(mut self) -> Example {
        self.derivatives = 0;
        self
    }
}
