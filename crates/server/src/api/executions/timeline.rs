//! `GET /v2/executions/{id}/timeline`: an own addition that tells from the journal what
//! ran when, in the whole tree below an execution.

use axum::extract::{OriginalUri, State};
use engine::change::{JournalEntry, JournalKind};
use engine::model::{ExecutionId, Id, State as Run, Timestamp};
use indexmap::IndexMap;
use yaql::{Dict, List};

use super::{find, not_found};
use crate::api::error::{ApiError, ApiResult};
use crate::api::events::branch;
use crate::api::list::{Link, checked_limit};
use crate::api::path::{BaseUrl, Segments};
use crate::api::query::Query;
use crate::api::reply;
use crate::api::state::{App, Reading};
use crate::events::precise;

/// The most journal entries that are read for an answer.
const MAX_READ: usize = 200_000;

/// Journal entries read at a time.
const PAGE: usize = 2_000;

/// The most entries of an answer.
const MAX_LIMIT: i64 = 10_000;

/// From its creation to its end.
struct Span {
    name: std::sync::Arc<str>,
    kind: JournalKind,
    state: Run,
    from: Timestamp,
    to: Option<Timestamp>,
}

/// In the order of creation, page by page.
pub(crate) async fn timeline(
    State(app): State<App>,
    Segments(id): Segments<String>,
    base: BaseUrl,
    OriginalUri(uri): OriginalUri,
    arguments: Query,
) -> ApiResult {
    arguments.check_known(&["limit", "marker"])?;
    let limit = checked_limit(&arguments)?
        .unwrap_or(MAX_LIMIT)
        .min(MAX_LIMIT);
    let limit = usize::try_from(limit).unwrap_or(1);
    let marker = arguments.get("marker").map(str::to_owned);
    let address = base.link(uri.path());
    let body = app.read(move |reading| {
        let spans = Spans::read(reading, &id)?;
        let first = match &marker {
            None => 0,
            Some(marker) => spans.place(marker)? + 1,
        };
        Ok(spans.page(first, limit, &address))
    });
    body.await.map(reply::ok)
}

/// All spans of a tree, or of a part of it.
struct Spans {
    all: IndexMap<Id, Span>,
    root: ExecutionId,
    external_root: Option<std::sync::Arc<str>>,
}

impl Spans {
    fn read(reading: &Reading<'_>, id: &str) -> ApiResult<Self> {
        let record = find(reading, id)?;
        let mut branch = branch(reading, &record)?;
        let root = branch.root();
        let mut spans = Self {
            all: IndexMap::new(),
            root,
            external_root: None,
        };
        let (mut after, mut read) = (0, 0);
        loop {
            let records = reading.catalog.timeline(root, after, PAGE)?;
            let Some(last) = records.last() else { break };
            (after, read) = (last.seq, read + records.len());
            if read > MAX_READ {
                return Err(too_long());
            }
            let is_end = records.len() < PAGE;
            for record in records.iter().filter(|record| branch.has(&record.entry)) {
                spans.add(&record.entry);
            }
            if is_end {
                break;
            }
        }
        Ok(spans)
    }

    fn add(&mut self, entry: &JournalEntry) {
        if self.external_root.is_none() {
            self.external_root.clone_from(&entry.external_root);
        }
        let span = self.all.entry(entry.id).or_insert_with(|| Span {
            name: entry.name.clone(),
            kind: entry.kind,
            state: entry.state,
            from: entry.at,
            to: None,
        });
        span.state = entry.state;
        // What is revived by a rerun goes on.
        span.to = entry.state.is_completed().then_some(entry.at);
    }

    fn place(&self, marker: &str) -> ApiResult<usize> {
        let at = self.all.keys().position(|id| self.outside(*id) == marker);
        at.ok_or_else(|| not_found(marker))
    }

    fn page(&self, first: usize, limit: usize, address: &str) -> Dict {
        let spans = self.all.iter().skip(first).take(limit);
        let entries: List = spans.map(|(id, span)| self.entry(*id, span)).collect();
        let mut body = Dict::new();
        body.insert("entries", entries);
        if let Some((last, _)) = self.all.get_index(first + limit - 1)
            && self.all.len() > first + limit
        {
            let mut link = Link::new(address);
            link.add("limit", &limit.to_string());
            link.add("marker", &self.outside(*last));
            body.insert("next", link.0);
        }
        body
    }

    fn entry(&self, id: Id, span: &Span) -> Dict {
        let mut entry = Dict::with_capacity(6);
        entry.insert("id", self.outside(id));
        entry.insert("name", span.name.clone());
        entry.insert("kind", span.kind.as_str());
        entry.insert("state", span.state.as_str());
        entry.insert("from", precise(span.from));
        entry.insert("to", span.to.map(precise));
        entry
    }

    fn outside(&self, id: Id) -> String {
        match &self.external_root {
            Some(text) if id == self.root.0 => text.to_string(),
            _ => id.to_string(),
        }
    }
}

fn too_long() -> ApiError {
    ApiError::bad_request(format!(
        "The tree has more than {MAX_READ} entries in the journal; ask for the timeline of a \
         sub-execution, or read /v2/events with cursor=0."
    ))
}
