//! The columns of each resource, by the names of the API.

use std::fmt::Debug;

use super::QueryError;

/// What a column holds; decides how operands are read and compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColumnKind {
    /// Text, also states and scopes.
    Text,
    /// A UUID.
    Id,
    /// A point in time; compared by the second, as it is shown.
    Time,
    /// True or false.
    Bool,
    /// A whole number.
    Number,
    /// A JSON object, equal if its stored text is.
    Json,
    /// A list of tags.
    Tags,
}

/// A closed set of columns.
pub trait Column: Copy + Eq + Debug + 'static {
    /// All columns, in the order in which the API shows them.
    const ALL: &'static [Self];
    /// The column which makes every order total.
    const ID: Self;
    /// The default order.
    const CREATED_AT: Self;

    /// The name in the API.
    fn name(self) -> &'static str;

    /// What it holds.
    fn kind(self) -> ColumnKind;

    /// Whether it may be null.
    fn is_nullable(self) -> bool;

    /// Whether it lives apart from the row and is read only if asked for.
    fn is_wide(self) -> bool;

    /// The column of that name.
    ///
    /// # Errors
    /// [`QueryError::UnknownColumn`].
    fn by_name(name: &str) -> Result<Self, QueryError> {
        let found = Self::ALL.iter().find(|column| column.name() == name);
        found.copied().ok_or_else(|| QueryError::UnknownColumn {
            name: name.to_owned(),
            known: Self::ALL.iter().map(|column| column.name()).collect(),
        })
    }

    /// The wide ones.
    fn wide() -> impl Iterator<Item = Self> {
        Self::ALL.iter().copied().filter(|column| column.is_wide())
    }
}

macro_rules! columns {
    ($(#[$doc:meta])* $name:ident { $($column:ident $text:literal $kind:ident $($flag:ident)*;)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $name {
            $(#[doc = concat!("`", $text, "`")] $column,)*
        }

        impl Column for $name {
            const ALL: &'static [Self] = &[$(Self::$column),*];
            const ID: Self = Self::Id;
            const CREATED_AT: Self = Self::CreatedAt;

            fn name(self) -> &'static str {
                match self { $(Self::$column => $text,)* }
            }

            fn kind(self) -> ColumnKind {
                match self { $(Self::$column => ColumnKind::$kind,)* }
            }

            fn is_nullable(self) -> bool {
                match self { $(Self::$column => [$(stringify!($flag)),*].contains(&"nullable"),)* }
            }

            fn is_wide(self) -> bool {
                match self { $(Self::$column => [$(stringify!($flag)),*].contains(&"wide"),)* }
            }
        }
    };
}

columns! {
    /// Columns of executions.
    ExecutionColumn {
        Id "id" Id;
        WorkflowId "workflow_id" Id;
        WorkflowName "workflow_name" Text;
        WorkflowNamespace "workflow_namespace" Text;
        Description "description" Text;
        Tags "tags" Tags;
        Params "params" Json wide;
        TaskExecutionId "task_execution_id" Id nullable;
        RootExecutionId "root_execution_id" Id nullable;
        State "state" Text;
        StateInfo "state_info" Text nullable;
        Input "input" Json wide;
        Output "output" Json wide;
        CreatedAt "created_at" Time;
        UpdatedAt "updated_at" Time;
        ProjectId "project_id" Text;
    }
}

columns! {
    /// Columns of task executions.
    TaskColumn {
        Id "id" Id;
        Name "name" Text;
        Type "type" Text;
        WorkflowName "workflow_name" Text;
        WorkflowNamespace "workflow_namespace" Text;
        WorkflowId "workflow_id" Id;
        WorkflowExecutionId "workflow_execution_id" Id;
        State "state" Text;
        StateInfo "state_info" Text nullable;
        ProjectId "project_id" Text;
        Published "published" Json wide;
        Processed "processed" Bool;
        CreatedAt "created_at" Time;
        UpdatedAt "updated_at" Time;
        StartedAt "started_at" Time nullable;
        FinishedAt "finished_at" Time nullable;
    }
}

