//! Definitions and the sources of programs.

use engine::model::Id;
use store::query::{DefinitionColumn, ListQuery, Projects};
use store::{
    Content, Definition, DefinitionChange, DefinitionKind, Resource, Scope, Source, StoreError,
};

use crate::Database;
use crate::maker::{Maker, source};

use DefinitionKind::{Action, Workbook, Workflow};

fn create(id: Id, content: &Content) -> DefinitionChange {
    DefinitionChange::Create {
        id,
        content: content.clone(),
        source: None,
    }
}

fn names(database: &dyn Database, kind: DefinitionKind) -> Vec<String> {
    let query = ListQuery::<DefinitionColumn>::default();
    let page = database.definitions(kind, &query).unwrap();
    let names = page.records.iter().map(|row| row.content.name.to_string());
    names.collect()
}

#[track_caller]
fn assert_duplicate(result: Result<Vec<Definition>, StoreError>, of: Resource) {
    match result {
        Err(StoreError::Duplicate { resource, name, .. }) => {
            assert_eq!((resource, &*name), (of, "a"));
        }
        other => panic!("{other:?}"),
    }
}

pub(crate) fn names_are_unique(database: &dyn Database) {
    let mut maker = Maker::new();
    let now = maker.tick();
    let first = maker.content(Workflow, "a");
    let elsewhere = Content {
        namespace: "ns".into(),
        ..first.clone()
    };
    let theirs = Content {
        project_id: "p2".into(),
        ..first.clone()
    };
    let workbook = maker.content(Workbook, "a");
    for content in [&first, &elsewhere, &theirs, &workbook] {
        let rows = database
            .define(now, vec![create(maker.id(), content)])
            .unwrap();
        assert_eq!(rows[0].content, *content);
        assert_eq!((rows[0].created_at, rows[0].updated_at), (now, None));
    }
    for (content, resource) in [
        (&first, Resource::Workflow),
        (&workbook, Resource::Workbook),
    ] {
        let result = database.define(now, vec![create(maker.id(), content)]);
        assert_duplicate(result, resource);
    }
}

pub(crate) fn several_change_all_or_nothing(database: &dyn Database) {
    let mut maker = Maker::new();
    let now = maker.tick();
    let (a, b) = (maker.content(Workflow, "a"), maker.content(Workflow, "b"));
    database.define(now, vec![create(maker.id(), &a)]).unwrap();
    let both = vec![create(maker.id(), &b), create(maker.id(), &a)];
    assert_duplicate(database.define(now, both), Resource::Workflow);
    assert_eq!(names(database, Workflow), ["a"]);

    let nobody = maker.id();
    let update = DefinitionChange::Update {
        id: nobody,
        content: a,
        source: None,
    };
    let delete = DefinitionChange::Delete {
        id: nobody,
        kind: Workflow,
    };
    for change in [update, delete] {
        let both = vec![create(maker.id(), &b), change];
        let result = database.define(now, both);
        assert!(
            matches!(result, Err(StoreError::NotFound { .. })),
            "{result:?}"
        );
        assert_eq!(names(database, Workflow), ["a"]);
    }
}

pub(crate) fn put_keeps_the_id(database: &dyn Database) {
    let mut maker = Maker::new();
    let (created, updated) = (maker.tick(), maker.tick());
    let content = maker.content(Action, "a");
    let put = |id, content: &Content| DefinitionChange::Put {
        id,
        content: content.clone(),
        source: None,
    };
    let first = database
        .define(created, vec![put(maker.id(), &content)])
        .unwrap();
    let changed = Content {
        scope: Scope::Public,
        definition: "new".into(),
        description: Some("text".into()),
        tags: ["t".into()].into(),
        ..content
    };
    let second = database
        .define(updated, vec![put(maker.id(), &changed)])
        .unwrap();
    assert_eq!(second[0].id, first[0].id);
    assert_eq!(second[0].content, changed);
    assert_eq!(second[0].created_at, created);
    assert_eq!(second[0].updated_at, Some(updated));

    // An update may rename, but not to a name that is taken.
    let other = maker.content(Action, "b");
    database
        .define(created, vec![create(maker.id(), &other)])
        .unwrap();
    let rename = |name: &str| DefinitionChange::Update {
        id: second[0].id,
        content: Content {
            name: name.into(),
            ..changed.clone()
        },
        source: None,
    };
    assert!(database.define(updated, vec![rename("b")]).is_err());
    database.define(updated, vec![rename("c")]).unwrap();
    assert_eq!(names(database, Action), ["c", "b"]);
    let by_name = database
        .definition_by_name(Action, "c", "", &Projects::All)
        .unwrap();
    assert_eq!(by_name.map(|row| row.id), Some(first[0].id));
    assert_eq!(database.definition(Workflow, first[0].id).unwrap(), None);
}

pub(crate) fn sources_outlive_definitions(database: &dyn Database) {
    let mut maker = Maker::new();
    let now = maker.tick();
    let content = maker.content(Workflow, "a");
    let (old, new) = (source("old"), source("new"));
    let id = maker.id();
    let with = |source: &Source| DefinitionChange::Put {
        id,
        content: content.clone(),
        source: Some(source.clone()),
    };
    let rows = database.define(now, vec![with(&old)]).unwrap();
    assert_eq!(rows[0].program, Some(old.hash()));
    let rows = database.define(now, vec![with(&new)]).unwrap();
    assert_eq!(rows[0].program, Some(new.hash()));
    let gone = DefinitionChange::Delete { id, kind: Workflow };
    let rows = database.define(now, vec![gone]).unwrap();
    assert_eq!(rows[0].program, Some(new.hash()));
    assert_eq!(names(database, Workflow), [""; 0]);
    for source in [old, new] {
        assert_eq!(database.source(&source.hash()).unwrap(), Some(source));
    }
    assert_eq!(database.source(&[0; 32]).unwrap(), None);
}

pub(crate) fn own_definitions_come_first(database: &dyn Database) {
    let mut maker = Maker::new();
    let row = |maker: &mut Maker, project: &str, scope| {
        let content = Content {
            project_id: project.into(),
            scope,
            ..maker.content(Workflow, "a")
        };
        let (now, id) = (maker.tick(), maker.id());
        database.define(now, vec![create(id, &content)]).unwrap();
        id
    };
    let secret = row(&mut maker, "p1", Scope::Private);
    let public = row(&mut maker, "p2", Scope::Public);
    let own = row(&mut maker, "p3", Scope::Private);
    for (projects, expected) in [
        (Projects::All, secret),
        (Projects::Of("p3".into()), own),
        (Projects::Of("p4".into()), public),
    ] {
        let found = database
            .definition_by_name(Workflow, "a", "", &projects)
            .unwrap();
        assert_eq!(found.map(|row| row.id), Some(expected), "{projects:?}");
        let elsewhere = database
            .definition_by_name(Workflow, "a", "ns", &projects)
            .unwrap();
        assert_eq!(elsewhere, None);
    }
}

pub(crate) fn checksums_are_md5(database: &dyn Database) {
    let mut maker = Maker::new();
    let now = maker.tick();
    let plain = Content {
        definition: "abc".into(),
        ..maker.content(Workflow, "a")
    };
    let member = Content {
        workbook: Some("wb".into()),
        ..maker.content(Workflow, "wb.a")
    };
    let changes = vec![create(maker.id(), &plain), create(maker.id(), &member)];
    let rows = database.define(now, changes).unwrap();
    let md5 = "900150983cd24fb0d6963f7d28e17f72";
    assert_eq!(rows[0].checksum.as_deref(), Some(md5));
    assert_eq!(rows[1].checksum, None);
}
