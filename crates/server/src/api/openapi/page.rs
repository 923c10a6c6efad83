//! The document as a page for people: one file, without scripts, that needs nothing
//! from anywhere else.

use std::fmt::Write;

use serde_json::{Map, Value};

const STYLE: &str = include_str!("page.css");

const METHODS: [&str; 4] = ["get", "post", "put", "delete"];

/// The page.
pub(super) fn page(document: &Value) -> String {
    let mut page = Page {
        html: String::new(),
        document,
    };
    page.all();
    page.html
}

struct Page<'a> {
    html: String,
    document: &'a Value,
}

impl<'a> Page<'a> {
    fn add(&mut self, html: &str) {
        self.html.push_str(html);
    }

    /// A start tag, text and the end tag.
    fn element(&mut self, tag: &str, text: &str) {
        // Writing to a string does not fail.
        let _ = write!(self.html, "<{tag}>{}</{tag}>", escaped(text));
    }

    fn all(&mut self) {
        let title = text(&self.document["info"]["title"]);
        self.add("<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">");
        self.add("<meta name=\"viewport\" content=\"width=device-width\">");
        self.element("title", &format!("{title}: REST API v2"));
        self.add("<style>");
        self.add(STYLE);
        self.add("</style></head><body>");
        self.element("h1", &format!("{title}: REST API v2"));
        self.paragraph(&self.document["info"]["description"]);
        self.add("<p><a href=\"openapi.json\">openapi.json</a>, OpenAPI 3.1</p>");
        let tags: Vec<&str> = items(&self.document["tags"])
            .map(|tag| text(&tag["name"]))
            .collect();
        self.contents(&tags);
        for tag in &tags {
            self.section(tag);
        }
        self.schemas();
        self.add("</body></html>\n");
    }

    fn contents(&mut self, tags: &[&str]) {
        self.add("<nav>");
        for tag in tags.iter().chain(&["Schemas"]) {
            let _ = write!(self.html, "<a href=\"#{}\">{tag}</a>", anchor(tag));
        }
        self.add("</nav>");
    }

    fn heading(&mut self, name: &str) {
        let anchor = anchor(name);
        let _ = write!(self.html, "<h2 id=\"{anchor}\">{}</h2>", escaped(name));
    }

    fn section(&mut self, tag: &str) {
        self.heading(tag);
        for (path, methods) in members(&self.document["paths"]) {
            for method in METHODS {
                let operation = &methods[method];
                if text(&operation["tags"][0]) == tag {
                    self.operation(path, method, operation);
                }
            }
        }
    }

    fn operation(&mut self, path: &str, method: &str, operation: &'a Value) {
        let _ = write!(
            self.html,
            "<details id=\"{}\"><summary><b class=\"{method}\">{}</b><code>{}</code> <span>{}</span></summary>",
            text(&operation["operationId"]),
            method.to_uppercase(),
            escaped(path),
            escaped(text(&operation["summary"])),
        );
        self.paragraph(&operation["description"]);
        self.parameters(&operation["parameters"]);
        self.body(&operation["requestBody"]["content"]);
        self.responses(&operation["responses"]);
        self.add("</details>");
    }

    fn paragraph(&mut self, value: &Value) {
        if let Some(text) = value.as_str() {
            self.element("p", text);
        }
    }

    fn parameters(&mut self, parameters: &'a Value) {
        if parameters.is_null() {
            return;
        }
        self.element("h4", "Parameters");
        self.add("<table>");
        for parameter in items(parameters) {
            let parameter = self.resolved(parameter);
            let place = text(&parameter["in"]);
            let kind = format!("{place}, {}", kind_of(&parameter["schema"]));
            self.row(
                text(&parameter["name"]),
                &kind,
                text(&parameter["description"]),
            );
        }
        self.add("</table>");
    }

    /// What a reference leads to.
    fn resolved(&self, value: &'a Value) -> &'a Value {
        let pointer = value["$ref"].as_str().and_then(|at| at.strip_prefix('#'));
        let target = pointer.and_then(|pointer| self.document.pointer(pointer));
        target.unwrap_or(value)
    }

    fn row(&mut self, name: &str, kind: &str, about: &str) {
        let _ = write!(
            self.html,
            "<tr><td><code>{}</code></td><td class=\"faint\">{}</td><td>{}</td></tr>",
            escaped(name),
            kind,
            escaped(about),
        );
    }

    fn body(&mut self, content: &'a Value) {
        for (kind, media) in members(content) {
            self.element("h4", &format!("Body: {kind}"));
            let schema = &media["schema"];
            self.paragraph(&schema["description"]);
            let _ = write!(self.html, "<p>{}</p>", kind_of(schema));
        }
    }

    fn responses(&mut self, responses: &'a Value) {
        self.element("h4", "Answers");
        self.add("<table>");
        let mut refusals = Vec::new();
        for (status, response) in members(responses) {
            if response.get("$ref").is_some() {
                refusals.push(status);
                continue;
            }
            let content = members(&response["content"]);
            let kinds: Vec<_> = content.map(|(kind, media)| media_of(kind, media)).collect();
            self.row(status, &kinds.join("<br>"), text(&response["description"]));
        }
        self.add("</table>");
        let refusals = refusals.join(", ");
        let _ = write!(
            self.html,
            "<p>Refusals, with a <a href=\"#Fault\">Fault</a>: {refusals}</p>"
        );
    }

    fn schemas(&mut self) {
        self.heading("Schemas");
        for (name, schema) in members(&self.document["components"]["schemas"]) {
            let _ = write!(
                self.html,
                "<details id=\"{name}\"><summary>{name}</summary>"
            );
            self.paragraph(&schema["description"]);
            self.add("<table>");
            for (name, property) in members(&schema["properties"]) {
                self.row(name, &kind_of(property), text(&property["description"]));
            }
            self.add("</table></details>");
        }
    }
}

fn media_of(kind: &str, media: &Value) -> String {
    match kind_of(&media["schema"]) {
        of if of.is_empty() => escaped(kind),
        of => format!("{}: {of}", escaped(kind)),
    }
}

/// What a schema accepts, as HTML. Schemas nest two deep at most.
fn kind_of(schema: &Value) -> String {
    if let Some(name) = schema["$ref"].as_str() {
        let name = name.rsplit('/').next().unwrap_or_default();
        return format!("<a href=\"#{name}\">{name}</a>");
    }
    if let Some(words) = schema["enum"].as_array() {
        return escaped(&words.iter().map(word).collect::<Vec<_>>().join(" | "));
    }
    let alternatives: Vec<_> = items(&schema["oneOf"]).map(kind_of).collect();
    if !alternatives.is_empty() {
        return alternatives.join(" | ");
    }
    let kinds = match &schema["type"] {
        Value::Array(kinds) => kinds.iter().map(word).collect::<Vec<_>>().join(" | "),
        kind => word(kind),
    };
    let of: Vec<_> = match schema.get("items") {
        Some(items) => vec![kind_of(items)],
        None => entries(schema).collect(),
    };
    match of.is_empty() {
        true => kinds,
        false => format!("{kinds} of {}", of.join(", ")),
    }
}

/// What the lists in an answer hold.
fn entries(schema: &Value) -> impl Iterator<Item = String> {
    let lists =
        members(&schema["properties"]).filter(|(_, property)| property.get("items").is_some());
    lists.map(|(name, property)| format!("{} ({})", escaped(name), kind_of(&property["items"])))
}

fn word(value: &Value) -> String {
    value.as_str().map_or_else(
        || match value {
            Value::Null => String::new(),
            other => other.to_string(),
        },
        str::to_owned,
    )
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn items(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn members(value: &Value) -> impl Iterator<Item = (&str, &Value)> {
    let members = value.as_object().into_iter().flat_map(Map::iter);
    members.map(|(name, value)| (name.as_str(), value))
}

fn anchor(name: &str) -> String {
    name.to_lowercase().replace(' ', "-")
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}
