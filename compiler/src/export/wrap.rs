//! The C functions as loop IR: three for each export, around the compiled function.
//!
//! - `NAME(sizes…, inputs…, results…)` allocates the workspace and frees it again.
//! - `NAME_with(…, workspace, workspace_bytes)` allocates nothing.
//! - `NAME_workspace(sizes…, integers…, bytes)` tells how much that needs.
//!
//! And two around the form for threads, if there is one:
//!
//! - `NAME_parallel(…, pool, workspace, workspace_bytes)` runs on a pool of threads.
//! - `NAME_parallel_workspace(sizes…, integers…, workers, bytes)` tells how much that needs.

use super::check;
use super::extent;
use super::interface::{Function, Interface};
use dfn_ir::Scalar;
use dfn_ir::loops::{
    self, Builder, Chance, Facts, Fork, Linkage, PointerTest, Program, Ty, Var, VarTy,
};
use dfn_ir::scalar::{Compare, DType, ScalarOp};
use dfn_runtime::status::{self, Status};

/// The alignment of the workspace that a caller gives, that of `malloc`.
const WORKSPACE_ALIGN: u32 = 16;

/// The alignment of the workspace that the compiled function takes.
const INNER_ALIGN: u32 = 64;

/// What aligning may take away from the workspace.
const SLACK: i64 = (INNER_ALIGN - WORKSPACE_ALIGN) as i64;

/// The memory that `NAME` asks for first; it suffices for most functions of small arrays.
const FIRST_BLOCK: i64 = 4096;

/// The compiled function behind an export.
///
/// It takes the sizes, the input leaves, a buffer for each result, and the workspace if it needs one,
/// aligned to 64 bytes. The function that tells the size of the workspace takes the sizes, the `i64`
/// scalars among the inputs, and a buffer for one `i64`, to which it writes -1 if the size overflows.
#[derive(Clone, Copy, Debug)]
pub struct Inner {
    /// The function.
    pub run: loops::FuncId,
    /// The size of its workspace; absent if it takes none.
    pub workspace: Option<loops::FuncId>,
}

/// Adds the C functions of an export to the program.
pub fn wrap(program: &mut Program, interface: &Interface, function: &Function, inner: Inner) {
    let size = workspace_function(function, inner, None);
    let size = program.functions.push(size);
    let with = given_memory(interface, function, inner, size, false);
    program.functions.push(with);
    program
        .functions
        .push(allocating_function(interface, function, inner, size));
}

/// Adds the C functions of the form of an export for threads to the program.
pub fn wrap_parallel(
    program: &mut Program,
    interface: &Interface,
    function: &Function,
    inner: Inner,
) {
    let size = workspace_function(function, inner, Some("workers"));
    let size = program.functions.push(size);
    let parallel = given_memory(interface, function, inner, size, true);
    program.functions.push(parallel);
}

/// `NAME_workspace`, or with a parameter for the number of threads `NAME_parallel_workspace`.
fn workspace_function(function: &Function, inner: Inner, workers: Option<&str>) -> loops::Function {
    let symbol = match workers {
        Some(_) => function.parallel_workspace_symbol(),
        None => function.workspace_symbol(),
    };
    let mut b = Builder::new(symbol, Linkage::Export);
    let ty = VarTy::Value(Ty::I64);
    let sizes: Vec<Var> = function
        .sizes
        .iter()
        .map(|name| b.param(name, ty))
        .collect();
    let integers: Vec<Var> = function
        .integers()
        .map(|(_, name)| b.param(&name, ty))
        .collect();
    let workers = workers.map(|name| b.param(name, ty));
    let bytes = b.param("workspace_bytes", VarTy::Buffer(DType::I64));
    b.facts(
        bytes,
        Facts {
            align: 1,
            ..Facts::default()
        },
    );
    check::not_null(&mut b, bytes);
    check::aligned(&mut b, bytes, DType::I64.bytes());
    let zero = b.index(0);
    for &size in &sizes {
        at_least(&mut b, size, zero, status::SIZE);
    }
    if let Some(workers) = workers {
        let one = b.index(1);
        at_least(&mut b, workers, one, status::SIZE);
    }
    match inner.workspace {
        Some(workspace) => {
            let positions = function.integers().map(|(position, _)| position);
            let leaves: Vec<(usize, Var)> = positions.zip(integers.iter().copied()).collect();
            let sizes = extent::all_sizes(&mut b, function, &sizes, &leaves);
            let args: Vec<Var> = sizes
                .iter()
                .chain(&integers)
                .copied()
                .chain(workers)
                .chain([bytes])
                .collect();
            b.call(workspace, &args);
            let needed = b.load(bytes, zero, 1);
            at_least(&mut b, needed, zero, status::SIZE);
            let slack = b.index(SLACK);
            let needed = b.add(needed, slack);
            b.store(bytes, zero, needed);
        }
        None => b.store(bytes, zero, zero),
    }
    b.ret_code(status::OK);
    b.finish()
}

