//! Lists: filters, order, and pages as far as asked for.

use std::num::NonZeroUsize;

use clap::Args;
use serde_json::Value;

use super::address::Address;
use super::connection::Client;
use super::document::{entries, text};
use super::resource::Resource;
use super::trouble::failed;
use crate::api::ApiError;

/// Entries unless the caller says otherwise.
const DEFAULT_LIMIT: usize = 100;
/// Entries of one request for all.
const PAGE: usize = 1000;

/// What of a list is wanted.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct List {
    /// Those whose FIELD is VALUE; OP is neq, gt, gte, lt, lte, in, nin or has. May be repeated
    #[arg(long = "filter", short = 'f', value_name = "FIELD=[OP:]VALUE", value_parser = pair)]
    pub(crate) filters: Vec<(String, String)>,
    /// At most so many [default: 100]
    #[arg(long, value_name = "N")]
    limit: Option<NonZeroUsize>,
    /// All of them, page by page
    #[arg(long, conflicts_with = "limit")]
    all: bool,
    /// Those after this one, in the list's order
    #[arg(long, value_name = "ID")]
    marker: Option<String>,
    /// The order: FIELD or FIELD:desc, separated by commas
    #[arg(long, value_name = "FIELD[:desc],…")]
    sort: Option<String>,
    /// Show these fields
    #[arg(long, value_name = "FIELD,…", value_delimiter = ',')]
    fields: Vec<String>,
    /// Of all projects
    #[arg(long)]
    all_projects: bool,
}

/// `NAME=VALUE` of a filter.
pub(crate) fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.trim().is_empty() => {
            Ok((name.trim().to_owned(), value.to_owned()))
        }
        _ => Err("write FIELD=VALUE or FIELD=OP:VALUE, such as state=neq:SUCCESS".to_owned()),
    }
}

/// Prints the list at `address`.
pub(crate) async fn show(
    client: &Client,
    resource: &Resource,
    address: Address,
    list: &List,
) -> anyhow::Result<()> {
    let (found, more) = read(client, resource, address, list)
        .await
        .map_err(failed("list", resource, ""))?;
    let fields = Some(list.fields.as_slice()).filter(|fields| !fields.is_empty());
    client.output.list(resource, &found, fields)?;
    if more && !client.output.json {
        let count = found.len();
        anstream::eprintln!("{count} shown, there are more: --all, or --limit N");
    }
    Ok(())
}

/// Reads the list, and whether there is more of it.
pub(crate) async fn read(
    client: &Client,
    resource: &Resource,
    address: Address,
    list: &List,
) -> Result<(Vec<Value>, bool), ApiError> {
    let wanted = match (list.all, list.limit) {
        (true, _) => usize::MAX,
        (false, Some(limit)) => limit.get(),
        (false, None) => DEFAULT_LIMIT,
    };
    let address = list.arguments(resource, client.output.json, address);
    let mut found: Vec<Value> = Vec::new();
    let mut marker = list.marker.clone();
    loop {
        let size = PAGE.min(wanted - found.len());
        let request = address
            .clone()
            .with("limit", &size.to_string())
            .with_some("marker", marker.as_deref());
        let answer = client.get(request).await?;
        let has_next = answer.get("next").is_some_and(Value::is_string);
        let page = entries(resource, answer);
        let last = page.last().map(|last| mark(last).to_owned());
        // A service that begins anew at every marker would never end.
        let stuck = last.is_none() || last == marker || page.len() > size;
        found.extend(page);
        if !has_next || stuck || found.len() >= wanted {
            return Ok((found, has_next && !stuck));
        }
        marker = last;
    }
}

/// What goes on after an entry: its id, or its name where there is none.
fn mark(entry: &Value) -> &str {
    match text(entry, "id") {
        "" => text(entry, "name"),
        id => id,
    }
}

