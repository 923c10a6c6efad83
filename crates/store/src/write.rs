//! The write side: every method is one transaction.

use std::sync::Arc;

use engine::change::{Changes, Snapshot};
use engine::model::{ActionId, ExecutionId, Id, ItemLists, State, TaskId, TaskKind, Timestamp};
use yaql::Value;

use crate::cluster::{Offer, Settled, Withdrawal};
use crate::notification::NewNotification;
use crate::{
    CodeSource, CodeSourceChange, Cost, Definition, DefinitionChange, DynamicAction,
    DynamicActionChange, Environment, EnvironmentChange, KeptAnswer, KeyedRequest, Reservation,
    Shard, Source, StoreError,
};

/// What one transaction writes: the changes of any number of trees.
#[derive(Debug, Default)]
pub struct Batch {
    /// Tree by tree. The same tree may come more than once; later images win.
    pub trees: Vec<TreeChanges>,
    /// Letters of other nodes that it applies.
    pub settled: Vec<Settled>,
    /// Actions of its trees that other nodes may run, too.
    pub offers: Vec<Offer>,
    /// Offers that end with it.
    pub withdrawn: Vec<Withdrawal>,
}

/// The changes of one tree of executions.
#[derive(Debug)]
pub struct TreeChanges {
    /// Top of the tree: decides the shard, owns the large values.
    pub root: ExecutionId,
    /// Its changes. All rows and journal entries belong to `root`.
    pub changes: Changes,
    /// Who is told of them.
    pub notifications: Vec<NewNotification>,
}

/// What a commit gave its journal entries; nothing if there was nothing to write.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Committed {
    /// For each tree of the batch, the number of its first entry (or of the next one
    /// in its shard, if it has none); its others follow without gaps, and then the
    /// deletion of the tree, which has a number but no entry.
    pub first_seqs: Vec<u64>,
}

/// How an action or a sub-workflow of a task ended.
#[derive(Clone, Debug, PartialEq)]
pub struct TaskResult {
    /// Id of the action execution or sub-execution.
    pub id: Id,
    /// Which of the two it is.
    pub kind: TaskKind,
    /// Position among the items; 0 for a task without items.
    pub index: u32,
    /// How it ended.
    pub state: State,
    /// Name of the action or workflow.
    pub name: Arc<str>,
    /// It counts: no later run of the task replaced it.
    pub accepted: bool,
    /// Output of the action (null if there is none) or sub-workflow.
    pub output: Value,
}

/// Durable state, as the runner sees it. Calls block; a call that returned `Ok`
/// is on disk.
pub trait Store: Send + Sync {
    /// Writes a batch, all of it or nothing. Journal entries get the next numbers
    /// of their shards. Deleted trees vanish at once; rows of large ones are left
    /// to [`Store::sweep`].
    ///
    /// # Errors
    /// [`StoreError::Duplicate`] if a new execution's id or external id is taken.
    fn commit(&self, batch: Batch) -> Result<Committed, StoreError>;

    /// Deletes the next slice (at most 1,000 rows) of what large deleted trees
    /// left behind. Tells whether there is more to do.
    fn sweep(&self) -> Result<bool, StoreError>;

    /// The rows of a tree, as [`Snapshot`] says; `None` if there is no such root.
    fn load(&self, root: ExecutionId) -> Result<Option<Snapshot>, StoreError>;

    /// The rows of some executions of a tree, in that order, and of their tasks; timers
    /// are left out.
    fn load_part(
        &self,
        root: ExecutionId,
        executions: &[ExecutionId],
    ) -> Result<Snapshot, StoreError>;

    /// Top of the tree an execution is in.
    fn root_of_execution(&self, id: ExecutionId) -> Result<Option<ExecutionId>, StoreError>;

    /// Top of the tree a task is in.
    fn root_of_task(&self, id: TaskId) -> Result<Option<ExecutionId>, StoreError>;

    /// Top of the tree an action is in; itself for an action on its own.
    fn root_of_action(&self, id: ActionId) -> Result<Option<ExecutionId>, StoreError>;

