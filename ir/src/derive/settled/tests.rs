//! What is called settled is settled: random loops are run, and each element that is said to stay as it was
//! read is compared with that of the array which the loop leaves.

use super::*;
use crate::ops::Const;
use crate::scalar::Scalar;
use crate::size::Size;
use std::collections::BTreeMap;
use std::rc::Rc;

/// Knuth's generator of numbers, by its upper bits.
struct Random(u64);

impl Random {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % n
    }

    fn pick<'a>(&mut self, from: &'a [String]) -> &'a str {
        &from[self.below(from.len() as u64) as usize]
    }
}

/// Writes a random program: loops, branches and maps around updates and reads of one array.
struct Writer {
    random: Random,
    text: String,
    next: usize,
    /// The indices of the regions around.
    indices: Vec<String>,
    /// The versions of the array that can be seen.
    versions: Vec<String>,
}

impl Writer {
    fn fresh(&mut self, prefix: &str) -> String {
        self.next += 1;
        format!("%{prefix}{}", self.next)
    }

    /// A sum of indices, `n` and a number.
    fn sum(&mut self) -> String {
        let mut sum = format!("{}", self.random.below(4) as i64 - 1);
        for index in self.indices.clone() {
            match self.random.below(5) {
                0 | 1 => sum += &format!(" + {index}"),
                2 => sum += &format!(" - {index}"),
                _ => {}
            }
        }
        if self.random.below(4) == 0 {
            sum += " + %n";
        }
        sum
    }

    fn position(&mut self) -> String {
        let name = self.fresh("p");
        let sum = self.sum();
        self.text += &format!("{name} = size [{sum}] : i64\n");
        name
    }

    /// Writes a read of a version that can be seen.
    fn read(&mut self) {
        let version = self.random.pick(&self.versions.clone()).to_owned();
        let (i, name) = (self.position(), self.fresh("r"));
        match self.random.below(4) {
            0 => {
                let (row, start, extent) = (self.fresh("r"), self.position(), self.sum());
                self.text += &format!("{row} = index {version}, {i} : f64[%n]\n");
                let step = ["1", "-1", "2"][self.random.below(3) as usize];
                self.text += &format!(
                    "{name} = slice {row}, {start} {{axis = 0, step = {step}}} : f64[{extent}]\n"
                );
            }
            _ => {
                let j = self.position();
                self.text += &format!("{name} = index {version}, {i}, {j} : f64\n");
            }
        }
    }

    fn block(&mut self, depth: usize, start: &str) -> String {
        let mut newest = start.to_owned();
        let seen = self.versions.len();
        self.versions.push(newest.clone());
        for _ in 0..1 + self.random.below(3) {
            match self.random.below(8) {
                0 | 1 => {
                    let (i, j, next) = (self.position(), self.position(), self.fresh("a"));
                    self.text += &format!("{next} = update {newest}, %v, {i}, {j} : f64[%n, %n]\n");
                    newest = next;
                }
                2 if depth < 4 => newest = self.branch(depth, &newest),
                3..=5 if depth < 3 => newest = self.repeat(depth, &newest),
                _ => self.map(),
            }
            self.versions.push(newest.clone());
        }
        self.versions.truncate(seen);
        newest
    }

    fn repeat(&mut self, depth: usize, start: &str) -> String {
        let (result, index, param) = (self.fresh("a"), self.fresh("i"), self.fresh("a"));
        let direction = ["up", "down"][self.random.below(2) as usize];
        let runs = match self.random.below(2) {
            0 => "%n".to_owned(),
            _ => self.sum(),
        };
        let ty = "f64[%n, %n]";
        self.text +=
            &format!("{result} = for [{runs}] {start} {{direction = {direction}}} : {ty} do {{\n");
        self.text += &format!("({index}: i64, {param}: {ty}):\n");
        self.indices.push(index);
        let last = self.block(depth + 1, &param);
        self.indices.pop();
        self.text += &format!("yield {last}\n}}\n");
        result
    }

