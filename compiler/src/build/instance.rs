//! Instances: a function made for the types of its arguments, once for each [`Key`].
//!
//! Captured values become parameters (lambda lifting), the atoms of all sizes become size parameters. A
//! call stays a call. What the result is, besides its IR values, is known when the instance is made.

use super::call::Bound;
use super::elab::{Cx, Elab, R, Reported, ir_span};
use super::errors;
use super::facts::Origin;
use super::signature::{Atoms, Key};
use super::val::{Binding, Func, Meaning, Val};
use crate::diagnostic::Span;
use dfn_ir::{FuncId, Inline, Size, Type, Value};
use std::collections::HashMap;
use std::ops::Range;
use std::rc::Rc;

/// The instances made, failed and in the making.
pub(super) type Memo<'a> = HashMap<Key, Entry<'a>>;

/// An instance by its state.
#[derive(Clone, Debug)]
pub(super) enum Entry<'a> {
    /// It is being made.
    Open,
    /// It could not be made; a diagnostic says why.
    Failed,
    /// It is there.
    Made(Rc<Instance<'a>>),
}

/// A function made for certain types.
#[derive(Clone, Debug)]
pub(super) struct Instance<'a> {
    /// Its IR.
    pub(super) func: FuncId,
    /// Its result; the leaves are those of the IR function, after the hidden ones.
    pub(super) result: Val<'a>,
    /// How many of the leading IR results are sizes that only the types of the others mention.
    pub(super) hidden: usize,
    /// The parameters' values in the IR function, sizes first, as the result's sizes mention them.
    params: Vec<Value>,
    /// For each hidden size how it was computed, if that is known.
    origins: Vec<Option<Origin>>,
    /// The size parameters, after those for the arguments, that each call computes.
    pub(super) lifted: Vec<(Value, Origin)>,
}

/// A function that is being made, for the report of a cycle.
#[derive(Clone, Debug)]
pub(super) struct Frame {
    name: String,
    span: Option<Span>,
    key: Option<Key>,
    /// The call.
    pub(super) at: Span,
}

/// An instance with the operands of a call.
#[derive(Clone, Debug)]
pub(super) struct Site<'a> {
    /// The instance.
    pub(super) instance: Rc<Instance<'a>>,
    /// The size operands.
    pub(super) sizes: Vec<Size>,
    /// The operands: captured values, then arguments.
    pub(super) operands: Vec<Value>,
    /// For each argument its operands.
    pub(super) ranges: Vec<Range<usize>>,
}

/// How deep calls may lie in each other.
const MAX_CHAIN: usize = 192;

/// How often one function may lie in itself, for ever new types or functions.
const MAX_REPEATED: usize = 24;

