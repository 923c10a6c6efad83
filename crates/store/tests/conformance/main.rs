//! What every database must do; each case runs on each of them. And what only
//! one of them does.

#![expect(clippy::unwrap_used, reason = "a failing case panics")]

mod atomicity;
mod code;
mod counting;
mod definitions;
mod deletion;
mod environments;
mod event_triggers;
mod journal;
mod lists;
mod maker;
mod notifications;
mod operators;
mod paging;
mod postgres;
mod recovery;
mod request_keys;
mod results;
mod round_trip;
mod shown;
mod sqlite;
mod triggers;
mod values;

use store::{Catalog, Outbox, Store, Triggers};

/// A database, empty when it is opened.
trait Database: Store + Catalog + Triggers + Outbox {}

impl<T: Store + Catalog + Triggers + Outbox> Database for T {}

/// One test per case and SQLite database; PostgreSQL has one for all of them.
macro_rules! conformance {
    ($($module:ident: $($case:ident)*;)*) => {
        /// All cases, with their names.
        const CASES: &[(&str, fn(&dyn Database))] = &[
            $($((concat!(stringify!($module), "::", stringify!($case)), $module::$case)),*),*
        ];

        mod sqlite_file {
            use store::sqlite::{Options, Sqlite};

            $(mod $module {
                $(#[test]
                fn $case() {
                    super::with_database(crate::$module::$case);
                })*
            })*

            fn with_database(case: fn(&dyn crate::Database)) {
                let folder = tempfile::tempdir().unwrap();
                let path = folder.path().join("ostro.db");
                case(&Sqlite::open(&path, &Options::default()).unwrap());
            }
        }

        mod sqlite_memory {
            use store::sqlite::Sqlite;

            $(mod $module {
                $(#[test]
                fn $case() {
                    super::with_database(crate::$module::$case);
                })*
            })*

            fn with_database(case: fn(&dyn crate::Database)) {
                case(&Sqlite::in_memory().unwrap());
            }
        }
    };
}

conformance! {
    round_trip: images_come_back parts_are_written_alone updates_of_nothing_fail roots_are_found
        external_ids_are_found;
    values: large_values_are_stored_once large_parts_are_stored_once large_values_come_back numbers_are_exact
        dropped_outputs_are_not_written;
    results: accepted_results_count item_lists_outlive_their_task;
    atomicity: a_failing_batch_leaves_nothing a_taken_id_is_refused writers_do_not_mix;
    journal: numbers_have_no_gaps entries_come_back every_cursor_finds_what_follows
        deletion_resets_cursors numbers_are_not_given_twice;
    deletion: a_tree_goes_with_all_below large_trees_go_in_slices a_deleted_id_may_come_again
        an_action_on_its_own_goes;
    recovery: unfinished_roots_are_found_page_by_page snapshots_hold_what_is_open;
    definitions: names_are_unique several_change_all_or_nothing put_keeps_the_id
        sources_outlive_definitions own_definitions_come_first checksums_are_md5;
    code: sources_have_versions actions_go_with_their_code words_are_kept;
    environments: environments_change only_what_is_given_changes;
    notifications: numbers_have_no_gaps_and_turns_are_apart what_ended_is_replayed_and_forgotten
        many_are_replayed_at_once receivers_are_forgotten_after_their_log;
    operators: executions tasks actions definitions environments;
    lists: tags_match_whole nulls_select_roots projects_are_apart wide_columns_are_read_on_demand
        hostile_text_is_only_text outputs_match_as_shown;
    paging: every_order_pages_completely pages_are_stable_under_change markers_may_be_names
        unknown_markers_are_refused created_order_is_one_order;
    event_triggers: event_triggers_change an_event_is_accepted_once
        a_workflow_that_triggers_need_stays;
    triggers: cron_triggers_change fires_go_with_the_trigger fires_of_triggers_that_are_gone_go
        overlaps_are_decided_by_rows an_execution_ends_its_order;
    counting: states_are_counted sub_executions_have_parents;
    request_keys: a_key_is_for_one_request;
}
