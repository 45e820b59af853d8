//! The text form of loop programs.
//!
//! Each definition shows its type, so that any part can be read alone. [`mod@super::parse`] reads it back.

use std::fmt::{self, Display, Formatter, Write};

use super::visit::Names;
use super::{
    Block, Carry, Facts, For, FuncId, Function, Half, HostArg, If, Linkage, Pick, PointerTest,
    Program, Reduce, Stmt, Var, While,
};
use crate::scalar::Scalar;

impl Display for Program {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for (position, function) in self.functions.values().enumerate() {
            if position > 0 {
                writeln!(f)?;
            }
            let names = Names::new(function);
            let mut printer = Printer {
                program: self,
                function,
                names,
                out: f,
                depth: 0,
            };
            printer.function()?;
        }
        Ok(())
    }
}

impl Display for Facts {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if self.class != 0 {
            write!(f, " class {}", self.class)?;
        }
        if self.readonly {
            write!(f, " readonly")?;
        }
        if self.align != 0 {
            write!(f, " align {}", self.align)?;
        }
        Ok(())
    }
}

/// The statement alone, without its blocks, for messages.
pub(super) fn headline(program: &Program, function: &Function, stmt: &Stmt) -> String {
    let mut out = String::new();
    let mut printer = Printer {
        program,
        function,
        names: Names::new(function),
        out: &mut out,
        depth: 0,
    };
    // Writing to a string does not fail.
    let _ = printer.stmt(stmt);
    out.lines().next().unwrap_or_default().to_owned()
}

struct Printer<'a, W> {
    program: &'a Program,
    function: &'a Function,
    names: Names,
    out: &'a mut W,
    depth: usize,
}

