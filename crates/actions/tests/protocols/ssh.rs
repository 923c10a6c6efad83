//! `std.ssh` and `std.ssh_proxied` against real servers on loopback.

use std::time::{Duration, Instant};

use actions::{ActionContext, Config, Registry, SshConfig};
use serde_json::{Value as Json, json};
use testkit::servers::ssh::{Forwarding, KeyKind, KeyPair, Machine, Reply, SshServer};
use tokio::io::AsyncReadExt as _;
use yaql::{Dict, Value, json::to_string};

use crate::support::{error_text, in_time, run, success};

async fn machine(name: &str) -> SshServer {
    let builder = SshServer::builder().password("root", "s3cret");
    builder
        .machine(Machine::new(name, "6.1"))
        .start()
        .await
        .expect("a free port")
}

fn input(server: &SshServer, command: &str) -> Json {
    json!({
        "cmd": command,
        "host": server.address().to_string(),
        "username": "root",
        "password": "s3cret",
    })
}

fn with(input: Json, more: Json) -> Json {
    let (Json::Object(mut input), Json::Object(more)) = (input, more) else {
        panic!("inputs are objects");
    };
    input.extend(more);
    input.into()
}

async fn ssh(input: Json) -> actions::Outcome {
    run(&Config::default(), "std.ssh", input).await
}

#[tokio::test]
async fn a_command_answers_what_it_wrote() {
    let server = machine("web-1").await;
    let result = success(ssh(input(&server, "hostname")).await);
    assert_eq!(result, Value::from("web-1\n"));
    let command = &server.commands()[0];
    assert_eq!((command.user.as_str(), command.by_key), ("root", false));
    in_time(server.until_open(0)).await;
}

#[tokio::test]
async fn the_port_is_a_parameter_or_part_of_the_host() {
    let server = machine("web-1").await;
    let port = server.address().port();
    let input = with(
        input(&server, "hostname"),
        json!({"host": "127.0.0.1", "port": port}),
    );
    assert_eq!(success(ssh(input).await), Value::from("web-1\n"));
}

