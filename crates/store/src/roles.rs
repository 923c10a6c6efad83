//! What a node of several does.

use std::str::FromStr;

/// Any of serving the API, deciding, and running actions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Roles {
    /// It serves the REST API.
    pub api: bool,
    /// It may own shards: it decides what workflows do next.
    pub engine: bool,
    /// It runs actions.
    pub executor: bool,
}

impl Roles {
    /// Every role.
    pub const ALL: Self = Self {
        api: true,
        engine: true,
        executor: true,
    };

    /// The words for all roles.
    pub const NAMES: [&'static str; 3] = ["api", "engine", "executor"];

    /// The words for those of the node.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        let has = [self.api, self.engine, self.executor];
        let named = Self::NAMES.into_iter().zip(has);
        named.filter_map(|(name, has)| has.then_some(name))
    }

    fn add(&mut self, name: &str) -> Result<(), BadRoles> {
        match name {
            "api" => self.api = true,
            "engine" => self.engine = true,
            "executor" => self.executor = true,
            "all" => *self = Self::ALL,
            _ => return Err(BadRoles::Unknown(name.to_owned())),
        }
        Ok(())
    }
}

/// Words that name no set of roles.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadRoles {
    /// One of them is no role.
    #[error("unknown role '{0}': write one or more of api, engine, executor, with commas, or all")]
    Unknown(String),
    /// There is none.
    #[error("a node needs a role: write one or more of api, engine, executor, with commas, or all")]
    None,
}

/// Words with commas: `engine,executor`; or `all`.
impl FromStr for Roles {
    type Err = BadRoles;

    fn from_str(text: &str) -> Result<Self, BadRoles> {
        let none = Self {
            api: false,
            engine: false,
            executor: false,
        };
        let mut roles = none;
        let words = text.split(',').map(str::trim);
        for word in words.filter(|word| !word.is_empty()) {
            roles.add(word)?;
        }
        match roles == none {
            true => Err(BadRoles::None),
            false => Ok(roles),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_roles() {
        let names = |text: &str| -> Vec<_> { text.parse::<Roles>().unwrap().names().collect() };
        assert_eq!(names("executor, api"), ["api", "executor"]);
        assert_eq!(names("all"), Roles::NAMES);
        assert_eq!("".parse::<Roles>(), Err(BadRoles::None));
        let wrong = "engine,cook".parse::<Roles>().unwrap_err();
        assert!(wrong.to_string().starts_with("unknown role 'cook'"));
    }
}
