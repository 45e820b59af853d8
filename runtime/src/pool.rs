//! Pools of threads, for functions that `dfn build --parallel` makes.
//!
//! [`Pool`] is what such a function takes: any threads will do. [`Threads`] is a pool that is ready.

use std::ffi::c_void;
use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{Builder, JoinHandle};

/// What a pool calls: with the data of the work, the number of the call, and the number of the thread.
pub type Body = unsafe extern "C" fn(data: *mut c_void, index: i64, worker: i64);

/// Calls a body once for each number below `count`, on any threads and in any order, and returns when all
/// calls have. Calls that run at the same time have different numbers of threads.
pub type ParallelFor =
    unsafe extern "C" fn(context: *mut c_void, count: i64, body: Body, data: *mut c_void);

/// `dfn_pool` of C.
#[repr(C)]
#[derive(Debug)]
pub struct Pool {
    /// Handed to `parallel_for`.
    pub context: *mut c_void,
    /// The number of threads, at least 1.
    pub workers: i64,
    /// What makes the calls.
    pub parallel_for: ParallelFor,
}

/// A pool of threads. The thread that calls is one of them; calls of several threads run one after the other.
///
/// ```
/// let threads = dfn_runtime::Threads::new(2).unwrap();
/// assert_eq!(threads.pool().workers, 2);
/// ```
#[derive(Debug)]
pub struct Threads {
    shared: Arc<Shared>,
    pool: Pool,
    handles: Vec<JoinHandle<()>>,
}

// SAFETY: the pool's context is `shared`, all of which is behind locks.
unsafe impl Send for Threads {}
// SAFETY: as above.
unsafe impl Sync for Threads {}

#[derive(Debug)]
struct Shared {
    /// Held by the caller whose work runs.
    turn: Mutex<()>,
    state: Mutex<State>,
    work: Condvar,
    done: Condvar,
}

#[derive(Debug)]
struct State {
    /// Goes up when there is work.
    round: u64,
    stop: bool,
    job: Option<Job>,
    next: i64,
    finished: i64,
}

#[derive(Clone, Copy, Debug)]
struct Job {
    count: i64,
    body: Body,
    data: *mut c_void,
}

// SAFETY: whoever gives the data lets several threads use it.
unsafe impl Send for Job {}

impl Threads {
    /// A pool of this many threads, the calling one included; of one if 0 are asked for.
    ///
    /// # Errors
    /// If the system has not so many threads.
    pub fn new(workers: usize) -> io::Result<Threads> {
        let shared = Arc::new(Shared {
            turn: Mutex::new(()),
            state: Mutex::new(State {
                round: 0,
                stop: false,
                job: None,
                next: 0,
                finished: 0,
            }),
            work: Condvar::new(),
            done: Condvar::new(),
        });
        let pool = Pool {
            context: Arc::as_ptr(&shared).cast_mut().cast(),
            workers: workers.max(1) as i64,
            parallel_for,
        };
        let mut threads = Threads {
            shared,
            pool,
            handles: Vec::new(),
        };
        for worker in 1..threads.pool.workers {
            let shared = Arc::clone(&threads.shared);
            let handle = Builder::new().spawn(move || shared.serve(worker))?;
            threads.handles.push(handle);
        }
        Ok(threads)
    }

    /// What functions take; valid as long as the threads are.
    pub fn pool(&self) -> &Pool {
        &self.pool
    }
}

impl Drop for Threads {
    fn drop(&mut self) {
        self.shared.state().stop = true;
        self.shared.work.notify_all();
        for handle in self.handles.drain(..) {
            // A thread that panicked has said so.
            let _ = handle.join();
        }
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What a thread of the pool does.
    fn serve(&self, worker: i64) {
        let mut seen = 0;
        let mut state = self.state();
        loop {
            while !state.stop && state.round == seen {
                let waited = self.work.wait(state);
                state = waited.unwrap_or_else(PoisonError::into_inner);
            }
            if state.stop {
                return;
            }
            seen = state.round;
            state = self.take(state, worker);
        }
    }

    /// Makes calls as long as there are any.
    fn take<'s>(&'s self, mut state: MutexGuard<'s, State>, worker: i64) -> MutexGuard<'s, State> {
        while let Some(job) = state.job.filter(|job| state.next < job.count) {
            let index = state.next;
            state.next += 1;
            drop(state);
            // SAFETY: the caller of `parallel_for` gave the body its data, and waits for the call.
            unsafe { (job.body)(job.data, index, worker) };
            state = self.state();
            state.finished += 1;
            if state.finished == job.count {
                self.done.notify_all();
            }
        }
        state
    }

    fn run(&self, job: Job) {
        let turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let mut state = self.state();
        state.job = Some(job);
        state.next = 0;
        state.finished = 0;
        state.round += 1;
        self.work.notify_all();
        state = self.take(state, 0);
        while state.finished < job.count {
            let waited = self.done.wait(state);
            state = waited.unwrap_or_else(PoisonError::into_inner);
        }
        state.job = None;
        drop(state);
        drop(turn);
    }
}

unsafe extern "C" fn parallel_for(context: *mut c_void, count: i64, body: Body, data: *mut c_void) {
    // SAFETY: the context of a pool of `Threads` is its `shared`, which lives as long as the pool.
    let shared = unsafe { &*context.cast::<Shared>() };
    shared.run(Job { count, body, data });
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicI64, Ordering};

    /// Adds its number, and counts calls by threads that do not exist.
    unsafe extern "C" fn add(data: *mut c_void, index: i64, worker: i64) {
        // SAFETY: the test passes these.
        let cells = unsafe { &*data.cast::<[AtomicI64; 2]>() };
        cells[0].fetch_add(index + 1, Ordering::SeqCst);
        if !(0..3).contains(&worker) {
            cells[1].fetch_add(1, Ordering::SeqCst);
        }
    }

    #[test]
    fn each_call_is_made_once() {
        let threads = Threads::new(3).unwrap();
        let pool = threads.pool();
        for count in [0, 1, 2, 100] {
            let cells = [AtomicI64::new(0), AtomicI64::new(0)];
            let data = std::ptr::from_ref(&cells).cast_mut().cast();
            // SAFETY: the pool is alive, and the body takes this data.
            unsafe { (pool.parallel_for)(pool.context, count, add, data) };
            let sum = count * (count + 1) / 2;
            assert_eq!(cells.map(|cell| cell.load(Ordering::SeqCst)), [sum, 0]);
        }
    }
}
