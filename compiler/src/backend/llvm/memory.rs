//! Loads, stores, ranges, addresses.

use dfn_ir::loops::{Place, PointerTest, Stmt, Var, VarTy};
use dfn_ir::scalar::{DType, Scalar};
use inkwell::IntPredicate;
use inkwell::types::BasicType;
use inkwell::values::{BasicValueEnum, InstructionValue, IntValue, PointerValue, VectorValue};

use super::function::{Done, Made, Translator};
use super::module::Cx;
use crate::backend::BackendError;

/// Temporaries of at most this number of bytes lie on the stack,
const TEMPORARY: u64 = 256;
/// in each function as many as take this number of bytes.
const STACK: u64 = 4096;
/// What a copy moves at a time: so many bytes,
const LINE: u32 = 64;
/// but not more than so many elements.
const WIDEST: u16 = 16;

impl<'ctx> Cx<'_, 'ctx> {
    /// An address `bytes` after another in the same object.
    pub(super) fn offset(
        self,
        base: PointerValue<'ctx>,
        bytes: i64,
    ) -> Result<PointerValue<'ctx>, BackendError> {
        self.element(base, self.index(bytes), self.context.i8_type())
    }

    /// The address of an element of an array.
    #[allow(unsafe_code, reason = "inkwell has no other way to compute addresses")]
    pub(super) fn element<T: BasicType<'ctx>>(
        self,
        base: PointerValue<'ctx>,
        index: IntValue<'ctx>,
        ty: T,
    ) -> Result<PointerValue<'ctx>, BackendError> {
        // SAFETY: the type is sized and the index is an integer, so the call is well-formed; that the
        // address stays in its object is the promise of the loop program.
        let address = unsafe { self.b.build_in_bounds_gep(ty, base, &[index], "") };
        Ok(address?)
    }
}