#[tokio::test]
async fn a_list_of_hosts_gives_a_list_in_its_order() {
    let (one, two) = (machine("web-1").await, machine("web-2").await);
    let hosts = |hosts: &[&SshServer]| {
        let hosts: Vec<_> = hosts.iter().map(|s| s.address().to_string()).collect();
        with(input(&one, "hostname"), json!({"host": hosts}))
    };
    let both = success(ssh(hosts(&[&two, &one])).await);
    assert_eq!(to_string(&both), r#"["web-2\n","web-1\n"]"#);
    let single = success(ssh(hosts(&[&two])).await);
    assert_eq!(single, Value::from("web-2\n"));
}

#[tokio::test]
async fn every_kind_of_key_opens() {
    for kind in [KeyKind::Ed25519, KeyKind::Ecdsa, KeyKind::Rsa] {
        let key = KeyPair::new(kind);
        let builder = SshServer::builder().key("root", &key);
        let server = builder
            .on_command(|_| Reply::ok("in"))
            .start()
            .await
            .unwrap();
        let input = with(
            input(&server, "id"),
            json!({"private_key": key.private_text(None), "password": ""}),
        );
        assert_eq!(success(ssh(input).await), Value::from("in"), "{kind:?}");
        assert!(server.commands()[0].by_key);
    }
}

#[tokio::test]
async fn keys_come_from_files_and_may_be_encrypted() {
    let directory = tempfile::tempdir().unwrap();
    let key = KeyPair::new(KeyKind::Ed25519);
    key.write(&directory.path().join("id_test")).unwrap();
    let config = Config {
        ssh: SshConfig {
            key_directory: Some(directory.path().to_owned()),
            ..SshConfig::default()
        },
        ..Config::default()
    };
    let server = SshServer::builder()
        .key("root", &key)
        .start()
        .await
        .unwrap();
    let by_name = with(
        input(&server, "true"),
        json!({"private_key_filename": "id_test", "password": null}),
    );
    success(run(&config, "std.ssh", by_name).await);

    let encrypted = |password| {
        let key = key.private_text(Some("phrase"));
        with(
            input(&server, "true"),
            json!({"private_key": key, "password": password}),
        )
    };
    success(run(&config, "std.ssh", encrypted("phrase")).await);
    let text = error_text(run(&config, "std.ssh", encrypted("wrong")).await);
    assert!(text.contains("is the password its passphrase?"), "{text}");

    let missing = with(
        input(&server, "true"),
        json!({"private_key_filename": "none"}),
    );
    let text = error_text(run(&config, "std.ssh", missing).await);
    assert!(
        text.contains("private key file 'none': No such file"),
        "{text}"
    );
}

#[tokio::test]
async fn a_failing_command_says_why() {
    let server = machine("web-1").await;
    let host = server.address();
    let text = error_text(ssh(input(&server, "cat nothing")).await);
    assert_eq!(
        text,
        format!(
            "The action raised an exception [action=std.ssh, action_ex_id=None, \
             msg='Failed to execute ssh cmd 'cat nothing' on ['{host}']: {host}: \
             exit code 1, stderr: cat: nothing: No such file or directory']"
        )
    );
    let input = with(
        input(&server, "cat nothing"),
        json!({"return_result_on_error": true}),
    );
    assert_eq!(
        to_string(&success(ssh(input).await)),
        r#"{"stdout":"","stderr":"cat: nothing: No such file or directory\n","exit_code":1}"#
    );
}

#[tokio::test]
async fn one_bad_host_does_not_keep_the_others_from_work() {
    let (one, two) = (machine("web-1").await, machine("web-2").await);
    one.fail_next(1);
    let hosts = [one.address().to_string(), two.address().to_string()];
    let input = with(input(&one, "increment n"), json!({"host": hosts}));
    let text = error_text(ssh(input.clone()).await);
    assert!(
        text.contains(&format!("{}: exit code 1, stderr: told to fail", hosts[0])),
        "{text}"
    );
    assert!(!text.contains(&format!("{}: exit", hosts[1])), "{text}");
    let both = success(ssh(input).await);
    assert_eq!(to_string(&both), r#"["1\n","2\n"]"#);
}

#[tokio::test]
async fn refusals_name_the_user_but_no_secret() {
    let server = machine("web-1").await;
    let wrong = with(input(&server, "true"), json!({"password": "wr0ng"}));
    let text = error_text(ssh(wrong).await);
    assert!(
        text.contains("the server does not let user 'root' in with the password"),
        "{text}"
    );
    assert!(!text.contains("wr0ng"), "{text}");
    let nothing = with(input(&server, "true"), json!({"password": ""}));
    let text = error_text(ssh(nothing).await);
    assert!(text.contains("with neither a key nor a password"), "{text}");
    assert!(server.commands().is_empty());
}

#[tokio::test]
async fn a_prompt_for_the_password_is_answered() {
    let server = SshServer::builder()
        .password("root", "s3cret")
        .only_prompts()
        .start()
        .await
        .expect("a free port");
    success(ssh(input(&server, "true")).await);
    let wrong = with(input(&server, "true"), json!({"password": "wr0ng"}));
    let text = error_text(ssh(wrong).await);
    assert!(text.contains("does not let user 'root' in"), "{text}");
}

#[tokio::test]
async fn output_is_bounded() {
    let megabytes = |n: usize| vec![b'x'; n << 20];
    let server = SshServer::builder()
        .password("root", "s3cret")
        .on_command(move |command| match command {
            "fits" => Reply::ok(megabytes(5)),
            _ => Reply::ok(megabytes(6)),
        })
        .start()
        .await
        .unwrap();
    let fits = success(ssh(input(&server, "fits")).await);
    assert_eq!(fits.as_str().unwrap().len(), 5 << 20);
    let text = error_text(ssh(input(&server, "too much")).await);
    assert!(
        text.contains("the command wrote more than 5242880 bytes"),
        "{text}"
    );
}

#[tokio::test]
async fn dropping_a_run_closes_its_connection() {
    let server = SshServer::builder()
        .password("root", "s3cret")
        .on_command(|_| Reply::endless())
        .start()
        .await
        .unwrap();
    let registry = Registry::standard(&Config::default());
    let action = registry.get("std.ssh").unwrap().clone();
    let input: Dict = [
        ("cmd", "sleep"),
        ("host", &server.address().to_string()),
        ("username", "root"),
        ("password", "s3cret"),
    ]
    .into_iter()
    .collect();
    let run = action.run(input, ActionContext::default());
    let started = async {
        while server.commands().is_empty() {
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        outcome = run => panic!("ended by itself: {outcome:?}"),
        () = started => {}
    }
    in_time(server.until_open(0)).await;
}

#[tokio::test]
async fn silent_and_absent_hosts_are_given_up() {
    let config = Config {
        ssh: SshConfig {
            connect_timeout: 1,
            ..SshConfig::default()
        },
        ..Config::default()
    };
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = silent.local_addr().unwrap().to_string();
    let input =
        |host: &str| json!({"cmd": "true", "host": host, "username": "root", "password": "s3cret"});
    let started = Instant::now();
    let text = error_text(run(&config, "std.ssh", input(&address)).await);
    // The connection is closed, although it was in the middle of its greeting.
    let (mut peer, _) = silent.accept().await.unwrap();
    in_time(peer.read_to_end(&mut Vec::new())).await.unwrap();
    assert!(
        text.contains("no connection and log-in within 1 seconds"),
        "{text}"
    );
    assert!(started.elapsed() < Duration::from_secs(10));
    drop(silent);
    let text = error_text(run(&config, "std.ssh", input(&address)).await);
    assert!(text.contains("can't connect: Connection refused"), "{text}");
}

async fn behind_gateway(forwarding: Forwarding) -> (SshServer, SshServer, Json) {
    let key = KeyPair::new(KeyKind::Ed25519);
    let inner = SshServer::builder()
        .key("root", &key)
        .machine(Machine::new("db-1", "6.1"))
        .start()
        .await
        .expect("a free port");
    let gateway = SshServer::builder()
        .key("jump", &key)
        .forwarding(forwarding)
        .host("db-1", 22, inner.address())
        .start()
        .await
        .expect("a free port");
    let input = json!({
        "cmd": "hostname",
        "host": "db-1",
        "username": "root",
        "private_key_filename": null,
        "private_key": key.private_text(None),
        "gateway_host": "127.0.0.1",
        "gateway_port": gateway.address().port(),
        "gateway_username": "jump",
    });
    (gateway, inner, input)
}

#[tokio::test]
async fn a_gateway_opens_channels() {
    let (gateway, inner, input) = behind_gateway(Forwarding::Channels).await;
    let result = run(&Config::default(), "std.ssh_proxied", input).await;
    assert_eq!(success(result), Value::from("db-1\n"));
    assert!(gateway.commands().is_empty());
    in_time(inner.until_open(0)).await;
    in_time(gateway.until_open(0)).await;
}

#[tokio::test]
async fn a_gateway_without_channels_has_nc() {
    let (gateway, inner, input) = behind_gateway(Forwarding::NcOnly).await;
    let result = run(&Config::default(), "std.ssh_proxied", input).await;
    assert_eq!(success(result), Value::from("db-1\n"));
    assert_eq!(gateway.commands()[0].command, "nc db-1 22");
    in_time(inner.until_open(0)).await;
    in_time(gateway.until_open(0)).await;
}

#[tokio::test]
async fn failures_tell_on_which_leg() {
    let (gateway, _inner, input) = behind_gateway(Forwarding::Off).await;
    let text = error_text(run(&Config::default(), "std.ssh_proxied", input.clone()).await);
    let address = gateway.address();
    let expected = format!("gateway {address} opens no channel to it");
    assert!(text.contains(&expected), "{text}");

    let stranger = with(input, json!({"gateway_username": "nobody"}));
    let text = error_text(run(&Config::default(), "std.ssh_proxied", stranger).await);
    let expected = format!("gateway {address}: the server does not let user 'nobody' in");
    assert!(text.contains(&expected), "{text}");
}

#[tokio::test]
async fn local_programs_need_permission() {
    let (gateway, _inner, input) = behind_gateway(Forwarding::Channels).await;
    let input = with(input, json!({"proxy_command": "false"}));
    let text = error_text(run(&Config::default(), "std.ssh_proxied", input.clone()).await);
    assert!(text.contains("ssh.allow_proxy_command"), "{text}");
    let config = Config {
        ssh: SshConfig {
            allow_proxy_command: true,
            ..SshConfig::default()
        },
        ..Config::default()
    };
    let text = error_text(run(&config, "std.ssh_proxied", input.clone()).await);
    assert!(text.contains("the SSH connection failed"), "{text}");

    // Two directions between standard input and output and a connection.
    let address = gateway.address();
    let (host, port) = (address.ip(), address.port());
    let bridge = format!("bash -c 'exec 3<>/dev/tcp/{host}/{port}; cat <&3 & cat >&3; kill $!'");
    let input = with(
        input,
        json!({"proxy_command": bridge, "gateway_host": "unknown"}),
    );
    let result = run(&config, "std.ssh_proxied", input).await;
    assert_eq!(success(result), Value::from("db-1\n"));
}
