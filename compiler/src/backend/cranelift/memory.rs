//! Loads, stores, ranges, addresses.

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{AbiParam, BlockArg, FuncRef, InstBuilder, MemFlagsData, Value, types};
use cranelift_module::Linkage;
use dfn_ir::loops::{Place, PointerTest, Stmt, Var, VarTy};
use dfn_ir::scalar::{DType, Scalar};

use super::function::{Done, Lanes, Translator};
use super::scalar::{constant, machine_type};
use crate::backend::BackendError;

impl Translator<'_, '_> {
    pub(super) fn memory(&mut self, stmt: &Stmt) -> Done {
        match stmt {
            Stmt::Load { out, buffer, index } => self.load(*out, *buffer, *index),
            Stmt::Store {
                buffer,
                index,
                value,
            } => self.store(*buffer, *index, *value),
            Stmt::Gather {
                out,
                buffer,
                index,
                mask,
            } => self.gather(*out, *buffer, *index, *mask),
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

    fn load(&mut self, out: Var, buffer: Var, index: Var) -> Done {
        let address = self.element(buffer, index)?;
        let (dtype, flags) = (self.dtype(out), self.flags(buffer));
        let lanes = (0..self.width(out))
            .map(|lane| self.read(dtype, flags, address, lane_offset(dtype, lane)))
            .collect();
        self.define(out, lanes);
        Ok(())
    }

    fn store(&mut self, buffer: Var, index: Var, value: Var) -> Done {
        let address = self.element(buffer, index)?;
        let (dtype, flags) = (self.dtype(value), self.flags(buffer));
        for (lane, value) in self.lanes(value).into_iter().enumerate() {
            let offset = lane_offset(dtype, lane);
            self.b.ins().store(flags, value, address, offset);
        }
        Ok(())
    }

    /// What Cranelift may assume of accesses to a buffer: aligned, never trapping.
    fn flags(&self, buffer: Var) -> MemFlagsData {
        let flags = MemFlagsData::trusted();
        let data = self.function.vars.get(buffer);
        match data.is_some_and(|data| data.facts.readonly) {
            true => flags.with_readonly(),
            false => flags,
        }
    }

    fn read(&mut self, dtype: DType, flags: MemFlagsData, address: Value, offset: i32) -> Value {
        let value = self
            .b
            .ins()
            .load(machine_type(dtype), flags, address, offset);
        match dtype {
            DType::Bool => self.truth(value),
            _ => value,
        }
    }

    /// The address of an element; in a run, of that of the lane.
    fn element(&mut self, buffer: Var, index: Var) -> Result<Value, BackendError> {
        let (base, mut index) = (self.value(buffer)?, self.value(index)?);
        if let Some(lane) = self.lane {
            index = self.b.ins().iadd(index, lane);
        }
        Ok(self.at(base, index, self.dtype(buffer)))
    }

    fn at(&mut self, base: Value, index: Value, dtype: DType) -> Value {
        let bytes = match dtype.bytes() {
            1 => index,
            size => {
                let shift = i64::from(size.trailing_zeros());
                self.b.ins().ishl_imm_u(index, shift)
            }
        };
        self.b.ins().iadd(base, bytes)
    }

    fn gather(&mut self, out: Var, buffer: Var, index: Var, mask: Option<Var>) -> Done {
        let (dtype, flags) = (self.dtype(out), self.flags(buffer));
        let base = self.value(buffer)?;
        let masks = mask.map(|mask| self.lanes(mask)).unwrap_or_default();
        let mut lanes = Lanes::new();
        for (lane, index) in self.lanes(index).into_iter().enumerate() {
            let address = self.at(base, index, dtype);
            lanes.push(match masks.get(lane) {
                None => self.read(dtype, flags, address, 0),
                Some(&set) => self.read_if(set, dtype, flags, address),
            });
        }
        self.define(out, lanes);
        Ok(())
    }

    /// Reads only if `set`; zero if not.
    fn read_if(&mut self, set: Value, dtype: DType, flags: MemFlagsData, address: Value) -> Value {
        let [read, after] = [(); 2].map(|()| self.b.create_block());
        let result = self.b.append_block_param(after, machine_type(dtype));
        let zero = constant(&mut self.b, Scalar::zero(dtype));
        let args = [BlockArg::Value(zero)];
        self.b.ins().brif(set, read, &[], after, &args);
        self.b.switch_to_block(read);
        let value = self.read(dtype, flags, address, 0);
        self.b.ins().jump(after, &[BlockArg::Value(value)]);
        self.b.switch_to_block(after);
        result
    }

    /// A loop over `0 .. len` whose body gets the offset in elements.
    fn count(&mut self, len: Value, body: impl FnOnce(&mut Self, Value)) {
        let [header, inside, after] = [(); 3].map(|()| self.b.create_block());
        let i = self.b.append_block_param(header, types::I64);
        let zero = self.b.ins().iconst(types::I64, 0);
        self.b.ins().jump(header, &[BlockArg::Value(zero)]);
        self.b.switch_to_block(header);
        let more = self.b.ins().icmp(IntCC::SignedLessThan, i, len);
        self.b.ins().brif(more, inside, &[], after, &[]);
        self.b.switch_to_block(inside);
        body(self, i);
        let next = self.b.ins().iadd_imm_s(i, 1);
        self.b.ins().jump(header, &[BlockArg::Value(next)]);
        self.b.switch_to_block(after);
    }

    fn fill(&mut self, buffer: Var, start: Var, len: Var, value: Var) -> Done {
        let dtype = self.dtype(buffer);
        let address = self.element(buffer, start)?;
        let (len, value, flags) = (self.value(len)?, self.value(value)?, self.flags(buffer));
        self.count(len, |cx, i| {
            let address = cx.at(address, i, dtype);
            cx.b.ins().store(flags, value, address, 0);
        });
        Ok(())
    }

    fn copy(&mut self, to: (Var, Var), from: (Var, Var), len: Var) -> Done {
        let dtype = self.dtype(to.0);
        let target = self.element(to.0, to.1)?;
        let source = self.element(from.0, from.1)?;
        let len = self.value(len)?;
        let (read, write) = (self.flags(from.0), self.flags(to.0));
        self.count(len, |cx, i| {
            let source = cx.at(source, i, dtype);
            let target = cx.at(target, i, dtype);
            let value = cx.read(dtype, read, source, 0);
            cx.b.ins().store(write, value, target, 0);
        });
        Ok(())
    }

    fn address(&mut self, stmt: &Stmt) -> Done {
        match stmt {
            Stmt::Alloc {
                buffer,
                place: Some(Place { base, offset }),
                ..
            } => {
                let (base, offset) = (self.value(*base)?, self.value(*offset)?);
                let address = self.b.ins().iadd(base, offset);
                self.define_one(*buffer, address);
            }
            Stmt::Field { out, base, offset } => {
                let base = self.value(*base)?;
                let dtype = match self.function.ty(*out) {
                    VarTy::Value(ty) => ty.dtype,
                    VarTy::Buffer(_) | VarTy::Pointer => DType::U64,
                };
                let offset = i32::try_from(*offset).map_err(BackendError::internal)?;
                let value = self.read(dtype, MemFlagsData::trusted(), base, offset);
                self.define_one(*out, value);
            }
            Stmt::Address { out, base, offset } => {
                let base = self.value(*base)?;
                let address = self.b.ins().iadd_imm_s(base, i64::from(*offset));
                self.define_one(*out, address);
            }
            Stmt::Advance { out, base, by } => {
                let size = self.function.ty(*base).buffer().map_or(1, DType::bytes);
                let (base, by) = (self.value(*base)?, self.value(*by)?);
                let bytes = self.b.ins().imul_imm_s(by, i64::from(size));
                let address = self.b.ins().iadd(base, bytes);
                self.define_one(*out, address);
            }
            Stmt::Test { out, pointer, test } => self.test(*out, *pointer, *test)?,
            _ => self.heap(stmt)?,
        }
        Ok(())
    }

    fn heap(&mut self, stmt: &Stmt) -> Done {
        match stmt {
            Stmt::Malloc { out, bytes } => {
                let bytes = self.value(*bytes)?;
                let malloc = self.library("malloc", true)?;
                let call = self.b.ins().call(malloc, &[bytes]);
                let results = self.b.inst_results(call).iter().copied().collect();
                self.define(*out, results);
            }
            Stmt::Free { pointer } => {
                let pointer = self.value(*pointer)?;
                let free = self.library("free", false)?;
                self.b.ins().call(free, &[pointer]);
            }
            _ => return Err(BackendError::internal("a statement without a translation")),
        }
        Ok(())
    }

    fn define_one(&mut self, out: Var, value: Value) {
        self.define(out, [value].into_iter().collect());
    }

    fn test(&mut self, out: Var, pointer: Var, test: PointerTest) -> Done {
        let address = self.value(pointer)?;
        let zero = self.b.ins().iconst(types::I64, 0);
        let (how, bits) = match test {
            PointerTest::Null => (IntCC::Equal, address),
            PointerTest::Misaligned(to) => {
                let mask = i64::from(to) - 1;
                (IntCC::NotEqual, self.b.ins().band_imm_u(address, mask))
            }
        };
        let value = self.b.ins().icmp(how, bits, zero);
        self.define_one(out, value);
        Ok(())
    }

    /// A function of the C library on one word.
    fn library(&mut self, name: &str, gives: bool) -> Result<FuncRef, BackendError> {
        let mut signature = self.module.make_signature();
        signature.params.push(AbiParam::new(types::I64));
        if gives {
            signature.returns.push(AbiParam::new(types::I64));
        }
        let id = self
            .module
            .declare_function(name, Linkage::Import, &signature)
            .map_err(BackendError::internal)?;
        Ok(self.module.declare_func_in_func(id, self.b.func))
    }
}

fn lane_offset(dtype: DType, lane: usize) -> i32 {
    dtype.bytes() as i32 * lane as i32
}