impl<'a> Elab<'a> {
    /// The instance of `func` for these arguments, with the operands of a call.
    pub(super) fn specialise(
        &mut self,
        func: &Func<'a>,
        bound: &Bound<'a>,
        at: Span,
    ) -> R<Site<'a>> {
        let atoms = Atoms::of(&self.cx, func, bound);
        let key = Key::new(&self.cx, &atoms, func, bound);
        let (operands, ranges) = self.operands(&atoms, func, &bound.args);
        let mut sizes: Vec<Size> = atoms.list.iter().map(|&v| Size::value(v)).collect();
        let instance = match self.memo.get(&key).cloned() {
            Some(Entry::Made(instance)) => instance,
            Some(Entry::Failed) => return Err(Reported),
            Some(Entry::Open) => return Err(self.recursion(&key, at)),
            None => self.make_once(func, bound, &atoms, key, at)?,
        };
        self.lift_sizes(&instance, &operands, &mut sizes, at)?;
        Ok(Site {
            instance,
            sizes,
            operands,
            ranges,
        })
    }

    /// Adds the sizes that the instance leaves to its callers to `sizes`.
    fn lift_sizes(
        &mut self,
        instance: &Instance<'a>,
        operands: &[Value],
        sizes: &mut Vec<Size>,
        at: Span,
    ) -> R<()> {
        let params = instance.params.iter();
        let values = operands.iter().map(|&v| self.cx.facts.polynomial(v));
        let arguments = params
            .clone()
            .skip(sizes.len() + instance.lifted.len())
            .zip(values);
        let mut known: HashMap<Value, Size> = params.copied().zip(sizes.iter().cloned()).collect();
        known.extend(arguments.map(|(param, size)| (*param, size)));
        for (param, (op, a, b)) in &instance.lifted {
            let of = |v: Value| known.get(&v).cloned().unwrap_or_else(|| Size::value(v));
            let (a, b) = (a.substitute(of), b.substitute(of));
            let (a, b) = (self.size_result(a, at)?, self.size_result(b, at)?);
            let outer = std::mem::replace(&mut self.cx.in_size, true);
            let size = self.opaque(*op, &a, &b, at);
            self.cx.in_size = outer;
            let size = size?;
            known.insert(*param, size.clone());
            sizes.push(size);
        }
        Ok(())
    }

    fn operands(
        &self,
        atoms: &Atoms,
        func: &Func<'a>,
        args: &[Val<'a>],
    ) -> (Vec<Value>, Vec<Range<usize>>) {
        let mut operands = Vec::new();
        let mut add = |val: &Val<'a>| {
            let start = operands.len();
            val.visit(&mut |leaf| {
                if atoms.number(leaf).is_none() {
                    operands.push(leaf);
                }
            });
            start..operands.len()
        };
        add(&Val::Func(Rc::new(func.clone())));
        let ranges = args.iter().map(add).collect();
        (operands, ranges)
    }

    fn recursion(&mut self, key: &Key, at: Span) -> Reported {
        let start = self
            .chain
            .iter()
            .position(|frame| frame.key.as_ref().is_some_and(|k| k.same_code(key)));
        let frames = self.chain.get(start.unwrap_or(0)..).unwrap_or_default();
        let named = |frame: &Frame| frame.span.map(|span| (frame.name.clone(), span));
        let cycle: Vec<(String, Span)> = frames.iter().filter_map(named).collect();
        self.fail(errors::functions::recursion(&cycle, at))
    }

    fn make_once(
        &mut self,
        func: &Func<'a>,
        bound: &Bound<'a>,
        atoms: &Atoms,
        key: Key,
        at: Span,
    ) -> R<Rc<Instance<'a>>> {
        let same = |frame: &&Frame| frame.key.as_ref().is_some_and(|k| k.same_code(&key));
        let repeated = self.chain.iter().filter(same).count();
        if repeated >= MAX_REPEATED || self.chain.len() >= MAX_CHAIN {
            return Err(self.recursion(&key, at));
        }
        self.memo.insert(key.clone(), Entry::Open);
        let (name, span) = self.name_of(func);
        self.chain.push(Frame {
            name,
            span,
            key: Some(key.clone()),
            at,
        });
        let made = self.make(func, bound, atoms, at);
        self.chain.pop();
        let entry = match &made {
            Ok(instance) => Entry::Made(instance.clone()),
            Err(Reported) => Entry::Failed,
        };
        self.memo.insert(key, entry);
        if let Ok(instance) = &made {
            self.postpone_rule((func, bound, atoms), instance, at)?;
        }
        made
    }

    /// The name of a function, and where it is declared.
    pub(super) fn name_of(&self, func: &Func<'a>) -> (String, Option<Span>) {
        match func {
            Func::Declared(code) => (code.code.name.to_string(), Some(code.code.name.span)),
            Func::Lambda(_) => (format!("{}.lambda", self.cx.b.func().name), None),
            Func::Builtin(builtin) => (builtin.name.to_owned(), None),
            Func::Derived(derived) => {
                let (name, span) = self.name_of(&derived.of);
                (format!("{name}.{}", derived.kind.name()), span)
            }
        }
    }

    /// The name of a function for messages, in backquotes if the source has it.
    pub(super) fn title_of(&self, func: &Func<'a>) -> String {
        match func {
            Func::Declared(code) => format!("`{}`", code.code.name),
            Func::Lambda(_) => "the lambda".to_owned(),
            Func::Builtin(builtin) => format!("`{}`", builtin.name),
            Func::Derived(derived) => {
                format!(
                    "the {} of {}",
                    derived.kind.title(),
                    self.title_of(&derived.of)
                )
            }
        }
    }

    fn make(
        &mut self,
        func: &Func<'a>,
        bound: &Bound<'a>,
        atoms: &Atoms,
        at: Span,
    ) -> R<Rc<Instance<'a>>> {
        let (name, _) = self.name_of(func);
        let home = match func {
            Func::Declared(code) => code.home,
            Func::Lambda(code) => code.home,
            Func::Builtin(_) | Func::Derived(_) => self.cx.home,
        };
        let outer = std::mem::replace(&mut self.cx, Cx::new(&name, home));
        let (func, inner) = self.import_all(&outer, atoms, func, bound);
        self.cx.b.at(ir_span(at));
        if holds_linear_map(&Val::Func(Rc::new(func.clone())))
            || inner.args.iter().any(holds_linear_map)
        {
            // In its caller it shares the primal with the place where the map was made.
            self.cx.b.func_mut().marks.inline = Inline::Always;
        }
        let unknowns = self.unknowns.len();
        let result = self
            .body_of(&func, &inner, at)
            .and_then(|result| self.finish(result, at));
        self.unknowns.truncate(unknowns);
        self.cx = outer;
        result.map(Rc::new)
    }

    /// Makes parameters of the new function for everything that its code uses from outside.
    pub(super) fn import_all(
        &mut self,
        outer: &Cx<'a>,
        atoms: &Atoms,
        func: &Func<'a>,
        bound: &Bound<'a>,
    ) -> (Func<'a>, Bound<'a>) {
        let mut params = HashMap::new();
        for &atom in &atoms.list {
            let name = bound.name_of_size(atom).or_else(|| {
                outer
                    .b
                    .func()
                    .values
                    .get(atom)?
                    .name
                    .clone()
                    .map(|n| n.to_string())
            });
            let param = self.cx.b.size_param(name.unwrap_or_else(|| "n".to_owned()));
            if outer.facts.proves_natural(&Size::value(atom)) {
                self.cx.facts.is_natural(param);
            }
            params.insert(atom, param);
        }
        let to_inner = |v: Value| params.get(&v).copied().unwrap_or(v);
        for &atom in &atoms.list {
            if let Some((op, a, b)) = atoms.origin(&outer.facts, atom) {
                let origin = (op, a.rename(to_inner), b.rename(to_inner));
                self.cx.facts.is_computed(to_inner(atom), origin);
            }
        }
        let size = |size: &Size| size.rename(to_inner);
        let cx = &mut self.cx;
        let mut leaf = |v: Value| match params.get(&v) {
            Some(&param) => Val::Ir(param),
            None => {
                let ty: Type = outer.b.ty(v).rename(to_inner);
                Val::Ir(
                    cx.b.param(
                        ty,
                        outer
                            .b
                            .func()
                            .values
                            .get(v)
                            .and_then(|data| data.name.clone()),
                    ),
                )
            }
        };
        let whole = Val::Func(Rc::new(func.clone())).map(&mut leaf, &size);
        let args: Vec<Val<'a>> = bound
            .args
            .iter()
            .map(|arg| arg.map(&mut leaf, &size))
            .collect();
        let generics: Vec<Binding<'a>> = bound
            .generics
            .iter()
            .map(|binding| binding.map(&mut leaf, &size))
            .collect();
        for (arg, known) in args.iter().zip(&bound.sizes) {
            if let (Val::Ir(param), Some(known)) = (arg, known) {
                self.cx.facts.is_size(*param, &size(known));
            }
        }
        let func = match whole {
            Val::Func(func) => (*func).clone(),
            _ => func.clone(),
        };
        let inner = Bound {
            args,
            generics,
            elementwise: bound.elementwise,
            sizes: Vec::new(),
        };
        (func, inner)
    }

    /// Ends the function that is being made: its result, and before it the sizes that only it knows.
    pub(super) fn finish(&mut self, result: Val<'a>, at: Span) -> R<Instance<'a>> {
        let leaves = result.leaves();
        let hidden = hidden_sizes(&self.cx, &leaves, &result);
        if let Some(&inner) = leaves
            .iter()
            .chain(&hidden)
            .find(|&&v| self.cx.b.depth(v) > 0)
        {
            let name = self.show_size(&Size::value(inner));
            return Err(self.fail(errors::types::internal(
                &format!("`{name}` leaves its region"),
                at,
            )));
        }
        let origins = hidden
            .iter()
            .map(|&v| self.cx.facts.origin(v).cloned())
            .collect();
        let mut cx = std::mem::replace(&mut self.cx, Cx::new("", 0));
        self.cx.home = cx.home;
        let lifted = std::mem::take(&mut cx.lifted);
        let results: Vec<Value> = hidden.iter().chain(&leaves).copied().collect();
        let function = cx.b.finish(results);
        let params = function.body.params.clone();
        let func = self.module.add(function);
        Ok(Instance {
            func,
            result,
            hidden: hidden.len(),
            params,
            origins,
            lifted,
        })
    }

    /// Calls an instance.
    pub(super) fn call_site(&mut self, site: &Site<'a>, at: Span) -> R<Val<'a>> {
        let outer = self.cx.b.at(ir_span(at));
        let inst = self.cx.b.call(
            &self.module,
            site.instance.func,
            &site.sizes,
            &site.operands,
        );
        self.cx.b.at(outer);
        let inst = self.checked(inst, at)?;
        let results = self.cx.b.results(inst).to_vec();
        Ok(self.rebuild(site, &site.instance.result, &results))
    }

    /// Remembers how the hidden sizes of a call were computed; gives those that were known before.
    fn hidden_sizes_of(
        &mut self,
        site: &Site<'a>,
        results: &[Value],
        known: &mut HashMap<Value, Size>,
    ) {
        let hidden = self.module.get(site.instance.func).body.results.clone();
        let pairs = hidden.iter().zip(results).zip(&site.instance.origins);
        for ((&inner, &outer), origin) in pairs {
            let size =
                |size: &Size| size.substitute(|v| known.get(&v).cloned().unwrap_or(Size::value(v)));
            let inside = |size: &Size| size.values().all(|v| known.contains_key(&v));
            let origin = origin.as_ref().filter(|(_, a, b)| inside(a) && inside(b));
            let origin = origin.and_then(|(op, a, b)| Some((*op, size(a)?, size(b)?)));
            let before = origin
                .as_ref()
                .and_then(|origin| self.cx.facts.computed(origin));
            if let Some(origin) = origin {
                self.cx.facts.is_computed(outer, origin);
            }
            known.insert(inner, Size::value(before.unwrap_or(outer)));
        }
    }

    /// The result of an instance in terms of the caller: `results` are its IR results at the call.
    pub(super) fn rebuild(
        &mut self,
        site: &Site<'a>,
        shape: &Val<'a>,
        results: &[Value],
    ) -> Val<'a> {
        let hidden = site.instance.hidden;
        let mut known: HashMap<Value, Size> = HashMap::new();
        let operands = site.operands.iter().map(|&v| Size::value(v));
        let given = site.sizes.iter().cloned().chain(operands);
        known.extend(site.instance.params.iter().copied().zip(given));
        self.hidden_sizes_of(site, results, &mut known);
        let size = |size: &Size| {
            size.substitute(|v| known.get(&v).cloned().unwrap_or_else(|| Size::value(v)))
                .unwrap_or_default()
        };
        let mut next = results.iter().skip(hidden);
        let mut leaf = |v: Value| next.next().map_or(Val::Ir(v), |&value| Val::Ir(value));
        shape.map(&mut leaf, &size)
    }
}

