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
    Some(match name {
        "abs" => numbers::abs,
        "filesizeformat" => numbers::file_size,
        "float" => numbers::float,
        "int" => numbers::int,
        "round" => numbers::round,
        "sum" => numbers::sum,
        "attr" => attributes::attr,
        "default" | "d" => attributes::default,
        "map" => select::map,
        "select" => select::select,
        "reject" => select::reject,
        "selectattr" => select::select_attribute,
        "rejectattr" => select::reject_attribute,
        "batch" => sequences::batch,
        "dictsort" => sequences::dict_sort,
        "first" => sequences::first,
        "groupby" => sequences::group_by,
        "items" => sequences::items,
        "last" => sequences::last,
        "length" | "count" => sequences::length,
        "list" => sequences::list,
        "max" => sequences::max,
        "min" => sequences::min,
        "random" => sequences::random,
        "reverse" => sequences::reverse,
        "slice" => sequences::slice,
        "sort" => sequences::sort,
        "unique" => sequences::unique,
        "capitalize" => strings::capitalize,
        "center" => strings::center,
        "format" => strings::format,
        "indent" => strings::indent,
        "join" => strings::join,
        "lower" => strings::lower,
        "pprint" => strings::pretty,
        "replace" => strings::replace,
        "string" => strings::string,
        "title" => strings::title,
        "tojson" => html::to_json,
        "trim" => strings::trim,
        "truncate" => strings::truncate,
        "upper" => strings::upper,
        "wordcount" => strings::word_count,
        "wordwrap" => strings::word_wrap,
        "e" | "escape" => html::escape,
        "forceescape" => html::force_escape,
        "safe" => html::safe,
        "striptags" => html::strip_tags,
        "urlencode" => html::url_encode,
        "urlize" => html::urlize,
        "xmlattr" => html::xml_attributes,
        _ => return None,
    })
}
