//! How the arguments of a call fit the overloads of a function.
//!
//! What depends only on the source (number and names of arguments, types of
//! constants) is found once per call and kept in a [`Plan`]; what depends on
//! values is decided at each call by [`Plan::choose`]. Together they are the
//! overload resolution of YAQL §5.

use std::sync::Arc;

use smallvec::SmallVec;

use super::overload::{Argument, Overload, Presence};
use super::types::Type;
use crate::syntax::ast::{Arg, Node};
use crate::{Options, Value};

/// Arguments of a call, in the order of [`Shapes`]; then as the parameters are.
pub(crate) type Arguments = SmallVec<[Argument; 3]>;

/// Overloads of one name, nearest layer first.
pub(crate) type Layers = [Vec<Arc<Overload>>];

/// An argument as far as it is known before the evaluation.
#[derive(Clone, Copy)]
pub(crate) enum Shape<'a> {
    /// Left out: `f(1,,2)`.
    Hole,
    /// A literal; a bare word, if that is set.
    Constant(&'a Value, bool),
    /// An expression, or a value that is not looked at yet.
    Unknown,
    /// A value.
    Known(&'a Value),
    /// `key => value`
    Rule,
}

impl<'a> Shape<'a> {
    pub(crate) fn of(node: &'a Node) -> Self {
        match node.constant() {
            Some(value) => Shape::Constant(value, node.word().is_some()),
            None => Shape::Unknown,
        }
    }

    /// Whether a parameter may get this argument.
    fn fits(self, param: (Type, bool), options: &Options) -> bool {
        let (ty, nullable) = param;
        match self {
            Shape::Hole => true,
            Shape::Rule => matches!(ty, Type::Rule | Type::Case),
            Shape::Unknown => !matches!(ty, Type::Rule | Type::Keyword),
            Shape::Constant(_, is_word) if ty == Type::Keyword => is_word,
            Shape::Constant(value, _) | Shape::Known(value) => {
                ty.accepts(value, options) || nullable && value.is_null()
            }
        }
    }
}

/// The arguments of a call: positional ones first (with the receiver of a
/// method), then those with a name.
pub(crate) struct Shapes<'a> {
    pub(crate) positional: SmallVec<[Shape<'a>; 4]>,
    pub(crate) named: Vec<(Arc<str>, Shape<'a>)>,
}

/// The outcome of matching a call's source against a function's overloads.
#[derive(Debug)]
pub(crate) enum Plan {
    /// There is no function of this name and kind.
    Unknown,
    /// No overload can take these arguments.
    NoMatch,
    /// Overloads disagree about which arguments to evaluate.
    Ambiguous,
    /// A `=>` without a word on its left.
    BadMapping,
    /// These may fit.
    Ready(Ready),
}

#[derive(Debug)]
pub(crate) struct Ready {
    layers: Vec<Vec<Candidate>>,
    /// Which arguments are passed unevaluated.
    pub(crate) lazy: Box<[bool]>,
    /// Whether `=>` arguments are mappings, not named arguments.
    pub(crate) keeps_rules: bool,
}

/// An overload with the way its parameters are filled.
pub(crate) struct Candidate {
    pub(crate) overload: &'static Overload,
    fills: Box<[Fill]>,
    /// Arguments whose types are only known from their values.
    checks: Box<[(usize, Type, bool)]>,
    /// The type of the parameter that each argument goes to.
    types: Box<[Type]>,
    /// Whether parameters are the arguments as they come, then defaults.
    in_order: bool,
}

impl std::fmt::Debug for Candidate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.overload.signature())
    }
}

/// Where a parameter gets its value.
#[derive(Debug)]
enum Fill {
    /// From the argument at this index.
    Argument(usize),
    Default,
    Rest(Vec<usize>),
    Named(Vec<(Arc<str>, usize)>),
}

/// Why no overload was chosen.
pub(crate) enum Refusal {
    NoMatch,
    Ambiguous,
}