/// `NAME_with`, or on a pool of threads `NAME_parallel`: the memory is given.
fn given_memory(
    interface: &Interface,
    function: &Function,
    inner: Inner,
    size: loops::FuncId,
    threads: bool,
) -> loops::Function {
    let symbol = match threads {
        true => function.parallel_symbol(),
        false => function.with_symbol(),
    };
    let mut b = Builder::new(symbol, Linkage::Export);
    let (sizes, params) = check::parameters(&mut b, function);
    let pool = threads.then(|| b.param("pool", VarTy::Pointer));
    let workspace = b.param("workspace", VarTy::Pointer);
    let bytes = b.param("workspace_bytes", VarTy::Value(Ty::I64));
    let (sizes, leaves) = check::arguments(&mut b, interface, function, (&sizes, &params));
    let workers = pool.map(|pool| workers(&mut b, pool));
    let mut args: Vec<Var> = sizes.iter().chain(&leaves).copied().collect();
    args.extend(workers.into_iter().chain(pool));
    if inner.workspace.is_some() {
        let mut measured = measured(function, &sizes, &leaves);
        measured.extend(workers);
        enough(&mut b, &measured, size, (workspace, bytes));
        args.push(align(&mut b, workspace));
    }
    let found = b.try_call(inner.run, &args);
    let status = public_status(&mut b, found);
    b.ret(status);
    b.finish()
}

/// The number of threads of a pool; without a pool there is one.
fn workers(b: &mut Builder, pool: Var) -> Var {
    let none = b.test(pool, PointerTest::Null);
    let one = |b: &mut Builder| vec![b.index(1)];
    let some = |b: &mut Builder| {
        check::aligned(b, pool, DType::I64.bytes());
        let function = b.pointer_field(pool, Fork::PARALLEL_FOR);
        check::not_null(b, function);
        let workers = b.field(pool, Fork::WORKERS, DType::I64);
        let one = b.index(1);
        at_least(b, workers, one, status::SIZE);
        vec![workers]
    };
    let found = b.if_else(none, one, some);
    found.first().copied().unwrap_or(pool)
}

/// `NAME`
fn allocating_function(
    interface: &Interface,
    function: &Function,
    inner: Inner,
    size: loops::FuncId,
) -> loops::Function {
    let mut b = Builder::new(function.name.clone(), Linkage::Export);
    let (sizes, params) = check::parameters(&mut b, function);
    let (sizes, leaves) = check::arguments(&mut b, interface, function, (&sizes, &params));
    let mut args: Vec<Var> = sizes.iter().chain(&leaves).copied().collect();
    let mut memory = None;
    if inner.workspace.is_some() {
        let block = allocate(&mut b, &measured(function, &sizes, &leaves), size);
        args.push(align(&mut b, block));
        memory = Some(block);
    }
    let found = b.try_call(inner.run, &args);
    if let Some(memory) = memory {
        b.free(memory);
    }
    let status = public_status(&mut b, found);
    b.ret(status);
    b.finish()
}