    fn branch(&mut self, depth: usize, start: &str) -> String {
        let (result, condition) = (self.fresh("a"), self.fresh("c"));
        let (i, j) = (self.position(), self.position());
        self.text += &format!("{condition} = compare {i}, {j} {{how = lt}} : bool\n");
        self.text += &format!("{result} = if {condition} : f64[%n, %n] do {{\n");
        let last = self.block(depth + 1, start);
        self.text += &format!("yield {last}\n}} else {{\n");
        let last = self.block(depth + 1, start);
        self.text += &format!("yield {last}\n}}\n");
        result
    }

    fn map(&mut self) {
        let (result, index) = (self.fresh("m"), self.fresh("k"));
        let runs = self.sum();
        self.text += &format!(
            "{result} = map [{runs}] {{yields = 1, sums = 0, accs = 0}} : f64[{runs}] do {{\n"
        );
        self.text += &format!("({index}: i64):\n");
        self.indices.push(index);
        self.read();
        self.indices.pop();
        self.text += "yield %v\n}\n";
    }

    fn program(seed: u64) -> String {
        let text = "func @f[%n](%a: f64[%n, %n], %v: f64) -> (f64[%n, %n]) {\n".to_owned();
        let random = Random(seed);
        let mut writer = Writer {
            random,
            text,
            next: 0,
            indices: Vec::new(),
            versions: vec!["%a".to_owned()],
        };
        let last = writer.repeat(0, "%a");
        format!("{}return {last}\n}}\n", writer.text)
    }
}

/// A part of an array: where each element lies, and which write it comes from.
type Part = Vec<((i64, i64), u64)>;

#[derive(Clone)]
enum Known {
    Int(i64),
    Array(Rc<BTreeMap<(i64, i64), u64>>),
    Part(Part),
    Other,
}

/// Runs the program; elements of the array are the numbers of the writes that they come from.
struct Run<'f> {
    func: &'f Function,
    settled: &'f Settled,
    known: HashMap<Value, Known>,
    writes: u64,
    /// What was read or stored and is said to be settled in a carry.
    claims: HashMap<Carry, Part>,
    checked: usize,
}

