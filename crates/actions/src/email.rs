//! `std.email`: one message to a mail server.

use std::error::Error;
use std::time::Duration;

use engine::pure::Outcome;
use engine::signature::Signature;
use futures_util::future::BoxFuture;
use lettre::message::{Mailbox, MultiPart, SinglePart};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};
use yaql::{Dict, Value};

use crate::action::{Action, ActionContext, Failure, outcome};
use crate::causes::causes;
use crate::config::EmailConfig;
use crate::parameters::{Input, nullable, required, text, wrong};
use crate::target::Target;

const SMTP_PORT: u16 = 25;

pub(crate) struct Email {
    signature: Signature,
    config: EmailConfig,
}

impl Email {
    pub(crate) fn new(config: &EmailConfig) -> Self {
        let needed = ["from_addr", "to_addrs", "smtp_server"].map(required);
        let rest = [
            "reply_to",
            "cc_addrs",
            "bcc_addrs",
            "smtp_password",
            "subject",
            "body",
            "html_body",
        ];
        Self {
            signature: Signature::new(needed.into_iter().chain(rest.map(nullable))),
            config: config.clone(),
        }
    }

    async fn perform(&self, input: &Dict) -> Result<Value, Failure> {
        let input = Input(input);
        let transport = self.transport(input)?;
        let message = message(input)?;
        transport
            .send(message)
            .await
            .map_err(|error| failed(&error))?;
        Ok(Value::Null)
    }

    /// With a password the connection is made safe first, and the sender logs in.
    fn transport(&self, input: Input<'_>) -> Result<AsyncSmtpTransport<Tokio1Executor>, Failure> {
        let server = input.required_text("smtp_server")?;
        let server = Target::parse("smtp_server", &server, SMTP_PORT)?;
        let builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&server.host)
            .port(server.port)
            .timeout(Some(Duration::from_secs(self.config.timeout)));
        let Some(password) = input.filled_text("smtp_password")? else {
            return Ok(builder.build());
        };
        let tls = TlsParameters::builder(server.host)
            .dangerous_accept_invalid_certs(!self.config.verify_certificates)
            .build()
            .map_err(|error| failed(&error))?;
        let sender = input.required_text("from_addr")?;
        Ok(builder
            .tls(Tls::Required(tls))
            .credentials(Credentials::new(sender, password))
            .build())
    }
}

impl Action for Email {
    fn name(&self) -> &'static str {
        "std.email"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn description(&self) -> &'static str {
        "Sends an email as plain text, and as HTML too if that is given."
    }

    fn run(&self, input: Dict, context: ActionContext) -> BoxFuture<'_, Outcome> {
        Box::pin(async move {
            let result = self.perform(&input).await;
            outcome(self.name(), &context, result)
        })
    }
}

fn message(input: Input<'_>) -> Result<Message, Failure> {
    let sender = input.required_text("from_addr")?;
    let mut builder = Message::builder()
        .from(mailbox("from_addr", &sender)?)
        .message_id(None)
        .subject(input.text("subject")?.unwrap_or("<No subject>".into()));
    for mailbox in mailboxes(input, "to_addrs")? {
        builder = builder.to(mailbox);
    }
    for mailbox in mailboxes(input, "cc_addrs")? {
        builder = builder.cc(mailbox);
    }
    for mailbox in mailboxes(input, "bcc_addrs")? {
        builder = builder.bcc(mailbox);
    }
    for mailbox in mailboxes(input, "reply_to")? {
        builder = builder.reply_to(mailbox);
    }
    let plain = input.text("body")?.unwrap_or("<No body>".into());
    let built = match input.filled_text("html_body")? {
        Some(html) => builder.multipart(MultiPart::alternative_plain_html(plain, html)),
        None => builder.singlepart(SinglePart::plain(plain)),
    };
    built.map_err(|error| failed(&error))
}

/// A list of addresses, or text with commas between them.
fn mailboxes(input: Input<'_>, name: &str) -> Result<Vec<Mailbox>, Failure> {
    match input.value(name) {
        None => Ok(Vec::new()),
        Some(Value::List(list)) => list
            .iter()
            .map(|address| mailbox(name, &text(name, address)?))
            .collect(),
        Some(Value::String(addresses)) => split(addresses)
            .map(|address| mailbox(name, address))
            .collect(),
        Some(other) => Err(wrong(name, "a list of addresses or text", other)),
    }
}

/// Splits at commas that do not stand in quotes: `"Doe, J." <j@a.test>, k@a.test`.
fn split(addresses: &str) -> impl Iterator<Item = &str> {
    let mut is_quoted = false;
    addresses
        .split(move |letter| {
            is_quoted ^= letter == '"';
            letter == ',' && !is_quoted
        })
        .map(str::trim)
        .filter(|address| !address.is_empty())
}

fn mailbox(name: &str, address: &str) -> Result<Mailbox, Failure> {
    address.trim().parse().map_err(|error| {
        Failure::Refused(format!(
            "'{name}' has '{address}', which is no email address ({error}); write user@host or Name <user@host>"
        ))
    })
}

fn failed(error: &(dyn Error + 'static)) -> Failure {
    let mut texts: Vec<String> = Vec::new();
    for cause in causes(error) {
        let text = cause.to_string();
        // Some errors repeat their cause in their own text.
        if texts.last().is_none_or(|last| !last.contains(&text)) {
            texts.push(text);
        }
    }
    let reasons = texts.join(": ");
    Failure::Raised(format!("Failed to send an email message: {reasons}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addresses(given: impl Into<Value>) -> Result<Vec<String>, Failure> {
        let given: Dict = [("to_addrs", given.into())].into_iter().collect();
        let boxes = mailboxes(Input(&given), "to_addrs")?;
        Ok(boxes.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn addresses_are_a_list_or_text_with_commas() {
        let list = Value::from(vec![Value::from("a@x.test"), Value::from("B <b@x.test>")]);
        let both = ["a@x.test", "B <b@x.test>"];
        assert_eq!(addresses(list).unwrap(), both);
        assert_eq!(addresses("a@x.test, B <b@x.test>,").unwrap(), both);
        let quoted = addresses("\"Doe, J.\" <j@x.test>, a@x.test").unwrap();
        assert_eq!(quoted, ["\"Doe, J.\" <j@x.test>", "a@x.test"]);
    }

    #[test]
    fn a_wrong_address_is_named() {
        let Err(Failure::Refused(message)) = addresses("a@x.test, nobody") else {
            panic!("accepted");
        };
        assert!(message.starts_with("'to_addrs' has 'nobody', which is no email address"));
    }

    #[test]
    fn hidden_recipients_stay_hidden() {
        let given: Dict = [
            ("from_addr", "me@x.test"),
            ("to_addrs", "a@x.test"),
            ("bcc_addrs", "secret@x.test"),
        ]
        .into_iter()
        .collect();
        let message = message(Input(&given)).unwrap();
        let recipients = message.envelope().to().len();
        let text = String::from_utf8(message.formatted()).unwrap();
        assert_eq!(recipients, 2);
        assert!(!text.contains("secret"), "{text}");
        assert!(text.contains("Subject: <No subject>"), "{text}");
    }
}
