//! Actions that any fitting executor may run: who gets them, and who hears of it.

use engine::change::Changes;
use engine::model::{Action, Claim, ExecutionId};
use store::cluster::{LostOffer, Offer, Withdrawal};
use store::postgres::Postgres;
use store::{Batch, Store, StoreError, TreeChanges};

use super::cluster::{Cluster, node};
use super::fencing::expire;
use crate::maker::{ACTION_CREATED, CREATED, Maker, TASK_CREATED, Tree};

/// Writes actions on their own, all of them offered.
fn offer(store: &Postgres, actions: &[Action]) -> Result<(), StoreError> {
    let tree = |action: &Action| {
        let changes = Changes {
            actions: vec![(action.clone(), ACTION_CREATED)],
            ..Changes::default()
        };
        TreeChanges::of(action.root, changes)
    };
    let batch = Batch {
        trees: actions.iter().map(tree).collect(),
        offers: actions.iter().map(offer_of).collect(),
        ..Batch::default()
    };
    store.commit(batch).map(drop)
}

fn offer_of(action: &Action) -> Offer {
    Offer {
        action: action.id,
        root: action.root,
        target: action.target.clone(),
    }
}

fn withdraw(store: &Postgres, action: &Action, abort: bool) {
    let batch = Batch {
        withdrawn: vec![Withdrawal {
            action: action.id,
            abort,
        }],
        ..Batch::default()
    };
    store.commit(batch).unwrap();
}

