//! A mail server that keeps what it gets. It offers neither log-in nor TLS, and
//! refuses every recipient whose name is `refused`.

use std::io;
use std::net::SocketAddr;

use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;

use super::listener::{Listener, Record};

const MAX_LINE_BYTES: u64 = 64 << 10;
const MAX_MESSAGE_BYTES: usize = 16 << 20;

/// A running mail server.
pub struct SmtpServer {
    listener: Listener,
    mails: Record<Mail>,
}

/// A message as it came in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mail {
    /// The address of the envelope's sender.
    pub sender: String,
    /// The addresses of the envelope's recipients.
    pub recipients: Vec<String>,
    /// The headers in the order sent, folded lines joined.
    pub headers: Vec<(String, String)>,
    /// The body as sent: transfer encodings are not undone.
    pub body: String,
}

impl Mail {
    /// The first header of that name.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut named = self.headers.iter();
        let found = named.find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }
}

impl SmtpServer {
    /// Starts a server.
    ///
    /// # Errors
    /// No port could be had.
    pub async fn start() -> io::Result<Self> {
        let mails = Record::default();
        let record = mails.clone();
        let serve = move |stream| serve(stream, record.clone());
        Ok(Self {
            listener: Listener::start(serve).await?,
            mails,
        })
    }

    /// Stops; then nothing listens at its address any more.
    pub async fn stop(self) {
        self.listener.stop().await;
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.listener.address()
    }

    /// The messages so far, in the order of their arrival.
    pub fn mails(&self) -> Vec<Mail> {
        self.mails.entries()
    }
}

async fn serve(stream: TcpStream, mails: Record<Mail>) {
    // The client may leave at any time; what it has sent by then is kept.
    let _ = talk(BufReader::new(stream), mails).await;
}

async fn talk(mut stream: BufReader<TcpStream>, mails: Record<Mail>) -> io::Result<()> {
    let (mut sender, mut recipients) = (String::new(), Vec::new());
    say(&mut stream, "220 throw-away mail server").await?;
    loop {
        let line = line(&mut stream).await?;
        let (verb, argument) = line.split_at(line.find([' ', ':']).unwrap_or(line.len()));
        match verb.to_ascii_uppercase().as_str() {
            "EHLO" => say(&mut stream, "250-hello\r\n250 8BITMIME").await?,
            "HELO" | "NOOP" => say(&mut stream, "250 ok").await?,
            "MAIL" => {
                sender = address(argument);
                say(&mut stream, "250 ok").await?;
            }
            "RCPT" if address(argument).starts_with("refused@") => {
                say(&mut stream, "550 nobody of that name").await?;
            }
            "RCPT" => {
                recipients.push(address(argument));
                say(&mut stream, "250 ok").await?;
            }
            "DATA" => {
                say(&mut stream, "354 go on").await?;
                let text = message(&mut stream).await?;
                let (headers, body) = parse(&text);
                mails.push(Mail {
                    sender: std::mem::take(&mut sender),
                    recipients: std::mem::take(&mut recipients),
                    headers,
                    body,
                });
                say(&mut stream, "250 kept").await?;
            }
            "RSET" => {
                recipients.clear();
                say(&mut stream, "250 ok").await?;
            }
            "QUIT" => return say(&mut stream, "221 bye").await,
            _ => say(&mut stream, "502 unknown command").await?,
        }
    }
}

async fn say(stream: &mut BufReader<TcpStream>, words: &str) -> io::Result<()> {
    stream.write_all(format!("{words}\r\n").as_bytes()).await
}

async fn line(stream: &mut BufReader<TcpStream>) -> io::Result<String> {
    let mut line = Vec::new();
    let mut limited = stream.take(MAX_LINE_BYTES);
    limited.read_until(b'\n', &mut line).await?;
    if !line.ends_with(b"\n") {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    let text = String::from_utf8_lossy(&line);
    Ok(text.trim_end_matches(['\r', '\n']).to_owned())
}

/// The lines up to a single dot; doubled dots are undone.
async fn message(stream: &mut BufReader<TcpStream>) -> io::Result<String> {
    let mut text = String::new();
    while text.len() < MAX_MESSAGE_BYTES {
        let line = line(stream).await?;
        if line == "." {
            return Ok(text);
        }
        text.push_str(line.strip_prefix('.').unwrap_or(&line));
        text.push('\n');
    }
    Err(io::ErrorKind::FileTooLarge.into())
}

/// `:<a@b> BODY=8BITMIME` is `a@b`.
fn address(argument: &str) -> String {
    let inner = argument
        .split_once('<')
        .and_then(|(_, rest)| rest.split_once('>'));
    inner.map_or_else(String::new, |(address, _)| address.to_owned())
}

fn parse(text: &str) -> (Vec<(String, String)>, String) {
    let (head, body) = text.split_once("\n\n").unwrap_or((text, ""));
    let mut headers: Vec<(String, String)> = Vec::new();
    for line in head.lines() {
        match (line.strip_prefix([' ', '\t']), headers.last_mut()) {
            (Some(more), Some((_, value))) => {
                value.push(' ');
                value.push_str(more.trim_start());
            }
            _ => {
                let (name, value) = line.split_once(':').unwrap_or((line, ""));
                headers.push((name.to_owned(), value.trim().to_owned()));
            }
        }
    }
    (headers, body.to_owned())
}
