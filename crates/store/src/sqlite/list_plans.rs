//! Every list of executions that is promised to be quick, in a store where what it
//! asks for is common and where it is rare: none may read a table from end to end, or
//! sort more than a few rows.

use rusqlite::Connection;

use super::driver::Session;
use super::{connection, migrate};
use crate::query::{Column, Direction, ExecutionColumn, ListQuery, Projects};
use crate::sql::list::order::{Piece, pieces};
use crate::sql::list::plan::MOST_SORTED;
use crate::sql::list::statement;
use crate::sql::{Value, read};

/// More than are ever sorted.
const ROWS: usize = 6_000;

/// All are alike but every thousandth, which is unlike them in everything, and its own
/// root and child.
const FILL: &str = "
WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1),
    m (i, rare) AS (SELECT i, i % 1000 = 1 FROM n)
INSERT INTO executions SELECT
    unhex(printf('%032x', i)), iif(rare, unhex(printf('%032x', 7)), NULL), NULL, NULL,
    iif(rare, unhex(printf('%032x', 7)), NULL), NULL,
    unhex(printf('%032x', iif(rare, 7, 8))), iif(rare, 'rare', 'common'), '', NULL, x'00',
    iif(rare, 'rare', 'common'), iif(rare, '[\"rare\"]', '[\"common\"]'),
    i * 1000000, iif(rare, 'ERROR', 'SUCCESS'), NULL, '', NULL, 0, 0, 0, 0, 0, 0, i * 1000000
FROM m";

const TAGS: &str = "
INSERT INTO execution_tags
SELECT json_extract(tags, '$[0]'), created_at, id FROM executions";

const RARE: &str = "00000000-0000-0000-0000-000000000007";
const COMMON: &str = "00000000-0000-0000-0000-000000000008";

type Query = ListQuery<ExecutionColumn>;

fn store() -> Connection {
    let mut connection = connection::memory().unwrap();
    migrate::run(&mut connection).unwrap();
    connection.execute(FILL, [ROWS as i64]).unwrap();
    connection.execute(TAGS, []).unwrap();
    connection
}

/// Filters that an index answers, each with what it finds: many rows or few.
fn filters() -> Vec<(String, Query)> {
    use ExecutionColumn as C;
    let mut found = Vec::new();
    for (column, text) in [
        (C::State, "SUCCESS"),
        (C::State, "ERROR"),
        (C::State, "neq:SUCCESS"),
        (C::State, "in:SUCCESS,ERROR,RUNNING"),
        (C::State, "RUNNING"),
        (C::WorkflowName, "common"),
        (C::WorkflowName, "rare"),
        (C::WorkflowName, "in:rare,common,other"),
        (C::WorkflowName, "gt:d"),
        (C::WorkflowId, COMMON),
        (C::WorkflowId, RARE),
        (C::TaskExecutionId, RARE),
        (C::RootExecutionId, RARE),
        (C::ProjectId, "common"),
        (C::ProjectId, "rare"),
        (C::CreatedAt, "gte:1970-01-01 00:20:00"),
        (C::CreatedAt, "lt:1970-01-01 00:20:00"),
        (C::CreatedAt, "gt:1970-01-01 01:39:00"),
        (C::UpdatedAt, "gte:1970-01-01 00:20:00"),
        (C::UpdatedAt, "lt:1970-01-01 00:20:00"),
        (C::UpdatedAt, "gt:1970-01-01 01:39:00"),
    ] {
        let query = Query::default().filter(column, text).unwrap();
        found.push((format!("{}={text}", column.name()), query));
    }
    for column in [C::RootExecutionId, C::TaskExecutionId] {
        let query = Query::default().null(column).unwrap();
        found.push((format!("nulls={}", column.name()), query));
    }
    for tag in ["common", "rare", "nobody"] {
        let tags = vec![tag.to_owned()];
        let query = Query {
            tags,
            ..Query::default()
        };
        found.push((format!("tags={tag}"), query));
    }
    found.push(("everything".into(), Query::default()));
    found
}

