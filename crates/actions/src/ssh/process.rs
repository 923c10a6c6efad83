//! A local program as the way to a gateway (`proxy_command`).

use std::io;
use std::process::Stdio;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::process::{Child, Command};

/// A running program; dropping it kills it.
pub(super) struct ProxyProcess {
    _child: Child,
}

/// Starts the command in a shell, which it replaces so that nothing outlives it.
pub(super) fn start(
    command: &str,
) -> io::Result<(
    impl AsyncRead + AsyncWrite + Send + Unpin + use<>,
    ProxyProcess,
)> {
    let mut child = Command::new("/bin/sh")
        .arg("-c")
        .arg(format!("exec {command}"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()?;
    let (Some(stdin), Some(stdout)) = (child.stdin.take(), child.stdout.take()) else {
        return Err(io::Error::other(
            "the program has no standard input or output",
        ));
    };
    Ok((
        tokio::io::join(stdout, stdin),
        ProxyProcess { _child: child },
    ))
}
