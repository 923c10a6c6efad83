//! Errors of a service for people: what was wanted, why it was not done, what to do.

use std::error::Error;
use std::fmt::{self, Display};

use super::resource::{Key, Resource};
use crate::api::ApiError;

/// What was wanted, why it was not done, what to do about it.
#[derive(Debug)]
pub(crate) struct Trouble {
    wanted: String,
    why: ApiError,
    advice: Option<String>,
}

/// Makes the trouble of `verb resource 'name'` from an error.
pub(crate) fn failed<'a>(
    verb: &'a str,
    resource: &'a Resource,
    name: &'a str,
) -> impl FnOnce(ApiError) -> Trouble + 'a {
    move |why| {
        let quoted = match name {
            "" => String::new(),
            name => format!(" '{name}'"),
        };
        Trouble {
            wanted: format!("{verb} {}{quoted}", resource.singular),
            advice: advice(&why, resource),
            why,
        }
    }
}

/// Makes the trouble of something that concerns no resource of the table.
pub(crate) fn failed_to(wanted: &str) -> impl FnOnce(ApiError) -> Trouble + '_ {
    move |why| Trouble {
        wanted: wanted.to_owned(),
        advice: general_advice(&why),
        why,
    }
}

fn advice(why: &ApiError, resource: &Resource) -> Option<String> {
    let Resource { noun, .. } = resource;
    match why {
        ApiError::Refused { status: 404, .. } if resource.key == Key::Id => Some(format!(
            "`ostro {noun} list` shows those that are there; a unique beginning of an id will do, and @last"
        )),
        ApiError::Refused { status: 404, .. } => {
            Some(format!("`ostro {noun} list` shows those that are there"))
        }
        ApiError::Refused { status: 409, .. } => {
            Some(format!("`ostro {noun} update` changes one that is there"))
        }
        ApiError::Refused { message, .. } if message.starts_with("Invalid input [name=") => Some(
            "`ostro workflow show NAME` shows what it takes; give it with -i NAME=VALUE".to_owned(),
        ),
        why => general_advice(why),
    }
}

fn general_advice(why: &ApiError) -> Option<String> {
    let status = match why {
        ApiError::Broken(error) if is_connection(error) => {
            let text =
                "start a service with `ostro serve`, or say where one is with --url or OSTRO_URL";
            return Some(text.to_owned());
        }
        ApiError::Broken(_) => {
            return Some("does --url lead to a workflow service? It ends in /v2".to_owned());
        }
        ApiError::Refused { status, .. } => *status,
    };
    let text = match status {
        401 => "give a token in OS_AUTH_TOKEN: `openstack token issue -f value -c id` prints one",
        403 => "this takes another role or project than the token's",
        405 | 501 => "this service does not have it",
        423 => "`ostro maintenance resume` ends the maintenance",
        500.. => "the log of the service says more",
        _ => return None,
    };
    Some(text.to_owned())
}

/// Whether nobody listens there.
fn is_connection(error: &anyhow::Error) -> bool {
    let sent = error
        .chain()
        .find_map(|cause| cause.downcast_ref::<reqwest::Error>());
    sent.is_some_and(|sent| sent.is_connect() || sent.is_timeout())
}

impl Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot {}", self.wanted)?;
        match &self.why {
            ApiError::Refused { status, message } => {
                let message = message.trim().replace('\n', "\n  ");
                write!(f, "\n  {message} ({status})")?;
            }
            ApiError::Broken(error) => write!(f, "\n  {error:#}")?,
        }
        match &self.advice {
            // The service has said it already.
            Some(_) if self.why.to_string().contains("--force") => Ok(()),
            Some(advice) => write!(f, "\n  → {advice}"),
            None => Ok(()),
        }
    }
}

impl Error for Trouble {}

#[cfg(test)]
mod tests {
    use super::super::resource::{EXECUTIONS, WORKFLOWS};
    use super::*;

    fn text(resource: &Resource, status: u16, message: &str) -> String {
        let message = message.to_owned();
        failed("show", resource, "x")(ApiError::Refused { status, message }).to_string()
    }

    #[test]
    fn what_why_and_what_to_do() {
        let expected = "cannot show workflow 'x'\n  Workflow not found [name=x] (404)\n  \
                        → `ostro workflow list` shows those that are there";
        assert_eq!(
            text(&WORKFLOWS, 404, "Workflow not found [name=x]"),
            expected
        );
        assert!(text(&EXECUTIONS, 404, "").ends_with("and @last"));
        assert!(text(&EXECUTIONS, 401, "").contains("OS_AUTH_TOKEN"));
        assert_eq!(
            text(&EXECUTIONS, 400, "no\nno"),
            "cannot show execution 'x'\n  no\n  no (400)"
        );
        let own_advice = text(&EXECUTIONS, 403, "Use --force to override this.");
        assert!(!own_advice.contains('→'), "{own_advice}");
    }

    #[test]
    fn an_answer_from_something_else() {
        let error = ApiError::Broken(anyhow::anyhow!("no API document"));
        let text = failed_to("list services")(error).to_string();
        let expected = "cannot list services\n  no API document\n  \
                        → does --url lead to a workflow service? It ends in /v2";
        assert_eq!(text, expected);
    }
}
