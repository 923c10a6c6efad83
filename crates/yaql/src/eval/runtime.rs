//! The running evaluation: its limits, its options and its randomness.

use std::cell::Cell;

use super::Result;
use super::plan::Layers;
use super::raise;
use crate::library::Library;
use crate::regex::Patience;
use crate::value::{meter, shape};
use crate::{Dict, Environment, EvalError, Legacy, Limit, Options, ParseOptions, Value};

/// Steps between two looks at the deadline.
const LOOK: u64 = 1024;

/// How many bytes of a text or a container are worth a step.
const BYTES_PER_STEP: usize = 4096;

/// How deeply values may nest during an evaluation, iterators over iterators
/// included.
const MAX_NESTING: usize = 1000;

/// One evaluation.
pub(crate) struct Runtime<'e> {
    pub(crate) environment: &'e Environment<'e>,
    pub(crate) library: &'static Library,
    options: Options,
    /// For searches with regular expressions.
    pub(crate) patience: Patience,
    steps: Cell<u64>,
    depth: Cell<usize>,
    random: Cell<u64>,
    /// What the meter showed at the beginning.
    start: i64,
}

impl<'e> Runtime<'e> {
    pub(crate) fn new(environment: &'e Environment<'e>, syntax: &ParseOptions) -> Self {
        let mut options = environment.options;
        if syntax.legacy == Legacy::Full {
            options.iterable_dicts = true;
            options.convert_tuples_to_lists = false;
        }
        Runtime {
            environment,
            library: Library::of(syntax),
            options,
            patience: Patience::default(),
            steps: Cell::new(0),
            depth: Cell::new(0),
            random: Cell::new(environment.seed),
            start: meter::live(),
        }
    }

    pub(crate) fn options(&self) -> &Options {
        &self.options
    }

    pub(crate) fn functions(&self, name: &str) -> Option<&'static Layers> {
        self.library.functions(super::plain(name))
    }

    pub(crate) fn methods(&self, name: &str) -> Option<&'static Layers> {
        self.library.methods(super::plain(name))
    }

    /// Counts one call or one item.
    pub(crate) fn step(&self) -> Result<()> {
        self.steps(1)
    }

    /// Counts work on so many bytes which is done in one go, so that the time is
    /// looked at in between.
    pub(crate) fn work(&self, bytes: usize) -> Result<()> {
        match bytes < BYTES_PER_STEP {
            true => Ok(()),
            false => self.steps((bytes / BYTES_PER_STEP) as u64),
        }
    }

    fn steps(&self, count: u64) -> Result<()> {
        let before = self.steps.get();
        let steps = before.saturating_add(count);
        self.steps.set(steps);
        match before / LOOK == steps / LOOK {
            true => Ok(()),
            false => self.look(),
        }
    }

    #[cold]
    fn look(&self) -> Result<()> {
        if self.steps.get() > self.environment.limits.iterations {
            return Err(EvalError::limit(Limit::Iterations));
        }
        match self.environment.expired {
            Some(expired) if expired() => Err(EvalError::limit(Limit::Time)),
            _ => self.reserve(0),
        }
    }

    /// Runs `work` as one step, one level deeper.
    pub(crate) fn nested<T>(&self, work: impl FnOnce() -> Result<T>) -> Result<T> {
        self.step()?;
        self.deeper(work)
    }

    /// Runs `work` one level deeper.
    pub(crate) fn deeper<T>(&self, work: impl FnOnce() -> Result<T>) -> Result<T> {
        let depth = self.depth.get();
        if depth >= self.environment.limits.depth {
            return Err(raise::too_deep());
        }
        self.depth.set(depth + 1);
        let result = work();
        self.depth.set(depth);
        result
    }

    /// Fails if `bytes` more would be too much memory.
    pub(crate) fn reserve(&self, bytes: usize) -> Result<()> {
        let used = meter::live().saturating_sub(self.start);
        let used = u64::try_from(used).unwrap_or(0);
        let total = used.saturating_add(bytes as u64);
        let quota = self.options().memory_quota.unwrap_or(u64::MAX);
        match total > self.environment.limits.memory || bytes as u64 > quota {
            true => Err(raise::out_of_memory()),
            false => Ok(()),
        }
    }

    /// Counts the result of a function.
    pub(crate) fn account(&self, value: &Value) -> Result<()> {
        match value {
            Value::String(text) if text.len() > 1024 => {
                self.reserve(text.len())?;
                self.work(text.len())?;
            }
            Value::List(_) | Value::Dict(_) | Value::Set(_) => {
                if value.depth() > MAX_NESTING {
                    return Err(raise::too_deep());
                }
                // What is shared grows without memory, until it is written out.
                if value.expanded_size() > self.environment.limits.memory {
                    return Err(raise::out_of_memory());
                }
                self.work(shape::charge(value))?;
                self.reserve(0)?;
            }
            Value::Opaque(object) if object.object().depth() > MAX_NESTING => {
                return Err(raise::too_deep());
            }
            _ => {}
        }
        match self.options().memory_quota {
            Some(quota) if python_size(value) > quota => Err(raise::out_of_memory()),
            _ => Ok(()),
        }
    }

    /// The next 64 random bits (SplitMix64).
    pub(crate) fn random(&self) -> u64 {
        let state = self.random.get().wrapping_add(0x9e37_79b9_7f4a_7c15);
        self.random.set(state);
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

/// About what CPython takes for one value, without what it holds (YAQL §8).
fn python_size(value: &Value) -> u64 {
    match value {
        Value::Null => 16,
        Value::Bool(_) | Value::Int(_) | Value::Float(_) => 28,
        Value::BigInt(big) => 24 + big.bits().div_ceil(30) * 4,
        Value::String(text) => 49 + python_text_size(text),
        Value::List(list) => (if list.is_mutable() { 56 } else { 40 }) + 8 * list.len() as u64,
        Value::Dict(dict) => 64 + python_table_size(dict),
        Value::Set(set) => 216 + 16 * set.len() as u64,
        Value::DateTime(_) | Value::Timespan(_) => 48,
        Value::Opaque(_) => 112,
    }
}

fn python_text_size(text: &str) -> u64 {
    let widest = text.chars().max().map_or(0, u32::from);
    let width = match widest {
        0..=0xff => 1,
        0x100..=0xffff => 2,
        _ => 4,
    };
    width * text.chars().count() as u64
}

fn python_table_size(dict: &Dict) -> u64 {
    match dict.len() as u64 {
        0 => 0,
        len => 24 * (len * 3 / 2).next_power_of_two().max(8),
    }
}
