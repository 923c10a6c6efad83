//! Page by page, lists of executions that changed late and that lie apart have the rows
//! that a plain query has, in its order, whatever it is.

use engine::model::Id;
use rusqlite::Connection;

use super::driver::Session;
use super::{connection, migrate};
use crate::query::{Direction, ExecutionColumn, ListQuery, Projects};
use crate::sql::list::list;

/// More in each half than are ever sorted.
const ROWS: i64 = 9_000;

/// One a second. Most changed for the last time within a minute and a half, every 97th
/// hours later. The first half are errors with a tag, the second has succeeded.
const FILL: &str = "
WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1),
    m (i, first) AS (SELECT i, i <= ?1 / 2 FROM n)
INSERT INTO executions SELECT
    unhex(printf('%032x', i)), iif(i % 10 = 5, unhex(printf('%032x', i % 3)), NULL), NULL, NULL,
    NULL, NULL,
    unhex(printf('%032x', 8)), iif(first, 'early', 'late'), '', NULL, zeroblob(32),
    'p', iif(first, '[\"early\"]', '[]'), i * 1000000, iif(first, 'ERROR', 'SUCCESS'), NULL, '',
    NULL, 0, 0, 0, 0, 0, 0,
    i * 1000000 + iif(i % 97 = 3, i * 7919 % 20000, i * 7919 % 90) * 1000000
FROM m";

const TAGS: &str = "
INSERT INTO execution_tags SELECT 'early', created_at, id FROM executions WHERE tags <> '[]'";

fn store() -> Connection {
    let mut connection = connection::memory().unwrap();
    migrate::run(&mut connection).unwrap();
    connection.execute(FILL, [ROWS]).unwrap();
    connection.execute(TAGS, []).unwrap();
    connection
}

/// Lists with the condition that a plain query has for them.
fn lists() -> Vec<(&'static str, ListQuery<ExecutionColumn>)> {
    use ExecutionColumn as C;
    let query = |filters: &[(C, &str)]| {
        let mut query = ListQuery::default();
        for (column, text) in filters {
            query = query.filter(*column, text).unwrap();
        }
        query
    };
    let tagged = ListQuery {
        tags: vec!["early".into()],
        ..query(&[(C::CreatedAt, "gte:1970-01-01 00:01:40")])
    };
    let own = ListQuery {
        projects: Projects::Of("p".into()),
        ..query(&[])
    };
    vec![
        ("state = 'ERROR'", query(&[(C::State, "ERROR")])),
        ("state = 'SUCCESS'", query(&[(C::State, "SUCCESS")])),
        (
            "workflow_name = 'early'",
            query(&[(C::WorkflowName, "has:EARL")]),
        ),
        (
            "workflow_name <> 'early'",
            query(&[(C::WorkflowName, "neq:early")]),
        ),
        (
            "state <> 'ERROR'",
            query(&[(C::State, "nin:ERROR,RUNNING")]),
        ),
        ("tags <> '[]' AND created_at >= 100000000", tagged),
        ("project_id = 'p'", own),
        (
            "created_at < 5000000000",
            query(&[(C::CreatedAt, "lt:1970-01-01 01:23:20")]),
        ),
        (
            "created_at >= 2000000000",
            query(&[(C::CreatedAt, "gte:1970-01-01 00:33:20")]),
        ),
        (
            "updated_at >= 4000000000",
            query(&[(C::UpdatedAt, "gte:1970-01-01 01:06:40")]),
        ),
        (
            "updated_at < 6000000000",
            query(&[(C::UpdatedAt, "lt:1970-01-01 01:40:00")]),
        ),
        (
            "updated_at >= 1000000000 AND state = 'SUCCESS'",
            query(&[
                (C::UpdatedAt, "gte:1970-01-01 00:16:40"),
                (C::State, "SUCCESS"),
            ]),
        ),
    ]
}

fn plain(connection: &Connection, condition: &str, order: &str) -> Vec<Id> {
    let text = format!("SELECT id FROM executions WHERE {condition} ORDER BY {order}");
    let mut statement = connection.prepare(&text).unwrap();
    let ids = statement.query_map([], |row| row.get(0)).unwrap();
    ids.map(|id| Id::from_bytes(id.unwrap())).collect()
}

fn pages(connection: &Connection, query: &ListQuery<ExecutionColumn>) -> Vec<Id> {
    let mut query = ListQuery {
        limit: Some(1_500),
        wide: Vec::new(),
        ..query.clone()
    };
    let mut found: Vec<Id> = Vec::new();
    loop {
        let page = list(&Session::new(connection), &query, None).unwrap();
        found.extend(page.records.iter().map(|row| row.id.id.0));
        match found.last().filter(|_| page.full) {
            Some(last) => query.marker = Some(last.to_string().into()),
            None => return found,
        }
    }
}

#[test]
fn pages_have_the_rows_of_a_plain_query() {
    use ExecutionColumn as C;
    let connection = store();
    for (condition, query) in lists() {
        for (column, name) in [
            (C::CreatedAt, "created_at"),
            (C::UpdatedAt, "updated_at"),
            (C::WorkflowName, "workflow_name"),
            (C::RootExecutionId, "root"),
        ] {
            for (direction, word) in [(Direction::Ascending, ""), (Direction::Descending, "DESC")] {
                let sort = vec![(column, direction), (C::Id, Direction::Ascending)];
                let query = ListQuery {
                    sort,
                    ..query.clone()
                };
                let order = match (column, name) {
                    (C::CreatedAt, _) => format!("created_at {word}, id {word}"),
                    (_, name) => format!("{name} {word}, created_at {word}, id {word}"),
                };
                let expected = plain(&connection, condition, &order);
                assert!(expected.len() > 2_000, "{condition}");
                let found = pages(&connection, &query);
                let first = found
                    .iter()
                    .zip(&expected)
                    .position(|(one, other)| one != other);
                assert_eq!(first, None, "{condition}, {order}");
                assert_eq!(found.len(), expected.len(), "{condition}, {order}");
            }
        }
    }
}