fn targets(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn place(action: &Action) -> (engine::model::ActionId, ExecutionId) {
    (action.id, action.root)
}

#[test]
fn each_offer_is_taken_once_by_who_fits() {
    let Some(cluster) = Cluster::start() else {
        return;
    };
    let url = cluster.migrated();
    let owner = node(&url, 1);
    assert_eq!(owner.beat().unwrap().owned.len(), 64);
    let other = node(&url, 3);
    let mut maker = Maker::new();
    let mut actions: Vec<_> = (0..4).map(|_| maker.own_action()).collect();
    actions[2].target = Some("gpu".into());
    offer(&owner, &actions).unwrap();

    assert_eq!(
        other.take(3, &targets(&["three"]), 2).unwrap(),
        [place(&actions[0]), place(&actions[1])]
    );
    // The one with a target comes first.
    assert_eq!(
        owner.take(1, &targets(&["one", "gpu"]), 1).unwrap(),
        [place(&actions[2])]
    );
    assert_eq!(
        other.take(3, &targets(&["three"]), 10).unwrap(),
        [place(&actions[3])]
    );
    assert_eq!(owner.take(1, &targets(&["one", "gpu"]), 10).unwrap(), []);
    assert_eq!(owner.taken(1).unwrap(), [place(&actions[2])]);
    assert_eq!(other.taken(3).unwrap().len(), 3);
    let started = owner.started(actions[2].root).unwrap();
    assert_eq!(started, [(actions[2].id, true)]);
    assert_eq!(owner.offered(actions[3].root).unwrap(), [actions[3].id]);
}

#[test]
fn an_executor_learns_all_that_it_needs() {
    let Some(cluster) = Cluster::start() else {
        return;
    };
    let store = cluster.database();
    let mut maker = Maker::new();
    let Tree {
        execution,
        task,
        action,
    } = Tree::new(&mut maker);
    let changes = Changes {
        executions: vec![(execution.clone(), CREATED)],
        tasks: vec![(task, TASK_CREATED)],
        actions: vec![(action.clone(), ACTION_CREATED)],
        ..Changes::default()
    };
    let batch = Batch {
        offers: vec![offer_of(&action)],
        ..Batch::of(execution.id, changes)
    };
    store.commit(batch).unwrap();
    let taken = store.take(1, &[], 10).unwrap();
    let runs = store.runs(&taken).unwrap();
    assert_eq!(runs.len(), 1);
    let run = &runs[0];
    assert_eq!(run.action.root, execution.id);
    assert_eq!((&*run.name, &run.input), ("std.echo", &action.input));
    assert_eq!(run.workflow_name.as_deref(), Some("deploy"));
}

#[test]
fn what_a_dead_node_took_is_lost_and_offered_again() {
    let Some(cluster) = Cluster::start() else {
        return;
    };
    let url = cluster.migrated();
    let owner = node(&url, 1);
    owner.beat().unwrap();
    let other = node(&url, 2);
    let mut maker = Maker::new();
    let action = maker.own_action();
    offer(&owner, std::slice::from_ref(&action)).unwrap();
    assert_eq!(other.take(2, &[], 10).unwrap().len(), 1);
    let owned = owner.beat().unwrap().owned;
    assert_eq!(owner.lost_offers(owned).unwrap(), []);
    expire(&url, 2);
    owner.beat().unwrap();
    let lost = LostOffer {
        action: action.id,
        root: action.root,
        claim: Claim(2),
    };
    assert_eq!(owner.lost_offers(owned).unwrap(), [lost]);
    let again = Batch {
        offers: vec![offer_of(&action)],
        ..Batch::default()
    };
    owner.commit(again).unwrap();
    assert_eq!(owner.lost_offers(owned).unwrap(), []);
    // Nobody takes anything under a dead name.
    assert_eq!(other.take(2, &[], 10).unwrap(), []);
    assert_eq!(owner.take(1, &[], 10).unwrap(), [place(&action)]);
}

#[test]
fn a_node_that_retires_takes_nothing_and_hands_over_all() {
    let Some(cluster) = Cluster::start() else {
        return;
    };
    let url = cluster.migrated();
    let owner = node(&url, 1);
    owner.beat().unwrap();
    let other = node(&url, 2);
    let action = Maker::new().own_action();
    offer(&owner, std::slice::from_ref(&action)).unwrap();
    owner.retire().unwrap();
    assert_eq!(owner.take(1, &[], 10).unwrap(), []);
    assert_eq!(other.take(2, &[], 10).unwrap(), [place(&action)]);
    let beat = owner.beat().unwrap();
    assert_eq!((beat.owned.len(), beat.surplus), (64, 64));
    owner.release(beat.owned).unwrap();
    assert_eq!(owner.beat().unwrap().owned.len(), 0);
    assert_eq!(other.beat().unwrap().owned.len(), 64);
}

#[test]
fn who_took_an_offer_is_told_to_stop() {
    let Some(cluster) = Cluster::start() else {
        return;
    };
    let url = cluster.migrated();
    let owner = node(&url, 1);
    owner.beat().unwrap();
    let other = node(&url, 2);
    let mut maker = Maker::new();
    let actions: Vec<_> = (0..3).map(|_| maker.own_action()).collect();
    offer(&owner, &actions).unwrap();
    assert_eq!(other.take(2, &[], 2).unwrap().len(), 2);
    withdraw(&owner, &actions[0], true);
    withdraw(&owner, &actions[1], false);
    // Nobody had it: nobody is told, and nobody gets it.
    withdraw(&owner, &actions[2], true);
    assert_eq!(other.take(2, &[], 2).unwrap(), []);
    let orders = other.take_orders(2).unwrap();
    let texts: Vec<_> = orders.iter().map(|order| order.text.clone()).collect();
    assert_eq!(texts, [actions[0].id.to_string()]);
    assert_eq!(other.taken(2).unwrap(), []);
}

#[test]
fn only_the_owner_offers() {
    let Some(cluster) = Cluster::start() else {
        return;
    };
    let url = cluster.migrated();
    let owner = node(&url, 1);
    owner.beat().unwrap();
    let other = node(&url, 2);
    let action = Maker::new().own_action();
    let error = offer(&other, std::slice::from_ref(&action)).unwrap_err();
    assert!(matches!(error, StoreError::NotOwner), "{error}");
    assert_eq!(owner.take(1, &[], 10).unwrap(), []);
}
