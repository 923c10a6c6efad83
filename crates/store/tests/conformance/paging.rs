//! Pages and orders.

use std::any::TypeId;
use std::cmp::Ordering;

use engine::model::{Id, State};
use store::query::{
    ActionColumn, DefinitionColumn, Direction, EnvironmentColumn, ExecutionColumn, ListQuery,
    TaskColumn,
};
use store::{Resource, StoreError};

use crate::Database;
use crate::maker::{Maker, create};
use crate::operators::populate;
use crate::shown::Shows;

use Direction::{Ascending, Descending};

fn pages<C: Shows>(
    database: &dyn Database,
    sort: &[(C, Direction)],
    mut between: impl FnMut(),
) -> Vec<C::Record> {
    let mut query = ListQuery {
        sort: sort.to_vec(),
        limit: Some(3),
        wide: vec![],
        ..ListQuery::default()
    };
    let mut found: Vec<C::Record> = Vec::new();
    loop {
        let page = C::list(database, &query).unwrap();
        assert!(page.records.len() <= 3);
        assert_eq!(page.full, page.records.len() == 3);
        found.extend(page.records);
        if !page.full {
            return found;
        }
        let last = found.last().map(|row| C::id(row).to_string());
        query.marker = last.map(|id| id.into());
        between();
    }
}

fn ordered<C: Shows>(a: &C::Record, b: &C::Record, sort: &[(C, Direction)]) -> Ordering {
    let keys = sort.iter().map(|(column, direction)| {
        let order = column.shown(a).order(&column.shown(b));
        match direction {
            Ascending => order,
            Descending => order.reverse(),
        }
    });
    let first = keys.into_iter().find(|order| order.is_ne());
    first.unwrap_or_else(|| {
        let order = C::id(a).cmp(&C::id(b));
        match sort {
            // Executions go on with the time of creation, the same way, if an index does.
            [(column, Descending)] if is_indexed(*column) => order.reverse(),
            _ => order,
        }
    })
}

/// Whether lists of executions in the order of a column go by an index.
fn is_indexed<C: Shows>(column: C) -> bool {
    let names = "created_at updated_at state workflow_name workflow_id task_execution_id \
                 root_execution_id project_id";
    TypeId::of::<C>() == TypeId::of::<ExecutionColumn>()
        && names.split(' ').any(|name| name == column.name())
}

pub(crate) fn every_order_pages_completely(database: &dyn Database) {
    fn check<C: Shows>(database: &dyn Database, second: C) {
        let all = C::list(database, &ListQuery::default()).unwrap().records;
        for column in C::ALL {
            for sort in [
                vec![(*column, Ascending)],
                vec![(*column, Descending)],
                vec![(second, Descending), (*column, Ascending)],
                vec![
                    (second, Ascending),
                    (*column, Descending),
                    (second, Descending),
                ],
            ] {
                // Tags are not comparable here.
                if column.kind() == store::query::ColumnKind::Tags {
                    continue;
                }
                let mut expected = all.clone();
                expected.sort_by(|a, b| ordered(a, b, &sort));
                let expected: Vec<Id> = expected.iter().map(C::id).collect();
                let found = pages(database, &sort, || ());
                let found: Vec<Id> = found.iter().map(C::id).collect();
                assert_eq!(found, expected, "{sort:?}");
            }
        }
    }
    populate(database);
    check(database, ExecutionColumn::StateInfo);
    check(database, TaskColumn::StartedAt);
    check(database, ActionColumn::TaskName);
    check(database, DefinitionColumn::WorkbookName);
    check(database, EnvironmentColumn::Description);
}

/// What is there from beginning to end comes exactly once.
pub(crate) fn pages_are_stable_under_change(database: &dyn Database) {
    populate(database);
    let column = ExecutionColumn::WorkflowName;
    for direction in [Ascending, Descending] {
        let before = database.executions(&ListQuery::default()).unwrap().records;
        let mut maker = Maker::new();
        let mut number = 0;
        let found = pages(database, &[(column, direction)], || {
            number += 1;
            let mut execution = maker.execution();
            execution.id = engine::model::ExecutionId(Id::from_bytes([number; 16]));
            let origin = std::sync::Arc::make_mut(&mut execution.origin);
            origin.root = execution.id;
            origin.workflow_name = if number % 2 == 0 { "a" } else { "z" }.into();
            execution.state = State::Success;
            if database.root_of_execution(execution.id).unwrap().is_none() {
                create(database, &[execution]);
            }
        });
        for row in before {
            let times = found.iter().filter(|other| other.id == row.id).count();
            assert_eq!(times, 1, "{row:?}");
        }
    }
}

pub(crate) fn markers_may_be_names(database: &dyn Database) {
    populate(database);
    let after = |marker: &str| {
        let query = ListQuery::<DefinitionColumn> {
            sort: vec![(DefinitionColumn::Name, Ascending)],
            marker: Some(marker.into()),
            ..ListQuery::default()
        };
        let page = DefinitionColumn::list(database, &query).unwrap();
        let names = page.records.iter().map(|row| row.content.name.to_string());
        names.collect::<Vec<_>>()
    };
    assert_eq!(after("_"), ["de'ploy", "deploy", "ünï"]);
    assert_eq!(after("ünï"), [""; 0]);
}

pub(crate) fn unknown_markers_are_refused(database: &dyn Database) {
    populate(database);
    let nobody = Id::from_bytes([0; 16]).to_string();
    for marker in [nobody.as_str(), "nothing"] {
        let query = ListQuery::<TaskColumn> {
            marker: Some(marker.into()),
            ..ListQuery::default()
        };
        match database.tasks(&query) {
            Err(StoreError::UnknownMarker { resource, key }) => {
                assert_eq!((resource, &*key), (Resource::Task, marker));
            }
            other => panic!("{other:?}"),
        }
    }
    let query = ListQuery::<DefinitionColumn> {
        marker: Some("nothing".into()),
        ..ListQuery::default()
    };
    let workbooks = database.definitions(store::DefinitionKind::Workbook, &query);
    assert!(matches!(
        workbooks,
        Err(StoreError::UnknownMarker {
            resource: Resource::Workbook,
            ..
        })
    ));
}

/// Said in full or not, up or down: the order of creation is one order, also
/// among rows of the same time.
pub(crate) fn created_order_is_one_order(database: &dyn Database) {
    fn check<C: Shows>(database: &dyn Database) {
        let ids = |sort: &[(C, Direction)]| {
            let rows = pages(database, sort, || ());
            rows.iter().map(C::id).collect::<Vec<_>>()
        };
        let up = ids(&[(C::CREATED_AT, Ascending)]);
        let mut down = ids(&[(C::CREATED_AT, Descending)]);
        let explicit = ids(&[(C::CREATED_AT, Descending), (C::ID, Ascending)]);
        assert_eq!(down, explicit);
        down.reverse();
        assert_eq!(up, down);
    }
    populate(database);
    let mut maker = Maker::new();
    let now = maker.tick();
    for number in 0..7 {
        let mut execution = maker.execution();
        let origin = std::sync::Arc::make_mut(&mut execution.origin);
        execution.id = engine::model::ExecutionId(Id::from_bytes([7 * number % 11; 16]));
        origin.root = execution.id;
        origin.created_at = now;
        create(database, &[execution]);
    }
    check::<ExecutionColumn>(database);
    check::<TaskColumn>(database);
    check::<DefinitionColumn>(database);
}
