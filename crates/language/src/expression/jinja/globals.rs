//! The functions that every template has: `range`, `dict`, `namespace`, …

use std::cell::Cell;
use std::rc::Rc;

use indexmap::IndexMap;
use yaql::Value as Plain;

use super::super::failure::{Outcome, overflow_error, raise, type_error, value_error};
use super::arguments::Arguments;
use super::callable::Callable;
use super::run::Run;
use super::value::{Kind, Value, check_depth};

/// The longest range that the sandbox allows.
const MAX_RANGE: usize = 100_000;

/// A global function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Global {
    /// `range(start, stop, step)`
    Range,
    /// `dict(pairs, **entries)`
    Dict,
    /// `lipsum(n, html, min, max)`
    Lipsum,
    /// `cycler(*items)`
    Cycler,
    /// `joiner(separator)`
    Joiner,
    /// `namespace(**attributes)`
    Namespace,
}

impl Global {
    /// All of them.
    pub(super) const ALL: [Self; 6] = [
        Self::Range,
        Self::Dict,
        Self::Lipsum,
        Self::Cycler,
        Self::Joiner,
        Self::Namespace,
    ];

    /// The function of a name.
    pub(super) fn by_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|global| global.name() == name)
    }

    /// Its name.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Range => "range",
            Self::Dict => "dict",
            Self::Lipsum => "lipsum",
            Self::Cycler => "cycler",
            Self::Joiner => "joiner",
            Self::Namespace => "namespace",
        }
    }

    /// Calls it.
    pub(super) fn call(self, run: &mut Run<'_>, arguments: Arguments) -> Outcome<Value> {
        match self {
            Self::Range => range(arguments),
            Self::Dict => dict(arguments).and_then(Value::dict),
            Self::Lipsum => lipsum(run, arguments),
            Self::Cycler => cycler(arguments),
            Self::Joiner => {
                let [separator] = arguments.bind("joiner", ["sep"], 0)?;
                Value::callable(Callable::Joiner {
                    separator: separator.unwrap_or_else(|| Value::from(", ")),
                    used: Cell::new(false),
                })
            }
            Self::Namespace => namespace(run, arguments),
        }
    }
}

fn range(arguments: Arguments) -> Outcome<Value> {
    let [first, second, step] = arguments.bind("range", ["start", "stop", "step"], 1)?;
    let first = integer(first)?.unwrap_or(0);
    let (start, stop) = match integer(second)? {
        Some(stop) => (first, stop),
        None => (0, first),
    };
    let step = integer(step)?.unwrap_or(1);
    if step == 0 {
        return Err(value_error("range() arg 3 must not be zero"));
    }
    let (low, high) = if step > 0 {
        (start, stop)
    } else {
        (stop, start)
    };
    let distance = u64::try_from(i128::from(high) - i128::from(low)).unwrap_or(0);
    let length = usize::try_from(distance.div_ceil(step.unsigned_abs())).unwrap_or(usize::MAX);
    if length > MAX_RANGE {
        return Err(overflow_error(format!(
            "Range too big. The sandbox blocks ranges larger than MAX_RANGE ({MAX_RANGE})."
        )));
    }
    // The last item lies within the bounds, so nothing overflows before it.
    let items = std::iter::successors(Some(start), |item| item.checked_add(step)).take(length);
    Value::sequence(
        Kind::Range { start, stop, step },
        items.map(Value::from).collect(),
    )
}

fn integer(value: Option<Value>) -> Outcome<Option<i64>> {
    match value {
        None => Ok(None),
        Some(Value::Data(Plain::Int(i))) => Ok(Some(i)),
        Some(Value::Data(Plain::Bool(b))) => Ok(Some(b.into())),
        Some(other) => {
            other.defined()?;
            let name = other.type_name();
            Err(type_error(format!(
                "'{name}' object cannot be interpreted as an integer"
            )))
        }
    }
}

