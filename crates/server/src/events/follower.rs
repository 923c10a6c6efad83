//! One follower: the journal from its cursor up to the present, then live.
//!
//! It subscribes before it reads, so an entry that is committed meanwhile is in the
//! journal, in its queue, or in both; numbers tell which it has seen.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use engine::model::ExecutionId;
use store::record::JournalRecord;
use store::{Catalog, Shard, Store, StoreError};
use tokio::time::Instant;

use super::feed::{Subscription, Taken};
use super::{Cursor, Event, Feed, Filter, Scope};

/// Journal entries read at a time.
const PAGE: usize = 500;

/// A follower is not served more often than this: bursts share a write.
const PACE: Duration = Duration::from_millis(10);

/// Where followers read.
#[derive(Clone)]
pub(crate) struct Journal {
    /// The journal.
    pub(crate) catalog: Arc<dyn Catalog>,
    /// Its present end, and which trees there are.
    pub(crate) store: Arc<dyn Store>,
}

/// Reads the events that a filter lets through.
pub(crate) struct Follower {
    journal: Journal,
    subscription: Subscription,
    filter: Filter,
    cursor: Cursor,
    /// Where the shards were read to, without all having been handed out yet.
    reached: Vec<(Shard, u64)>,
    /// Shards still to be read from the journal.
    behind: VecDeque<Shard>,
    /// Whether entries are gone is to be looked up before the first of them is read.
    is_unchecked: bool,
    has_reset: bool,
    served: Instant,
}

/// What a follower gets at a time.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    /// Entries after its cursor are gone: things must be read anew.
    pub(crate) reset: bool,
    /// Events in the order of their shards.
    pub(crate) events: Vec<Arc<Event>>,
}

/// A piece of a shard's journal.
struct Page {
    reset: bool,
    records: Vec<JournalRecord>,
    /// Everything up to here is read.
    reached: u64,
    more: bool,
}

impl Follower {
    /// Follows from the present on.
    pub(crate) fn from_now(journal: Journal, feed: &Arc<Feed>, filter: Filter) -> Self {
        let subscription = feed.subscribe(&filter);
        let end = |shard| (shard, journal.end(shard));
        let cursor = Cursor::new(filter.scope.shards().into_iter().map(end));
        Self::new(journal, subscription, filter, cursor)
    }

    /// Follows from the oldest entry that is kept.
    pub(crate) fn from_beginning(journal: Journal, feed: &Arc<Feed>, filter: Filter) -> Self {
        let shards = filter.scope.shards().into_iter();
        let cursor = Cursor::new(shards.map(|shard| (shard, 0)));
        let mut follower = Self::after(journal, feed, filter, cursor);
        // Nobody expects what is gone.
        follower.is_unchecked = false;
        follower.has_reset = true;
        follower
    }

    /// Follows from a cursor on. Its shards must be those of the filter's scope.
    pub(crate) fn after(
        journal: Journal,
        feed: &Arc<Feed>,
        filter: Filter,
        cursor: Cursor,
    ) -> Self {
        let subscription = feed.subscribe(&filter);
        let mut follower = Self::new(journal, subscription, filter, cursor);
        follower.fall_behind();
        follower
    }

    fn new(journal: Journal, subscription: Subscription, filter: Filter, cursor: Cursor) -> Self {
        let now = Instant::now();
        Self {
            journal,
            subscription,
            filter,
            cursor,
            reached: Vec::new(),
            behind: VecDeque::new(),
            is_unchecked: false,
            has_reset: false,
            served: now.checked_sub(PACE).unwrap_or(now),
        }
    }

    /// Where it is: everything up to here was handed out and passed.
    pub(crate) fn cursor(&self) -> &Cursor {
        &self.cursor
    }

    /// An event was handed on: the cursor behind it.
    pub(crate) fn pass(&mut self, event: &Event) -> &Cursor {
        self.cursor.advance(event.shard, event.seq);
        &self.cursor
    }

    /// The next events, as soon as there are any. All events of the last batch must
    /// have been passed. Nothing is lost if the future is dropped.
    ///
    /// # Errors
    /// The journal can not be read.
    pub(crate) async fn next(&mut self) -> Result<Batch, StoreError> {
        for (shard, seq) in std::mem::take(&mut self.reached) {
            self.cursor.advance(shard, seq);
        }
        loop {
            let batch = match self.behind.front() {
                _ if self.is_unchecked => self.check().await?,
                Some(&shard) => self.read(shard).await?,
                None => self.live().await,
            };
            if batch.reset || !batch.events.is_empty() {
                return Ok(batch);
            }
        }
    }

    /// Nothing came for a while: the cursor passes what concerned others.
    pub(crate) fn rest(&mut self) {
        if self.behind.is_empty() {
            self.subscription.mark_seen(&mut self.cursor);
        }
    }

    async fn live(&mut self) -> Batch {
        tokio::time::sleep_until(self.served + PACE).await;
        let taken = self.subscription.take().await;
        self.served = Instant::now();
        let Taken::Events(mut events) = taken else {
            self.fall_behind();
            return Batch::default();
        };
        let (cursor, filter) = (&self.cursor, &mut self.filter);
        events.retain(|event| {
            let is_new = cursor.get(event.shard).is_some_and(|seen| seen < event.seq);
            is_new && filter.passes(event)
        });
        Batch {
            reset: false,
            events,
        }
    }

