//! The key of an instance: the code, and what of its arguments the made function depends on.
//!
//! That is element types, ranks, and which sizes are constant, equal or polynomials of one another; not
//! the sizes themselves: they are numbered in the order in which they are met.

use super::call::Bound;
use super::elab::Cx;
use super::facts::{Facts, Origin};
use super::number::Number;
use super::transform::{Kind, Options};
use super::val::{Binding, Func, Meaning, Numbers, Val, Wrt};
use cranelift_entity::EntityRef;
use dfn_ir::{DType, Size, Type, Value};
use std::collections::HashMap;
use std::sync::Arc;

/// What an instance is made for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Key {
    func: FuncSig,
    args: Vec<Sig>,
    /// The integers among the arguments that are known polynomials of sizes.
    known: Vec<Option<Size>>,
    /// For each size whether it is known not to be negative.
    natural: Vec<bool>,
    /// For each size how it was computed from others of them.
    origins: Vec<Option<Origin>>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Sig {
    Leaf(Type),
    /// An integer that is the size of this number.
    Size(usize),
    Number(Number),
    Numbers(std::rc::Rc<Numbers>),
    Tuple(Vec<Sig>),
    /// The address of the declaration identifies the struct; then its leading axes.
    Struct(usize, usize, Vec<Sig>),
    Func(Box<FuncSig>),
    Text(Arc<str>),
    Error,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum FuncSig {
    /// The address of the code identifies it.
    Code(usize, Vec<(Arc<str>, MeaningSig)>),
    Builtin(&'static str),
    Derived(Kind, Box<FuncSig>, Wrt, Vec<Sig>, Options),
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum MeaningSig {
    Val(Sig),
    Size(Size),
    DType(DType),
}

/// The values that the types of captured values and arguments mention, numbered as they are met.
#[derive(Clone, Debug, Default)]
pub(super) struct Atoms {
    /// In order.
    pub(super) list: Vec<Value>,
    numbers: HashMap<Value, usize>,
}

impl Atoms {
    /// All atoms of a function and its arguments.
    pub(super) fn of(cx: &Cx<'_>, func: &Func<'_>, bound: &Bound<'_>) -> Atoms {
        let mut atoms = Atoms::default();
        let args = &bound.args;
        let whole = Val::Func(std::rc::Rc::new(func.clone()));
        for val in std::iter::once(&whole).chain(args) {
            atoms.add_all(cx, val);
        }
        let known = bound.sizes.iter().flatten();
        known.flat_map(Size::values).for_each(|v| atoms.add(v));
        atoms
    }

    fn add_all(&mut self, cx: &Cx<'_>, val: &Val<'_>) {
        val.visit(&mut |leaf| cx.b.ty(leaf).values().for_each(|v| self.add(v)));
        visit_functions(val, &mut |func| {
            func.visit_sizes(&mut |size| size.values().for_each(|v| self.add(v)))
        });
    }

    fn add(&mut self, value: Value) {
        let next = self.list.len();
        if let std::collections::hash_map::Entry::Vacant(entry) = self.numbers.entry(value) {
            entry.insert(next);
            self.list.push(value);
        }
    }

    /// The number of `value`, if it is an atom.
    pub(super) fn number(&self, value: Value) -> Option<usize> {
        self.numbers.get(&value).copied()
    }

    fn canonical_origin(&self, cx: &Cx<'_>, value: Value) -> Option<Origin> {
        let (op, a, b) = self.origin(&cx.facts, value)?;
        let size = |size: &Size| size.rename(|v| self.canonical(v));
        Some((op, size(&a), size(&b)))
    }

    /// How `value` was computed, if only from atoms.
    pub(super) fn origin(&self, facts: &Facts, value: Value) -> Option<Origin> {
        let origin = facts.origin(value)?;
        let known = |size: &Size| size.values().all(|v| self.number(v).is_some());
        (known(&origin.1) && known(&origin.2)).then(|| origin.clone())
    }

    fn canonical(&self, value: Value) -> Value {
        Value::new(self.number(value).unwrap_or(usize::from(u16::MAX)))
    }
}

fn visit_functions<'a>(val: &Val<'a>, visit: &mut dyn FnMut(&Func<'a>)) {
    match val {
        Val::Func(func) => visit(func),
        Val::Tuple(parts) | Val::Struct(_, parts) => {
            parts.iter().for_each(|part| visit_functions(part, visit))
        }
        Val::Ir(_) | Val::Number(_) | Val::Numbers(_) | Val::Text(_) | Val::Error => {}
    }
}

impl Key {
    /// The key for `func` applied to `args`.
    pub(super) fn new(cx: &Cx<'_>, atoms: &Atoms, func: &Func<'_>, bound: &Bound<'_>) -> Key {
        let known = |size: &Option<Size>| {
            size.as_ref()
                .map(|size| size.rename(|v| atoms.canonical(v)))
        };
        Key {
            func: func_sig(cx, atoms, func),
            args: bound.args.iter().map(|arg| sig(cx, atoms, arg)).collect(),
            known: bound.sizes.iter().map(known).collect(),
            natural: atoms
                .list
                .iter()
                .map(|&v| cx.facts.proves_natural(&Size::value(v)))
                .collect(),
            origins: atoms
                .list
                .iter()
                .map(|&v| atoms.canonical_origin(cx, v))
                .collect(),
        }
    }

    /// Whether both are for the same code.
    pub(super) fn same_code(&self, other: &Key) -> bool {
        matches!((&self.func, &other.func), (FuncSig::Code(a, _), FuncSig::Code(b, _)) if a == b)
    }
}

fn sig(cx: &Cx<'_>, atoms: &Atoms, val: &Val<'_>) -> Sig {
    let all = |parts: &[Val<'_>]| parts.iter().map(|part| sig(cx, atoms, part)).collect();
    match val {
        Val::Ir(value) => match atoms.number(*value) {
            Some(number) => Sig::Size(number),
            None => Sig::Leaf(cx.b.ty(*value).rename(|v| atoms.canonical(v))),
        },
        Val::Number(number) => Sig::Number(number.clone()),
        Val::Numbers(numbers) => Sig::Numbers(numbers.clone()),
        Val::Tuple(parts) => Sig::Tuple(all(parts)),
        Val::Struct(def, parts) => {
            Sig::Struct(std::ptr::from_ref(def.decl).addr(), def.rows, all(parts))
        }
        Val::Func(func) => Sig::Func(Box::new(func_sig(cx, atoms, func))),
        Val::Text(text) => Sig::Text(text.clone()),
        Val::Error => Sig::Error,
    }
}

fn func_sig(cx: &Cx<'_>, atoms: &Atoms, func: &Func<'_>) -> FuncSig {
    let captured = |list: &[Binding<'_>]| {
        let one = |binding: &Binding<'_>| {
            (
                binding.name.clone(),
                meaning_sig(cx, atoms, &binding.meaning),
            )
        };
        list.iter().map(one).collect()
    };
    match func {
        Func::Declared(code) => FuncSig::Code(
            std::ptr::from_ref(code.code).addr(),
            captured(&code.captured),
        ),
        Func::Lambda(code) => FuncSig::Code(
            std::ptr::from_ref(code.code).addr(),
            captured(&code.captured),
        ),
        Func::Builtin(builtin) => FuncSig::Builtin(builtin.name),
        Func::Derived(derived) => FuncSig::Derived(
            derived.kind,
            Box::new(func_sig(cx, atoms, &derived.of)),
            derived.wrt.clone(),
            derived.held.iter().map(|val| sig(cx, atoms, val)).collect(),
            derived.options.clone(),
        ),
    }
}

fn meaning_sig(cx: &Cx<'_>, atoms: &Atoms, meaning: &Meaning<'_>) -> MeaningSig {
    match meaning {
        Meaning::Val(val) => MeaningSig::Val(sig(cx, atoms, val)),
        Meaning::Size(size) => MeaningSig::Size(size.rename(|v| atoms.canonical(v))),
        Meaning::DType(dtype) => MeaningSig::DType(*dtype),
    }
}
