//! Jinja2's filters.

mod attributes;
mod html;
mod numbers;
mod select;
mod sequences;
mod strings;

use super::super::failure::{Outcome, raise};
use super::super::functions::Function;
use super::arguments::Arguments;
use super::run::Run;
use super::value::Value;

/// A filter: its operand and its arguments to a value.
type Filter = fn(&mut Run<'_>, &Value, Arguments) -> Outcome<Value>;

/// The filters by name.
const FILTERS: [(&str, Filter); 54] = [
    ("abs", numbers::abs),
    ("attr", attributes::attr),
    ("batch", sequences::batch),
    ("capitalize", strings::capitalize),
    ("center", strings::center),
    ("count", sequences::length),
    ("d", attributes::default),
    ("default", attributes::default),
    ("dictsort", sequences::dict_sort),
    ("e", html::escape),
    ("escape", html::escape),
    ("filesizeformat", numbers::file_size),
    ("first", sequences::first),
    ("float", numbers::float),
    ("forceescape", html::force_escape),
    ("format", strings::format),
    ("groupby", sequences::group_by),
    ("indent", strings::indent),
    ("int", numbers::int),
    ("items", sequences::items),
    ("join", strings::join),
    ("last", sequences::last),
    ("length", sequences::length),
    ("list", sequences::list),
    ("lower", strings::lower),
    ("map", select::map),
    ("max", sequences::max),
    ("min", sequences::min),
    ("pprint", strings::pretty),
    ("random", sequences::random),
    ("reject", select::reject),
    ("rejectattr", select::reject_attribute),
    ("replace", strings::replace),
    ("reverse", sequences::reverse),
    ("round", numbers::round),
    ("safe", html::safe),
    ("select", select::select),
    ("selectattr", select::select_attribute),
    ("slice", sequences::slice),
    ("sort", sequences::sort),
    ("string", strings::string),
    ("striptags", html::strip_tags),
    ("sum", numbers::sum),
    ("title", strings::title),
    ("tojson", html::to_json),
    ("trim", strings::trim),
    ("truncate", strings::truncate),
    ("unique", sequences::unique),
    ("upper", strings::upper),
    ("urlencode", html::url_encode),
    ("urlize", html::urlize),
    ("wordcount", strings::word_count),
    ("wordwrap", strings::word_wrap),
    ("xmlattr", html::xml_attributes),
];

/// The names of all filters but the workflow language's functions, sorted.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    FILTERS.iter().map(|(name, _)| *name)
}

/// Whether there is such a filter.
pub(super) fn exists(name: &str) -> bool {
    find(name).is_some()
}

impl Run<'_> {
    /// Applies a filter. The functions of the workflow language are filters too;
    /// what stands to their left is the context, which they know anyway.
    pub(super) fn filter(
        &mut self,
        name: &str,
        operand: &Value,
        arguments: Arguments,
    ) -> Outcome<Value> {
        self.steps(1)?;
        let result = match (find(name), Function::by_name(name)) {
            (Some(filter), _) => self.nested(|run| filter(run, operand, arguments))?,
            (None, Some(function)) => self.call_workflow(function, arguments)?,
            (None, None) => {
                let message = format!("No filter named '{name}'.");
                return Err(raise("TemplateAssertionError", message));
            }
        };
        self.reserve(result.weight())?;
        Ok(result)
    }
}

fn find(name: &str) -> Option<Filter> {
    let at = FILTERS.binary_search_by_key(&name, |(known, _)| known);
    at.ok().map(|at| FILTERS[at].1)
}
