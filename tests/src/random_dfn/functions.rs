//! Functions and their calls.

use super::scope::{Float, Scope, Sig, Ty};
use super::tree::Node;
use super::{BOUND, Gen};

impl Gen {
    /// A function that later ones may call, or the exported one.
    pub(crate) fn function(&mut self, is_main: bool) -> Node {
        let d = |text: &str| text.to_owned();
        let mut params = vec![Ty::Float(vec![d("n")])];
        let both = is_main || self.random.chance(50);
        if both {
            params.push(match self.random.below(3) {
                0 => Ty::Float(vec![d("m")]),
                1 => Ty::Struct(d("m")),
                _ => Ty::Float(vec![d("n"), d("m")]),
            });
        }
        for _ in 0..1 + self.random.below(3) {
            params.push(match self.random.below(6) {
                0 => Ty::Bool,
                1 => Ty::Index(Some(d("n"))),
                2 => Ty::Struct(d("n")),
                _ => Ty::scalar(),
            });
        }
        self.scope = Scope {
            dims: [&["n"][..], if both { &["m"] } else { &[] }, &["2"]]
                .concat()
                .iter()
                .map(|s| d(s))
                .collect(),
            ..Scope::default()
        };
        let mut shown = Vec::new();
        for ty in &params {
            let name = self.name("p");
            shown.push(format!("{name}: {}", ty.text()));
            self.declare(&name, ty.clone(), false, BOUND);
        }
        let result = self.result_types();
        self.fuel = if is_main {
            20 + self.random.below(50)
        } else {
            10 + self.random.below(15)
        };
        let n = 2 + self.random.below(4);
        let (statements, value) = self.body(n, &result);
        let types: Vec<String> = result.iter().map(Ty::text).collect();
        let types = if types.len() == 1 {
            types[0].clone()
        } else {
            format!("({})", types.join(", "))
        };
        let name = if is_main { d("f") } else { self.name("h") };
        let (export, sizes) = (
            if is_main { "export " } else { "" },
            if both { "n, m" } else { "n" },
        );
        let head = format!(
            "{export}fn {name}[{sizes}]({}) -> {types}",
            shown.join(", ")
        );
        self.functions.push(Sig {
            name,
            params,
            result,
        });
        let kind = if is_main { "main" } else { "item" };
        Node::new(
            kind,
            &format!("{head} {{{{\n{{}}{{}}\n}}}}\n\n"),
            vec![statements, value],
        )
    }

    fn result_types(&mut self) -> Vec<Ty> {
        match self.random.below(4) {
            0 => vec![Ty::Float(vec!["n".to_owned()])],
            1 => vec![Ty::scalar(), Ty::Float(vec!["n".to_owned()])],
            _ => vec![Ty::scalar()],
        }
    }

    /// A call that gives a float, or something simple.
    pub(crate) fn call_of_float(&mut self) -> Float {
        self.call_of(&Ty::scalar())
            .unwrap_or_else(|| self.simple_float())
    }

    /// A call of a function a result of which is of type `ty`.
    pub(crate) fn call_of(&mut self, ty: &Ty) -> Option<Float> {
        let dims = self.scope.dims.clone();
        let (mut n, m) = (self.random.pick(&dims), self.random.pick(&dims));
        if let Ty::Float(wanted) = ty
            && let [d] = wanted.as_slice()
        {
            n.clone_from(d);
        }
        let mut found = Vec::new();
        for sig in &self.functions {
            for (k, result) in sig.result.iter().enumerate() {
                if result.with(&n, &m) == *ty {
                    found.push((sig.clone(), k));
                }
            }
        }
        if found.is_empty() {
            return None;
        }
        let (sig, k) = self.random.pick(&found);
        let params: Vec<Ty> = sig.params.iter().map(|p| p.with(&n, &m)).collect();
        let args: Vec<Node> = params.iter().map(|p| self.value(p)).collect();
        let places = vec!["{}"; args.len()].join(", ");
        let part = if sig.result.len() > 1 {
            format!(".{k}")
        } else {
            String::new()
        };
        let text = format!("{}({places}){part}", sig.name);
        Some(Float::new(Node::new(&ty.text(), &text, args), BOUND))
    }
}