/// The arguments of a source call, split as the function wants it: `=>`
/// arguments name parameters, or stay mappings.
pub(crate) fn shapes_of<'a>(
    args: &'a [Arg],
    receiver: Option<Shape<'a>>,
    keeps_rules: bool,
) -> Option<Shapes<'a>> {
    let mut shapes = Shapes {
        positional: receiver.into_iter().collect(),
        named: Vec::new(),
    };
    for arg in args {
        match arg {
            Arg::Positional(node) => shapes.positional.push(Shape::of(node)),
            Arg::Skipped => shapes.positional.push(Shape::Hole),
            Arg::Mapping(..) if keeps_rules => shapes.positional.push(Shape::Rule),
            Arg::Mapping(key, value) => {
                let Some(Value::String(name)) = key.word() else {
                    return None;
                };
                shapes.named.push((name.clone(), Shape::of(value)));
            }
        }
    }
    Some(shapes)
}

/// Whether a function's `=>` arguments stay mappings.
pub(crate) fn keeps_rules(layers: &Layers) -> bool {
    let mut overloads = layers.iter().flatten();
    overloads.any(|overload| overload.takes_rules())
}

impl Plan {
    /// Matches a call in the source. An unknown receiver is one not evaluated.
    pub(crate) fn of_source(
        layers: Option<&'static Layers>,
        args: &[Arg],
        receiver: Option<Shape<'_>>,
        options: &Options,
    ) -> Plan {
        let Some(layers) = layers else {
            return Plan::Unknown;
        };
        match shapes_of(args, receiver, keeps_rules(layers)) {
            Some(shapes) => Plan::of(layers, &shapes, options),
            None => Plan::BadMapping,
        }
    }

    /// Matches arguments against overloads.
    pub(crate) fn of(layers: &'static Layers, shapes: &Shapes<'_>, options: &Options) -> Plan {
        let fitting = layers.iter().map(|layer| {
            let candidates = layer.iter().filter_map(|o| candidate(o, shapes, options));
            candidates.collect::<Vec<Candidate>>()
        });
        let layers: Vec<_> = fitting.filter(|layer| !layer.is_empty()).collect();
        let mut lazies = layers.iter().flatten().map(Candidate::lazy);
        let Some(lazy) = lazies.next() else {
            return Plan::NoMatch;
        };
        if lazies.any(|other| other != lazy) {
            return Plan::Ambiguous;
        }
        let keeps_rules = layers.iter().flatten().any(|c| c.overload.takes_rules());
        Plan::Ready(Ready {
            layers,
            lazy,
            keeps_rules,
        })
    }
}

impl Ready {
    /// The overload for these arguments; lazy ones are not looked at.
    pub(crate) fn choose(
        &self,
        args: &[Argument],
        options: &Options,
    ) -> Result<&Candidate, Refusal> {
        for layer in &self.layers {
            let mut winner: Option<&Candidate> = None;
            for candidate in layer.iter().filter(|c| c.accepts(args, options)) {
                winner = Some(match winner {
                    None => candidate,
                    Some(best) if best.is_narrower_than(candidate) => best,
                    Some(best) if candidate.is_narrower_than(best) => candidate,
                    Some(_) => return Err(Refusal::Ambiguous),
                });
            }
            if let Some(winner) = winner {
                return Ok(winner);
            }
        }
        Err(Refusal::NoMatch)
    }
}

impl Candidate {
    fn lazy(&self) -> Box<[bool]> {
        self.types.iter().map(|ty| ty.is_lazy()).collect()
    }

    fn accepts(&self, args: &[Argument], options: &Options) -> bool {
        self.checks
            .iter()
            .all(|(index, ty, nullable)| match &args[*index] {
                Argument::Value(value) => {
                    ty.accepts(value, options) || *nullable && value.is_null()
                }
                _ => true,
            })
    }

    fn is_narrower_than(&self, other: &Candidate) -> bool {
        let pairs = || self.types.iter().zip(&other.types);
        !pairs().any(|(a, b)| b.is_narrower_than(*a))
            && pairs().any(|(a, b)| a.is_narrower_than(*b))
    }

    /// Puts arguments where the overload's parameters expect them.
    pub(crate) fn arrange(&self, args: &mut Arguments) {
        if !self.in_order {
            *args = self.rearranged(args);
            return;
        }
        let params = &self.overload.params;
        for (arg, param) in args.iter_mut().zip(params) {
            if matches!(arg, Argument::Missing) {
                *arg = param.absent();
            }
        }
        for param in params.iter().skip(args.len()) {
            args.push(param.absent());
        }
    }