impl<'ctx> Translator<'_, 'ctx> {
    pub(super) fn memory(&mut self, stmt: &Stmt) -> Done {
        match stmt {
            Stmt::Load { out, buffer, index } => {
                let address = self.at(*buffer, self.int(*index)?)?;
                let value = self.read(*buffer, address, self.lanes(*out))?;
                self.define(*out, value);
                Ok(())
            }
            Stmt::Store {
                buffer,
                index,
                value,
            } => {
                let address = self.at(*buffer, self.int(*index)?)?;
                let lanes = self.lanes(*value);
                self.write(*buffer, address, self.get(*value)?, lanes)
            }
            Stmt::Gather {
                out,
                buffer,
                index,
                mask,
            } => {
                let value = self.gather(*out, *buffer, *index, *mask)?;
                self.define(*out, value);
                Ok(())
            }
            Stmt::Fill {
                buffer,
                start,
                len,
                value,
            } => self.fill(*buffer, *start, *len, *value),
            Stmt::Copy {
                to,
                to_start,
                from,
                from_start,
                len,
            } => self.copy((*to, *to_start), (*from, *from_start), *len),
            _ => self.address(stmt),
        }
    }

    /// The address of an element.
    fn at(&self, buffer: Var, index: IntValue<'ctx>) -> Result<PointerValue<'ctx>, BackendError> {
        let ty = self.cx.memory_type(self.dtype(buffer), 1);
        self.cx.element(self.pointer(buffer)?, index, ty)
    }

    /// Alignment and aliasing of an access.
    fn mark(&self, buffer: Var, access: InstructionValue<'ctx>) -> Done {
        access
            .set_alignment(self.dtype(buffer).bytes())
            .map_err(BackendError::internal)?;
        self.aliases.mark(self.function, buffer, access)
    }

    fn read(&self, buffer: Var, address: PointerValue<'ctx>, lanes: u16) -> Made<'ctx> {
        let dtype = self.dtype(buffer);
        let ty = self.cx.memory_type(dtype, lanes);
        let value = self.cx.b.build_load(ty, address, "")?;
        if let Some(access) = instruction(value) {
            self.mark(buffer, access)?;
        }
        match dtype {
            DType::Bool => self.cx.truth(value),
            _ => Ok(value),
        }
    }

    fn write(
        &self,
        buffer: Var,
        address: PointerValue<'ctx>,
        value: BasicValueEnum<'ctx>,
        lanes: u16,
    ) -> Done {
        let value = match self.dtype(buffer) {
            DType::Bool => self.cx.bytes(value, lanes)?,
            _ => value,
        };
        let access = self.cx.b.build_store(address, value)?;
        self.mark(buffer, access)
    }

    /// Lane by lane; LLVM joins neighbours. A lane that is not set branches around its load.
    fn gather(&self, out: Var, buffer: Var, index: Var, mask: Option<Var>) -> Made<'ctx> {
        let indices = self.get(index)?.into_vector_value();
        let mask = match mask {
            Some(mask) => Some(self.get(mask)?.into_vector_value()),
            None => None,
        };
        let lanes = self.lanes(out);
        let mut result = self.ty(out).into_vector_type().get_poison();
        for lane in 0..lanes {
            let index = self.lane(indices, lane)?.into_int_value();
            let value = match mask {
                None => self.read(buffer, self.at(buffer, index)?, 1)?,
                Some(mask) => {
                    let set = self.lane(mask, lane)?.into_int_value();
                    self.read_if(set, buffer, index)?
                }
            };
            let position = self.position(lane);
            result = self
                .cx
                .b
                .build_insert_element(result, value, position, "")?;
        }
        Ok(result.into())
    }

    fn position(&self, lane: u16) -> IntValue<'ctx> {
        self.cx.context.i32_type().const_int(u64::from(lane), false)
    }

    fn lane(&self, vector: VectorValue<'ctx>, lane: u16) -> Made<'ctx> {
        let position = self.position(lane);
        Ok(self.cx.b.build_extract_element(vector, position, "")?)
    }

    /// Reads only if `set`; zero if not.
    fn read_if(&self, set: IntValue<'ctx>, buffer: Var, index: IntValue<'ctx>) -> Made<'ctx> {
        let [read, after] = ["read", "after"].map(|name| self.append(name));
        let before = self.here()?;
        self.cx.b.build_conditional_branch(set, read, after)?;
        self.cx.b.position_at_end(read);
        let value = self.read(buffer, self.at(buffer, index)?, 1)?;
        self.cx.b.build_unconditional_branch(after)?;
        self.cx.b.position_at_end(after);
        let zero = self.cx.constant(Scalar::zero(self.dtype(buffer)), 1);
        let phi = self.cx.b.build_phi(value.get_type(), "")?;
        phi.add_incoming(&[(&zero, before), (&value, read)]);
        Ok(phi.as_basic_value())
    }

    /// A loop over `0 .. len` in vectors; what is left is done by halves. The body gets the offset in elements
    /// and how many it is for.
    fn count(
        &self,
        dtype: DType,
        len: IntValue<'ctx>,
        body: impl Fn(&Self, IntValue<'ctx>, u16) -> Done,
    ) -> Done {
        let mut lanes = u16::try_from(LINE / dtype.bytes()).unwrap_or(1).min(WIDEST);
        let b = self.cx.b;
        let zero = self.cx.index(0);
        let some = b.build_int_compare(IntPredicate::SGT, len, zero, "")?;
        let len = b.build_select(some, len, zero, "")?.into_int_value();
        let full = self.multiple(len, lanes)?;
        self.vectors(full, lanes, |cx, i| body(cx, i, lanes))?;
        let [some, done] = ["some", "done"].map(|name| self.append(name));
        let more = b.build_int_compare(IntPredicate::SLT, full, len, "")?;
        b.build_conditional_branch(more, some, done)?;
        b.position_at_end(some);
        while lanes > 1 {
            lanes /= 2;
            let [inside, after] = ["part", "after"].map(|name| self.append(name));
            let bit = b.build_and(len, self.cx.index(i64::from(lanes)), "")?;
            let set = b.build_int_compare(IntPredicate::NE, bit, zero, "")?;
            b.build_conditional_branch(set, inside, after)?;
            b.position_at_end(inside);
            body(self, self.multiple(len, 2 * lanes)?, lanes)?;
            b.build_unconditional_branch(after)?;
            b.position_at_end(after);
        }
        b.build_unconditional_branch(done)?;
        b.position_at_end(done);
        Ok(())
    }

    /// `len` rounded down to a multiple of a power of two.
    fn multiple(&self, len: IntValue<'ctx>, of: u16) -> Result<IntValue<'ctx>, BackendError> {
        let mask = self.cx.index(-i64::from(of));
        Ok(self.cx.b.build_and(len, mask, "")?)
    }

    /// A loop over `0 .. end` in steps.
    fn vectors(
        &self,
        end: IntValue<'ctx>,
        step: u16,
        body: impl FnOnce(&Self, IntValue<'ctx>) -> Done,
    ) -> Done {
        let [header, inside, after] = ["range", "element", "done"].map(|name| self.append(name));
        let before = self.here()?;
        let b = self.cx.b;
        b.build_unconditional_branch(header)?;
        b.position_at_end(header);
        let phi = b.build_phi(self.cx.context.i64_type(), "")?;
        phi.add_incoming(&[(&self.cx.index(0), before)]);
        let i = phi.as_basic_value().into_int_value();
        let more = b.build_int_compare(IntPredicate::SLT, i, end, "")?;
        b.build_conditional_branch(more, inside, after)?;
        b.position_at_end(inside);
        body(self, i)?;
        let next = b.build_int_nsw_add(i, self.cx.index(i64::from(step)), "")?;
        phi.add_incoming(&[(&next, self.here()?)]);
        b.build_unconditional_branch(header)?;
        b.position_at_end(after);
        Ok(())
    }

    fn fill(&self, buffer: Var, start: Var, len: Var, value: Var) -> Done {
        let (start, len, value) = (self.int(start)?, self.int(len)?, self.get(value)?);
        self.count(self.dtype(buffer), len, |cx, i, lanes| {
            let index = cx.cx.b.build_int_nsw_add(start, i, "")?;
            let value = match lanes {
                1 => value,
                _ => cx.cx.splat(value, lanes)?,
            };
            cx.write(buffer, cx.at(buffer, index)?, value, lanes)
        })
    }

    fn copy(&self, to: (Var, Var), from: (Var, Var), len: Var) -> Done {
        let (to_start, from_start) = (self.int(to.1)?, self.int(from.1)?);
        self.count(self.dtype(to.0), self.int(len)?, |cx, i, lanes| {
            let index = cx.cx.b.build_int_nsw_add(from_start, i, "")?;
            let value = cx.read(from.0, cx.at(from.0, index)?, lanes)?;
            let index = cx.cx.b.build_int_nsw_add(to_start, i, "")?;
            cx.write(to.0, cx.at(to.0, index)?, value, lanes)
        })
    }

    fn address(&mut self, stmt: &Stmt) -> Done {
        let (out, value): (Var, BasicValueEnum<'ctx>) = match stmt {
            Stmt::Alloc { buffer, len, place } => {
                let address = match self.on_stack(*buffer, *len)? {
                    Some(address) => address,
                    None => self.in_workspace(*place)?,
                };
                (*buffer, address.into())
            }
            Stmt::Field { out, base, offset } => (*out, self.field(*out, *base, *offset)?),
            Stmt::Address { out, base, offset } => {
                let address = self.cx.offset(self.pointer(*base)?, i64::from(*offset))?;
                (*out, address.into())
            }
            Stmt::Advance { out, base, by } => {
                let (address, by) = (self.pointer(*base)?, self.int(*by)?);
                let address = match self.function.ty(*base) {
                    VarTy::Buffer(dtype) => {
                        let element = self.cx.memory_type(dtype, 1);
                        self.cx.element(address, by, element)?
                    }
                    VarTy::Value(_) | VarTy::Pointer => {
                        self.cx.element(address, by, self.cx.context.i8_type())?
                    }
                };
                (*out, address.into())
            }
            Stmt::Test { out, pointer, test } => (*out, self.test(*pointer, *test)?),
            Stmt::Malloc { out, bytes } => return self.malloc(*out, *bytes),
            Stmt::Free { pointer } => return self.free(*pointer),
            _ => return Err(BackendError::internal("a statement without a translation")),
        };
        self.define(out, value);
        Ok(())
    }

    fn in_workspace(&self, place: Option<Place>) -> Result<PointerValue<'ctx>, BackendError> {
        let Some(Place { base, offset }) = place else {
            return Err(BackendError::internal("a temporary without a place"));
        };
        let byte = self.cx.context.i8_type();
        self.cx
            .element(self.pointer(base)?, self.int(offset)?, byte)
    }

    /// A place on the stack for a temporary of few elements: LLVM keeps it in registers where it can, and
    /// need not write what nobody reads. The workspace is memory of the caller, where it must.
    fn on_stack(
        &mut self,
        buffer: Var,
        len: Var,
    ) -> Result<Option<PointerValue<'ctx>>, BackendError> {
        let len = self.int(len)?.get_zero_extended_constant();
        let ty = self.cx.memory_type(self.dtype(buffer), 1);
        let bytes = u64::from(self.dtype(buffer).bytes());
        let Some(len) = len.filter(|len| len.saturating_mul(bytes) <= TEMPORARY) else {
            return Ok(None);
        };
        if self.stack + TEMPORARY > STACK {
            return Ok(None);
        }
        self.stack += TEMPORARY;
        let len = u32::try_from(len).map_err(BackendError::internal)?;
        let (here, b) = (self.here()?, self.cx.b);
        let entry = self.value.get_first_basic_block();
        let entry = entry.ok_or_else(|| BackendError::internal("a function without a block"))?;
        match entry.get_first_instruction() {
            Some(first) => b.position_before(&first),
            None => b.position_at_end(entry),
        }
        let address = b.build_alloca(ty.array_type(len), "")?;
        // A vector of them lies in one line of the cache.
        let promised = self.function.vars.get(buffer);
        let promised = promised.map_or(0, |data| data.facts.align);
        let width = self.dtype(buffer).bytes() * len;
        let align = width.next_power_of_two().clamp(16, 64).max(promised);
        if let Some(made) = address.as_instruction() {
            let set = made.set_alignment(align);
            set.map_err(BackendError::internal)?;
        }
        b.position_at_end(here);
        Ok(Some(address))
    }

    /// A member of a C struct.
    fn field(&self, out: Var, base: Var, offset: u32) -> Made<'ctx> {
        let address = self.cx.offset(self.pointer(base)?, i64::from(offset))?;
        match self.function.ty(out) {
            VarTy::Value(ty) => {
                let memory = self.cx.memory_type(ty.dtype, 1);
                let value = self.cx.b.build_load(memory, address, "")?;
                match ty.dtype {
                    DType::Bool => self.cx.truth(value),
                    _ => Ok(value),
                }
            }
            VarTy::Buffer(_) | VarTy::Pointer => {
                let ty = self.cx.pointer_type();
                Ok(self.cx.b.build_load(ty, address, "")?)
            }
        }
    }

    fn test(&self, pointer: Var, test: PointerTest) -> Made<'ctx> {
        let address = self.pointer(pointer)?;
        let b = self.cx.b;
        let PointerTest::Misaligned(to) = test else {
            return Ok(b.build_is_null(address, "")?.into());
        };
        let word = self.cx.context.i64_type();
        let bits = b.build_ptr_to_int(address, word, "")?;
        let mask = word.const_int(u64::from(to) - 1, false);
        let low = b.build_and(bits, mask, "")?;
        let zero = word.const_zero();
        Ok(b.build_int_compare(IntPredicate::NE, low, zero, "")?.into())
    }
}

pub(super) fn instruction(value: BasicValueEnum<'_>) -> Option<InstructionValue<'_>> {
    use inkwell::values::BasicValue;
    value.as_instruction_value()
}
