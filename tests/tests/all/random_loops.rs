//! Random loop programs: they verify, round-trip through text, and every engine gives the same outcome.

use std::collections::BTreeMap;

use dfn_ir::loops::{
    Builder, Chance, ForSpec, Half, Linkage, Place, Program, Ty, Var, VarTy, parse,
};
use dfn_ir::scalar::{Compare, DType, Scalar, ScalarOp};
use dfn_tests::engines::{Value, run_everywhere};

use crate::scalars::{interesting, operations};

/// Elements of each buffer; indices are masked to stay inside.
const LEN: usize = 32;
const LANES: [u16; 4] = [1, 2, 4, 8];

/// SplitMix64: every program is known by its seed.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub(crate) fn below(&mut self, n: usize) -> usize {
        (self.next() % n as u64) as usize
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }
}

/// The variables in scope, by type.
type Scope = BTreeMap<(DType, u16), Vec<Var>>;

struct Generator {
    random: Random,
    b: Builder,
    scope: Scope,
    /// Those that may be read and written here.
    buffers: Vec<(DType, Var)>,
    workspace: Var,
    used: i64,
    /// Statements left.
    budget: usize,
}

impl Generator {
    fn ty(&mut self) -> Ty {
        Ty::vector(self.random.pick(&DType::ALL), self.random.pick(&LANES))
    }

    fn scalar(&mut self, dtype: DType) -> Scalar {
        self.random.pick(&interesting(dtype))
    }

    /// A variable of the type: one in scope, or a new constant.
    fn get(&mut self, ty: Ty) -> Var {
        let known = self.scope.get(&(ty.dtype, ty.lanes));
        let known = known.cloned().unwrap_or_default();
        if !known.is_empty() && self.random.below(5) > 0 {
            // Recent ones more often: long chains find more.
            let from = known.len().saturating_sub(4);
            let recent = self.random.pick(&known[from..]);
            let any = self.random.pick(&known);
            return self.random.pick(&[recent, recent, any]);
        }
        let value = self.scalar(ty.dtype);
        let var = self.b.constant(value, ty.lanes);
        self.add(var)
    }

    fn add(&mut self, var: Var) -> Var {
        let ty = self.b.value_ty(var);
        self.scope
            .entry((ty.dtype, ty.lanes))
            .or_default()
            .push(var);
        var
    }

    /// An index such that `lanes` elements fit.
    fn index(&mut self, lanes: u16) -> Var {
        let any = self.get(Ty::I64);
        let mask = self.b.index((LEN / 2 - 1) as i64);
        let index = self.b.op(ScalarOp::And, &[any, mask]);
        assert!(LEN / 2 + usize::from(lanes) <= LEN);
        index
    }

    fn operation(&mut self) {
        let ty = self.ty();
        let ops: Vec<ScalarOp> = operations()
            .into_iter()
            .filter(|op| op.result(ty.dtype).is_some())
            .collect();
        let op = self.random.pick(&ops);
        let mut args: Vec<Var> = (0..op.arity()).map(|_| self.get(ty)).collect();
        if op == ScalarOp::Select {
            args[0] = self.get(ty.with_dtype(DType::Bool));
        }
        let out = self.b.op(op, &args);
        self.add(out);
    }

    fn lanes(&mut self) {
        let ty = self.ty();
        let wide = ty.with_lanes(self.random.pick(&LANES[1..]));
        let out = match self.random.below(6) {
            5 => {
                let args = [self.get(wide), self.get(wide)];
                let len = self.random.pick(&LANES[1..]);
                let lane = |_| self.random.below(2 * usize::from(wide.lanes)) as u16;
                let lanes: Vec<u16> = (0..len).map(lane).collect();
                self.b.shuffle(args, &lanes)
            }
            0 => {
                let arg = self.get(ty.with_lanes(1));
                self.b.splat(arg, wide.lanes)
            }
            1 => self.b.iota(wide.lanes),
            2 => {
                let arg = self.get(wide);
                let lane = self.random.below(usize::from(wide.lanes));
                self.b.extract(arg, lane as u16)
            }
            3 => {
                let arg = self.get(wide);
                let half = self.random.pick(&[Half::Low, Half::High]);
                self.b.half(arg, half)
            }
            _ => {
                let arg = self.get(wide.with_dtype(DType::Bool));
                match self.random.below(2) {
                    0 => self.b.any(arg),
                    _ => self.b.all(arg),
                }
            }
        };
        self.add(out);
    }

