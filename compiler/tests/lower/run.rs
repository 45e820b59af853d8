//! Runs a function of the SSA IR on both interpreters.

use dfn::passes::buffers::buffers;
use dfn::passes::lower::{Lowered, lower};
use dfn::passes::{Manager, find};
use dfn_ir::interp::{Array, RunError};
use dfn_ir::loops::interp::{Counts, Memory};
use dfn_ir::loops::{FuncId as LoopFuncId, Function, Interpreter, NoHost, Ty, VarTy, verify};
use dfn_ir::scalar::{DType, Scalar};
use dfn_ir::{FuncId, Module};

/// A module from text, verified.
pub(crate) fn module(text: &str) -> Module {
    let module = dfn_ir::text::parse(text).unwrap_or_else(|e| panic!("{e}\n{text}"));
    let errors = dfn_ir::verify::verify(&module);
    assert!(errors.is_empty(), "{}", errors[0]);
    module
}

/// The module with the order of every sum fixed.
pub(crate) fn ordered(module: &Module) -> Module {
    let mut module = module.clone();
    let mut manager = Manager::new(None);
    for pass in ["expand", "order"] {
        manager.run(find(pass).unwrap(), &mut module).unwrap();
    }
    module
}

/// The loop program of a module, verified.
pub(crate) fn lowered(module: &Module, root: FuncId) -> Lowered {
    let lowered = lower(module, &[root]).unwrap_or_else(|e| panic!("{}", e[0]));
    if let Err(errors) = verify(&lowered.program) {
        panic!("{}\n{}", errors[0], lowered.program);
    }
    lowered
}

/// What a loop program does.
pub(crate) struct Outcome {
    /// The status.
    pub(crate) status: i32,
    /// The results.
    pub(crate) results: Vec<Array>,
    /// How many regions of memory exist afterwards.
    pub(crate) live: usize,
    /// What was counted.
    pub(crate) counts: Counts,
}

/// Runs the loop program on arguments; `shapes` are those of the results.
pub(crate) fn run_loops(
    lowered: &Lowered,
    root: FuncId,
    sizes: &[i64],
    args: &[Array],
    shapes: &[(DType, Vec<usize>)],
) -> Outcome {
    let id = lowered.functions[&root];
    let function = &lowered.program.functions[id];
    let mut memory = Memory::new();
    let mut bits: Vec<u64> = sizes.iter().map(|&n| n as u64).collect();
    let mut addresses = Vec::new();
    for (k, arg) in args.iter().enumerate() {
        let var = function.params[sizes.len() + k];
        let value = match function.ty(var) {
            VarTy::Value(_) => arg.elements()[0].to_bits(),
            _ => memory.alloc_scalars(arg.elements()),
        };
        addresses.push(value);
        bits.push(value);
    }
    let mut outs = Vec::new();
    for (root, (dtype, dims)) in lowered.accumulators[&root].iter().zip(shapes) {
        let len: usize = dims.iter().product();
        outs.push(match root {
            Some(k) => addresses[*k],
            None => {
                let address = memory.alloc(len * dtype.bytes() as usize);
                bits.push(address);
                address
            }
        });
    }
    let interpreter = Interpreter::new(&lowered.program);
    bits.push(match lowered.workspaces.get(&root) {
        Some(&measure) => {
            let bytes = workspace(&interpreter, measure, function, &bits);
            memory.alloc(usize::try_from(bytes).unwrap())
        }
        None => 0,
    });
    let mut counts = Counts::default();
    let outcome = interpreter.run(id, &bits, &mut memory, &mut NoHost, &mut counts);
    let status = outcome.unwrap_or_else(|e| panic!("{e}\n{}", lowered.program));
    let read = |(address, (dtype, dims)): (&u64, &(DType, Vec<usize>))| {
        let len = dims.iter().product();
        let elements = memory.read(*address, *dtype, len).unwrap();
        Array::new(*dtype, dims, elements).unwrap()
    };
    Outcome {
        status,
        live: memory.live(),
        results: outs.iter().zip(shapes).map(read).collect(),
        counts,
    }
}

/// What a function says of the workspace it needs.
fn workspace(
    interpreter: &Interpreter<'_>,
    measure: LoopFuncId,
    function: &Function,
    args: &[u64],
) -> i64 {
    let mut memory = Memory::new();
    let out = memory.alloc(8);
    let scalars = function.params.iter().zip(args);
    let scalars = scalars.filter(|(var, _)| function.value_ty(**var) == Some(Ty::I64));
    let mut bits: Vec<u64> = scalars.map(|(_, &bits)| bits).collect();
    bits.push(out);
    let status = interpreter.run(measure, &bits, &mut memory, &mut NoHost, &mut ());
    assert_eq!(status, Ok(0));
    memory.read(out, DType::I64, 1).unwrap()[0]
        .as_i64()
        .unwrap()
}

/// What a function without parameters but sizes and arrays says of the workspace it needs.
pub(crate) fn measured(lowered: &Lowered, root: FuncId, sizes: &[i64]) -> i64 {
    let function = &lowered.program.functions[lowered.functions[&root]];
    let interpreter = Interpreter::new(&lowered.program);
    let bits: Vec<u64> = sizes.iter().map(|&n| n as u64).collect();
    workspace(&interpreter, lowered.workspaces[&root], function, &bits)
}

