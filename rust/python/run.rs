//! Runs long work without the GIL, and meanwhile checks for Python's signals and updates the progress bar.

use std::sync::mpsc::{RecvTimeoutError, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use pyo3::exceptions::{PyMemoryError, PyRuntimeError, PyValueError};
use pyo3::prelude::*;
use rayon::{ThreadPool, ThreadPoolBuilder};
use spanmatch::{Error, Progress};

use crate::errors::to_python;

/// How often signals are checked and progress is shown.
const GLANCE: Duration = Duration::from_millis(50);

/// What the working thread sends to the waiting one.
enum Message<T> {
    /// Asks whether the work may change its object now.
    MayChange,
    Done(spanmatch::Result<T>),
}

/// Runs `work` in the thread pool. Ctrl-C cancels it; `report` is called with what is
/// done, of how much.
pub(crate) fn run<T: Send>(
    py: Python<'_>,
    report: Option<&Bound<'_, PyAny>>,
    work: impl FnOnce(&Arc<Progress>) -> spanmatch::Result<T> + Send,
) -> PyResult<T> {
    run_asking(py, &[], report, |progress, _| work(progress))
}

/// As [`run`], with a question that `work` asks before it changes anything: a signal that has come by then is
/// heeded, and not reported of what is done. Errors name the sides by `sides`; none: x and y.
pub(crate) fn run_asking<T: Send>(
    py: Python<'_>,
    sides: &[String],
    report: Option<&Bound<'_, PyAny>>,
    work: impl FnOnce(&Arc<Progress>, &dyn Fn() -> spanmatch::Result<()>) -> spanmatch::Result<T> + Send,
) -> PyResult<T> {
    let pool = pool()?;
    let report = report.map(|report| report.clone().unbind());
    let progress = Arc::new(Progress::default());
    let result = py.detach(|| {
        pool.in_place_scope(|scope| {
            let (sender, receiver) = channel();
            let (answer, answers) = channel();
            let progress = &progress;
            scope.spawn(move |_| {
                let may_change = || {
                    let is_sent = sender.send(Message::MayChange).is_ok();
                    let is_allowed = is_sent && answers.recv() == Ok(true);
                    if is_allowed { Ok(()) } else { Err(Error::Interrupted) }
                };
                let result = work(progress, &may_change);
                // Sending fails only where the waiting side has panicked.
                let _ = sender.send(Message::Done(result));
            });
            let mut complaint = None;
            loop {
                let message = receiver.recv_timeout(GLANCE);
                let is_asked = matches!(message, Ok(Message::MayChange));
                match message {
                    Ok(Message::Done(result)) => return (complaint, Some(result)),
                    Err(RecvTimeoutError::Disconnected) => return (complaint, None),
                    // A signal that comes too late is left for Python to find when the call returns.
                    _ if complaint.is_none() && !progress.is_committed() => {
                        complaint = Python::attach(|py| look(py, progress, report.as_ref())).err();
                        if complaint.is_some() {
                            progress.cancel();
                        }
                    }
                    _ => {}
                }
                if is_asked {
                    // Sending fails only where the working side has panicked.
                    let _ = answer.send(complaint.is_none());
                }
            }
        })
    });
    match result {
        (None, Some(Ok(value))) => Ok(value),
        (Some(complaint), _) => Err(complaint),
        (None, Some(Err(error))) => Err(to_python(&error, sides)),
        (None, None) => Err(PyRuntimeError::new_err("the computation ended without a result")),
    }
}

fn look(py: Python<'_>, progress: &Progress, report: Option<&Py<PyAny>>) -> PyResult<()> {
    py.check_signals()?;
    if let Some(report) = report {
        report.call1(py, progress.steps())?;
    }
    Ok(())
}

/// Waits for a lock without holding the GIL, and gives up on a signal.
pub(crate) fn wait_for<G>(py: Python<'_>, mut attempt: impl FnMut() -> Option<G>) -> PyResult<G> {
    loop {
        if let Some(guard) = attempt() {
            return Ok(guard);
        }
        py.detach(|| std::thread::sleep(Duration::from_millis(2)));
        py.check_signals()?;
    }
}

/// The pool and the process that made it: a forked child inherits the memory, but no threads.
static POOL: Mutex<Option<(u32, Arc<ThreadPool>)>> = Mutex::new(None);

fn pool() -> PyResult<Arc<ThreadPool>> {
    let mut slot = POOL.lock().unwrap_or_else(PoisonError::into_inner);
    let process = std::process::id();
    match &*slot {
        Some((owner, pool)) if *owner == process => Ok(pool.clone()),
        _ => {
            // A pool of the parent process is leaked: dropping it would wait for threads that do not exist here.
            std::mem::forget(slot.take());
            let pool = build(0)?;
            *slot = Some((process, pool.clone()));
            Ok(pool)
        }
    }
}

pub(crate) fn set_num_threads(count: i64) -> PyResult<()> {
    let count = usize::try_from(count).ok().filter(|&count| count > 0).ok_or_else(|| {
        PyValueError::new_err(format!("the number of threads is {count}, but must be at least 1"))
    })?;
    let pool = build(count)?;
    *POOL.lock().unwrap_or_else(PoisonError::into_inner) = Some((std::process::id(), pool));
    Ok(())
}

/// A pool of `count` threads; 0: one for every core, or `RAYON_NUM_THREADS`.
fn build(count: usize) -> PyResult<Arc<ThreadPool>> {
    let builder = ThreadPoolBuilder::new()
        .num_threads(count)
        .thread_name(|index| format!("spanmatch-{index}"));
    match builder.build() {
        Ok(pool) => Ok(Arc::new(pool)),
        // The system has no room for their stacks, or allows no more of them.
        Err(error) => Err(PyMemoryError::new_err(format!(
            "no threads can be started ({error}): free memory, or ask for fewer by set_num_threads"
        ))),
    }
}