    fn memory(&mut self) {
        let (dtype, buffer) = self.random.pick(&self.buffers.clone());
        let lanes = self.random.pick(&LANES);
        let ty = Ty::vector(dtype, lanes);
        let index = self.index(lanes);
        match self.random.below(5) {
            0 | 1 => {
                let out = self.b.load(buffer, index, lanes);
                self.add(out);
            }
            2 => {
                let value = self.get(ty);
                self.b.store(buffer, index, value);
            }
            3 => {
                let lanes = self.random.pick(&LANES[1..]);
                let any = self.get(Ty::vector(DType::I64, lanes));
                let inside = self.b.constant(Scalar::I64(LEN as i64 - 1), lanes);
                let indices = self.b.op(ScalarOp::And, &[any, inside]);
                let mask = match self.random.below(2) {
                    0 => Some(self.get(Ty::vector(DType::Bool, lanes))),
                    _ => None,
                };
                let out = self.b.gather(buffer, indices, mask);
                self.add(out);
            }
            _ => {
                let count = self.random.below(LEN / 2) as i64 - 1;
                let len = self.b.index(count);
                let same: Vec<Var> = self
                    .buffers
                    .iter()
                    .filter(|(other, var)| *other == dtype && *var != buffer)
                    .map(|(_, var)| *var)
                    .collect();
                if same.is_empty() || self.random.below(2) == 0 {
                    let value = self.get(ty.with_lanes(1));
                    self.b.fill(buffer, index, len, value);
                } else {
                    let from = self.random.pick(&same);
                    let start = self.index(1);
                    self.b.copy((buffer, index), (from, start), len);
                }
            }
        }
    }

    /// Some statements in a block of their own: what they define is forgotten.
    fn inside<R>(&mut self, body: impl FnOnce(&mut Self) -> R) -> R {
        let scope = self.scope.clone();
        let buffers = self.buffers.clone();
        let result = body(self);
        self.scope = scope;
        self.buffers = buffers;
        result
    }

    fn carries(&mut self) -> (Vec<Ty>, Vec<Var>) {
        let count = self.random.below(4);
        let types: Vec<Ty> = (0..count).map(|_| self.ty()).collect();
        let inits = types.iter().map(|&ty| self.get(ty)).collect();
        (types, inits)
    }

    fn for_loop(&mut self, depth: usize) {
        let (types, inits) = self.carries();
        let lo = self.random.below(3) as i64 - 1;
        let trips = self.random.below(6) as i64;
        let (lo, hi) = (self.b.index(lo), self.b.index(lo + trips));
        let mut spec = ForSpec::up(lo, hi).step(self.random.pick(&[1, 2, 4]));
        spec.reverse = self.random.below(2) == 0;
        let (counter, carries) = self.b.open_for(spec, &inits);
        let next = self.inside(|cx| {
            cx.add(counter);
            for carry in carries {
                cx.add(carry);
            }
            cx.block(depth + 1);
            types.iter().map(|&ty| cx.get(ty)).collect::<Vec<_>>()
        });
        for result in self.b.close_for(&next) {
            self.add(result);
        }
    }

    /// A loop that ends after a few iterations, or earlier by a random condition.
    fn while_loop(&mut self, depth: usize) {
        let (types, mut inits) = self.carries();
        let zero = self.b.index(0);
        inits.push(zero);
        let carries = self.b.open_while(&inits);
        let count = *carries.last().unwrap();
        let (condition, next) = self.inside(|cx| {
            for &carry in &carries {
                cx.add(carry);
            }
            let condition = cx.inside(|cx| {
                cx.operation();
                let any = cx.get(Ty::BOOL);
                let limit = cx.b.index(4);
                let few = cx.b.compare(Compare::Lt, count, limit);
                cx.b.op(ScalarOp::And, &[any, few])
            });
            cx.b.open_while_body(condition);
            cx.block(depth + 1);
            let mut next: Vec<Var> = types.iter().map(|&ty| cx.get(ty)).collect();
            let one = cx.b.index(1);
            next.push(cx.b.add(count, one));
            (condition, next)
        });
        let _ = condition;
        for result in self.b.close_while(&next) {
            self.add(result);
        }
    }

    fn choice(&mut self, depth: usize) {
        let condition = self.get(Ty::BOOL);
        let types: Vec<Ty> = (0..self.random.below(3)).map(|_| self.ty()).collect();
        let arm = |cx: &mut Self| {
            cx.inside(|cx| {
                cx.block(depth + 1);
                types.iter().map(|&ty| cx.get(ty)).collect::<Vec<_>>()
            })
        };
        let chances = [Chance::Even, Chance::Rare];
        let chance = chances[self.random.below(2)];
        self.b.open_if(condition, chance);
        let then = arm(self);
        if self.random.below(12) == 0 {
            self.b.ret_code(77);
        }
        self.b.open_else(&then);
        let otherwise = arm(self);
        for result in self.b.close_if(&otherwise) {
            self.add(result);
        }
    }