/// What the size of the workspace may depend on: the sizes, and the `i64` scalars among the inputs.
fn measured(function: &Function, sizes: &[Var], leaves: &[Var]) -> Vec<Var> {
    let integers = function
        .integers()
        .filter_map(|(position, _)| leaves.get(position));
    sizes.iter().chain(integers).copied().collect()
}

/// The status of the C function for one of the compiled function: its checks are numbered from 1.
fn public_status(b: &mut Builder, found: Var) -> Var {
    let base = b.constant(Scalar::I32(status::FIRST_CHECK - 1), 1);
    let shifted = b.add(found, base);
    let fine = is_ok(b, found);
    b.op(ScalarOp::Select, &[fine, found, shifted])
}

fn is_ok(b: &mut Builder, status: Var) -> Var {
    let ok = b.constant(Scalar::I32(status::OK), 1);
    b.compare(Compare::Eq, status, ok)
}

/// Refuses a workspace that is too small. The size is computed into the workspace itself: loop programs
/// have no other memory.
fn enough(b: &mut Builder, measured: &[Var], size: loops::FuncId, (workspace, bytes): (Var, Var)) {
    check::not_null(b, workspace);
    check::aligned(b, workspace, WORKSPACE_ALIGN);
    let least = b.index(SLACK);
    at_least(b, bytes, least, status::WORKSPACE);
    let cell = b.buffer_at(workspace, 0, DType::I64);
    let args: Vec<Var> = measured.iter().copied().chain([cell]).collect();
    b.call(size, &args);
    let zero = b.index(0);
    let needed = b.load(cell, zero, 1);
    at_least(b, bytes, needed, status::WORKSPACE);
}

fn at_least(b: &mut Builder, value: Var, least: Var, status: Status) {
    let fine = b.compare(Compare::Le, least, value);
    b.check(fine, status.code);
}

/// Memory for the workspace. A first block takes its size, and serves as the workspace if it is large
/// enough: most are.
fn allocate(b: &mut Builder, measured: &[Var], size: loops::FuncId) -> Var {
    let first = b.index(FIRST_BLOCK);
    let block = malloc(b, first);
    let cell = b.buffer_at(block, 0, DType::I64);
    let args: Vec<Var> = measured.iter().copied().chain([cell]).collect();
    let found = b.try_call(size, &args);
    let fine = is_ok(b, found);
    let failed = b.op(ScalarOp::Not, &[fine]);
    b.open_if(failed, Chance::Rare);
    b.free(block);
    b.ret(found);
    b.open_else(&[]);
    b.close_if(&[]);
    let zero = b.index(0);
    let needed = b.load(cell, zero, 1);
    let large = b.compare(Compare::Lt, first, needed);
    let larger = |b: &mut Builder| {
        b.free(block);
        vec![malloc(b, needed)]
    };
    let memory = b.if_else(large, larger, |_| vec![block]);
    memory.first().copied().unwrap_or(block)
}

fn malloc(b: &mut Builder, bytes: Var) -> Var {
    let memory = b.malloc(bytes);
    let null = b.test(memory, PointerTest::Null);
    let fine = b.op(ScalarOp::Not, &[null]);
    b.check(fine, status::MEMORY.code);
    memory
}

/// The first address from `workspace` on that is a multiple of [`INNER_ALIGN`]: doubling the alignment
/// takes a step or none.
fn align(b: &mut Builder, workspace: Var) -> Var {
    let none = b.index(0);
    let mut pointer = workspace;
    let mut align = WORKSPACE_ALIGN;
    while align < INNER_ALIGN {
        let step = b.index(i64::from(align));
        align *= 2;
        let off = b.test(pointer, PointerTest::Misaligned(align));
        let by = b.op(ScalarOp::Select, &[off, step, none]);
        pointer = b.advance(pointer, by);
    }
    pointer
}
