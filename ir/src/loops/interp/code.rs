//! Functions decoded for execution: variables become positions of slots.

use cranelift_entity::PrimaryMap;

use super::kernel::{Kernel, Operands, kernel};
use crate::loops::{
    Block, Carry, FuncId, Function, HostArg, Pick, PointerTest, Reduce, Stmt, Var, VarTy,
};
use crate::scalar::{DType, ScalarOp};

/// A range of slots.
#[derive(Clone, Copy, Debug)]
pub(super) struct Range {
    pub(super) at: usize,
    pub(super) len: usize,
}

/// A function, ready to run.
#[derive(Debug)]
pub(super) struct Code {
    pub(super) name: String,
    pub(super) params: Vec<Range>,
    /// The slots before the first instruction: constants are in place.
    pub(super) template: Vec<u64>,
    pub(super) body: Body,
}

/// A block.
#[derive(Debug, Default)]
pub(super) struct Body {
    pub(super) insts: Vec<Inst>,
    pub(super) yields: Vec<Range>,
    /// Buffers whose memory is given back at the end.
    pub(super) temporaries: Vec<usize>,
}

/// The moves of a loop.
#[derive(Debug)]
pub(super) struct Carried {
    pub(super) vars: Vec<Range>,
    pub(super) inits: Vec<Range>,
    pub(super) results: Vec<Range>,
}

/// Where elements are: the slots of a buffer's address (and end) and of an index.
#[derive(Clone, Copy, Debug)]
pub(super) struct Element {
    pub(super) buffer: usize,
    pub(super) index: usize,
    pub(super) dtype: DType,
}

/// An argument of a host function.
#[derive(Debug)]
pub(super) enum HostSlot {
    Scalar(usize, DType),
    /// The buffer, the slot of the length.
    Buffer(usize, usize, DType),
}

/// An instruction; numbers are positions of slots unless said otherwise.
#[derive(Debug)]
pub(super) enum Inst {
    Op {
        kernel: Kernel,
        operands: Operands,
        float: bool,
    },
    Splat {
        out: Range,
        arg: usize,
    },
    Move {
        out: Range,
        from: usize,
    },
    Shuffle {
        out: Range,
        from: Vec<usize>,
    },
    Reduce {
        out: usize,
        arg: Range,
        how: Reduce,
    },
    Load {
        out: Range,
        from: Element,
    },
    Store {
        to: Element,
        value: Range,
    },
    Gather {
        out: Range,
        from: Element,
        mask: Option<usize>,
    },
    For {
        counter: usize,
        bounds: [usize; 2],
        step: i64,
        reverse: bool,
        carried: Carried,
        body: Body,
    },
    While {
        carried: Carried,
        condition: Body,
        body: Body,
    },
    If {
        condition: usize,
        arms: [Body; 2],
        results: Vec<Range>,
    },
    Check {
        condition: usize,
        code: i32,
    },
    Alloc {
        buffer: usize,
        len: usize,
        size: u32,
        place: Option<[usize; 2]>,
    },
    Fill {
        to: Element,
        len: usize,
        value: usize,
    },
    Copy {
        to: Element,
        from: Element,
        len: usize,
    },
    Call {
        callee: FuncId,
        args: Vec<Range>,
        status: Option<usize>,
    },
    Fork {
        callee: FuncId,
        args: Vec<Range>,
        count: usize,
        pool: usize,
        /// A buffer.
        statuses: usize,
    },
    Host {
        name: String,
        args: Vec<HostSlot>,
    },
    Field {
        out: usize,
        base: usize,
        offset: u32,
        dtype: DType,
    },
    Address {
        out: Range,
        base: usize,
        offset: u32,
    },
    Advance {
        out: Range,
        base: usize,
        by: usize,
        size: u32,
    },
    Test {
        out: usize,
        pointer: usize,
        test: PointerTest,
    },
    Malloc {
        out: usize,
        bytes: usize,
    },
    Free {
        pointer: usize,
    },
    Return {
        status: usize,
    },
}

impl Code {
    pub(super) fn new(function: &Function) -> Code {
        let mut next = 0;
        let mut place = |ty: VarTy| {
            let len = match ty {
                VarTy::Value(ty) => usize::from(ty.lanes),
                // The address and where its memory ends.
                VarTy::Buffer(_) => 2,
                VarTy::Pointer => 1,
            };
            next += len;
            Range {
                at: next - len,
                len,
            }
        };
        let slots = function.vars.values().map(|data| place(data.ty)).collect();
        let mut decoder = Decoder {
            function,
            slots,
            template: vec![0; next],
        };
        let params = decoder.ranges(&function.params);
        let body = decoder.block(&function.body);
        Code {
            name: function.name.clone(),
            params,
            template: decoder.template,
            body,
        }
    }
}