/// The same program with its memory planned.
pub(crate) fn planned(module: &Module, root: FuncId) -> Lowered {
    let mut lowered = lowered(module, root);
    buffers(&mut lowered).unwrap_or_else(|e| panic!("{}", e[0]));
    if let Err(errors) = verify(&lowered.program) {
        panic!("{}\n{}", errors[0], lowered.program);
    }
    lowered
}

/// Compares both interpreters on one module; gives the results.
pub(crate) fn compare_on(
    module: &Module,
    name: &str,
    sizes: &[i64],
    args: &[Array],
    in_order: bool,
) -> Vec<Array> {
    let root = module.named(name).unwrap();
    let wanted = dfn_ir::interp::run_counted(module, root, sizes, args, &mut ());
    let lowered = lowered(module, root);
    match wanted {
        Ok((wanted, counts)) => {
            let shape = |a: &Array| (a.dtype(), a.dims().to_vec());
            let shapes: Vec<_> = wanted.iter().map(shape).collect();
            let found = run_loops(&lowered, root, sizes, args, &shapes);
            assert_eq!(found.status, 0, "{}", lowered.program);
            assert_eq!(found.results, wanted, "{}", lowered.program);
            let planned = planned(module, root);
            let again = run_loops(&planned, root, sizes, args, &shapes);
            assert_eq!(again.results, wanted, "{}", planned.program);
            // Folding partial results in lanes costs up to 40 more a row; the sign of an empty sum one.
            let (ops, most) = (
                found.counts.float_ops,
                with_ragged_rows(counts.float_ops, sizes, args),
            );
            if in_order {
                assert!(
                    ops <= most + 4,
                    "{ops} > {most} operations\n{}",
                    lowered.program
                );
            }
            wanted
        }
        Err(RunError::Check { message, .. }) => {
            let func = module.get(root);
            let results = func.body.results.iter();
            let shapes: Vec<_> = results.map(|&v| (func.ty(v).dtype, vec![4096])).collect();
            let found = run_loops(&lowered, root, sizes, args, &shapes);
            let site = &lowered.checks[usize::try_from(found.status - 1).unwrap()];
            assert_eq!(site.message, message);
            Vec::new()
        }
        Err(error) => panic!("{error}"),
    }
}

/// Compares both interpreters, before and after the order of sums is fixed.
pub(crate) fn compare(text: &str, name: &str, sizes: &[i64], args: &[Array]) -> Vec<Array> {
    let module = module(text);
    compare_on(&module, name, sizes, args, true);
    compare_on(&ordered(&module), name, sizes, args, false)
}

/// A vector of `n` numbers between -1 and 1.
pub(crate) fn numbers(seed: u64, n: usize) -> Vec<f64> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 11) as f64 / (1u64 << 52) as f64 - 1.0
    };
    (0..n).map(|_| next()).collect()
}

/// An array of numbers between -1 and 1.
pub(crate) fn array(seed: u64, dims: &[usize]) -> Array {
    let elements = numbers(seed, dims.iter().product());
    let elements = elements.into_iter().map(Scalar::F64).collect();
    Array::new(DType::F64, dims, elements).unwrap()
}

/// The same in `f32`.
pub(crate) fn array32(seed: u64, dims: &[usize]) -> Array {
    let elements = numbers(seed, dims.iter().product());
    let elements = elements
        .into_iter()
        .map(|x| Scalar::F32(x as f32))
        .collect();
    Array::new(DType::F32, dims, elements).unwrap()
}

/// Numbers that look random and are the same in every run (SplitMix64).
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Random {
        Random(seed)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number of a type, floats and integers between bounds.
    pub(crate) fn scalar(&mut self, dtype: DType, floats: (f64, f64), ints: (i64, i64)) -> Scalar {
        let unit = (self.next() >> 11) as f64 / (1u64 << 53) as f64;
        let int = ints.0 + (self.next() % (ints.1 - ints.0 + 1) as u64) as i64;
        let float = floats.0 + (floats.1 - floats.0) * unit;
        match dtype {
            DType::Bool => Scalar::Bool(unit < 0.5),
            DType::F64 => Scalar::F64(float),
            DType::F32 => Scalar::F32(float as f32),
            DType::I64 => Scalar::I64(int),
            DType::I32 => Scalar::I32(int as i32),
            DType::U64 => Scalar::U64(int as u64),
            DType::U32 => Scalar::U32(int as u32),
        }
    }
}

/// `ops` where every row runs whole vectors: a row that does not fill its last vector runs some lanes
/// again, those of the length that fills it worst the most; what is combined in order passes over them.
fn with_ragged_rows(ops: u64, sizes: &[i64], args: &[Array]) -> u64 {
    let width = match args.iter().any(|a| a.dtype() == DType::F32) {
        true => 16,
        false => 8,
    };
    let dims = args.iter().flat_map(|a| a.dims().iter().map(|&n| n as u64));
    let lengths = dims.chain(sizes.iter().map(|&n| n as u64));
    let rounded = lengths
        .filter(|n| *n > 0)
        .map(|n| (ops * n.next_multiple_of(width)).div_ceil(n));
    rounded.max().unwrap_or(ops) + 4 * width
}
