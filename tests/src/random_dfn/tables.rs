//! Tables: arrays that loops fill with what they have read of them, in sums of varying length.

use super::Gen;
use super::scope::Ty;
use super::tree::Node;

impl Gen {
    /// A table and the loops that fill it; its elements are 1.5 at most.
    pub(crate) fn table(&mut self) -> Node {
        let n = self.random.pick(&["3", "4", "5"]);
        let name = self.name("b");
        // Computed before the loops: what is computed for each element assigns nothing outside.
        let (given, start) = (self.name("y"), self.fit_float());
        let (text, loops) = match self.random.chance(30) {
            true => (
                format!("[for i in 0..{n}: sin(0.7 * f64(i) + {given})]"),
                self.filled_vector(&name, n, &given),
            ),
            false => (
                format!(
                    "[for i in 0..{n}, j in 0..{n}: sin(0.9 * f64(i) - 0.4 * f64(j * j) + {given})]"
                ),
                self.filled_matrix(&name, n, &given),
            ),
        };
        let rank = if text.contains("j in") { 2 } else { 1 };
        let text = format!("let {given} = {{}};\nlet mut {name} = {text};\n{{}}");
        let made = Node::new("stmt", &text, vec![start, self.swept(loops)]);
        self.declare(&name, Ty::Float(vec![n.to_owned(); rank]), true, 1.5);
        made
    }

    fn fit_float(&mut self) -> Node {
        let made = self.any_float();
        self.fit(made, 1.0).node
    }

    /// The loops once, or a few times over.
    fn swept(&mut self, loops: Node) -> Node {
        match self.random.chance(25) {
            true => Node::new("stmt", "for sweep in 0..2 {{\n{}}}\n", vec![loops]),
            false => loops,
        }
    }

    fn filled_vector(&mut self, b: &str, n: &str, given: &str) -> Node {
        let outer = self.outer(n);
        let term = self.random.pick(&[
            "B[k] * B[i]",
            "sin(B[k] * B[i])",
            "0.5 * B[k]",
            "B[(i + k) % N]",
        ]);
        let inner = self.inner(n, &["i"]);
        let store = format!("B[i] = sin({given} * f64(i + 1) + sum(for k in {inner}: {term}));\n");
        let store = self.guarded(&store, "B[i] = 0.5 * B[i] * B[i];\n");
        let text = format!("for i in {outer} {{{{\n{store}}}}}\n");
        Node::new("stmt", &written(&text, b, n), Vec::new())
    }

    fn filled_matrix(&mut self, b: &str, n: &str, given: &str) -> Node {
        let (outer, inner) = (self.outer(n), self.inner(n, &["i"]));
        let sum = self.inner(n, &["i", "j"]);
        let places = ["j, k", "i, k", "k, j", "k, i", "j, i", "i, i", "k, k"];
        let (one, two) = (self.random.pick(&places), self.random.pick(&places));
        let place = self.random.pick(&["j, i", "i, j", "i, j", "j, j"]);
        let by = self.random.pick(&["", " / (2.5 + B[i, i])", " * B[i, j]"]);
        let store = format!(
            "B[{place}] = sin({given} * f64(i + 1) + sum(for k in {sum}: B[{one}] * B[{two}])){by};\n"
        );
        let store = self.guarded(&store, &format!("B[{place}] *= 0.5;\n"));
        let pivot = match self.random.below(3) {
            0 => "B[i, i] = sin(1.0 + sum(for k in 0..i: B[i, k] * B[i, k]));\n",
            1 => "B[i, i] = sqrt(0.5 + 0.4 * B[i, i] * B[i, i]);\n",
            _ => "",
        };
        let text =
            format!("for i in {outer} {{{{\n{pivot}for j in {inner} {{{{\n{store}}}}}\n}}}}\n");
        Node::new("stmt", &written(&text, b, n), Vec::new())
    }

    /// A store, sometimes under a condition with another one.
    fn guarded(&mut self, store: &str, other: &str) -> String {
        match self.random.chance(20) {
            true => format!(
                "if B[{}] > 0.1 {{{{\n{store}}}}} else {{{{\n{other}}}}}\n",
                index_of(other)
            ),
            false => store.to_owned(),
        }
    }

    fn outer(&mut self, n: &str) -> String {
        let text = self.random.pick(&["0..N", "0..N", "1..N", "(0..N).rev()"]);
        text.replace('N', n)
    }

    /// A range that rests on an index.
    fn inner(&mut self, n: &str, indices: &[&str]) -> String {
        let i = self.random.pick(indices);
        let text = self
            .random
            .pick(&["0..I", "0..I", "I + 1..N", "I..N", "0..N", "0..=I"]);
        text.replace('I', i).replace('N', n)
    }
}

/// The place that a store changes.
fn index_of(store: &str) -> &str {
    let inside = store.split_once('[').map_or("", |(_, rest)| rest);
    inside.split_once(']').map_or("", |(place, _)| place)
}

fn written(text: &str, name: &str, n: &str) -> String {
    text.replace('B', name).replace('N', n)
}
