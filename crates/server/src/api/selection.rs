//! Which attributes of a resource an answer shows (the `fields` argument, REST
//! API §2.1).

use yaql::Dict;

use super::error::{ApiError, ApiResult};
use super::query::Query;
use super::resource::Resource;

/// All attributes, or some.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Selection {
    /// Whatever the endpoint shows.
    #[default]
    All,
    /// These, in the order asked for.
    Only(Vec<String>),
}

impl Selection {
    /// Reads `fields` of a list: lower-cased, without doubles, `key` (the `id`)
    /// first.
    ///
    /// # Errors
    /// The names that the resource does not have.
    pub(crate) fn of_list(query: &Query, key: &str, resource: &Resource) -> ApiResult<Self> {
        let Some(names) = names(query, key) else {
            return Ok(Self::All);
        };
        let unknown: Vec<_> = names.iter().filter(|name| !resource.has(name)).collect();
        if unknown.is_empty() {
            return Ok(Self::Only(names));
        }
        let unknown = unknown
            .iter()
            .map(|name| name.as_str())
            .collect::<Vec<_>>()
            .join(", ");
        let known = resource.names().collect::<Vec<_>>().join(", ");
        Err(ApiError::bad_request(format!(
            "Some fields do not exist  [{unknown}], please choose from [{known}]"
        )))
    }

    /// Reads `fields` of a single get.
    ///
    /// # Errors
    /// The first name that the resource does not have.
    pub(crate) fn of_get(query: &Query, resource: &Resource) -> ApiResult<Self> {
        let Some(names) = names(query, "id") else {
            return Ok(Self::All);
        };
        match names.iter().find(|name| !resource.has(name)) {
            None => Ok(Self::Only(names)),
            Some(name) => Err(ApiError::bad_request(format!(
                "Field '{name}' does not exist."
            ))),
        }
    }

    /// Reads `fields` of a single get that ignores unknown names.
    pub(crate) fn of_lenient_get(query: &Query) -> Self {
        names(query, "id").map_or(Self::All, Self::Only)
    }

    /// Whether everything is shown.
    pub(crate) fn is_all(&self) -> bool {
        *self == Self::All
    }

    /// Whether an attribute was asked for by its name.
    pub(crate) fn names(&self, name: &str) -> bool {
        match self {
            Self::All => false,
            Self::Only(names) => names.iter().any(|n| n == name),
        }
    }

    /// Whether an attribute is shown.
    pub(crate) fn shows(&self, name: &str) -> bool {
        self.is_all() || self.names(name)
    }

    /// The part of a rendered resource that is shown, in the resource's order.
    pub(crate) fn apply(&self, resource: Dict) -> Dict {
        match self {
            Self::All => resource,
            Self::Only(_) => resource
                .iter()
                .filter(|(key, _)| key.as_str().is_some_and(|key| self.names(key)))
                .collect(),
        }
    }

    /// The form in which a `next` link repeats it.
    pub(crate) fn text(&self) -> Option<String> {
        match self {
            Self::All => None,
            Self::Only(names) => Some(names.join(",")),
        }
    }
}

fn names(query: &Query, key: &str) -> Option<Vec<String>> {
    let text = query.get("fields").filter(|text| !text.is_empty())?;
    let mut names: Vec<String> = Vec::new();
    for name in text.split(',').map(|name| name.trim().to_lowercase()) {
        if !name.is_empty() && !names.contains(&name) {
            names.push(name);
        }
    }
    if !names.iter().any(|name| name == key) {
        names.insert(0, key.to_owned());
    }
    Some(names)
}

#[cfg(test)]
mod tests {
    use super::super::resource::Field;
    use super::*;

    static RESOURCE: Resource = Resource {
        name: "Thing",
        about: "",
        fields: &[
            Field::text("id", ""),
            Field::text("name", ""),
            Field::text("state", ""),
        ],
        is_partial: true,
    };

    fn list(query: &str) -> Result<Selection, String> {
        let query = Query::parse(query).unwrap();
        Selection::of_list(&query, "id", &RESOURCE).map_err(|error| error.text().to_owned())
    }

    #[test]
    fn the_id_comes_first_unless_named() {
        let only =
            |names: &[&str]| Ok(Selection::Only(names.iter().map(|n| (*n).into()).collect()));
        assert_eq!(list("fields="), Ok(Selection::All));
        assert_eq!(
            list("fields=State,NAME,state"),
            only(&["id", "state", "name"])
        );
        assert_eq!(list("fields=name,id"), only(&["name", "id"]));
    }

    #[test]
    fn unknown_names_are_listed() {
        assert_eq!(
            list("fields=foo,id,BAR").unwrap_err(),
            "Some fields do not exist  [foo, bar], please choose from [id, name, state]"
        );
        let query = Query::parse("fields=foo").unwrap();
        let error = Selection::of_get(&query, &RESOURCE).unwrap_err();
        assert_eq!(error.text(), "Field 'foo' does not exist.");
    }

    #[test]
    fn applies_in_the_order_of_the_resource() {
        let resource: Dict = [("id", "1"), ("name", "n"), ("state", "s")]
            .into_iter()
            .collect();
        let selection = list("fields=state,id").unwrap();
        let keys: Vec<_> = selection
            .apply(resource)
            .keys()
            .map(|key| key.to_string())
            .collect();
        assert_eq!(keys, ["id", "state"]);
    }
}
