//! Room for recursion over syntax trees.
//!
//! The height of a tree is bounded ([`crate::syntax::MAX_HEIGHT`]), but a level takes several
//! frames, which are large in debug builds: the highest tree does not fit into the 2 MB that a
//! thread has by default. What recurses over trees therefore runs on a thread with more.

use std::sync::Mutex;
use std::thread;

/// Address space only: pages are used as the recursion touches them.
const STACK_BYTES: usize = 256 << 20;

/// Runs `work` where recursion over the highest syntax tree fits.
pub fn with_deep_stack<R: Send>(work: impl FnOnce() -> R + Send) -> R {
    let work = Mutex::new(Some(work));
    let run = || {
        let work = work.lock().ok().and_then(|mut work| work.take());
        work.map(|work| work())
    };
    thread::scope(|scope| {
        match thread::Builder::new()
            .stack_size(STACK_BYTES)
            .spawn_scoped(scope, run)
        {
            Ok(handle) => match handle.join() {
                Ok(result) => result,
                Err(panic) => std::panic::resume_unwind(panic),
            },
            // The system gives no such thread: the stack that there is suffices for real programs.
            Err(_) => run(),
        }
    })
    .expect("the work was not taken before")
}
