//! Type rules of statements on memory and addresses.

use super::Checker;
use crate::loops::{HostArg, PointerTest, Stmt, Ty, Var, VarTy};
use crate::scalar::DType;

impl Checker<'_> {
    pub(super) fn memory_stmt(&mut self, stmt: &Stmt) {
        match stmt {
            Stmt::Load {
                out: value,
                buffer,
                index,
            }
            | Stmt::Store {
                buffer,
                index,
                value,
            } => {
                self.access(*buffer, *index, *value);
                if let Stmt::Store { .. } = stmt {
                    self.writable(*buffer);
                }
            }
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
            } => {
                if let Some(dtype) = self.element(*buffer) {
                    self.expect_value("the value", *value, Ty::scalar(dtype));
                }
                self.expect_index("the start", *start);
                self.expect_index("the length", *len);
                self.writable(*buffer);
            }
            Stmt::Copy {
                to,
                to_start,
                from,
                from_start,
                len,
            } => self.copy([*to, *to_start], [*from, *from_start], *len),
            _ => self.address_stmt(stmt),
        }
    }

    fn access(&mut self, buffer: Var, index: Var, value: Var) {
        if let Some(dtype) = self.element(buffer) {
            let lanes = self.value(value).map_or(1, |ty| ty.lanes);
            self.expect_value("the value", value, Ty::vector(dtype, lanes));
        }
        self.expect_index("the index", index);
    }

    fn copy(&mut self, [to, to_start]: [Var; 2], [from, from_start]: [Var; 2], len: Var) {
        if let Some(dtype) = self.element(to) {
            self.expect("the source", from, VarTy::Buffer(dtype));
        }
        for start in [to_start, from_start] {
            self.expect_index("the start", start);
        }
        self.expect_index("the length", len);
        self.writable(to);
    }

    fn gather(&mut self, out: Var, buffer: Var, index: Var, mask: Option<Var>) {
        let Some(ty) = self.value(out) else {
            return self.error("the result is an address");
        };
        self.require(ty.lanes > 1, |_| "the result is not a vector".to_owned());
        self.expect("the source", buffer, VarTy::Buffer(ty.dtype));
        self.expect_value("the index", index, ty.with_dtype(DType::I64));
        if let Some(mask) = mask {
            self.expect_value("the mask", mask, ty.with_dtype(DType::Bool));
        }
    }

    fn element(&mut self, buffer: Var) -> Option<DType> {
        let dtype = self.ty(buffer).and_then(VarTy::buffer);
        self.require(dtype.is_some(), |cx| {
            format!("{} is not a buffer", cx.name(buffer))
        });
        dtype
    }

    fn writable(&mut self, buffer: Var) {
        let data = self.function.vars.get(buffer);
        let readonly = data.is_some_and(|data| data.facts.readonly);
        self.require(!readonly, |cx| {
            format!("{} is readonly and written", cx.name(buffer))
        });
    }

    fn address_stmt(&mut self, stmt: &Stmt) {
        match stmt {
            Stmt::Alloc { buffer, len, place } => {
                self.element(*buffer);
                self.expect_index("the length", *len);
                if let Some(place) = place {
                    self.expect("the base", place.base, VarTy::Pointer);
                    self.expect_index("the offset", place.offset);
                }
            }
            Stmt::Host { args, .. } => {
                for arg in args {
                    self.host_arg(*arg);
                }
            }
            _ => self.pointer_stmt(stmt),
        }
    }

    fn pointer_stmt(&mut self, stmt: &Stmt) {
        match stmt {
            Stmt::Field { out, base, .. } => {
                self.expect("the base", *base, VarTy::Pointer);
                let scalar = self.value(*out).map(|ty| ty.lanes == 1);
                let pointer = self.ty(*out) == Some(VarTy::Pointer);
                self.require(pointer || scalar == Some(true), |_| {
                    "the result is neither a scalar nor a pointer".to_owned()
                });
            }
            Stmt::Address { out, base, .. } => {
                self.expect("the base", *base, VarTy::Pointer);
                self.address("the result", *out);
            }
            Stmt::Advance { out, base, by } => {
                self.address("the base", *base);
                if let Some(ty) = self.ty(*base) {
                    self.expect("the result", *out, ty);
                }
                self.expect_index("the distance", *by);
            }
            Stmt::Test { out, pointer, test } => {
                self.expect_value("the result", *out, Ty::BOOL);
                self.address("the operand", *pointer);
                if let PointerTest::Misaligned(to) = test {
                    self.require(to.is_power_of_two(), |_| {
                        format!("{to} is not a power of two")
                    });
                }
            }
            Stmt::Malloc { out, bytes } => {
                self.expect("the result", *out, VarTy::Pointer);
                self.expect_index("the size", *bytes);
            }
            Stmt::Free { pointer } => self.expect("the operand", *pointer, VarTy::Pointer),
            _ => {}
        }
    }

    fn address(&mut self, what: &str, var: Var) {
        let value = self.value(var).is_some();
        self.require(!value, |cx| {
            format!("{what} {} is not an address", cx.name(var))
        });
    }

    fn host_arg(&mut self, arg: HostArg) {
        match arg {
            HostArg::Value(var) => {
                let scalar = self.value(var).is_some_and(|ty| ty.lanes == 1);
                self.require(scalar, |cx| {
                    format!("the argument {} is not a scalar", cx.name(var))
                });
            }
            HostArg::Buffer { buffer, len } => {
                self.element(buffer);
                self.expect_index("the length", len);
            }
        }
    }
}
