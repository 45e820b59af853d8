//! Runs a loop program on each engine with the same arguments.

use dfn::backend::{Backend, Jit, Level, Options, cranelift::Cranelift};
use dfn_ir::loops::interp::Memory;
use dfn_ir::loops::{Host, Interpreter, NoHost, Program, verify};
use dfn_ir::scalar::{DType, Scalar};

/// Something that runs loop programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// The loop interpreter.
    Interpreter,
    /// Cranelift's JIT.
    Cranelift(Level),
    /// LLVM's JIT.
    #[cfg(feature = "llvm")]
    Llvm(Level),
}

impl Engine {
    /// Every engine, each compiler at its extremes.
    pub const ALL: &[Engine] = &[
        Engine::Interpreter,
        Engine::Cranelift(Level::O0),
        Engine::Cranelift(Level::O3),
        #[cfg(feature = "llvm")]
        Engine::Llvm(Level::O0),
        #[cfg(feature = "llvm")]
        Engine::Llvm(Level::O3),
    ];
}

/// An argument.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A number.
    Scalar(Scalar),
    /// The elements of a buffer.
    Buffer(Vec<Scalar>),
    /// This many unset bytes.
    Workspace(usize),
    /// A C struct: its size, and its members at their offsets.
    Struct(usize, Vec<(usize, Value)>),
    /// The null address.
    Null,
}

impl Value {
    /// A buffer of binary64 numbers.
    pub fn f64s(values: &[f64]) -> Value {
        Value::Buffer(values.iter().map(|&x| Scalar::F64(x)).collect())
    }

    /// A size.
    pub fn size(value: usize) -> Value {
        Value::Scalar(Scalar::I64(value as i64))
    }
}

/// What a run left: the status, and the contents of each buffer among the arguments (in structs too).
pub type Outcome = (i32, Vec<Vec<Scalar>>);

/// A program on an engine.
pub enum Ready<'a> {
    /// Interpreted.
    Interpreter(Interpreter<'a>, &'a Program),
    /// Compiled.
    Jit(Jit),
}