/// The entries of `dict(…)`, and of `update(…)`.
pub(super) fn dict(arguments: Arguments) -> Outcome<IndexMap<Plain, Value>> {
    let mut entries = IndexMap::new();
    for source in arguments.positional {
        if let Some(pairs) = source.entries() {
            for (key, value) in pairs {
                entries.insert(key.as_key()?, value);
            }
            continue;
        }
        for (index, pair) in source.items()?.into_iter().enumerate() {
            let (key, value) = key_and_value(index, &pair)?;
            entries.insert(key.as_key()?, value);
        }
    }
    for (name, value) in arguments.keywords {
        entries.insert(Plain::from(name), value);
    }
    Ok(entries)
}

fn key_and_value(index: usize, pair: &Value) -> Outcome<(Value, Value)> {
    let items = pair.items()?;
    let length = items.len();
    match <[Value; 2]>::try_from(items) {
        Ok([key, value]) => Ok((key, value)),
        Err(_) => Err(value_error(format!(
            "dictionary update sequence element #{index} has length {length}; 2 is required"
        ))),
    }
}

fn namespace(run: &mut Run<'_>, arguments: Arguments) -> Outcome<Value> {
    let mut attributes = IndexMap::new();
    for (key, value) in dict(arguments)? {
        attributes.insert(Rc::from(&*yaql::python::str(&key)), value);
    }
    Ok(Value::Namespace(run.namespace(attributes)?))
}

/// `cycler(…)`: goes round a list.
#[derive(Debug)]
pub(super) struct Cycler {
    items: Vec<Value>,
    at: Cell<usize>,
    depth: usize,
}

fn cycler(arguments: Arguments) -> Outcome<Value> {
    let items = arguments.positional;
    if items.is_empty() {
        return Err(raise(
            "RuntimeError",
            "at least one item has to be provided",
        ));
    }
    let depth = 1 + items.iter().map(Value::depth).max().unwrap_or(0);
    check_depth(depth)?;
    let at = Cell::new(0);
    Ok(Value::Cycler(Rc::new(Cycler { items, at, depth })))
}

impl Cycler {
    /// How deeply it nests other values.
    pub(super) fn depth(&self) -> usize {
        self.depth
    }

    /// `cycler.current`
    pub(super) fn current(&self) -> Value {
        self.items[self.at.get()].clone()
    }

    /// `cycler.next()` and `cycler.reset()`; `None` for other names.
    pub(super) fn call(&self, name: &str) -> Option<Value> {
        match name {
            "next" => {
                let current = self.current();
                self.at.set((self.at.get() + 1) % self.items.len());
                Some(current)
            }
            "reset" => {
                self.at.set(0);
                Some(Value::NONE)
            }
            _ => None,
        }
    }
}

const WORDS: [&str; 24] = [
    "lorem",
    "ipsum",
    "dolor",
    "sit",
    "amet",
    "consectetuer",
    "adipiscing",
    "elit",
    "sed",
    "diam",
    "nonummy",
    "nibh",
    "euismod",
    "tincidunt",
    "ut",
    "laoreet",
    "magna",
    "aliquam",
    "erat",
    "volutpat",
    "wisi",
    "enim",
    "minim",
    "veniam",
];

fn lipsum(run: &mut Run<'_>, arguments: Arguments) -> Outcome<Value> {
    let [count, html, min, max] = arguments.bind("lipsum", ["n", "html", "min", "max"], 0)?;
    let count = integer(count)?.unwrap_or(5).clamp(0, 100);
    let html = html.map_or(Ok(true), |html| html.is_truthy())?;
    let min = integer(min)?.unwrap_or(20).clamp(1, 1000);
    let max = integer(max)?.unwrap_or(100).clamp(min + 1, 2000);
    let mut paragraphs = Vec::new();
    for _ in 0..count {
        let span = u64::try_from(max - min).unwrap_or(1);
        let length = min + i64::try_from(run.scope.random.below(span)).unwrap_or(0);
        let words: Vec<_> = (0..length).map(|_| WORDS[run.below(WORDS.len())]).collect();
        let text = format!("{}.", words.join(" "));
        let mut letters = text.chars();
        let first = letters.next().map(|c| c.to_ascii_uppercase()).into_iter();
        let sentence: String = first.chain(letters).collect();
        paragraphs.push(match html {
            true => format!("<p>{sentence}</p>"),
            false => sentence,
        });
    }
    match html {
        true => Ok(Value::Markup(paragraphs.join("\n").into())),
        false => Ok(paragraphs.join("\n\n").into()),
    }
}