struct Decoder<'a> {
    function: &'a Function,
    slots: PrimaryMap<Var, Range>,
    template: Vec<u64>,
}

impl Decoder<'_> {
    fn range(&self, var: Var) -> Range {
        *self.slots.get(var).expect("the program verified")
    }

    fn at(&self, var: Var) -> usize {
        self.range(var).at
    }

    fn ranges(&self, vars: &[Var]) -> Vec<Range> {
        vars.iter().map(|&var| self.range(var)).collect()
    }

    fn dtype(&self, var: Var) -> DType {
        match self.function.ty(var) {
            VarTy::Value(ty) => ty.dtype,
            VarTy::Buffer(dtype) => dtype,
            VarTy::Pointer => DType::U64,
        }
    }

    fn element(&self, buffer: Var, index: Var) -> Element {
        Element {
            buffer: self.at(buffer),
            index: self.at(index),
            dtype: self.dtype(buffer),
        }
    }

    fn block(&mut self, block: &Block) -> Body {
        let mut body = Body {
            yields: self.ranges(&block.yields),
            ..Body::default()
        };
        for stmt in &block.stmts {
            if let Stmt::Alloc {
                buffer,
                place: None,
                ..
            } = stmt
            {
                body.temporaries.push(self.at(*buffer));
            }
            let inst = self.stmt(stmt);
            body.insts.extend(inst);
        }
        body
    }

    fn carried(&self, carries: &[Carry], results: &[Var]) -> Carried {
        Carried {
            vars: carries.iter().map(|carry| self.range(carry.var)).collect(),
            inits: carries.iter().map(|carry| self.range(carry.init)).collect(),
            results: self.ranges(results),
        }
    }

    /// Writes a constant into the template.
    fn preset(&mut self, out: Var, mut bits: impl FnMut(usize) -> u64) {
        let Range { at, len } = self.range(out);
        for (lane, slot) in self.template.iter_mut().skip(at).take(len).enumerate() {
            *slot = bits(lane);
        }
    }

    fn stmt(&mut self, stmt: &Stmt) -> Option<Inst> {
        match stmt {
            Stmt::Const { out, value } => {
                self.preset(*out, |_| value.to_bits());
                None
            }
            Stmt::Iota { out } => {
                self.preset(*out, |lane| lane as u64);
                None
            }
            Stmt::For(_) | Stmt::While(_) | Stmt::If(_) => self.control(stmt),
            Stmt::Op { .. }
            | Stmt::Splat { .. }
            | Stmt::Pick { .. }
            | Stmt::Shuffle { .. }
            | Stmt::Reduce { .. } => Some(self.value(stmt)),
            Stmt::Check { condition, code } => Some(Inst::Check {
                condition: self.at(*condition),
                code: *code,
            }),
            Stmt::Call {
                callee,
                args,
                status,
            } => Some(Inst::Call {
                callee: *callee,
                args: self.ranges(args),
                status: status.map(|status| self.at(status)),
            }),
            Stmt::Fork(fork) => Some(Inst::Fork {
                callee: fork.callee,
                args: self.ranges(&fork.args),
                count: self.at(fork.count),
                pool: self.at(fork.pool),
                statuses: self.at(fork.statuses),
            }),
            Stmt::Host { name, args } => Some(Inst::Host {
                name: name.clone(),
                args: args.iter().map(|arg| self.host(*arg)).collect(),
            }),
            Stmt::Return { status } => Some(Inst::Return {
                status: self.at(*status),
            }),
            _ => self.memory(stmt),
        }
    }

    fn op(&self, out: Var, op: ScalarOp, args: &[Var]) -> Inst {
        let dtype = args.last().map_or(DType::Bool, |&last| self.dtype(last));
        let mut positions = [0; 3];
        for (position, &arg) in positions.iter_mut().zip(args) {
            *position = self.at(arg);
        }
        let Range { at, len } = self.range(out);
        Inst::Op {
            kernel: kernel(op, dtype).expect("the program verified"),
            operands: Operands {
                out: at,
                args: positions,
                lanes: len,
            },
            float: dtype.is_float() || self.dtype(out).is_float(),
        }
    }

    fn value(&self, stmt: &Stmt) -> Inst {
        match stmt {
            Stmt::Op { out, op, args } => self.op(*out, *op, args),
            Stmt::Splat { out, arg } => Inst::Splat {
                out: self.range(*out),
                arg: self.at(*arg),
            },
            Stmt::Pick { out, arg, pick } => {
                let Range { at, len } = self.range(*arg);
                let skip = match pick {
                    Pick::Lane(lane) => usize::from(*lane),
                    Pick::Half(crate::loops::Half::Low) => 0,
                    Pick::Half(crate::loops::Half::High) => len / 2,
                };
                Inst::Move {
                    out: self.range(*out),
                    from: at + skip,
                }
            }
            Stmt::Shuffle { out, args, lanes } => {
                let [a, b] = args.map(|arg| self.range(arg));
                let from = lanes.iter().map(|&lane| match usize::from(lane) {
                    lane if lane < a.len => a.at + lane,
                    lane => b.at + lane - a.len,
                });
                Inst::Shuffle {
                    out: self.range(*out),
                    from: from.collect(),
                }
            }
            Stmt::Reduce { out, arg, how } => Inst::Reduce {
                out: self.at(*out),
                arg: self.range(*arg),
                how: *how,
            },
            _ => unreachable!("the caller selected statements on values"),
        }
    }

    fn control(&mut self, stmt: &Stmt) -> Option<Inst> {
        Some(match stmt {
            Stmt::For(inner) => Inst::For {
                counter: self.at(inner.counter),
                bounds: [self.at(inner.lo), self.at(inner.hi)],
                step: inner.step,
                reverse: inner.reverse,
                carried: self.carried(&inner.carries, &inner.results),
                body: self.block(&inner.body),
            },
            Stmt::While(inner) => Inst::While {
                carried: self.carried(&inner.carries, &inner.results),
                condition: self.block(&inner.condition),
                body: self.block(&inner.body),
            },
            Stmt::If(inner) => Inst::If {
                condition: self.at(inner.condition),
                arms: [self.block(&inner.then), self.block(&inner.otherwise)],
                results: self.ranges(&inner.results),
            },
            _ => return None,
        })
    }

    fn host(&self, arg: HostArg) -> HostSlot {
        match arg {
            HostArg::Value(var) => HostSlot::Scalar(self.at(var), self.dtype(var)),
            HostArg::Buffer { buffer, len } => {
                HostSlot::Buffer(self.at(buffer), self.at(len), self.dtype(buffer))
            }
        }
    }

    fn memory(&self, stmt: &Stmt) -> Option<Inst> {
        Some(match stmt {
            Stmt::Load { out, buffer, index } => Inst::Load {
                out: self.range(*out),
                from: self.element(*buffer, *index),
            },
            Stmt::Store {
                buffer,
                index,
                value,
            } => Inst::Store {
                to: self.element(*buffer, *index),
                value: self.range(*value),
            },
            Stmt::Gather {
                out,
                buffer,
                index,
                mask,
            } => Inst::Gather {
                out: self.range(*out),
                from: self.element(*buffer, *index),
                mask: mask.map(|mask| self.at(mask)),
            },
            Stmt::Fill {
                buffer,
                start,
                len,
                value,
            } => Inst::Fill {
                to: self.element(*buffer, *start),
                len: self.at(*len),
                value: self.at(*value),
            },
            Stmt::Copy {
                to,
                to_start,
                from,
                from_start,
                len,
            } => Inst::Copy {
                to: self.element(*to, *to_start),
                from: self.element(*from, *from_start),
                len: self.at(*len),
            },
            _ => return self.address(stmt),
        })
    }

    fn address(&self, stmt: &Stmt) -> Option<Inst> {
        Some(match stmt {
            Stmt::Alloc { buffer, len, place } => Inst::Alloc {
                buffer: self.at(*buffer),
                len: self.at(*len),
                size: self.dtype(*buffer).bytes(),
                place: place.map(|place| [self.at(place.base), self.at(place.offset)]),
            },
            Stmt::Field { out, base, offset } => Inst::Field {
                out: self.at(*out),
                base: self.at(*base),
                offset: *offset,
                dtype: self.dtype(*out),
            },
            Stmt::Address { out, base, offset } => Inst::Address {
                out: self.range(*out),
                base: self.at(*base),
                offset: *offset,
            },
            Stmt::Advance { out, base, by } => Inst::Advance {
                out: self.range(*out),
                base: self.at(*base),
                by: self.at(*by),
                size: match self.function.ty(*base) {
                    VarTy::Buffer(dtype) => dtype.bytes(),
                    VarTy::Value(_) | VarTy::Pointer => 1,
                },
            },
            Stmt::Test { out, pointer, test } => Inst::Test {
                out: self.at(*out),
                pointer: self.at(*pointer),
                test: *test,
            },
            Stmt::Malloc { out, bytes } => Inst::Malloc {
                out: self.at(*out),
                bytes: self.at(*bytes),
            },
            Stmt::Free { pointer } => Inst::Free {
                pointer: self.at(*pointer),
            },
            _ => return None,
        })
    }
}
