//! Golden plans of the queries that must stay fast in large databases.

use std::fmt::Write as _;

use rusqlite::Connection;

use super::driver::Session;
use super::{connection, migrate};
use crate::query::{
    ActionColumn, Column, DefinitionColumn, Direction, EnvironmentColumn, ExecutionColumn,
    ListQuery, Projects, TaskColumn,
};
use crate::sql::list::order::Piece;
use crate::sql::list::{Listed, statement};
use crate::sql::{Value, read, write};

struct Plans {
    connection: Connection,
    text: String,
}

impl Plans {
    fn new() -> Self {
        let mut connection = connection::memory().unwrap();
        migrate::run(&mut connection).unwrap();
        Self {
            connection,
            text: String::new(),
        }
    }

    fn add(&mut self, title: &str, sql: &str) {
        let parameters = self.connection.prepare(sql).unwrap().parameter_count();
        self.explain(title, sql, &vec![Value::Null; parameters]);
    }

    fn list<C: Listed>(&mut self, title: &str, query: &ListQuery<C>) {
        let sql = statement::list(
            &Session::new(&self.connection),
            query,
            None,
            &Piece::ALL,
            100,
        )
        .unwrap();
        self.explain(title, &sql.text, &sql.values);
    }

    fn explain(&mut self, title: &str, sql: &str, values: &[Value]) {
        let sql = format!("EXPLAIN QUERY PLAN {sql}");
        let steps = read::all(&Session::new(&self.connection), &sql, values, |fields| {
            let _numbers = [fields.value()?, fields.value()?, fields.value()?];
            fields.text()
        });
        writeln!(self.text, "{title}").unwrap();
        for step in steps.unwrap() {
            writeln!(self.text, "    {step}").unwrap();
        }
    }
}

fn id_filter<C: Column>(column: C) -> ListQuery<C> {
    let id = "00000000-0000-0000-0000-000000000000";
    ListQuery::default().filter(column, id).unwrap()
}

fn sorted<C: Column>(direction: Direction) -> ListQuery<C> {
    ListQuery {
        sort: vec![(C::CREATED_AT, direction)],
        projects: Projects::Of("p".into()),
        ..ListQuery::default()
    }
}

#[test]
fn lists() {
    let mut plans = Plans::new();
    plans.list(
        "executions",
        &sorted::<ExecutionColumn>(Direction::Descending),
    );
    plans.list("tasks", &sorted::<TaskColumn>(Direction::Ascending));
    plans.list("actions", &sorted::<ActionColumn>(Direction::Descending));
    plans.list(
        "tasks of an execution",
        &id_filter(TaskColumn::WorkflowExecutionId),
    );
    plans.list(
        "actions of a task",
        &id_filter(ActionColumn::TaskExecutionId),
    );
    plans.list(
        "sub-executions of a task",
        &id_filter(ExecutionColumn::TaskExecutionId),
    );
    plans.list(
        "executions of a tree",
        &id_filter(ExecutionColumn::RootExecutionId),
    );
    let since = ListQuery::default()
        .filter(ExecutionColumn::CreatedAt, "gte:2026-01-01 00:00:00")
        .unwrap();
    plans.list("executions since", &since);
    plans.list(
        "definitions",
        &sorted::<DefinitionColumn>(Direction::Ascending),
    );
    plans.list(
        "environments",
        &sorted::<EnvironmentColumn>(Direction::Ascending),
    );
    insta::assert_snapshot!(plans.text);
}

#[test]
fn reads() {
    let mut plans = Plans::new();
    for (title, sql) in read::HOT {
        plans.add(title, sql);
    }
    insta::assert_snapshot!(plans.text);
}

#[test]
fn writes() {
    let mut plans = Plans::new();
    for (title, sql) in write::HOT {
        plans.add(title, sql);
    }
    insta::assert_snapshot!(plans.text);
}