    fn rearranged(&self, args: &mut [Argument]) -> Arguments {
        let mut take = |index: usize| std::mem::take(&mut args[index]);
        let fills = self.fills.iter().zip(&self.overload.params);
        let filled = fills.map(|(fill, param)| match fill {
            Fill::Argument(index) => match take(*index) {
                Argument::Missing => param.absent(),
                given => given,
            },
            Fill::Default => param.absent(),
            Fill::Rest(indexes) => Argument::Rest(indexes.iter().map(|i| take(*i)).collect()),
            Fill::Named(args) => {
                let named = args.iter().map(|(name, i)| (name.clone(), take(*i)));
                Argument::Named(named.collect())
            }
        });
        filled.collect()
    }
}

/// Maps arguments to the parameters of one overload; none, if they do not fit.
fn candidate(
    overload: &'static Overload,
    shapes: &Shapes<'_>,
    options: &Options,
) -> Option<Candidate> {
    let mut binding = Binding {
        fills: Vec::with_capacity(overload.params.len()),
        targets: vec![None; shapes.positional.len() + shapes.named.len()],
    };
    binding.bind(overload, shapes)?;
    let all = || {
        let named = shapes.named.iter().map(|(_, shape)| *shape);
        shapes.positional.iter().copied().chain(named)
    };
    let targets = binding.targets.into_iter().collect::<Option<Vec<_>>>()?;
    if !all()
        .zip(&targets)
        .all(|(shape, target)| shape.fits(*target, options))
    {
        return None;
    }
    let in_order = shapes.named.is_empty()
        && binding
            .fills
            .iter()
            .enumerate()
            .all(|(i, fill)| match fill {
                Fill::Argument(index) => *index == i,
                Fill::Default => i >= targets.len(),
                _ => false,
            });
    let checks = all()
        .zip(&targets)
        .enumerate()
        .filter_map(|(i, (shape, (ty, nullable)))| {
            let needed = matches!(shape, Shape::Unknown) && *ty != Type::Any && !ty.is_lazy();
            needed.then_some((i, *ty, *nullable))
        });
    Some(Candidate {
        overload,
        fills: binding.fills.into(),
        checks: checks.collect(),
        types: targets.iter().map(|(ty, _)| *ty).collect(),
        in_order,
    })
}

/// A mapping of arguments to parameters in the making.
struct Binding {
    fills: Vec<Fill>,
    /// For each argument, the type of its parameter.
    targets: Vec<Option<(Type, bool)>>,
}

impl Binding {
    fn bind(&mut self, overload: &Overload, shapes: &Shapes<'_>) -> Option<()> {
        let positional = shapes.positional.len();
        let named = |name: &str| shapes.named.iter().rposition(|(known, _)| **known == *name);
        for (index, param) in overload.params.iter().enumerate() {
            let target = Some((param.ty, param.nullable));
            let given = index < positional && !param.keyword_only;
            let fill = match param.presence {
                Presence::Rest => {
                    let rest: Vec<usize> = (index..positional).collect();
                    rest.iter().for_each(|i| self.targets[*i] = target);
                    Fill::Rest(rest)
                }
                Presence::Named => Fill::Named(self.unclaimed(shapes, target)),
                _ if given && !matches!(shapes.positional[index], Shape::Hole) => {
                    if named(param.name).is_some() {
                        return None;
                    }
                    self.targets[index] = target;
                    Fill::Argument(index)
                }
                _ => {
                    if given {
                        self.targets[index] = target;
                    }
                    match named(param.name) {
                        Some(at) => {
                            self.targets[positional + at] = target;
                            Fill::Argument(positional + at)
                        }
                        None if param.is_required() => return None,
                        None => Fill::Default,
                    }
                }
            };
            self.fills.push(fill);
        }
        Some(())
    }

    /// Named arguments that no parameter took.
    fn unclaimed(
        &mut self,
        shapes: &Shapes<'_>,
        target: Option<(Type, bool)>,
    ) -> Vec<(Arc<str>, usize)> {
        let first = shapes.positional.len();
        let mut taken = Vec::new();
        for (at, (name, _)) in shapes.named.iter().enumerate() {
            let slot = &mut self.targets[first + at];
            if slot.is_none() {
                *slot = target;
                taken.push((name.clone(), first + at));
            }
        }
        taken
    }
}