impl Run<'_> {
    fn int(&self, value: Value) -> i64 {
        match self.known[&value] {
            Known::Int(n) => n,
            _ => panic!("an index is no number"),
        }
    }

    fn size(&self, size: &Size) -> i64 {
        size.evaluate(|v| self.int(v))
    }

    fn array(&self, value: Value) -> Rc<BTreeMap<(i64, i64), u64>> {
        match &self.known[&value] {
            Known::Array(array) => array.clone(),
            _ => panic!("a version is no array"),
        }
    }

    fn claim(&mut self, carry: Option<&Carry>, part: &Part) {
        if let Some(carry) = carry {
            self.claims
                .entry(*carry)
                .or_default()
                .extend(part.iter().copied());
        }
    }

    fn block(&mut self, block: &Block) {
        block.insts.iter().for_each(|&inst| self.inst(inst));
    }

    fn inst(&mut self, inst: Inst) {
        let func = self.func;
        let data = &func.insts[inst];
        let result = match &data.op {
            Op::Const(Const {
                value: Scalar::I64(n),
            }) => Known::Int(*n),
            Op::SizeOf(_) => Known::Int(self.size(&data.sizes[0])),
            Op::CompareOp(_) => {
                Known::Int(i64::from(self.int(data.args[0]) < self.int(data.args[1])))
            }
            Op::Update(_) => {
                let place = (self.int(data.args[2]), self.int(data.args[3]));
                self.writes += 1;
                let mut array = (*self.array(data.args[0])).clone();
                array.insert(place, self.writes);
                self.claim(self.settled.stores.get(&inst), &vec![(place, self.writes)]);
                Known::Array(Rc::new(array))
            }
            Op::Index(_) | Op::Slice(_) => Known::Part(self.read(inst)),
            Op::For(_) => return self.run_loop(inst),
            Op::If(_) => {
                let block = &data.blocks[usize::from(self.int(data.args[0]) == 0)];
                self.block(block);
                self.known[&block.results[0]].clone()
            }
            Op::Map(_) => {
                for k in 0..self.size(&data.sizes[0]) {
                    self.known.insert(data.blocks[0].params[0], Known::Int(k));
                    self.block(&data.blocks[0]);
                }
                Known::Other
            }
            other => panic!("{} is not written", other.name()),
        };
        self.known.insert(data.results[0], result);
    }

    fn read(&mut self, inst: Inst) -> Part {
        let data = &self.func.insts[inst];
        let i = self.int(data.args[1]);
        let part = match (&data.op, &self.known[&data.args[0]]) {
            (Op::Slice(op), Known::Part(row)) => {
                let extent = self.size(&self.func.ty(data.results[0]).shape[0]);
                let places = (0..extent).map(|u| i + u * op.step);
                // What lies outside of the row lies in no array: the program would have ended.
                places
                    .filter_map(|j| row.iter().find(|((_, c), _)| *c == j).copied())
                    .collect()
            }
            (_, Known::Array(array)) => {
                let columns = match data.args.get(2) {
                    Some(&j) => self.int(j)..=self.int(j),
                    None => 0..=self.int(self.func.size_params()[0]) - 1,
                };
                let token = |j: i64| ((i, j), array.get(&(i, j)).copied().unwrap_or(0));
                columns.map(token).collect()
            }
            _ => panic!("a read of what is no array"),
        };
        self.claim(self.settled.reads.get(&data.results[0]), &part);
        part
    }

    fn run_loop(&mut self, inst: Inst) {
        let data = &self.func.insts[inst];
        let Op::For(op) = &data.op else { return };
        let block = &data.blocks[0];
        let runs = self.size(&data.sizes[0]);
        let mut array = self.known[&data.args[0]].clone();
        let mut order: Vec<i64> = (0..runs).collect();
        if op.reverse {
            order.reverse();
        }
        for i in order {
            self.known.insert(block.params[0], Known::Int(i));
            self.known.insert(block.params[1], array);
            self.block(block);
            array = self.known[&block.results[0]].clone();
        }
        self.known.insert(data.results[0], array);
        let left = self.array(data.results[0]);
        let carry = Carry {
            of: inst,
            number: 0,
        };
        for (place, token) in self.claims.remove(&carry).unwrap_or_default() {
            assert_eq!(
                left.get(&place).copied().unwrap_or(0),
                token,
                "{place:?} was changed later"
            );
            self.checked += 1;
        }
    }
}

/// Runs a program at some sizes; says how many elements were compared.
fn check(text: &str) -> usize {
    let module = crate::text::parse(text).unwrap_or_else(|e| panic!("{e}\n{text}"));
    let func = module.iter().next().unwrap().1;
    let settled = Settled::of(func);
    let mut checked = 0;
    for n in 0..5 {
        let mut run = Run {
            func,
            settled: &settled,
            known: HashMap::new(),
            writes: 0,
            claims: HashMap::new(),
            checked: 0,
        };
        run.known.insert(func.size_params()[0], Known::Int(n));
        for &param in func.params() {
            run.known.insert(param, Known::Other);
        }
        run.known
            .insert(func.params()[0], Known::Array(Rc::default()));
        run.block(&func.body);
        checked += run.checked;
    }
    checked
}

#[test]
fn settled_elements_stay() {
    let (mut settled, mut checked) = (0, 0);
    for seed in 0..4000 {
        let text = Writer::program(seed);
        let caught = std::panic::catch_unwind(|| check(&text));
        let found = caught.unwrap_or_else(|_| panic!("seed {seed}:\n{text}"));
        settled += usize::from(found > 0);
        checked += found;
    }
    println!("{settled} programs with settled elements, {checked} elements");
    assert!(settled > 200 && checked > 10_000);
}

