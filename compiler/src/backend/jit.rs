//! Functions in memory, ready to be called.

use std::any::Any;
use std::collections::HashMap;
use std::fmt;

use dfn_ir::loops::{Function, Host, Linkage, Program, VarTy};
use dfn_ir::scalar::{DType, Scalar};

use super::host::{HostSites, with_host};

/// What each exported function is called through: it takes the arguments, 64 bits each.
type Trampoline = unsafe extern "C" fn(*const u64) -> i32;

/// An argument of a call.
#[derive(Debug)]
pub enum Arg<'a> {
    /// A number.
    Scalar(Scalar),
    /// Elements of a buffer, read or written; they lie as in a C array.
    F64(&'a mut [f64]),
    /// Elements of a buffer of any type, as bytes; aligned for that type.
    Bytes(&'a mut [u8]),
    /// The address of a C struct or of the workspace.
    Address(*mut u8),
}

/// Why a function was not called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CallError {
    /// No exported function has this name.
    NoSuchFunction(String),
    /// The number or the types of the arguments do not fit.
    Arguments {
        /// The types that the function takes.
        wanted: Vec<String>,
    },
}

impl fmt::Display for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CallError::NoSuchFunction(name) => write!(f, "there is no function `{name}`"),
            CallError::Arguments { wanted } => {
                write!(f, "the arguments are not ({})", wanted.join(", "))
            }
        }
    }
}

impl std::error::Error for CallError {}

#[derive(Debug)]
struct Entry {
    trampoline: Trampoline,
    params: Vec<VarTy>,
}

/// Compiled functions; dropping it frees their code.
pub struct Jit {
    entries: HashMap<String, Entry>,
    /// Used by the code; dropped after it.
    _code: Box<dyn Any>,
    _sites: HostSites,
}

impl fmt::Debug for Jit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Jit")
            .field("entries", &self.entries)
            .finish_non_exhaustive()
    }
}

/// The functions that get a trampoline, and its symbol.
pub(super) fn exported(program: &Program) -> impl Iterator<Item = (&Function, String)> {
    program
        .functions
        .values()
        .filter(|function| function.linkage == Linkage::Export)
        .map(|function| (function, format!("dfn.call.{}", function.name)))
}

impl Jit {
    /// `address` gives the place of a trampoline by its symbol. `code` owns the memory.
    #[allow(unsafe_code, reason = "addresses become functions")]
    pub(super) fn new(
        program: &Program,
        sites: HostSites,
        code: Box<dyn Any>,
        mut address: impl FnMut(&str) -> Option<*const u8>,
    ) -> Jit {
        let mut entries = HashMap::new();
        for (function, symbol) in exported(program) {
            if let Some(address) = address(&symbol).filter(|address| !address.is_null()) {
                // SAFETY: the backend compiled the trampoline with this signature, and `code` keeps it.
                let trampoline = unsafe { std::mem::transmute::<*const u8, Trampoline>(address) };
                let params = function
                    .params
                    .iter()
                    .map(|&var| function.ty(var))
                    .collect();
                let entry = Entry { trampoline, params };
                entries.insert(function.name.clone(), entry);
            }
        }
        Jit {
            entries,
            _code: code,
            _sites: sites,
        }
    }

    /// Calls an exported function with the bits of scalars and with addresses: the status.
    ///
    /// # Safety
    /// The arguments must be what the function expects: as many, and each address must hold as many
    /// aligned elements as the function accesses for these sizes.
    #[allow(unsafe_code, reason = "the call of compiled code")]
    pub unsafe fn invoke(
        &self,
        name: &str,
        args: &[u64],
        host: &mut dyn Host,
    ) -> Result<i32, CallError> {
        let entry = self.entry(name)?;
        if entry.params.len() != args.len() {
            return Err(entry.mismatch());
        }
        let trampoline = entry.trampoline;
        // SAFETY: as required of the caller; the code is alive as long as `self`.
        Ok(with_host(host, || unsafe { trampoline(args.as_ptr()) }))
    }

    /// Calls an exported function after checking the types of its arguments: the status.
    ///
    /// # Safety
    /// Buffers must be long enough for the sizes among the arguments, and addresses must be valid.
    #[allow(unsafe_code, reason = "the call of compiled code")]
    pub unsafe fn call(
        &self,
        name: &str,
        args: &mut [Arg<'_>],
        host: &mut dyn Host,
    ) -> Result<i32, CallError> {
        let entry = self.entry(name)?;
        let fits = args.len() == entry.params.len()
            && args
                .iter()
                .zip(&entry.params)
                .all(|(arg, ty)| arg.fits(*ty));
        if !fits {
            return Err(entry.mismatch());
        }
        let words: Vec<u64> = args.iter_mut().map(Arg::word).collect();
        // SAFETY: as required of the caller.
        unsafe { self.invoke(name, &words, host) }
    }

    fn entry(&self, name: &str) -> Result<&Entry, CallError> {
        self.entries
            .get(name)
            .ok_or_else(|| CallError::NoSuchFunction(name.to_owned()))
    }
}

impl Entry {
    fn mismatch(&self) -> CallError {
        CallError::Arguments {
            wanted: self.params.iter().map(VarTy::to_string).collect(),
        }
    }
}

impl Arg<'_> {
    fn fits(&self, ty: VarTy) -> bool {
        match (self, ty) {
            (Arg::Scalar(value), VarTy::Value(ty)) => value.dtype() == ty.dtype,
            (Arg::F64(_), VarTy::Buffer(dtype)) => dtype == DType::F64,
            (Arg::Bytes(bytes), VarTy::Buffer(dtype)) => {
                let size = dtype.bytes() as usize;
                let aligned = bytes.is_empty() || (bytes.as_ptr() as usize).is_multiple_of(size);
                aligned && bytes.len().is_multiple_of(size)
            }
            (Arg::Address(_), VarTy::Pointer | VarTy::Buffer(_)) => true,
            _ => false,
        }
    }

    fn word(&mut self) -> u64 {
        match self {
            Arg::Scalar(value) => value.to_bits(),
            Arg::F64(values) => values.as_mut_ptr() as u64,
            Arg::Bytes(bytes) => bytes.as_mut_ptr() as u64,
            Arg::Address(address) => *address as u64,
        }
    }
}