    /// The execution with an id that its caller chose and that is no UUID.
    fn execution_by_external_id(&self, id: &str) -> Result<Option<ExecutionId>, StoreError>;

    /// The results that count for a task: of accepted actions and accepted
    /// sub-executions, ordered by index, then age. A join in a loop has several.
    fn task_results(&self, task: TaskId) -> Result<Vec<TaskResult>, StoreError>;

    /// All completed actions and sub-executions of a task, those of earlier runs
    /// among them, ordered by index, then age.
    fn task_children(&self, task: TaskId) -> Result<Vec<TaskResult>, StoreError>;

    /// The evaluated lists of a with-items task.
    fn item_lists(&self, task: TaskId) -> Result<Option<ItemLists>, StoreError>;

    /// Roots with something to do after a restart (an open execution, an open
    /// action on its own, a timer): up to `limit` of them, ordered, after `after`.
    fn unfinished(
        &self,
        after: Option<ExecutionId>,
        limit: usize,
    ) -> Result<Vec<ExecutionId>, StoreError>;

    /// What a program was made of, by its hash. It stays readable when the
    /// definition changed or is gone.
    fn source(&self, program: &[u8; 32]) -> Result<Option<Source>, StoreError>;

    /// Changes definitions, all or nothing. Answers the rows as they are now (or
    /// as they were, for deleted ones), in the order of `changes`.
    ///
    /// # Errors
    /// [`StoreError::Duplicate`] and [`StoreError::NotFound`].
    fn define(
        &self,
        at: Timestamp,
        changes: Vec<DefinitionChange>,
    ) -> Result<Vec<Definition>, StoreError>;

    /// Changes an environment. Answers the row as it is now (or was).
    ///
    /// # Errors
    /// [`StoreError::Duplicate`] and [`StoreError::NotFound`].
    fn change_environment(
        &self,
        at: Timestamp,
        change: EnvironmentChange,
    ) -> Result<Environment, StoreError>;

    /// Changes a code source. Answers the row as it is now (or was).
    ///
    /// # Errors
    /// [`StoreError::Duplicate`] and [`StoreError::NotFound`].
    fn change_code_source(
        &self,
        at: Timestamp,
        change: CodeSourceChange,
    ) -> Result<CodeSource, StoreError>;

    /// Changes a dynamic action. Answers the row as it is now (or was).
    ///
    /// # Errors
    /// [`StoreError::Duplicate`] and [`StoreError::NotFound`], also of the code source.
    fn change_dynamic_action(
        &self,
        at: Timestamp,
        change: DynamicActionChange,
    ) -> Result<DynamicAction, StoreError>;

    /// Keeps a word under a name until another one takes its place.
    fn set_service_state(&self, name: &'static str, value: &str) -> Result<(), StoreError>;

    /// Looks up a request's key, or keeps it for the request; keys from before
    /// `oldest` count no more.
    fn reserve(
        &self,
        at: Timestamp,
        oldest: Timestamp,
        request: KeyedRequest,
    ) -> Result<Reservation, StoreError>;

    /// Keeps what was answered to a request with a key; without an answer the key is
    /// free again.
    fn keep_answer(
        &self,
        request: KeyedRequest,
        answer: Option<KeptAnswer>,
    ) -> Result<(), StoreError>;

    /// The number that a shard's next journal entry gets; the first is 1.
    fn next_seq(&self, shard: Shard) -> u64;

    /// What writing cost so far.
    fn cost(&self) -> Cost;
}

impl TreeChanges {
    /// Changes that nobody is told of.
    pub fn of(root: ExecutionId, changes: Changes) -> Self {
        Self {
            root,
            changes,
            notifications: Vec::new(),
        }
    }
}

impl Batch {
    /// A batch of one tree.
    pub fn of(root: ExecutionId, changes: Changes) -> Self {
        Self {
            trees: vec![TreeChanges::of(root, changes)],
            ..Self::default()
        }
    }

    /// Whether there is nothing to write.
    pub fn is_empty(&self) -> bool {
        self.settled.is_empty()
            && self.offers.is_empty()
            && self.withdrawn.is_empty()
            && self.trees.iter().all(|tree| tree.changes.is_empty())
    }
}
