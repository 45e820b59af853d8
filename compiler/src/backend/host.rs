//! Calls from compiled code to the host.
//!
//! Each `host` statement has a [`HostSite`] whose address is a constant of the code; all of them call
//! [`host_entry`] with it and with their arguments, 64 bits each (a buffer takes two: address, length).
//! The host itself is found in a thread-local that is set while [`super::Jit::invoke`] runs.

use std::cell::Cell;

use dfn_ir::loops::{Function, Host, HostArg, HostValue, VarTy, host::NO_SUCH_FUNCTION};
use dfn_ir::scalar::{DType, Scalar};

/// An argument as it lies in the packed array.
#[derive(Clone, Copy, Debug)]
enum Packed {
    Scalar(DType),
    Buffer(DType),
}

/// What `host_entry` must know of one statement.
#[derive(Debug)]
pub(super) struct HostSite {
    name: String,
    args: Vec<Packed>,
}

impl HostSite {
    pub(super) fn new(function: &Function, name: &str, args: &[HostArg]) -> HostSite {
        let packed = |arg: &HostArg| match arg {
            HostArg::Value(var) => match function.ty(*var) {
                VarTy::Value(ty) => Packed::Scalar(ty.dtype),
                VarTy::Buffer(_) | VarTy::Pointer => Packed::Scalar(DType::U64),
            },
            HostArg::Buffer { buffer, .. } => {
                Packed::Buffer(function.ty(*buffer).buffer().unwrap_or(DType::U64))
            }
        };
        HostSite {
            name: name.to_owned(),
            args: args.iter().map(packed).collect(),
        }
    }
}

/// The sites of a program; their addresses do not change while more are added.
#[derive(Debug, Default)]
#[allow(clippy::vec_box, reason = "code holds the addresses of the sites")]
pub(super) struct HostSites(Vec<Box<HostSite>>);

impl HostSites {
    /// Keeps a site: its address.
    pub(super) fn add(&mut self, site: HostSite) -> *const HostSite {
        let site = Box::new(site);
        let address: *const HostSite = &raw const *site;
        self.0.push(site);
        address
    }
}

thread_local! {
    /// The host of the innermost call on this thread.
    static CURRENT: Cell<Option<*mut (dyn Host + 'static)>> = const { Cell::new(None) };
}

/// Runs `body` with `host` as the host of compiled code on this thread.
#[allow(
    unsafe_code,
    reason = "the host is handed through compiled code, which knows no lifetimes"
)]
pub(super) fn with_host<R>(host: &mut dyn Host, body: impl FnOnce() -> R) -> R {
    /// Puts the former host back, on unwinding too.
    struct Restore(Option<*mut (dyn Host + 'static)>);
    impl Drop for Restore {
        fn drop(&mut self) {
            CURRENT.set(self.0);
        }
    }
    let host: *mut (dyn Host + '_) = host;
    // SAFETY: only the lifetime is changed; the pointer is removed by `Restore` before it ends.
    let host: *mut (dyn Host + 'static) = unsafe { std::mem::transmute(host) };
    let _restore = Restore(CURRENT.replace(Some(host)));
    body()
}

/// Called by compiled code.
#[allow(unsafe_code, reason = "called by compiled code with raw addresses")]
pub(super) extern "C" fn host_entry(site: *const HostSite, args: *const u64) -> i32 {
    let Some(host) = CURRENT.get() else {
        return NO_SUCH_FUNCTION;
    };
    // SAFETY: compiled code passes the address of a site that lives as long as the code, and an array
    // with the words that the site's arguments take; each buffer is an address with as many elements as
    // the program says. The host is alive (`with_host`) and used by nobody else: the program that has
    // it exclusively is waiting for this call.
    unsafe {
        let site = &*site;
        let mut at = args;
        let mut next = || {
            let word = *at;
            at = at.add(1);
            word
        };
        let mut values: Vec<HostValue<'_>> = Vec::with_capacity(site.args.len());
        for arg in &site.args {
            values.push(match *arg {
                Packed::Scalar(dtype) => HostValue::Scalar(Scalar::from_bits(dtype, next())),
                Packed::Buffer(dtype) => {
                    let address = next() as *mut u8;
                    let len = (next() as i64).max(0) as usize * dtype.bytes() as usize;
                    let bytes = match len {
                        0 => &mut [],
                        _ => std::slice::from_raw_parts_mut(address, len),
                    };
                    HostValue::Buffer { dtype, bytes }
                }
            });
        }
        (*host).call(&site.name, &mut values)
    }
}