    fn fall_behind(&mut self) {
        self.subscription.resume();
        self.behind = self.cursor.shards().collect();
        self.is_unchecked = true;
        self.has_reset = false;
    }

    /// A reset comes before the events that are left.
    async fn check(&mut self) -> Result<Batch, StoreError> {
        let (journal, cursor) = (self.journal.clone(), self.cursor.clone());
        let scope = self.filter.scope.clone();
        self.has_reset = blocking(move || journal.has_lost(&scope, &cursor)).await?;
        self.is_unchecked = false;
        Ok(Batch {
            reset: self.has_reset,
            events: Vec::new(),
        })
    }

    /// One page of a shard's journal.
    async fn read(&mut self, shard: Shard) -> Result<Batch, StoreError> {
        let journal = self.journal.clone();
        let roots = self.filter.scope.roots(shard);
        let after = self.cursor.get(shard).unwrap_or(0);
        let page = match journal.end(shard) {
            end if end == after => Page::none(after),
            _ => blocking(move || journal.page(shard, roots.as_deref(), after, PAGE)).await?,
        };
        if !page.more {
            self.behind.pop_front();
        }
        let records = page.records.into_iter();
        let mut events: Vec<_> = records.map(Event::from).map(Arc::new).collect();
        events.retain(|event| self.filter.passes(event));
        match events.is_empty() {
            true => self.cursor.set(shard, page.reached),
            false => self.reached.push((shard, page.reached)),
        }
        let reset = page.reset && !std::mem::replace(&mut self.has_reset, page.reset);
        Ok(Batch { reset, events })
    }
}

impl Journal {
    /// The number of a shard's last entry.
    pub(crate) fn end(&self, shard: Shard) -> u64 {
        self.store.next_seq(shard) - 1
    }

    /// Whether entries after the cursor are gone with their trees.
    fn has_lost(&self, scope: &Scope, cursor: &Cursor) -> Result<bool, StoreError> {
        for shard in cursor.shards() {
            let (after, end) = (cursor.get(shard).unwrap_or(0), self.end(shard));
            if after != end
                && self
                    .page(shard, scope.roots(shard).as_deref(), after, 0)?
                    .reset
            {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Up to `limit` entries of each tree, or of the whole shard.
    fn page(
        &self,
        shard: Shard,
        roots: Option<&[ExecutionId]>,
        after: u64,
        limit: usize,
    ) -> Result<Page, StoreError> {
        // What is committed by now is seen by the reads below.
        let end = self.end(shard);
        if after > end {
            // A cursor from the future: the database is an older one.
            return Ok(Page {
                reset: true,
                ..Page::none(end)
            });
        }
        match roots {
            None => self.whole_page(shard, after, end, limit),
            Some(roots) => self.page_of(shard, roots, after, end, limit),
        }
    }

    fn whole_page(
        &self,
        shard: Shard,
        after: u64,
        end: u64,
        limit: usize,
    ) -> Result<Page, StoreError> {
        let page = self.catalog.journal(shard, after, limit)?;
        let more = page.records.len() == limit;
        let last = page.records.last().map_or(after, |record| record.seq);
        Ok(Page {
            reset: page.reset,
            reached: if more { last } else { last.max(end) },
            records: page.records,
            more,
        })
    }

    /// The entries of some trees, merged. The reads see different states: what was
    /// committed after the first one is left to the queue.
    fn page_of(
        &self,
        shard: Shard,
        roots: &[ExecutionId],
        after: u64,
        end: u64,
        limit: usize,
    ) -> Result<Page, StoreError> {
        let mut page = Page::none(end);
        let mut has_gone = false;
        for root in roots {
            let records = self.catalog.timeline(*root, after, limit)?;
            if records.len() == limit {
                let last = records.last().map_or(end, |record| record.seq);
                page.reached = last.min(page.reached);
            }
            has_gone |= records.is_empty() && self.store.root_of_execution(*root)?.is_none();
            page.records.extend(records);
        }
        page.more = page.reached < end;
        page.records.retain(|record| record.seq <= page.reached);
        page.records.sort_by_key(|record| record.seq);
        page.reset = has_gone && self.catalog.journal(shard, after, 0)?.reset;
        Ok(page)
    }
}

impl Page {
    fn none(reached: u64) -> Self {
        Self {
            reset: false,
            records: Vec::new(),
            reached,
            more: false,
        }
    }
}

impl Scope {
    /// The part of a caller's cursor that matters here; `None` if it lacks a shard.
    pub(crate) fn narrow(&self, cursor: &Cursor) -> Option<Cursor> {
        let known = |shard| Some((shard, cursor.get(shard)?));
        let positions: Option<Vec<_>> = self.shards().into_iter().map(known).collect();
        positions.map(Cursor::new)
    }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(error) => Err(StoreError::Damaged(error.to_string().into())),
    }
}
