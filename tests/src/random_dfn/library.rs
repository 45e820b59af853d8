//! Functions of the library: cumulative ones, sorting, gathering with repeated positions, `vmap`, small
//! linear algebra, softmax with masks; and ways out of loops.

use super::integers::paren;
use super::scope::{Float, Ty};
use super::tree::Node;
use super::{BOUND, Gen};

impl Gen {
    /// An array of one axis of size `d`.
    pub(crate) fn library_array(&mut self, kind: &str, d: &str) -> Float {
        let vector = Ty::Float(vec![d.to_owned()]);
        match self.random.below(9) {
            0 => {
                let (how, bound) = self.random.pick(&[("cumsum", 8.0), ("cumprod", 16.0)]);
                let v = self.array(&vector);
                Float::new(Node::new(kind, &format!("{how}({{}})"), vec![v]), bound)
            }
            1 => {
                let how = self.random.pick(&["cummax", "cummin", "sort"]);
                let v = self.distinct(d);
                Float::new(Node::new(kind, &format!("{how}({{}})"), vec![v]), 8.0)
            }
            2 | 3 => self.gathered(kind, d),
            4 => self.mapped(kind, d),
            5 => {
                let v = self.array(&vector);
                Float::new(Node::new(kind, "softmax({})", vec![v]), 1.0)
            }
            6 => self.masked(kind, d),
            7 => self.solved(kind, d),
            _ => self.solved_positive(kind, &vector, d),
        }
    }

    /// The solution of a system whose matrix is positive definite.
    fn solved_positive(&mut self, kind: &str, vector: &Ty, d: &str) -> Float {
        let (v, w) = (self.array(vector), self.array(vector));
        let name = self.name("q");
        let text = format!(
            "({{{{ let {name} = {{}}; solve_positive([for j1 in 0..{d}, j2 in 0..{d}: \
             {name}[j1] * {name}[j2] + (if j1 == j2 {{{{ 2.0 }}}} else {{{{ 0.0 }}}})], {{}}) }}}})"
        );
        Float::new(Node::new(kind, &text, vec![v, w]), BOUND)
    }

    /// A vector without equal elements, whose order does not change within differences.
    fn distinct(&mut self, d: &str) -> Node {
        let v = self.array(&Ty::Float(vec![d.to_owned()]));
        let name = self.name("q");
        let text = format!(
            "({{{{ let {name} = {{}}; [for j1 in 0..{d}: 0.1 * {name}[j1] + (f64(j1 * 5 % 7))] }}}})"
        );
        Node::new(&format!("f64[{d}]"), &text, vec![v])
    }

    /// Elements of a vector at positions that may repeat.
    fn gathered(&mut self, kind: &str, d: &str) -> Float {
        let dims = self.scope.dims.clone();
        let from = self.random.pick(&dims);
        let v = self.array(&Ty::Float(vec![from.clone()]));
        let (k, c) = (self.random.below(3), self.random.below(3));
        let text = format!(
            "take({{}}, [for j1 in 0..{d}: ({k} * j1 + {c}) % {}])",
            paren(&from)
        );
        Float::new(Node::new(kind, &text, vec![v]), BOUND)
    }

    /// A function of rows, for each row.
    fn mapped(&mut self, kind: &str, d: &str) -> Float {
        if self.scope.depth >= 3 || !self.spend(4) {
            return self.gathered(kind, d);
        }
        let dims = self.scope.dims.clone();
        let other = self.random.pick(&dims);
        let f = self.lambda(&Ty::Float(vec![other.clone()]), &Ty::scalar());
        let m = self.array(&Ty::Float(vec![d.to_owned(), other]));
        Float::new(Node::new(kind, "vmap({})({})", vec![f, m]), BOUND)
    }

    /// What a mask leaves out is infinite.
    fn masked(&mut self, kind: &str, d: &str) -> Float {
        let vector = Ty::Float(vec![d.to_owned()]);
        let (v, limit) = (self.array(&vector), self.float().node);
        let name = self.name("q");
        let how = self.random.pick(&[
            "where(Q > L, log(Q - L), 0.5)",
            "where(Q > L, sqrt(Q - L), Q * L)",
            "exp(where(Q > L, Q, -inf))",
        ]);
        let how = how.replace('Q', &name).replace('L', &format!("{name}l"));
        let text = format!("({{{{ let {name} = {{}}; let {name}l = {{}}; {how} }}}})");
        Float::new(Node::new(kind, &text, vec![v, limit]), 40.0)
    }

    /// The solution of a system whose matrix is far from singular.
    fn solved(&mut self, kind: &str, d: &str) -> Float {
        let m = self.array(&Ty::Float(vec![d.to_owned(), d.to_owned()]));
        let v = self.array(&Ty::Float(vec![d.to_owned()]));
        let name = self.name("q");
        let text = format!(
            "({{{{ let {name} = {{}}; solve([for j1 in 0..{d}, j2 in 0..{d}: 0.3 * {name}[j1, j2] + \
             (if j1 == j2 {{{{ 4.0 }}}} else {{{{ 0.0 }}}})], {{}}) }}}})"
        );
        Float::new(Node::new(kind, &text, vec![m, v]), BOUND)
    }

    /// A way out of a loop, or of its step.
    pub(crate) fn way_out(&mut self) -> Node {
        match self.random.chance(50) {
            true => self.way_out_for_good(),
            false => Node::new("stmt", "if {} {{ continue; }}\n", vec![self.condition()]),
        }
    }

    /// A way out of a loop.
    pub(crate) fn way_out_for_good(&mut self) -> Node {
        Node::new("stmt", "if {} {{ break; }}\n", vec![self.condition()])
    }
}
