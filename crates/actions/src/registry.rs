//! The actions a server knows, by name.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::action::Action;
use crate::config::Config;
use crate::{email, http, javascript, simple, ssh};

/// Actions by name. Cheap to clone.
#[derive(Clone, Default)]
pub struct Registry {
    actions: Arc<BTreeMap<String, Arc<dyn Action>>>,
}

impl Registry {
    /// The `std.*` actions (workflow language §11.1).
    pub fn standard(config: &Config) -> Self {
        install_crypto_provider();
        let mut registry = Self::default();
        for action in simple::actions() {
            registry.register(action);
        }
        for action in http::actions(&config.http) {
            registry.register(action);
        }
        for action in ssh::actions(&config.ssh) {
            registry.register(action);
        }
        for action in javascript::actions(&config.javascript) {
            registry.register(action);
        }
        registry.register(email::Email::new(&config.email));
        registry
    }

    /// Adds an action; one of the same name is replaced.
    pub fn register(&mut self, action: impl Action + 'static) {
        Arc::make_mut(&mut self.actions).insert(action.name().to_owned(), Arc::new(action));
    }

    /// The action of that name.
    pub fn get(&self, name: &str) -> Option<&Arc<dyn Action>> {
        self.actions.get(name)
    }

    /// All actions, sorted by name.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<dyn Action>> {
        self.actions.values()
    }
}

/// TLS needs one provider for the process. If the program has chosen one before,
/// that one stays.
pub(crate) fn install_crypto_provider() {
    if rustls::crypto::ring::default_provider()
        .install_default()
        .is_err()
    {
        tracing::debug!("a TLS provider is installed already");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn standard_actions_show_the_signatures_of_the_contract() {
        let registry = Registry::standard(&Config::default());
        let shown: Vec<_> = registry
            .iter()
            .map(|action| format!("{}({})", action.name(), action.signature().text()))
            .collect();
        insta::assert_snapshot!(shown.join("\n"));
    }

    #[test]
    fn every_action_has_a_one_line_description() {
        for action in Registry::standard(&Config::default()).iter() {
            let description = action.description();
            assert!(description.ends_with('.'), "{}", action.name());
            assert!(!description.contains('\n'), "{}", action.name());
        }
    }

    #[test]
    fn only_two_actions_are_asynchronous() {
        let registry = Registry::standard(&Config::default());
        let names: Vec<_> = registry
            .iter()
            .filter(|action| !action.is_sync())
            .map(|action| action.name())
            .collect();
        assert_eq!(names, ["std.async_noop", "std.mistral_http"]);
    }
}
