//! Tags, nulls, projects and wide columns of lists.

use store::ExecutionKey;
use store::query::{
    ActionColumn, DefinitionColumn, Direction, EnvironmentColumn, ExecutionColumn, Filter,
    ListQuery, Operand, Projects, QueryError, TaskColumn,
};

use crate::Database;
use crate::operators::populate;
use crate::shown::Shows;

fn names(database: &dyn Database, query: &ListQuery<ExecutionColumn>) -> Vec<String> {
    let page = database.executions(query).unwrap();
    let roots = page
        .records
        .iter()
        .filter(|row| row.root_execution_id.is_none());
    roots.map(|row| row.workflow_name.to_string()).collect()
}

pub(crate) fn tags_match_whole(database: &dyn Database) {
    populate(database);
    let tagged = |tags: &[&str]| ListQuery {
        tags: tags.iter().map(|tag| (*tag).to_owned()).collect(),
        ..ListQuery::default()
    };
    assert_eq!(names(database, &tagged(&["deploy"])), ["Deploy", "deploy"]);
    assert_eq!(names(database, &tagged(&["100%", "ALL"])), ["100%"]);
    assert_eq!(names(database, &tagged(&["dep"])), [""; 0]);
    assert_eq!(names(database, &tagged(&["deploy", "_"])), [""; 0]);
    assert_eq!(names(database, &tagged(&["ünï"])), ["ünï"]);

    let query = ListQuery::default()
        .filter(ExecutionColumn::Tags, "neq:_,all")
        .unwrap();
    assert_eq!(names(database, &query), ["_"]);
    let query = ListQuery::<TaskColumn> {
        tags: vec!["all".into()],
        ..ListQuery::default()
    };
    assert_eq!(
        database.tasks(&query).unwrap().records,
        [],
        "tasks have no tags"
    );
}

pub(crate) fn nulls_select_roots(database: &dyn Database) {
    populate(database);
    let query = ListQuery::default()
        .null(ExecutionColumn::RootExecutionId)
        .unwrap();
    let page = database.executions(&query).unwrap();
    assert_eq!(page.records.len(), 6);
    assert!(
        page.records
            .iter()
            .all(|row| row.root_execution_id.is_none())
    );
    assert_eq!(
        ListQuery::default()
            .null(ExecutionColumn::State)
            .unwrap_err(),
        QueryError::NeverNull("state")
    );
}

/// Who sees what: (executions, tasks, actions, workflows, environments).
pub(crate) fn projects_are_apart(database: &dyn Database) {
    fn count<C: Shows>(database: &dyn Database, projects: &Projects) -> usize {
        let query = ListQuery::<C> {
            projects: projects.clone(),
            ..ListQuery::default()
        };
        C::list(database, &query).unwrap().records.len()
    }
    populate(database);
    for (projects, expected) in [
        (Projects::All, [12, 6, 12, 6, 6]),
        // Sub-executions and actions are all of `p1` here.
        (Projects::Of("p1".into()), [9, 3, 6, 3, 3]),
        (Projects::Of("p2".into()), [3, 3, 0, 4, 4]),
        (Projects::Of("p3".into()), [0, 0, 6, 3, 3]),
        (Projects::Of("p9".into()), [0, 0, 0, 3, 3]),
    ] {
        let found = [
            count::<ExecutionColumn>(database, &projects),
            count::<TaskColumn>(database, &projects),
            count::<ActionColumn>(database, &projects),
            count::<DefinitionColumn>(database, &projects),
            count::<EnvironmentColumn>(database, &projects),
        ];
        assert_eq!(found, expected, "{projects:?}");
    }
}

pub(crate) fn wide_columns_are_read_on_demand(database: &dyn Database) {
    populate(database);
    let query = ListQuery {
        wide: vec![ExecutionColumn::Params],
        ..ListQuery::default()
    };
    for row in database.executions(&query).unwrap().records {
        assert!(row.params.is_some() && row.input.is_none() && row.output.is_none());
    }
    let query = ListQuery::<ActionColumn> {
        wide: vec![],
        ..ListQuery::default()
    };
    for row in database.actions(&query).unwrap().records {
        assert!(row.input.is_none() && row.output.is_none());
    }
    let query = ListQuery::<ExecutionColumn>::default();
    for row in database.executions(&query).unwrap().records {
        let single = database.execution(&ExecutionKey::Id(row.id.id)).unwrap();
        assert_eq!(single, Some(row));
    }
    for row in database.actions(&ListQuery::default()).unwrap().records {
        let single = database.action(row.id).unwrap().unwrap();
        assert_eq!(single, row);
    }
    for row in database.tasks(&ListQuery::default()).unwrap().records {
        let single = database.task(row.id).unwrap().unwrap();
        assert_eq!(single, row);
    }
}

/// Whatever a caller writes is compared, not run.
pub(crate) fn hostile_text_is_only_text(database: &dyn Database) {
    populate(database);
    for text in [
        "'; DROP TABLE executions; --",
        "\" OR 1=1",
        "%",
        "\\",
        "a\0b",
        "?1",
        ":id",
    ] {
        for prefix in ["", "has:", "in:", "lt:"] {
            let filter = format!("{prefix}{text}");
            let query = ListQuery::default()
                .filter(ExecutionColumn::WorkflowName, &filter)
                .unwrap();
            let found = names(database, &query);
            let all = names(database, &ListQuery::default()).len();
            assert!(
                prefix == "lt:" || found.len() < all,
                "{filter:?}: {found:?}"
            );
        }
        let query = ListQuery::<ExecutionColumn> {
            tags: vec![text.to_owned()],
            ..ListQuery::default()
        };
        assert_eq!(names(database, &query), [""; 0]);
    }
    let query = ListQuery::default()
        .filter(ExecutionColumn::WorkflowName, "de'ploy")
        .unwrap();
    assert_eq!(names(database, &query), ["de'ploy"]);
    let many = ListQuery {
        filters: vec![Filter {
            column: ExecutionColumn::State,
            op: store::query::Op::In,
            operands: (0..2000).map(|n| Operand::Text(format!("S{n}"))).collect(),
        }],
        sort: vec![(ExecutionColumn::Input, Direction::Descending)],
        ..ListQuery::default()
    };
    assert_eq!(names(database, &many), [""; 0]);
}

pub(crate) fn outputs_match_as_shown(database: &dyn Database) {
    populate(database);
    let count = |filter: &str| {
        let query = ListQuery::default()
            .filter(ActionColumn::Output, filter)
            .unwrap();
        database.actions(&query).unwrap().records.len()
    };
    assert_eq!(count(r#"{"result": {"result": "_"}}"#), 0, "it is large");
    assert_eq!(count(r#"{"result": {"result": "100%"}}"#), 1);
    assert_eq!(count(r#"{"result": {"result": "100%"}, "more": 1}"#), 0);
    assert_eq!(count(r#"neq:{"other": 1}"#), 4, "all that have an output");
}