/// Settled parts of programs, by the names of the values that are read.
fn settled_reads(text: &str) -> Vec<String> {
    let module = crate::text::parse(text).unwrap();
    let func = module.iter().next().unwrap().1;
    let settled = Settled::of(func);
    let mut names: Vec<String> = settled
        .reads
        .keys()
        .map(|&v| func.name(v).unwrap_or_default().to_owned())
        .collect();
    names.extend(settled.stores.keys().map(|_| "stored".to_owned()));
    names.sort();
    names
}

#[test]
fn what_a_factorisation_reads_is_settled() {
    let cholesky = "func @f[%n](%a: f64[%n, %n]) -> (f64[%n, %n]) {
        %0 = for [%n] %a {direction = up} : f64[%n, %n] do {
          (%j: i64, %a.1: f64[%n, %n]):
          %1 = map [%j] {yields = 1, sums = 0, accs = 0} : f64[%j] do {
            (%k: i64):
            %above = index %a.1, %j, %k : f64
            yield %above
          }
          %x = reduce %1 {kind = sum, axes = [0], order = lanes} : f64
          %l = update %a.1, %x, %j, %j : f64[%n, %n]
          %7 = for [-1 + %n - %j] %l {direction = up} : f64[%n, %n] do {
            (%8: i64, %l.1: f64[%n, %n]):
            %9 = size [1 + %j + %8] : i64
            %old = index %l.1, %9, %j : f64
            %12 = map [%j] {yields = 1, sums = 0, accs = 0} : f64[%j] do {
              (%k.1: i64):
              %left = index %l.1, %9, %k.1 : f64
              %right = index %l.1, %j, %k.1 : f64
              %15 = mul %left, %right : f64
              yield %15
            }
            %16 = reduce %12 {kind = sum, axes = [0], order = lanes} : f64
            %pivot = index %l.1, %j, %j : f64
            %17 = div %16, %pivot : f64
            %18 = sub %old, %17 : f64
            %l.2 = update %l.1, %18, %9, %j : f64[%n, %n]
            yield %l.2
          }
          yield %7
        }
        return %0
      }";
    // The element that is replaced is not, and the pivot that is stored once a step can be stacked.
    assert_eq!(
        settled_reads(cholesky),
        ["above", "left", "pivot", "right", "stored"]
    );
}

#[test]
fn what_is_written_again_is_not_settled() {
    // Gauss and Seidel: elements below i are new, all are replaced in the next sweep.
    let sweeps = "func @f[%n, %t](%a: f64[%n, %n], %u: f64[%n]) -> (f64[%n]) {
        %0 = for [%t] %u {direction = up} : f64[%n] do {
          (%s: i64, %u.1: f64[%n]):
          %1 = for [%n] %u.1 {direction = up} : f64[%n] do {
            (%i: i64, %u.2: f64[%n]):
            %2 = map [%i] {yields = 1, sums = 0, accs = 0} : f64[%i] do {
              (%k: i64):
              %below = index %u.2, %k : f64
              yield %below
            }
            %3 = reduce %2 {kind = sum, axes = [0], order = lanes} : f64
            %u.3 = update %u.2, %3, %i : f64[%n]
            yield %u.3
          }
          yield %1
        }
        return %0
      }";
    assert!(settled_reads(sweeps).is_empty());
    // Of a single sweep they are.
    let one = "func @f[%n](%a: f64[%n, %n], %u: f64[%n]) -> (f64[%n]) {
        %1 = for [%n] %u {direction = up} : f64[%n] do {
          (%i: i64, %u.2: f64[%n]):
          %2 = map [%i] {yields = 1, sums = 0, accs = 0} : f64[%i] do {
            (%k: i64):
            %below = index %u.2, %k : f64
            yield %below
          }
          %3 = reduce %2 {kind = sum, axes = [0], order = lanes} : f64
          %u.3 = update %u.2, %3, %i : f64[%n]
          yield %u.3
        }
        return %1
      }";
    assert_eq!(settled_reads(one), ["below"]);
}
