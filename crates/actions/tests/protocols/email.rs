//! `std.email` against a real mail server on loopback.

use actions::{Config, EmailConfig};
use serde_json::json;
use testkit::servers::smtp::SmtpServer;
use testkit::servers::tls::Certificate;
use yaql::Value;

use crate::support::{error_text, run, success};

#[tokio::test]
async fn a_plain_message_arrives() {
    let server = SmtpServer::start().await.unwrap();
    let input = json!({
        "from_addr": "Ostro <ostro@x.test>",
        "to_addrs": ["a@x.test", "b@x.test"],
        "cc_addrs": "c@x.test",
        "bcc_addrs": ["d@x.test"],
        "reply_to": ["r@x.test"],
        "smtp_server": server.address().to_string(),
        "subject": "Hello",
        "body": "One line\n.dotted\n",
    });
    let result = success(run(&Config::default(), "std.email", input).await);
    assert_eq!(result, Value::Null);

    let mails = server.mails();
    assert_eq!(mails.len(), 1);
    let mail = &mails[0];
    assert_eq!(mail.sender, "ostro@x.test");
    assert_eq!(
        mail.recipients,
        ["a@x.test", "b@x.test", "c@x.test", "d@x.test"]
    );
    for (name, value) in [
        ("From", "Ostro <ostro@x.test>"),
        ("To", "a@x.test, b@x.test"),
        ("Cc", "c@x.test"),
        ("Reply-To", "r@x.test"),
        ("Subject", "Hello"),
    ] {
        assert_eq!(mail.header(name), Some(value), "{name}");
    }
    assert_eq!(mail.header("Bcc"), None);
    assert!(
        mail.header("Content-Type")
            .unwrap()
            .starts_with("text/plain; charset=utf-8")
    );
    assert!(mail.body.contains("One line\n.dotted"), "{}", mail.body);
}

#[tokio::test]
async fn html_comes_with_its_plain_twin() {
    let server = SmtpServer::start().await.unwrap();
    let input = json!({
        "from_addr": "me@x.test",
        "to_addrs": "a@x.test",
        "smtp_server": server.address().to_string(),
        "html_body": "<p>Hi</p>",
    });
    success(run(&Config::default(), "std.email", input).await);
    let mail = &server.mails()[0];
    assert!(
        mail.header("Content-Type")
            .unwrap()
            .starts_with("multipart/alternative")
    );
    assert_eq!(mail.header("Subject"), Some("<No subject>"));
    let plain = mail.body.find("<No body>").unwrap();
    let html = mail.body.find("<p>Hi</p>").unwrap();
    assert!(plain < html);
}

#[tokio::test]
async fn refusals_are_told() {
    let server = SmtpServer::start().await.unwrap();
    let input = |to: &str, password: Option<&str>| {
        json!({
            "from_addr": "me@x.test",
            "to_addrs": to,
            "smtp_server": server.address().to_string(),
            "smtp_password": password,
        })
    };
    let text = error_text(
        run(
            &Config::default(),
            "std.email",
            input("refused@x.test", None),
        )
        .await,
    );
    assert!(
        text.contains("msg='Failed to send an email message: "),
        "{text}"
    );
    assert!(text.contains("nobody of that name"), "{text}");

    // A password is never sent in the clear.
    let text = error_text(
        run(
            &Config::default(),
            "std.email",
            input("a@x.test", Some("s3cret")),
        )
        .await,
    );
    assert!(text.contains("STARTTLS"), "{text}");
    assert!(!text.contains("s3cret"), "{text}");
    assert!(server.mails().is_empty());

    let address = server.address().to_string();
    server.stop().await;
    let input = json!({"from_addr": "me@x.test", "to_addrs": "a@x.test", "smtp_server": address});
    let text = error_text(run(&Config::default(), "std.email", input).await);
    assert!(text.contains("Connection refused"), "{text}");
}

#[tokio::test]
async fn a_password_is_sent_under_tls() {
    let certificate = Certificate::new().unwrap();
    let server = SmtpServer::start_with_login(&certificate, "me@x.test", "s3cret")
        .await
        .unwrap();
    let input = |password: &str| {
        json!({
            "from_addr": "me@x.test",
            "to_addrs": "a@x.test",
            "smtp_server": server.address().to_string(),
            "smtp_password": password,
        })
    };
    let trusting = Config {
        email: EmailConfig {
            verify_certificates: false,
            ..EmailConfig::default()
        },
        ..Config::default()
    };
    success(run(&trusting, "std.email", input("s3cret")).await);
    assert_eq!(server.mails()[0].recipients, ["a@x.test"]);

    let text = error_text(run(&trusting, "std.email", input("wr0ng")).await);
    assert!(text.contains("wrong user or password"), "{text}");
    assert!(!text.contains("wr0ng"), "{text}");
    let text = error_text(run(&Config::default(), "std.email", input("s3cret")).await);
    assert!(text.contains("UnknownIssuer"), "{text}");
    assert_eq!(server.mails().len(), 1);
}