impl<W: Write> Printer<'_, W> {
    fn function(&mut self) -> fmt::Result {
        let export = match self.function.linkage {
            Linkage::Export => "export ",
            Linkage::Local => "",
        };
        let name = symbol(&self.function.name);
        write!(self.out, "{export}func {name}(")?;
        for (position, &param) in self.function.params.iter().enumerate() {
            let separator = if position > 0 { ", " } else { "" };
            let def = self.def(param);
            write!(self.out, "{separator}{def}")?;
        }
        writeln!(self.out, ") {{")?;
        self.body(&self.function.body)?;
        writeln!(self.out, "}}")
    }

    /// `%name: type facts`
    fn def(&self, var: Var) -> String {
        match self.function.vars.get(var) {
            Some(data) => format!("{}: {}{}", self.names.get(var), data.ty, data.facts),
            None => self.names.get(var),
        }
    }

    fn list(&self, vars: &[Var]) -> String {
        let names: Vec<_> = vars.iter().map(|&var| self.names.get(var)).collect();
        names.join(", ")
    }

    fn indent(&mut self) -> fmt::Result {
        (0..self.depth).try_for_each(|_| self.out.write_str("  "))
    }

    /// The statements and the yields of a block, one level deeper.
    fn body(&mut self, block: &Block) -> fmt::Result {
        self.depth += 1;
        for stmt in &block.stmts {
            self.indent()?;
            self.stmt(stmt)?;
            writeln!(self.out)?;
        }
        if !block.yields.is_empty() {
            self.indent()?;
            let yields = self.list(&block.yields);
            writeln!(self.out, "yield {yields}")?;
        }
        self.depth -= 1;
        Ok(())
    }

    fn stmt(&mut self, stmt: &Stmt) -> fmt::Result {
        let outs: Vec<_> = stmt.outs().iter().map(|&var| self.def(var)).collect();
        if !outs.is_empty() {
            write!(self.out, "{} = ", outs.join(", "))?;
        }
        match stmt {
            Stmt::For(inner) => self.for_loop(inner),
            Stmt::While(inner) => self.while_loop(inner),
            Stmt::If(inner) => self.choice(inner),
            _ => {
                let text = self.simple(stmt);
                self.out.write_str(&text)
            }
        }
    }

    fn carries(&mut self, carries: &[Carry]) -> fmt::Result {
        if carries.is_empty() {
            return Ok(());
        }
        let carry = |carry: &Carry| {
            let init = self.names.get(carry.init);
            format!("{} = {init}", self.def(carry.var))
        };
        let carries: Vec<_> = carries.iter().map(carry).collect();
        write!(self.out, " carry ({})", carries.join(", "))
    }

    fn for_loop(&mut self, inner: &For) -> fmt::Result {
        let [i, lo, hi] = [inner.counter, inner.lo, inner.hi].map(|var| self.names.get(var));
        write!(self.out, "for {i} = {lo} to {hi}")?;
        if inner.step != 1 {
            write!(self.out, " step {}", inner.step)?;
        }
        if inner.reverse {
            write!(self.out, " reverse")?;
        }
        if inner.parallel {
            write!(self.out, " parallel")?;
        }
        self.carries(&inner.carries)?;
        writeln!(self.out, " {{")?;
        self.body(&inner.body)?;
        self.indent()?;
        write!(self.out, "}}")
    }

    fn while_loop(&mut self, inner: &While) -> fmt::Result {
        write!(self.out, "while")?;
        self.carries(&inner.carries)?;
        writeln!(self.out, " {{")?;
        self.body(&inner.condition)?;
        self.indent()?;
        writeln!(self.out, "}} do {{")?;
        self.body(&inner.body)?;
        self.indent()?;
        write!(self.out, "}}")
    }

    fn choice(&mut self, inner: &If) -> fmt::Result {
        let condition = self.names.get(inner.condition);
        write!(self.out, "if {condition} ")?;
        if let Some(word) = inner.chance.word() {
            write!(self.out, "{word} ")?;
        }
        writeln!(self.out, "{{")?;
        self.body(&inner.then)?;
        self.indent()?;
        if inner.otherwise != Block::default() {
            writeln!(self.out, "}} else {{")?;
            self.body(&inner.otherwise)?;
            self.indent()?;
        }
        write!(self.out, "}}")
    }

    /// A statement without blocks, after its results.
    fn simple(&self, stmt: &Stmt) -> String {
        let name = |var: &Var| self.names.get(*var);
        match stmt {
            Stmt::Const { value, .. } => format!("const {}", number(*value)),
            Stmt::Op { op, args, .. } => format!("{} {}", op.name(), self.list(args)),
            Stmt::Splat { arg, .. } => format!("splat {}", name(arg)),
            Stmt::Iota { .. } => "iota".to_owned(),
            Stmt::Pick { arg, pick, .. } => match pick {
                Pick::Lane(lane) => format!("extract {}, {lane}", name(arg)),
                Pick::Half(Half::Low) => format!("low {}", name(arg)),
                Pick::Half(Half::High) => format!("high {}", name(arg)),
            },
            Stmt::Shuffle { args, lanes, .. } => {
                let lanes: Vec<_> = lanes.iter().map(u16::to_string).collect();
                format!("shuffle {} [{}]", self.list(args), lanes.join(", "))
            }
            Stmt::Reduce { arg, how, .. } => match how {
                Reduce::Any => format!("any {}", name(arg)),
                Reduce::All => format!("all {}", name(arg)),
            },
            Stmt::Check { condition, code } => format!("check {}, {code}", name(condition)),
            Stmt::Return { status } => format!("return {}", name(status)),
            Stmt::Call {
                callee,
                args,
                status,
            } => {
                let callee = self.callee(*callee);
                let call = if status.is_some() { "try call" } else { "call" };
                format!("{call} {callee}({})", self.list(args))
            }
            Stmt::Fork(fork) => {
                let callee = self.callee(fork.callee);
                let [count, statuses] = [fork.count, fork.statuses].map(|var| name(&var));
                let pool = format!("{} of {}", name(&fork.pool), name(&fork.workers));
                let args = self.list(&fork.args);
                format!("fork {callee}({args}) times {count} on {pool} to {statuses}")
            }
            Stmt::Host { name, args } => {
                let args: Vec<_> = args.iter().map(|arg| self.host_arg(*arg)).collect();
                format!("host {name:?}({})", args.join(", "))
            }
            _ => self.memory(stmt),
        }
    }

    fn callee(&self, callee: FuncId) -> String {
        match self.program.functions.get(callee) {
            Some(function) => symbol(&function.name),
            None => format!("@undefined.{}", callee.as_u32()),
        }
    }

    fn host_arg(&self, arg: HostArg) -> String {
        match arg {
            HostArg::Value(var) => self.names.get(var),
            HostArg::Buffer { buffer, len } => {
                format!("{}[{}]", self.names.get(buffer), self.names.get(len))
            }
        }
    }

    /// A statement about memory.
    fn memory(&self, stmt: &Stmt) -> String {
        let n = |var: &Var| self.names.get(*var);
        match stmt {
            Stmt::Load { buffer, index, .. } => format!("load {}[{}]", n(buffer), n(index)),
            Stmt::Store {
                buffer,
                index,
                value,
            } => format!("store {}[{}], {}", n(buffer), n(index), n(value)),
            Stmt::Gather {
                buffer,
                index,
                mask,
                ..
            } => {
                let mask = mask.map_or_else(String::new, |mask| format!(" mask {}", n(&mask)));
                format!("gather {}[{}]{mask}", n(buffer), n(index))
            }
            Stmt::Alloc { len, place, .. } => match place {
                None => format!("alloc {}", n(len)),
                Some(at) => format!("alloc {} in {} at {}", n(len), n(&at.base), n(&at.offset)),
            },
            Stmt::Fill {
                buffer,
                start,
                len,
                value,
            } => format!("fill {}[{}], {}, {}", n(buffer), n(start), n(len), n(value)),
            Stmt::Copy {
                to,
                to_start,
                from,
                from_start,
                len,
            } => {
                let [to, to_start, from] = [to, to_start, from].map(n);
                let [from_start, len] = [from_start, len].map(n);
                format!("copy {to}[{to_start}] from {from}[{from_start}], {len}")
            }
            _ => self.address(stmt),
        }
    }

    /// A statement that makes or asks about an address.
    fn address(&self, stmt: &Stmt) -> String {
        let n = |var: &Var| self.names.get(*var);
        match stmt {
            Stmt::Field { base, offset, .. } => format!("field {}, {offset}", n(base)),
            Stmt::Address { base, offset, .. } => format!("address {}, {offset}", n(base)),
            Stmt::Advance { base, by, .. } => format!("advance {}, {}", n(base), n(by)),
            Stmt::Test { pointer, test, .. } => match test {
                PointerTest::Null => format!("null {}", n(pointer)),
                PointerTest::Misaligned(to) => format!("misaligned {}, {to}", n(pointer)),
            },
            Stmt::Malloc { bytes, .. } => format!("malloc {}", n(bytes)),
            Stmt::Free { pointer } => format!("free {}", n(pointer)),
            _ => String::new(),
        }
    }
}

/// `@name`, in quotes unless it is plain.
fn symbol(name: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '.' || c == '$';
    if !name.is_empty() && name.chars().all(plain) {
        format!("@{name}")
    } else {
        format!("@{name:?}")
    }
}

/// The shortest decimal that reads back as the same number.
fn number(value: Scalar) -> String {
    match value {
        Scalar::F32(x) if x.is_nan() => "nan".to_owned(),
        Scalar::F64(x) if x.is_nan() => "nan".to_owned(),
        Scalar::F32(x) => format!("{x:?}"),
        Scalar::F64(x) => format!("{x:?}"),
        Scalar::I32(x) => x.to_string(),
        Scalar::I64(x) => x.to_string(),
        Scalar::U32(x) => x.to_string(),
        Scalar::U64(x) => x.to_string(),
        Scalar::Bool(x) => x.to_string(),
    }
}