/// Whether a function in `val` is the linear part of a function at held arguments.
fn holds_linear_map(val: &Val<'_>) -> bool {
    let bindings = |func: &Func<'_>| {
        func.captured()
            .iter()
            .any(|binding| match &binding.meaning {
                Meaning::Val(val) => holds_linear_map(val),
                Meaning::Size(_) | Meaning::DType(_) => false,
            })
    };
    match val {
        Val::Tuple(parts) | Val::Struct(_, parts) => parts.iter().any(holds_linear_map),
        Val::Func(func) => match &**func {
            Func::Derived(derived) => {
                derived.kind.is_linear_map() || holds_linear_map(&Val::Func(derived.of.clone()))
            }
            func => bindings(func),
        },
        _ => false,
    }
}

/// The values in the sizes of `leaves` that are not parameters of the function.
fn hidden_sizes(cx: &Cx<'_>, leaves: &[Value], result: &Val<'_>) -> Vec<Value> {
    let mut hidden: Vec<Value> = Vec::new();
    let mut add = |v: Value| {
        // The parameters of a function that is being made are the values that nothing defines.
        let is_param = cx.b.definition(v).is_none() && cx.b.depth(v) == 0;
        if !is_param && !hidden.contains(&v) {
            hidden.push(v);
        }
    };
    for &leaf in leaves {
        cx.b.ty(leaf).values().for_each(&mut add);
    }
    if let Val::Func(func) = result {
        func.visit_sizes(&mut |size| size.values().for_each(&mut add));
    }
    hidden
}