fn sorts() -> impl Iterator<Item = (ExecutionColumn, Direction)> {
    use ExecutionColumn as C;
    let columns = [
        C::CreatedAt,
        C::UpdatedAt,
        C::State,
        C::WorkflowName,
        C::WorkflowId,
        C::TaskExecutionId,
        C::RootExecutionId,
        C::ProjectId,
    ];
    let both = [Direction::Ascending, Direction::Descending];
    columns
        .into_iter()
        .flat_map(move |column| both.map(|direction| (column, direction)))
}

/// So many rows of 6,000 are soon found wherever one looks.
const SOME: usize = 40;

/// What the database does for a piece of a list, and how many rows it finds: all if it
/// sorts, some if it walks through everything.
fn plan(connection: &Connection, query: &Query, piece: &Piece<ExecutionColumn>) -> (String, usize) {
    let mut sql = statement::list(&Session::new(connection), query, None, piece, SOME).unwrap();
    let explained = format!("EXPLAIN QUERY PLAN {}", sql.text);
    let steps = read::all(
        &Session::new(connection),
        &explained,
        sql.values.as_slice(),
        |fields| {
            let _numbers = [fields.value()?, fields.value()?, fields.value()?];
            fields.text()
        },
    );
    let plan = steps.unwrap().join("; ");
    // What is sorted are ids; their rows are read afterwards.
    let ids = plan.strip_prefix("CO-ROUTINE s; ");
    let ids = ids.and_then(|plan| plan.split_once("; SCAN s"));
    let plan = ids.map_or(plan.clone(), |(ids, _)| ids.to_owned());
    match (plan.contains("TEMP B-TREE"), plan.starts_with("SCAN")) {
        // The limit is the last parameter.
        (true, _) => *sql.values.last_mut().unwrap() = Value::Integer(2 * ROWS as i64),
        (false, true) => {}
        (false, false) => return (plan, SOME),
    }
    let rows = read::all(
        &Session::new(connection),
        &sql.text,
        sql.values.as_slice(),
        |_| Ok(()),
    );
    (plan, rows.unwrap().len())
}

const STRAYS: &str = "SEARCH l USING COVERING INDEX executions_strays";
const UNION: &str = "MERGE (UNION ALL)";

/// What is wrong with a plan.
fn fault(plan: &str, rows: usize) -> Option<&'static str> {
    let reads_all = plan
        .split("; ")
        .any(|step| step.starts_with("SCAN") && !step.contains("USING INDEX"));
    let by_index = [
        "SEARCH e USING INDEX",
        "SEARCH e USING COVERING INDEX",
        "SEARCH x USING PRIMARY KEY",
        STRAYS,
        UNION,
    ]
    .iter()
    .any(|start| plan.starts_with(start));
    match plan.contains("TEMP B-TREE") {
        _ if reads_all => Some("reads the whole table"),
        false if plan.starts_with("SCAN") && rows < SOME => Some("walks far for few rows"),
        true if rows > MOST_SORTED || !by_index => Some("sorts many rows"),
        _ => None,
    }
}

#[test]
fn no_promised_list_reads_or_sorts_everything() {
    let connection = store();
    let mut faults = Vec::new();
    let middle = "00000000-0000-0000-0000-000000000bb8";
    for (title, filtered) in filters() {
        for sort in sorts() {
            for projects in [Projects::All, Projects::Of("common".into())] {
                for marker in [
                    None,
                    Some(middle),
                    Some("00000000-0000-0000-0000-0000000003e9"),
                ] {
                    let query = Query {
                        sort: vec![sort],
                        projects: projects.clone(),
                        marker: marker.map(Into::into),
                        ..filtered.clone()
                    };
                    // A marker that the project may not see is none.
                    let Ok(pieces) = pieces(&Session::new(&connection), &query, None) else {
                        continue;
                    };
                    for piece in pieces {
                        let (plan, rows) = plan(&connection, &query, &piece);
                        if let Some(fault) = fault(&plan, rows) {
                            faults.push(format!(
                                "{title}, {sort:?}, {projects:?}, {piece:?}: {fault}: {plan}"
                            ));
                        }
                    }
                }
            }
        }
    }
    assert!(faults.is_empty(), "{}\n{}", faults.len(), faults.join("\n"));
}
