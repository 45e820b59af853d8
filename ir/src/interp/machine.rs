//! Running functions: frames of values, blocks, calls.

use super::arithmetic::Arithmetic;
use super::array::{Array, Dims, Offsets, volume};
use super::lives::Lives;
use super::{Host, RunError};
use crate::function::{Block, FuncId, Function, Inst, InstData, Value};
use crate::module::Module;
use crate::scalar::{DType, Scalar};
use crate::size::Size;
use smallvec::SmallVec;
use std::collections::HashMap;
use std::rc::Rc;

/// Calls may be nested this deeply: Rust's stack holds a few frames for each.
const MAX_CALLS: usize = 200;

/// The results of one instruction.
pub type Outputs<E> = SmallVec<[Array<E>; 1]>;

/// What evaluating an instruction gives.
pub type Evaluated<A> = Result<Outputs<<A as Arithmetic>::Element>, RunError>;

/// One instruction to be run.
#[derive(Clone, Copy, Debug)]
pub struct At<'m> {
    /// Which one.
    pub inst: Inst,
    /// Its operation, operands and regions.
    pub data: &'m InstData,
}

/// What outlives the calls: module, arithmetic, host.
pub(crate) struct Machine<'m, A> {
    pub(crate) module: &'m Module,
    pub(crate) arithmetic: A,
    pub(crate) host: &'m mut dyn Host,
    lives: HashMap<FuncId, Rc<Lives>>,
    depth: usize,
}

impl<'m, A: Arithmetic> Machine<'m, A> {
    pub(crate) fn new(module: &'m Module, arithmetic: A, host: &'m mut dyn Host) -> Self {
        Machine {
            module,
            arithmetic,
            host,
            lives: HashMap::new(),
            depth: 0,
        }
    }

    /// Runs `id` of another module.
    pub(crate) fn call_in(
        &mut self,
        module: &'m Module,
        id: FuncId,
        sizes: &[i64],
        args: Vec<Array<A::Element>>,
    ) -> Result<Vec<Array<A::Element>>, RunError> {
        let outer = std::mem::replace(&mut self.module, module);
        let lives = std::mem::take(&mut self.lives);
        let results = self.call(id, sizes, args);
        self.module = outer;
        self.lives = lives;
        results
    }

    /// Runs `id` on sizes and arguments.
    pub(crate) fn call(
        &mut self,
        id: FuncId,
        sizes: &[i64],
        args: Vec<Array<A::Element>>,
    ) -> Result<Vec<Array<A::Element>>, RunError> {
        let module = self.module;
        let func = module
            .find(id)
            .ok_or_else(|| RunError::Arguments("there is no such function".to_owned()))?;
        let lives = self.lives.entry(id);
        let lives = lives.or_insert_with(|| Rc::new(Lives::of(func))).clone();
        if self.depth >= MAX_CALLS {
            let message = format!("calls are nested more than {MAX_CALLS} deep");
            return Err(RunError::Arguments(message));
        }
        self.depth += 1;
        let mut params = Vec::with_capacity(func.body.params.len());
        for &size in sizes {
            let element = self.arithmetic.wrap(Scalar::I64(size));
            params.push(Array::scalar(DType::I64, element));
        }
        params.extend(args);
        let mut frame = Eval {
            machine: self,
            func,
            lives,
            values: vec![None; func.values.len()],
        };
        let results = frame.block(&func.body, params);
        self.depth -= 1;
        results
    }
}

/// A function that is running: what the primitives' rules see.
pub struct Eval<'r, 'm, A: Arithmetic> {
    pub(crate) machine: &'r mut Machine<'m, A>,
    pub(crate) func: &'m Function,
    lives: Rc<Lives>,
    values: Vec<Option<Array<A::Element>>>,
}

