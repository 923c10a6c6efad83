//! Every operator on every column, against the plain comparison of rows.

use std::sync::Arc;

use engine::change::Changes;
use engine::model::{State, TaskKind};
use store::query::{
    ActionColumn, ColumnKind, DefinitionColumn, EnvironmentColumn, ExecutionColumn, Filter,
    ListQuery, Op, TaskColumn,
};
use store::{
    Batch, Content, DefinitionChange, DefinitionKind, EnvironmentChange, NewEnvironment, Scope,
};

use crate::Database;
use crate::maker::{ACTION_CREATED, CREATED, Maker, TASK_CREATED, dict, large};
use crate::shown::{Shown, Shows};

const OPS: [Op; 9] = [
    Op::Equal,
    Op::NotEqual,
    Op::Greater,
    Op::GreaterOrEqual,
    Op::Less,
    Op::LessOrEqual,
    Op::In,
    Op::NotIn,
    Op::Has,
];

/// Rows with different, equal and absent values in all columns.
pub(crate) fn populate(database: &dyn Database) {
    let mut maker = Maker::new();
    for number in 0..6_u8 {
        let mut execution = maker.execution();
        let text = ["Deploy", "deploy", "100%", "_", "ünï", "de'ploy"][usize::from(number)];
        let origin = Arc::make_mut(&mut execution.origin);
        origin.workflow_name = text.into();
        origin.workflow_namespace = ["", "ns"][usize::from(number % 2)].into();
        origin.project_id = ["p1", "p2"][usize::from(number % 2)].into();
        origin.tags = [text.into(), "all".into()].into();
        execution.description = format!("number {number}").into();
        execution.state = State::ALL[usize::from(number)];
        execution.state_info = (number > 2).then(|| text.into());
        if number % 3 == 0 {
            Arc::make_mut(&mut execution.origin).input = dict([]);
            execution.output = [("big", large(text))].into_iter().collect();
        }
        let mut task = maker.task(&execution);
        task.name = format!("step {}", number % 4).into();
        task.kind = [TaskKind::Action, TaskKind::Workflow][usize::from(number % 2)];
        task.processed = number % 3 == 1;
        task.state = execution.state;
        task.state_info = execution.state_info.clone();
        task.started_at = (number > 1).then(|| maker.tick());
        task.finished_at = (number > 3).then(|| maker.tick());
        task.published = (number > 0).then(|| execution.output.clone());
        let sub = maker.sub_execution(&task, execution.id, 0);
        let mut action = maker.action(&task, execution.id);
        action.name = text.into();
        action.state = execution.state;
        action.state_info = execution.state_info.clone();
        action.accepted = number % 2 == 0;
        action.output = (number > 1).then(|| match number % 3 {
            0 => large(text),
            _ => dict([("result", text)]).into(),
        });
        let mut own = maker.own_action();
        own.description = text.into();
        own.project_id = "p3".into();
        own.input = dict([]);
        let changes = Changes {
            executions: vec![(execution.clone(), CREATED), (sub, CREATED)],
            tasks: vec![(task, TASK_CREATED)],
            actions: vec![(action, ACTION_CREATED), (own, ACTION_CREATED)],
            ..Changes::default()
        };
        database.commit(Batch::of(execution.id, changes)).unwrap();
        define(database, &mut maker, number, text);
    }
}

fn define(database: &dyn Database, maker: &mut Maker, number: u8, text: &str) {
    let scope = [Scope::Private, Scope::Public][usize::from(number % 2)];
    let description: Option<Arc<str>> = (number > 3).then(|| text.into());
    for kind in DefinitionKind::ALL {
        let content = Content {
            scope,
            namespace: ["", "ns"][usize::from(number % 2)].into(),
            description: description.clone(),
            tags: [text.into(), "all".into()].into(),
            workbook: (number < 3).then(|| "wb".into()),
            project_id: format!("p{number}").into(),
            ..maker.content(kind, text)
        };
        let id = maker.id();
        for _ in 0..1 + number % 2 {
            let put = DefinitionChange::Put {
                id,
                content: content.clone(),
                source: None,
            };
            database.define(maker.tick(), vec![put]).unwrap();
        }
    }
    let id = maker.id();
    let new = NewEnvironment {
        id,
        name: text.into(),
        description,
        variables: dict([("name", text)]),
        scope,
        project_id: format!("p{number}").into(),
    };
    let now = maker.tick();
    database
        .change_environment(now, EnvironmentChange::Create(new))
        .unwrap();
    if number % 2 == 1 {
        let update = EnvironmentChange::Update {
            id,
            description: None,
            variables: None,
            scope: None,
        };
        database.change_environment(maker.tick(), update).unwrap();
    }
}

pub(crate) fn executions(database: &dyn Database) {
    check::<ExecutionColumn>(database);
}

pub(crate) fn tasks(database: &dyn Database) {
    check::<TaskColumn>(database);
}

pub(crate) fn actions(database: &dyn Database) {
    check::<ActionColumn>(database);
}

pub(crate) fn definitions(database: &dyn Database) {
    check::<DefinitionColumn>(database);
}

pub(crate) fn environments(database: &dyn Database) {
    check::<EnvironmentColumn>(database);
}

fn check<C: Shows>(database: &dyn Database) {
    populate(database);
    let all = C::list(database, &ListQuery::default()).unwrap().records;
    assert!(all.len() >= 6);
    let columns = C::ALL
        .iter()
        .filter(|column| column.kind() != ColumnKind::Tags);
    for column in columns {
        let mut values: Vec<Shown> = all.iter().map(|row| column.shown(row)).collect();
        values.retain(|value| *value != Shown::Null);
        assert!(!values.is_empty(), "{column:?} is null in all rows");
        values.dedup();
        values.truncate(4);
        for (at, value) in values.iter().enumerate() {
            for op in OPS {
                compare(
                    database,
                    *column,
                    op,
                    value,
                    &values[values.len() - 1 - at],
                    &all,
                );
            }
        }
    }
}

fn compare<C: Shows>(
    database: &dyn Database,
    column: C,
    op: Op,
    value: &Shown,
    other: &Shown,
    all: &[C::Record],
) {
    let part = Shown::Text(middle(&value.text()));
    let lists = column.kind() != ColumnKind::Json;
    let (operands, text) = match op {
        Op::In | Op::NotIn if lists => (
            vec![value, other],
            format!("{},{}", value.operand(), other.operand()),
        ),
        Op::Has => (vec![&part], part.text()),
        _ => (vec![value], value.operand()),
    };
    // Values with commas are no list.
    if lists && matches!(op, Op::In | Op::NotIn) && text.matches(',').count() != 1 {
        return;
    }
    let text = format!("{}:{text}", op.prefix());
    let filter = Filter::parse(column, &text).unwrap();
    let query = ListQuery {
        filters: vec![filter],
        ..ListQuery::default()
    };
    let found = C::list(database, &query).unwrap().records;
    let expected = all
        .iter()
        .filter(|row| column.shown(row).satisfies(op, &operands));
    let expected: Vec<_> = expected.map(C::id).collect();
    let found: Vec<_> = found.iter().map(C::id).collect();
    assert_eq!(found, expected, "{} {text:.100}", column.name());
}

/// A part of a text, letters of the other case.
fn middle(text: &str) -> String {
    let characters: Vec<char> = text.chars().collect();
    let (from, to) = (characters.len() / 3, characters.len() * 2 / 3 + 1);
    let part = characters[from..to.min(characters.len())].iter();
    part.take(40).collect::<String>().to_ascii_uppercase()
}