impl<'a> Ready<'a> {
    /// Verifies and compiles.
    pub fn new(engine: Engine, program: &'a Program) -> Ready<'a> {
        if let Err(errors) = verify(program) {
            let errors: Vec<_> = errors.iter().map(ToString::to_string).collect();
            panic!("{}\n{program}", errors.join("\n"));
        }
        let jit = |backend: &dyn Backend, level| {
            backend
                .jit(program, &Options::new(level))
                .unwrap_or_else(|error| panic!("{error}\n{program}"))
        };
        match engine {
            Engine::Interpreter => Ready::Interpreter(Interpreter::new(program), program),
            Engine::Cranelift(level) => Ready::Jit(jit(&Cranelift, level)),
            #[cfg(feature = "llvm")]
            Engine::Llvm(level) => Ready::Jit(jit(&dfn::backend::llvm::Llvm, level)),
        }
    }

    /// Runs an exported function without a host.
    pub fn run(&self, name: &str, args: &[Value]) -> Outcome {
        self.run_with(name, args, &mut NoHost)
    }

    /// Runs an exported function.
    pub fn run_with(&self, name: &str, args: &[Value], host: &mut dyn Host) -> Outcome {
        match self {
            Ready::Interpreter(interpreter, program) => {
                let id = program.find(name).unwrap();
                let mut memory = Virtual(Memory::new());
                let mut buffers = Vec::new();
                let words = words(&mut memory, args, &mut buffers);
                let status = interpreter
                    .run(id, &words, &mut memory.0, host, &mut ())
                    .unwrap_or_else(|fault| panic!("{fault}\n{program}"));
                (status, read_all(&memory, &buffers))
            }
            Ready::Jit(jit) => {
                let mut memory = Real::default();
                let mut buffers = Vec::new();
                let words = words(&mut memory, args, &mut buffers);
                // SAFETY: the tests pass what the programs expect; the interpreter checks it first.
                let status = unsafe { jit.invoke(name, &words, host) }.unwrap();
                (status, read_all(&memory, &buffers))
            }
        }
    }
}

/// Runs an exported function on every engine; the outcome, which is the same on all.
pub fn run_everywhere(program: &Program, name: &str, args: &[Value]) -> Outcome {
    let mut outcome = None;
    for &engine in Engine::ALL {
        let found = Ready::new(engine, program).run(name, args);
        let wanted = outcome.get_or_insert_with(|| found.clone());
        assert_eq!(&found, wanted, "{engine:?} differs\n{program}");
    }
    outcome.unwrap()
}

/// Arguments in the memory of the interpreter, as it takes them.
pub fn words_in_memory(args: &[Value]) -> (Memory, Vec<u64>) {
    let mut memory = Virtual(Memory::new());
    let words = words(&mut memory, args, &mut Vec::new());
    (memory.0, words)
}

/// A buffer: its address, element type and length.
type Placed = (u64, DType, usize);

fn read_all(memory: &dyn Place, buffers: &[Placed]) -> Vec<Vec<Scalar>> {
    buffers
        .iter()
        .map(|&(address, dtype, len)| memory.read(address, dtype, len))
        .collect()
}

/// Puts the arguments in memory.
fn words(memory: &mut dyn Place, args: &[Value], buffers: &mut Vec<Placed>) -> Vec<u64> {
    args.iter().map(|arg| word(memory, arg, buffers)).collect()
}

fn word(memory: &mut dyn Place, arg: &Value, buffers: &mut Vec<Placed>) -> u64 {
    match arg {
        Value::Scalar(value) => value.to_bits(),
        Value::Buffer(values) => {
            let dtype = values.first().map_or(DType::F64, |value| value.dtype());
            let size = dtype.bytes() as usize;
            let address = memory.alloc(size * values.len());
            for (position, &value) in values.iter().enumerate() {
                memory.write(address + (position * size) as u64, value);
            }
            buffers.push((address, dtype, values.len()));
            address
        }
        Value::Workspace(bytes) => memory.alloc(*bytes),
        Value::Struct(bytes, members) => {
            let address = memory.alloc(*bytes);
            for (offset, member) in members {
                let value = match member {
                    Value::Scalar(value) => *value,
                    _ => Scalar::U64(word(memory, member, buffers)),
                };
                memory.write(address + *offset as u64, value);
            }
            address
        }
        Value::Null => 0,
    }
}

/// Memory of some kind.
trait Place {
    fn alloc(&mut self, bytes: usize) -> u64;
    fn write(&mut self, address: u64, value: Scalar);
    fn read(&self, address: u64, dtype: DType, len: usize) -> Vec<Scalar>;
}

/// The interpreter's memory.
struct Virtual(Memory);

impl Place for Virtual {
    fn alloc(&mut self, bytes: usize) -> u64 {
        self.0.alloc(bytes)
    }
    fn write(&mut self, address: u64, value: Scalar) {
        assert!(self.0.write(address, value));
    }
    fn read(&self, address: u64, dtype: DType, len: usize) -> Vec<Scalar> {
        self.0.read(address, dtype, len).unwrap()
    }
}

/// This process's memory.
#[derive(Default)]
struct Real(Vec<Vec<u64>>);

impl Place for Real {
    fn alloc(&mut self, bytes: usize) -> u64 {
        // Not the interpreter's pattern: reading what is unset then shows as a difference.
        let mut words = vec![0x5a5a_5a5a_5a5a_5a5a; bytes.div_ceil(8) + 1];
        let address = words.as_mut_ptr() as u64;
        self.0.push(words);
        address
    }
    fn write(&mut self, address: u64, value: Scalar) {
        let bytes = value.to_bits().to_le_bytes();
        let size = value.dtype().bytes() as usize;
        // SAFETY: the address is in memory of `alloc`, with room for the value.
        unsafe { std::ptr::copy_nonoverlapping(bytes.as_ptr(), address as *mut u8, size) };
    }
    fn read(&self, address: u64, dtype: DType, len: usize) -> Vec<Scalar> {
        let size = len * dtype.bytes() as usize;
        // SAFETY: the address is in memory of `alloc`, with `len` elements.
        let bytes = unsafe { std::slice::from_raw_parts(address as *const u8, size) };
        dfn_ir::loops::host::read_scalars(dtype, bytes)
    }
}
