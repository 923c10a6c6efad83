//! The stored form of a task's runtime memory.

use std::sync::Arc;

use engine::model::{Items, Retrying, Runtime, Wait};
use language::program::TaskIndex;
use serde::{Deserialize, Serialize};

use super::{StoredState, StoredTask, StoredTrigger, read, write};
use crate::StoreError;

/// [`Runtime`], short and without what is absent. Its `inbound` is a value, which
/// has a column of its own.
#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct Stored {
    #[serde(skip_serializing_if = "Option::is_none")]
    by: Option<Vec<(StoredTask, Option<StoredTrigger>)>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    retries: Option<u32>,
    /// count, next, running, succeeded, failed, cancelled
    #[serde(skip_serializing_if = "Option::is_none")]
    items: Option<[u32; 6]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    concurrency: Option<u32>,
    #[serde(skip_serializing_if = "is_zero")]
    run: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    wait: Option<StoredWait>,
    #[serde(skip_serializing_if = "Option::is_none")]
    end: Option<(StoredState, Option<Arc<str>>)>,
    #[serde(skip_serializing_if = "is_false")]
    waited_after: bool,
    #[serde(skip_serializing_if = "is_false")]
    again: bool,
    #[serde(skip_serializing_if = "is_zero")]
    generation: u32,
    /// Nodes of the program, and generations.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    joined: Vec<(u32, u32)>,
    #[serde(skip_serializing_if = "is_false")]
    dropped: bool,
    #[serde(skip_serializing_if = "is_false")]
    keep_good: bool,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum StoredWait {
    Pause,
    Before,
    After,
    Retry,
}

pub(crate) fn write_runtime(runtime: &Runtime) -> String {
    write(&Stored::from(runtime))
}

pub(crate) fn read_runtime(text: &str) -> Result<Runtime, StoreError> {
    if text == "{}" {
        return Ok(Runtime::default());
    }
    read::<Stored>(text).map(Runtime::from)
}

// Serde hands the fields over by reference.
fn is_zero(number: &u32) -> bool {
    *number == 0
}

fn is_false(flag: &bool) -> bool {
    !flag
}

impl From<&Runtime> for Stored {
    fn from(runtime: &Runtime) -> Self {
        let by = runtime.triggered_by.as_ref();
        Self {
            by: by.map(|by| {
                by.iter()
                    .map(|(task, trigger)| (StoredTask(*task), trigger.map(StoredTrigger)))
                    .collect()
            }),
            retries: runtime.retry.map(|retry| retry.done),
            items: runtime.items.as_ref().map(|items| {
                let Items {
                    count,
                    next,
                    running,
                    succeeded,
                    failed,
                    cancelled,
                } = *items;
                [count, next, running, succeeded, failed, cancelled]
            }),
            concurrency: runtime.concurrency,
            run: runtime.run,
            wait: runtime.wait.map(StoredWait::from),
            end: runtime
                .end
                .as_ref()
                .map(|(state, info)| (StoredState(*state), info.clone())),
            waited_after: runtime.waited_after,
            again: runtime.triggered_again,
            generation: runtime.generation,
            joined: runtime.joined.iter().map(|(t, n)| (t.0, *n)).collect(),
            dropped: runtime.result_dropped,
            keep_good: runtime.keep_good_items,
        }
    }
}

impl From<Stored> for Runtime {
    fn from(stored: Stored) -> Self {
        Self {
            triggered_by: stored.by.map(|by| {
                by.into_iter()
                    .map(|(task, trigger)| (task.0, trigger.map(|trigger| trigger.0)))
                    .collect()
            }),
            retry: stored.retries.map(|done| Retrying { done }),
            items: stored.items.map(
                |[count, next, running, succeeded, failed, cancelled]| Items {
                    count,
                    next,
                    running,
                    succeeded,
                    failed,
                    cancelled,
                },
            ),
            concurrency: stored.concurrency,
            run: stored.run,
            wait: stored.wait.map(Wait::from),
            end: stored.end.map(|(state, info)| (state.0, info)),
            waited_after: stored.waited_after,
            triggered_again: stored.again,
            inbound: None,
            generation: stored.generation,
            joined: stored
                .joined
                .into_iter()
                .map(|(task, generation)| (TaskIndex(task), generation))
                .collect(),
            result_dropped: stored.dropped,
            keep_good_items: stored.keep_good,
        }
    }
}

impl From<Wait> for StoredWait {
    fn from(wait: Wait) -> Self {
        match wait {
            Wait::Pause => Self::Pause,
            Wait::Before => Self::Before,
            Wait::After => Self::After,
            Wait::Retry => Self::Retry,
        }
    }
}

impl From<StoredWait> for Wait {
    fn from(wait: StoredWait) -> Self {
        match wait {
            StoredWait::Pause => Self::Pause,
            StoredWait::Before => Self::Before,
            StoredWait::After => Self::After,
            StoredWait::Retry => Self::Retry,
        }
    }
}

#[cfg(test)]
mod tests {
    use engine::model::{Id, State, TaskId};
    use language::program::Trigger;

    use super::*;

    #[test]
    fn nothing_is_two_bytes() {
        assert_eq!(write_runtime(&Runtime::default()), "{}");
        assert_eq!(read_runtime("{}").unwrap(), Runtime::default());
    }

    #[test]
    fn everything_round_trips() {
        let runtime = Runtime {
            triggered_by: Some(vec![
                (TaskId(Id::from_bytes([9; 16])), Some(Trigger::OnError)),
                (TaskId(Id::from_bytes([7; 16])), None),
            ]),
            retry: Some(Retrying { done: 2 }),
            items: Some(Items {
                count: 9,
                next: 5,
                running: 1,
                succeeded: 2,
                failed: 1,
                cancelled: 1,
            }),
            concurrency: Some(3),
            run: 4,
            wait: Some(Wait::Retry),
            end: Some((State::Error, Some("so".into()))),
            waited_after: true,
            triggered_again: true,
            inbound: None,
            generation: 5,
            joined: vec![(TaskIndex(2), 1)],
            result_dropped: true,
            keep_good_items: true,
        };
        let text = write_runtime(&runtime);
        assert_eq!(
            text,
            "{\"by\":[[\"09090909-0909-0909-0909-090909090909\",\"on-error\"],\
             [\"07070707-0707-0707-0707-070707070707\",null]],\"retries\":2,\
             \"items\":[9,5,1,2,1,1],\"concurrency\":3,\"run\":4,\"wait\":\"retry\",\
             \"end\":[\"ERROR\",\"so\"],\"waited_after\":true,\"again\":true,\"generation\":5,\"joined\":[[2,1]],\"dropped\":true,\"keep_good\":true}"
        );
        assert_eq!(read_runtime(&text).unwrap(), runtime);
    }
}