impl List {
    /// The same list, in that order unless the caller asked for another one.
    pub(crate) fn or_sorted_by(&self, order: &str) -> Self {
        let mut list = self.clone();
        list.sort.get_or_insert_with(|| order.to_owned());
        list
    }

    fn arguments(&self, resource: &Resource, json: bool, mut address: Address) -> Address {
        for (name, value) in &self.filters {
            address = address.with(name, value);
        }
        if self.all_projects {
            address = address.with("all_projects", "true");
        }
        if let Some((keys, directions)) = self.order(resource) {
            address = address
                .with("sort_keys", &keys)
                .with("sort_dirs", &directions);
        }
        let columns = resource.columns.iter().map(|column| column.field);
        match (self.fields.is_empty(), json || !resource.can_choose_fields) {
            (false, _) => address.with("fields", &self.fields.join(",")),
            (true, true) => address,
            (true, false) => address.with("fields", &columns.collect::<Vec<_>>().join(",")),
        }
    }

    /// The keys and the directions; none is the service's order.
    fn order(&self, resource: &Resource) -> Option<(String, String)> {
        let default = resource.newest_first.then_some("created_at:desc,id:desc");
        let text = self.sort.as_deref().or(default)?;
        let parts = text.split(',').map(|part| {
            let (key, direction) = part.split_once(':').unwrap_or((part, "asc"));
            (key.trim().to_owned(), direction.trim().to_owned())
        });
        let (keys, directions): (Vec<_>, Vec<_>) = parts.unzip();
        Some((keys.join(","), directions.join(",")))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::resource::{ENVIRONMENTS, EXECUTIONS};
    use super::super::scripted::Scripted;
    use super::*;

    fn address(list: &List, resource: &Resource, json: bool) -> String {
        list.arguments(resource, json, Address::new(&["x"])).into()
    }

    #[test]
    fn arguments_of_the_request() {
        let list = List {
            filters: vec![pair("state=in:ERROR,PAUSED").unwrap()],
            sort: Some("name:desc, id".to_owned()),
            all_projects: true,
            ..List::default()
        };
        let expected = "/v2/x?state=in%3AERROR%2CPAUSED&all_projects=true\
                        &sort_keys=name%2Cid&sort_dirs=desc%2Casc";
        assert_eq!(address(&list, &ENVIRONMENTS, false), expected);
        assert!(address(&list, &EXECUTIONS, false).contains("&fields=id%2Cworkflow_name"));
        assert!(!address(&list, &EXECUTIONS, true).contains("fields"));
        assert!(pair("=x").is_err() && pair("x").is_err());
    }

    #[tokio::test]
    async fn pages_follow_until_there_are_enough() {
        let page = |ids: std::ops::Range<usize>| -> Vec<Value> {
            ids.map(|id| json!({"id": format!("e{id}")})).collect()
        };
        let pages = [page(0..1000), page(1000..2000), page(2000..2001)];
        let mut service = Scripted::new();
        for (number, page) in pages.iter().enumerate() {
            let next = (number < 2).then_some("http://…");
            service = service.answer("GET", 200, &json!({"executions": page, "next": next}));
        }
        let client = service.client().await;
        let all = List {
            all: true,
            ..List::default()
        };
        let (found, more) = read(&client, &EXECUTIONS, Address::new(&["executions"]), &all)
            .await
            .unwrap();
        assert_eq!((found.len(), more), (2001, false));
        assert!(client.asked()[1].ends_with("&limit=1000&marker=e999"));
    }

    #[tokio::test]
    async fn a_service_that_repeats_its_page_is_not_asked_for_ever() {
        let page = json!({"executions": [{"id": "a"}], "next": "http://…"});
        let client = Scripted::new()
            .answer("GET", 200, &page)
            .answer("GET", 200, &page)
            .client()
            .await;
        let all = List {
            all: true,
            ..List::default()
        };
        let read = read(&client, &EXECUTIONS, Address::new(&["executions"]), &all).await;
        assert_eq!(read.unwrap().0.len(), 2);
    }
}