columns! {
    /// Columns of action executions.
    ActionColumn {
        Id "id" Id;
        WorkflowName "workflow_name" Text nullable;
        WorkflowNamespace "workflow_namespace" Text nullable;
        TaskName "task_name" Text nullable;
        TaskExecutionId "task_execution_id" Id nullable;
        State "state" Text;
        StateInfo "state_info" Text nullable;
        Name "name" Text;
        Description "description" Text;
        ProjectId "project_id" Text;
        Accepted "accepted" Bool;
        Input "input" Json wide;
        Output "output" Json nullable wide;
        CreatedAt "created_at" Time;
        UpdatedAt "updated_at" Time;
    }
}

columns! {
    /// Columns of workflows, workbooks and ad-hoc actions.
    DefinitionColumn {
        Id "id" Id;
        Name "name" Text;
        Namespace "namespace" Text;
        Input "input" Text;
        Interface "interface" Json wide;
        Description "description" Text nullable;
        Definition "definition" Text wide;
        Checksum "checksum" Text nullable;
        Tags "tags" Tags;
        WorkbookName "workbook_name" Text nullable;
        Scope "scope" Text;
        ProjectId "project_id" Text;
        CreatedAt "created_at" Time;
        UpdatedAt "updated_at" Time nullable;
    }
}

columns! {
    /// Columns of environments.
    EnvironmentColumn {
        Id "id" Id;
        Name "name" Text;
        Description "description" Text nullable;
        Variables "variables" Json;
        Scope "scope" Text;
        ProjectId "project_id" Text;
        CreatedAt "created_at" Time;
        UpdatedAt "updated_at" Time nullable;
    }
}

columns! {
    /// Columns of code sources.
    CodeSourceColumn {
        Id "id" Id;
        Name "name" Text;
        Namespace "namespace" Text;
        Content "content" Text wide;
        ProjectId "project_id" Text;
        Scope "scope" Text;
        CreatedAt "created_at" Time;
        UpdatedAt "updated_at" Time nullable;
    }
}

columns! {
    /// Columns of dynamic actions.
    DynamicActionColumn {
        Id "id" Id;
        Name "name" Text;
        Namespace "namespace" Text;
        CodeSourceId "code_source_id" Id;
        CodeSourceName "code_source_name" Text;
        ClassName "class_name" Text;
        ProjectId "project_id" Text;
        Scope "scope" Text;
        CreatedAt "created_at" Time;
        UpdatedAt "updated_at" Time nullable;
    }
}

columns! {
    /// Columns of cron triggers.
    CronTriggerColumn {
        Id "id" Id;
        Name "name" Text;
        WorkflowName "workflow_name" Text;
        WorkflowId "workflow_id" Id;
        WorkflowInput "workflow_input" Json;
        WorkflowParams "workflow_params" Json;
        ProjectId "project_id" Text;
        Scope "scope" Text;
        Pattern "pattern" Text;
        RemainingExecutions "remaining_executions" Number nullable;
        FirstExecutionTime "first_execution_time" Time nullable;
        NextExecutionTime "next_execution_time" Time nullable;
        Enabled "enabled" Bool;
        CreatedAt "created_at" Time;
        UpdatedAt "updated_at" Time nullable;
    }
}

columns! {
    /// Columns of event triggers.
    EventTriggerColumn {
        Id "id" Id;
        CreatedAt "created_at" Time;
        UpdatedAt "updated_at" Time nullable;
        ProjectId "project_id" Text;
        Name "name" Text nullable;
        WorkflowId "workflow_id" Id;
        WorkflowInput "workflow_input" Json;
        WorkflowParams "workflow_params" Json;
        Exchange "exchange" Text;
        Topic "topic" Text;
        Event "event" Text;
        Scope "scope" Text;
    }
}

columns! {
    /// Columns of notifications.
    NotificationColumn {
        Id "id" Id;
        ReceiverId "receiver_id" Id;
        Sequence "sequence" Number;
        WorkflowExecutionId "workflow_execution_id" Id;
        Event "event" Text;
        State "state" Text;
        Attempts "attempts" Number;
        CreatedAt "created_at" Time;
        EndedAt "ended_at" Time nullable;
        ProjectId "project_id" Text;
    }
}

columns! {
    /// Columns of the fires of a trigger.
    FireColumn {
        Id "id" Id;
        Kind "kind" Text;
        State "state" Text;
        ScheduledTime "scheduled_time" Time;
        CreatedAt "created_at" Time;
    }
}
