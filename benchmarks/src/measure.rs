//! Measures contenders against each other: in turns, so that what disturbs one disturbs all.

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::{TimeVal, TimeValLike};
use nix::time::{ClockId, clock_gettime};
use serde::{Deserialize, Serialize};

/// What is timed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum What {
    /// The function.
    Primal,
    /// Its value with the derivative.
    Derivative,
}

/// One who computes a case.
pub(crate) trait Contender {
    /// Who it is.
    fn name(&self) -> &str;
    /// The seconds of processor time of `count` calls.
    fn seconds(&mut self, what: What, count: u64) -> Result<f64, String>;
    /// Fails if a result is wrong.
    fn check(&mut self) -> Result<(), String>;
}

/// The times of a contender: medians, in seconds a call.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize)]
pub(crate) struct Times {
    /// Of the function.
    pub(crate) primal: f64,
    /// Of value and derivative.
    pub(crate) derivative: f64,
}

/// The statuses of `count` calls, and the seconds of processor time that they took.
pub(crate) fn repeat(count: u64, mut call: impl FnMut() -> i32) -> (i32, f64) {
    let start = processor_time();
    let mut status = 0;
    for _ in 0..count {
        status |= call();
    }
    (status, processor_time() - start)
}

/// The seconds of processor time of this thread: unlike the time on the clock it does not grow while others
/// have the processor.
pub(crate) fn processor_time() -> f64 {
    clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID).map_or(f64::NAN, |time| {
        time.tv_sec() as f64 + time.tv_nsec() as f64 * 1e-9
    })
}

/// The seconds of processor time of the processes that this one has started and that have ended.
pub(crate) fn time_of_children() -> f64 {
    getrusage(UsageWho::RUSAGE_CHILDREN).map_or(f64::NAN, |usage| {
        let seconds = |time: TimeVal| time.num_microseconds() as f64 * 1e-6;
        seconds(usage.user_time()) + seconds(usage.system_time())
    })
}

/// How long a repetition is to last at least, in seconds.
const ENOUGH: f64 = 0.02;

/// The median of `repetitions` of each contender, which take turns.
pub(crate) fn compare(
    contenders: &mut [Box<dyn Contender>],
    repetitions: usize,
) -> Result<Vec<Times>, String> {
    let mut primal = Vec::new();
    let mut derivative = Vec::new();
    for contender in contenders.iter_mut() {
        primal.push(Samples::new(contender.as_mut(), What::Primal)?);
        derivative.push(Samples::new(contender.as_mut(), What::Derivative)?);
    }
    for _ in 0..repetitions {
        let both = primal.iter_mut().zip(&mut derivative);
        for (contender, (primal, derivative)) in contenders.iter_mut().zip(both) {
            primal.add(contender.as_mut(), What::Primal)?;
            derivative.add(contender.as_mut(), What::Derivative)?;
        }
    }
    let both = primal.into_iter().zip(derivative);
    Ok(both
        .map(|(primal, derivative)| Times {
            primal: primal.median(),
            derivative: derivative.median(),
        })
        .collect())
}

/// The median of the primal alone, of contenders that take turns.
pub(crate) fn compare_primals(
    contenders: &mut [Box<dyn Contender>],
    repetitions: usize,
) -> Result<Vec<f64>, String> {
    let mut samples = Vec::new();
    for contender in contenders.iter_mut() {
        samples.push(Samples::new(contender.as_mut(), What::Primal)?);
    }
    for _ in 0..repetitions {
        for (contender, samples) in contenders.iter_mut().zip(&mut samples) {
            samples.add(contender.as_mut(), What::Primal)?;
        }
    }
    Ok(samples.into_iter().map(Samples::median).collect())
}

/// Repetitions of one measurement.
struct Samples {
    count: u64,
    seconds: Vec<f64>,
}

impl Samples {
    /// Finds out how many calls last long enough; that also warms up.
    fn new(contender: &mut dyn Contender, what: What) -> Result<Samples, String> {
        let mut count = 1;
        loop {
            let seconds = contender.seconds(what, count)?;
            if seconds >= ENOUGH / 2.0 {
                let wanted = count as f64 * ENOUGH / seconds;
                return Ok(Samples {
                    count: (wanted.ceil() as u64).max(1),
                    seconds: Vec::new(),
                });
            }
            count *= 2;
        }
    }

    fn add(&mut self, contender: &mut dyn Contender, what: What) -> Result<(), String> {
        let seconds = contender.seconds(what, self.count)?;
        self.seconds.push(seconds / self.count as f64);
        Ok(())
    }

    fn median(mut self) -> f64 {
        self.seconds.sort_by(f64::total_cmp);
        let middle = self.seconds.len() / 2;
        self.seconds.get(middle).copied().unwrap_or(f64::NAN)
    }
}
