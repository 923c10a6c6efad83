//! `[yaql]`: how YAQL is set up (YAQL §10).

use language::expression::YaqlSetup;
use serde::Deserialize;

/// `[yaql]`
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Yaql {
    /// The most items that a collection may have; -1 is no such limit.
    pub limit_iterators: i64,
    /// Bytes that one value may take in CPython; -1 is no such limit.
    pub memory_quota: i64,
    /// Whether `$` is frozen before an evaluation.
    pub convert_input_data: bool,
    /// Whether results become plain data.
    pub convert_output_data: bool,
    /// Whether tuples in results become lists.
    pub convert_tuples_to_lists: bool,
    /// Whether sets in results become lists.
    pub convert_sets_to_lists: bool,
    /// Whether dicts count as collections of their keys.
    pub iterable_dicts: bool,
    /// The symbol of mappings and named arguments; empty: there are none.
    pub keyword_operator: String,
    /// Whether `expr(args)` can be written.
    pub allow_delegates: bool,
}

impl Default for Yaql {
    fn default() -> Self {
        Self {
            limit_iterators: -1,
            memory_quota: -1,
            convert_input_data: true,
            convert_output_data: true,
            convert_tuples_to_lists: true,
            convert_sets_to_lists: false,
            iterable_dicts: false,
            keyword_operator: "=>".to_owned(),
            allow_delegates: false,
        }
    }
}

impl Yaql {
    /// What contradicts itself, if something does.
    pub(super) fn conflict(&self) -> Option<&'static str> {
        (self.convert_input_data && !self.convert_output_data).then_some(
            "yaql.convert_output_data is false, so yaql.convert_input_data must be false, too: \
             frozen data would come out of expressions",
        )
    }

    /// As the language wants it.
    pub(super) fn setup(&self) -> YaqlSetup {
        let mut setup = YaqlSetup::default();
        let options = &mut setup.options;
        options.limit_iterators = usize::try_from(self.limit_iterators).ok();
        options.memory_quota = u64::try_from(self.memory_quota).ok().filter(|q| *q > 0);
        options.convert_input_data = self.convert_input_data;
        options.convert_output_data = self.convert_output_data;
        options.convert_tuples_to_lists = self.convert_tuples_to_lists;
        options.convert_sets_to_lists = self.convert_sets_to_lists;
        options.iterable_dicts = self.iterable_dicts;
        setup.allow_delegates(self.allow_delegates);
        setup
            .syntax
            .keyword_operator
            .clone_from(&self.keyword_operator);
        setup
    }
}