impl<'m, A: Arithmetic> Eval<'_, 'm, A> {
    /// Runs a block with these parameters and gives its results.
    pub(crate) fn block(
        &mut self,
        block: &'m Block,
        params: impl IntoIterator<Item = Array<A::Element>>,
    ) -> Result<Vec<Array<A::Element>>, RunError> {
        let mut given = 0;
        for (&param, array) in block.params.iter().zip(params) {
            self.set(param, array);
            given += 1;
        }
        if given != block.params.len() {
            return Err(RunError::Arguments("a region lacks parameters".to_owned()));
        }
        for &inst in &block.insts {
            let data = self.func.insts.get(inst).expect("the function verified");
            let outputs = data.op.eval(self, At { inst, data });
            let outputs = outputs.map_err(|error| error.at(data.span))?;
            for (&result, array) in data.results.iter().zip(outputs) {
                self.set(result, array);
            }
        }
        let results = self.results(block);
        // A parameter that was not used must not keep its array from being written to.
        for &param in &block.params {
            if self.func.ty(param).rank() > 0 {
                self.slot(param).take();
            }
        }
        results
    }

    /// What a block gives: taken out of the frame where the block itself made it.
    fn results(&mut self, block: &'m Block) -> Result<Vec<Array<A::Element>>, RunError> {
        let mut arrays = Vec::with_capacity(block.results.len());
        for &value in &block.results {
            arrays.push(self.get(value)?.clone());
        }
        for &value in &block.results {
            if self.lives.leaves(self.func, value) {
                self.slot(value).take();
            }
        }
        Ok(arrays)
    }

    fn slot(&mut self, value: Value) -> &mut Option<Array<A::Element>> {
        use cranelift_entity::EntityRef;
        let slot = self.values.get_mut(value.index());
        slot.expect("values of a function are below their number")
    }

    fn set(&mut self, value: Value, array: Array<A::Element>) {
        *self.slot(value) = Some(array);
    }

    /// The array that `value` is.
    pub(crate) fn get(&self, value: Value) -> Result<&Array<A::Element>, RunError> {
        use cranelift_entity::EntityRef;
        let array = self.values.get(value.index()).and_then(Option::as_ref);
        array.ok_or_else(|| RunError::fault(format!("{value} is used before it is defined")))
    }

    /// Operand `k`.
    pub(crate) fn arg(&self, at: At<'m>, k: usize) -> Result<&Array<A::Element>, RunError> {
        self.get(operand(at, k)?)
    }

    /// Operand `k`, taken out of the frame if this is its last use.
    pub(crate) fn take(&mut self, at: At<'m>, k: usize) -> Result<Array<A::Element>, RunError> {
        let value = operand(at, k)?;
        let taken = match self.lives.dies(at.inst, k) {
            true => self.slot(value).take(),
            false => None,
        };
        if let Some(array) = taken {
            return Ok(array);
        }
        self.get(value).cloned()
    }

    /// All operands, like [`Eval::take`].
    pub(crate) fn take_all(&mut self, at: At<'m>) -> Result<Vec<Array<A::Element>>, RunError> {
        (0..at.data.args.len()).map(|k| self.take(at, k)).collect()
    }

    /// The region number `k`.
    pub(crate) fn region(&self, at: At<'m>, k: usize) -> Result<&'m Block, RunError> {
        let block = at.data.blocks.get(k);
        block.ok_or_else(|| RunError::fault("a region is missing"))
    }

    /// The extents of a region: all size operands.
    pub(crate) fn extents(&self, at: At<'m>) -> Result<Dims, RunError> {
        at.data.sizes.iter().map(|size| self.extent(size)).collect()
    }

    /// The elements of the part of an array with sizes `dims` at the operands from `first` on, which are
    /// leading indices.
    pub(crate) fn part(
        &self,
        at: At<'m>,
        first: usize,
        dims: &[usize],
    ) -> Result<std::ops::Range<usize>, RunError> {
        let mut start = 0;
        let mut width = volume(dims);
        for (k, &size) in (first..at.data.args.len()).zip(dims) {
            let index = self.index(at, k)?;
            let place = usize::try_from(index).ok().filter(|&i| i < size);
            let place = place.ok_or_else(|| {
                RunError::fault(format!(
                    "the index {index} is out of bounds of the size {size}"
                ))
            })?;
            width /= size;
            start += place * width;
        }
        Ok(start..start + width)
    }

    /// The value of an integer scalar.
    fn integer(&self, value: Value) -> Result<i64, RunError> {
        let array = self.get(value)?;
        let element = array.elements().first().copied();
        let number = element.map(|e| self.machine.arithmetic.unwrap(e, DType::I64));
        number
            .and_then(Scalar::as_i64)
            .ok_or_else(|| RunError::fault(format!("{value} is not an integer")))
    }

    /// Operand `k`, an integer.
    pub(crate) fn index(&self, at: At<'m>, k: usize) -> Result<i64, RunError> {
        self.integer(operand(at, k)?)
    }

    /// The number that a size is; wraps on overflow.
    pub(crate) fn size(&self, size: &Size) -> Result<i64, RunError> {
        for value in size.values() {
            self.integer(value)?;
        }
        Ok(size.evaluate(|v| self.integer(v).unwrap_or_default()))
    }

    /// A size as an extent, which is not negative.
    pub(crate) fn extent(&self, size: &Size) -> Result<usize, RunError> {
        let n = self.size(size)?;
        usize::try_from(n).map_err(|_| RunError::fault(format!("the size {n} is negative")))
    }

    /// The sizes of the type of `value`.
    pub(crate) fn dims(&self, value: Value) -> Result<Dims, RunError> {
        let shape = &self.func.ty(value).shape;
        let dims: Dims = shape
            .iter()
            .map(|size| self.extent(size))
            .collect::<Result<_, _>>()?;
        let elements = dims
            .iter()
            .try_fold(1usize, |n, &size| n.checked_mul(size))
            .filter(|&n| n <= isize::MAX as usize / 64);
        match elements {
            Some(_) => Ok(dims),
            None => Err(RunError::fault("an array is too large")),
        }
    }

    /// The sizes of the only result.
    pub(crate) fn result_dims(&self, at: At<'m>) -> Result<Dims, RunError> {
        self.dims(result(at, 0)?)
    }

    /// The element type of result `k`.
    pub(crate) fn result_dtype(&self, at: At<'m>, k: usize) -> Result<DType, RunError> {
        Ok(self.func.ty(result(at, k)?).dtype)
    }

    /// Room for the elements of an array of these sizes.
    pub(crate) fn room(&self, dims: &[usize]) -> Result<Vec<A::Element>, RunError> {
        let mut elements = Vec::new();
        match elements.try_reserve_exact(volume(dims)) {
            Ok(()) => Ok(elements),
            Err(_) => Err(RunError::fault("out of memory")),
        }
    }

    /// The array of `elements` as the only result.
    pub(crate) fn one(
        &self,
        dtype: DType,
        dims: &[usize],
        elements: Vec<A::Element>,
    ) -> Evaluated<A> {
        let array = Array::new(dtype, dims, elements);
        let array = array.ok_or_else(|| RunError::fault("a wrong number of elements"))?;
        Ok(smallvec::smallvec![array])
    }

    /// The elements of `x` at these distances, as the only result.
    pub(crate) fn moved(
        &mut self,
        x: &Array<A::Element>,
        dims: &[usize],
        strides: &[i64],
        start: i64,
    ) -> Evaluated<A> {
        let mut elements = self.room(dims)?;
        let places = Offsets::new(dims, strides, start);
        elements.extend(places.filter_map(|at| x.elements().get(at).copied()));
        self.machine
            .arithmetic
            .meter()
            .copies(elements.len() as u64);
        self.one(x.dtype(), dims, elements)
    }

    /// The number as an element.
    pub(crate) fn wrap(&self, value: Scalar) -> A::Element {
        self.machine.arithmetic.wrap(value)
    }

    /// An array as the host sees it.
    pub(crate) fn plain(&self, array: &Array<A::Element>) -> Result<Array, RunError> {
        super::convert(array, |e| self.machine.arithmetic.unwrap(e, array.dtype()))
    }
}

fn operand(at: At<'_>, k: usize) -> Result<Value, RunError> {
    let value = at.data.args.get(k).copied();
    value.ok_or_else(|| RunError::fault("an operand is missing"))
}

/// Result `k` of an instruction.
pub(crate) fn result(at: At<'_>, k: usize) -> Result<Value, RunError> {
    let value = at.data.results.get(k).copied();
    value.ok_or_else(|| RunError::fault("a result is missing"))
}
