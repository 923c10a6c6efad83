//! Environments.

use store::query::Projects;
use store::{EnvironmentChange, NewEnvironment, Scope, StoreError};

use crate::Database;
use crate::maker::{Maker, dict};

fn new(maker: &mut Maker, name: &str, project: &str) -> NewEnvironment {
    NewEnvironment {
        id: maker.id(),
        name: name.into(),
        description: Some("text".into()),
        variables: dict([("a", "1")]),
        scope: Scope::Private,
        project_id: project.into(),
    }
}

pub(crate) fn environments_change(database: &dyn Database) {
    let mut maker = Maker::new();
    let now = maker.tick();
    let mine = new(&mut maker, "lab", "p1");
    let id = mine.id;
    let create = EnvironmentChange::Create;
    let row = database.change_environment(now, create(mine)).unwrap();
    assert_eq!((row.created_at, row.updated_at), (now, None));
    let found = |projects| database.environment("lab", &projects).unwrap();
    assert_eq!(found(Projects::All), Some(row.clone()));
    assert_eq!(found(Projects::Of("p2".into())), None);

    let again = new(&mut maker, "lab", "p1");
    let result = database.change_environment(now, create(again));
    assert!(
        matches!(result, Err(StoreError::Duplicate { .. })),
        "{result:?}"
    );
    let theirs = new(&mut maker, "lab", "p2");
    database.change_environment(now, create(theirs)).unwrap();

    let delete = EnvironmentChange::Delete { id };
    let deleted = database.change_environment(now, delete.clone()).unwrap();
    assert_eq!(deleted, row);
    assert_eq!(found(Projects::Of("p1".into())), None);
    let result = database.change_environment(now, delete);
    assert!(
        matches!(result, Err(StoreError::NotFound { .. })),
        "{result:?}"
    );
}

pub(crate) fn only_what_is_given_changes(database: &dyn Database) {
    let mut maker = Maker::new();
    let (now, later) = (maker.tick(), maker.tick());
    let mine = new(&mut maker, "lab", "p1");
    let id = mine.id;
    let mut expected = database
        .change_environment(now, EnvironmentChange::Create(mine))
        .unwrap();
    expected.updated_at = Some(later);
    let changed = |description, variables, scope| {
        let update = EnvironmentChange::Update {
            id,
            description,
            variables,
            scope,
        };
        database.change_environment(later, update).unwrap()
    };
    expected.variables = dict([("b", "2")]);
    assert_eq!(changed(None, Some(dict([("b", "2")])), None), expected);
    expected.scope = Scope::Public;
    assert_eq!(changed(None, None, Some(Scope::Public)), expected);
    expected.description = None;
    assert_eq!(changed(Some(None), None, None), expected);
    let found = database.environment("lab", &Projects::All).unwrap();
    assert_eq!(found, Some(expected));
}