    /// A buffer in the workspace, filled.
    fn temporary(&mut self) {
        let dtype = self.random.pick(&DType::ALL);
        let (len, offset) = (self.b.index(LEN as i64), self.b.index(self.used));
        self.used += (LEN * 8) as i64;
        let place = Place {
            base: self.workspace,
            offset,
        };
        let buffer = self.b.alloc_at("tmp", dtype, len, place);
        let (zero, value) = (self.b.index(0), self.get(Ty::scalar(dtype)));
        self.b.fill(buffer, zero, len, value);
        self.buffers.push((dtype, buffer));
    }

    fn block(&mut self, depth: usize) {
        for _ in 0..self.random.below(12) + 2 {
            if self.budget == 0 {
                return;
            }
            self.budget -= 1;
            match self.random.below(24) {
                0 if depth < 3 => self.for_loop(depth),
                1 if depth < 3 => self.while_loop(depth),
                2 if depth < 4 => self.choice(depth),
                3 if self.used < 4096 => self.temporary(),
                4 if self.random.below(4) == 0 => {
                    let condition = self.get(Ty::BOOL);
                    let code = self.random.below(100) as i32 + 1;
                    self.b.check(condition, code);
                }
                3..=8 => self.memory(),
                9..=12 => self.lanes(),
                _ => self.operation(),
            }
        }
    }
}

fn generate(seed: u64) -> Program {
    let mut b = Builder::new("f", Linkage::Export);
    let n = b.param("n", VarTy::Value(Ty::I64));
    let x = b.param("x", VarTy::Value(Ty::scalar(DType::F64)));
    let flag = b.param("flag", VarTy::Value(Ty::BOOL));
    let buffers = DType::ALL
        .map(|dtype| (dtype, b.param("buffer", VarTy::Buffer(dtype))))
        .to_vec();
    let workspace = b.param("workspace", VarTy::Pointer);
    let mut generator = Generator {
        random: Random(seed),
        b,
        scope: Scope::new(),
        buffers,
        workspace,
        used: 0,
        budget: 120,
    };
    for var in [n, x, flag] {
        generator.add(var);
    }
    for _ in 0..4 {
        generator.block(0);
    }
    // Whatever was computed last of each type is seen.
    let scope = generator.scope.clone();
    for ((dtype, lanes), vars) in scope {
        let buffer = generator.buffers.iter().find(|(other, _)| *other == dtype);
        let (buffer, last) = (buffer.unwrap().1, *vars.last().unwrap());
        let index = generator.b.index(i64::from(lanes) % 16);
        generator.b.store(buffer, index, last);
    }
    generator.b.ret_code(0);
    let mut program = Program::default();
    program.functions.push(generator.b.finish());
    program
}

/// Ordinary numbers and strange ones.
fn argument(random: &mut Random, dtype: DType) -> Value {
    let strange = interesting(dtype);
    let number = |random: &mut Random| match (dtype, random.below(3)) {
        (DType::F64, 0 | 1) => Scalar::F64(random.next() as i64 as f64 / 2f64.powi(61)),
        (DType::F32, 0 | 1) => Scalar::F32(random.next() as i64 as f32 / 2f32.powi(61)),
        (DType::I64, 0) => Scalar::I64(random.below(40) as i64),
        _ => random.pick(&strange),
    };
    Value::Buffer((0..LEN).map(|_| number(random)).collect())
}

fn check(seed: u64) -> i32 {
    let program = generate(seed);
    let text = program.to_string();
    assert_eq!(parse(&text).unwrap().to_string(), text, "seed {seed}");
    let mut random = Random(!seed);
    let mut args = vec![
        Value::size(random.below(20)),
        Value::Scalar(Scalar::F64(0.75)),
        Value::Scalar(Scalar::Bool(random.below(2) == 0)),
    ];
    args.extend(DType::ALL.map(|dtype| argument(&mut random, dtype)));
    args.push(Value::Workspace(8192));
    run_everywhere(&program, "f", &args).0
}

#[test]
fn random_programs_agree_on_every_engine() {
    let count = std::env::var("DFN_RANDOM_PROGRAMS").map_or(100, |count| count.parse().unwrap());
    let start = std::env::var("DFN_RANDOM_SEED").map_or(0, |seed| seed.parse().unwrap());
    let statuses: Vec<i32> = (start..start + count).map(check).collect();
    let complete = statuses.iter().filter(|&&status| status == 0).count();
    // A generator whose programs all end early would test nothing.
    assert!(complete * 2 > statuses.len(), "{statuses:?}");
}
