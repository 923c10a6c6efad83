//! Code sources, dynamic actions, and the words of the service.

use std::sync::Arc;

use store::query::Projects;
use store::{
    CodeSource, CodeSourceChange, DynamicActionChange, Label, Resource, Scope, StoreError,
};

use crate::Database;
use crate::maker::Maker;

fn label(name: &str, project: &str) -> Label {
    Label {
        name: name.into(),
        namespace: "".into(),
        project_id: project.into(),
        scope: Scope::Private,
    }
}

fn create(database: &dyn Database, maker: &mut Maker, name: &str, project: &str) -> CodeSource {
    let change = CodeSourceChange::Create {
        id: maker.id(),
        label: label(name, project),
        content: "one".into(),
    };
    database.change_code_source(maker.tick(), change).unwrap()
}

pub(crate) fn sources_have_versions(database: &dyn Database) {
    let mut maker = Maker::new();
    let row = create(database, &mut maker, "m", "p1");
    assert_eq!(
        (row.version, &*row.content, row.updated_at),
        (1, "one", None)
    );
    create(database, &mut maker, "m", "p2");
    let again = CodeSourceChange::Create {
        id: maker.id(),
        label: label("m", "p1"),
        content: "".into(),
    };
    let refused = database.change_code_source(maker.tick(), again);
    assert!(
        matches!(
            refused,
            Err(StoreError::Duplicate {
                resource: Resource::CodeSource,
                ..
            })
        ),
        "{refused:?}"
    );
    let later = maker.tick();
    let update = CodeSourceChange::Update {
        id: row.id,
        scope: Scope::Public,
        content: "two".into(),
    };
    let updated = database.change_code_source(later, update).unwrap();
    assert_eq!((updated.version, updated.updated_at), (2, Some(later)));
    assert_eq!(database.code_source(row.id).unwrap(), Some(updated.clone()));
    let named = |project: &str| {
        let projects = Projects::Of(project.into());
        database.code_source_by_name("m", "", &projects).unwrap()
    };
    assert_eq!(named("p1"), Some(updated.clone()));
    assert_ne!(named("p2"), Some(updated.clone()));
    assert_eq!(named("p3"), Some(updated));
}

pub(crate) fn actions_go_with_their_code(database: &dyn Database) {
    let mut maker = Maker::new();
    let source = create(database, &mut maker, "m", "p1");
    let other = create(database, &mut maker, "n", "p1");
    let make = |maker: &mut Maker, name: &str, code_source| DynamicActionChange::Create {
        id: maker.id(),
        label: label(name, "p1"),
        class_name: "A".into(),
        code_source,
    };
    let now = maker.tick();
    let first = make(&mut maker, "a", source.id);
    let first = database.change_dynamic_action(now, first).unwrap();
    let second = make(&mut maker, "b", other.id);
    let second = database.change_dynamic_action(now, second).unwrap();
    assert_eq!(&*first.code_source_name, "m");
    let stranger = make(&mut maker, "c", maker_id());
    let refused = database.change_dynamic_action(now, stranger);
    assert!(
        matches!(refused, Err(StoreError::NotFound { .. })),
        "{refused:?}"
    );
    let renamed = |name: &str| DynamicActionChange::Update {
        id: second.id,
        name: Some(Arc::from(name)),
        class_name: None,
        code_source: None,
        scope: None,
    };
    let refused = database.change_dynamic_action(now, renamed("a"));
    assert!(
        matches!(refused, Err(StoreError::Duplicate { .. })),
        "{refused:?}"
    );
    let changed = database.change_dynamic_action(now, renamed("z")).unwrap();
    assert_eq!((&*changed.label.name, &*changed.class_name), ("z", "A"));

    let delete = CodeSourceChange::Delete { id: source.id };
    database.change_code_source(now, delete).unwrap();
    assert_eq!(database.dynamic_action(first.id).unwrap(), None);
    let left = database
        .dynamic_actions(&Default::default())
        .unwrap()
        .records;
    assert_eq!(left, [changed]);
}

fn maker_id() -> engine::model::Id {
    engine::model::Id::from_bytes([9; 16])
}

pub(crate) fn words_are_kept(database: &dyn Database) {
    assert_eq!(database.service_state("a").unwrap(), None);
    for word in ["one", "two"] {
        database.set_service_state("a", word).unwrap();
        assert_eq!(database.service_state("a").unwrap().as_deref(), Some(word));
    }
    assert_eq!(database.service_state("b").unwrap(), None);
}
