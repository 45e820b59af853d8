//! The suite on several threads, against itself on one: the same functions, by the clock and by the time of
//! the processor.
//!
//! A clock says little where others use the processors. So the parts that each thread would run are also run
//! one after the other, on one thread: what several threads would take at least is what runs outside of
//! loops, and of each loop the longest thread's time.

#![allow(unsafe_code, reason = "a pool for C functions")]

use crate::build::Places;
use crate::measure::{Contender, What, processor_time};
use crate::native::Native;
use crate::{Args, progress};
use dfn_benchmarks::{CASES, Case};
use dfn_runtime::pool::Body;
use dfn_runtime::{Pool, Threads};
use std::cell::Cell;
use std::ffi::c_void;
use std::fmt::Write;
use std::time::Instant;

/// A pool whose threads take turns on the calling one.
struct Turns {
    workers: i64,
    /// The processor time that other threads would have saved, in seconds.
    saved: Cell<f64>,
}

unsafe extern "C" fn take_turns(context: *mut c_void, count: i64, body: Body, data: *mut c_void) {
    // SAFETY: the pool that this function is in has this context.
    let turns = unsafe { &*context.cast::<Turns>() };
    let (mut all, mut longest) = (0.0, 0.0_f64);
    for worker in 0..turns.workers {
        let start = processor_time();
        for index in (worker..count).step_by(turns.workers as usize) {
            // SAFETY: as the library asks for.
            unsafe { body(data, index, worker) };
        }
        let time = processor_time() - start;
        all += time;
        longest = longest.max(time);
    }
    turns.saved.set(turns.saved.get() + all - longest);
}

/// The medians of a function, in seconds a call.
struct Found {
    one: f64,
    turns: f64,
    clock_one: f64,
    clock: f64,
}

pub(crate) fn compare(places: &Places, args: &Args) -> Result<String, String> {
    let workers = args.threads.max(1);
    let mut text = format!(
        "Times of one thread divided by those of {workers}.\n\n\
         | case | function | one thread | processor time | clock |\n|---|---|---|---|---|\n"
    );
    for case in CASES.iter().filter(|case| case.name.contains(&args.only)) {
        progress(case.name);
        let built = places.dfn_with(case.program, &args.backend, &["--parallel"])?;
        for what in [What::Primal, What::Derivative] {
            let name = match what {
                What::Primal => "primal",
                What::Derivative => "derivative",
            };
            let found = measure(&built.path, *case, what, args)?;
            let _ = match found {
                Some(f) => writeln!(
                    text,
                    "| {} | {name} | {:.1} µs | {:.2} | {:.2} |",
                    case.name,
                    f.one * 1e6,
                    f.one / f.turns,
                    f.clock_one / f.clock
                ),
                None => writeln!(text, "| {} | {name} | | no loop for threads | |", case.name),
            };
        }
    }
    Ok(text)
}

fn measure(
    path: &std::path::Path,
    case: Case,
    what: What,
    args: &Args,
) -> Result<Option<Found>, String> {
    let mut one = Native::new("one thread", path, case)?;
    if !one.is_parallel(what) {
        return Ok(None);
    }
    let turns = Turns {
        workers: args.threads.max(1) as i64,
        saved: Cell::new(0.0),
    };
    let pool = Pool {
        context: std::ptr::from_ref(&turns).cast_mut().cast(),
        workers: turns.workers,
        parallel_for: take_turns,
    };
    let threads = Threads::new(args.threads).map_err(|error| error.to_string())?;
    let mut each = Native::new("turns", path, case)?.on(&pool)?;
    let mut many = Native::new("threads", path, case)?.on(threads.pool())?;
    let bits = one.bits(what)?;
    if each.bits(what)? != bits || many.bits(what)? != bits {
        return Err(format!("{}: threads give other bits", case.name));
    }
    let count = calls(&mut one, what)?;
    let mut samples: [Vec<f64>; 4] = Default::default();
    for _ in 0..args.repetitions {
        let (time, clock_one) = timed(&mut one, what, count)?;
        turns.saved.set(0.0);
        let in_turns = each.seconds(what, count)? - turns.saved.get();
        let (_, clock) = timed(&mut many, what, count)?;
        let all = [time, in_turns, clock_one, clock];
        for (list, seconds) in samples.iter_mut().zip(all) {
            list.push(seconds / count as f64);
        }
    }
    let [one, turns, clock_one, clock] = samples.map(median);
    Ok(Some(Found {
        one,
        turns,
        clock_one,
        clock,
    }))
}

/// How many calls last long enough.
fn calls(native: &mut Native, what: What) -> Result<u64, String> {
    let mut count = 1;
    while native.seconds(what, count)? < 0.01 {
        count *= 2;
    }
    Ok(count)
}

/// The processor time of this thread, and that of the clock.
fn timed(native: &mut Native, what: What, count: u64) -> Result<(f64, f64), String> {
    let start = Instant::now();
    let seconds = native.seconds(what, count)?;
    Ok((seconds, start.elapsed().as_secs_f64()))
}

fn median(mut seconds: Vec<f64>) -> f64 {
    seconds.sort_by(f64::total_cmp);
    let middle = seconds.len() / 2;
    seconds.get(middle).copied().unwrap_or(f64::NAN)
}
