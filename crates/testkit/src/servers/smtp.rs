//! A mail server that keeps what it gets. It refuses every recipient whose name is
//! `refused`. One with a log-in takes mail only after STARTTLS and AUTH PLAIN.

use std::io;
use std::net::SocketAddr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tokio::io::{
    AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, BufReader,
};

use super::listener::{Listener, Record};
use super::tls::Certificate;

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

/// What a client must show, and the certificate under which it may.
#[derive(Clone)]
struct LogIn {
    certificate: Certificate,
    /// As AUTH PLAIN writes it: `\0user\0password` in base64.
    proof: String,
}

impl SmtpServer {
    /// Starts a server that takes mail from everybody.
    ///
    /// # Errors
    /// No port could be had.
    pub async fn start() -> io::Result<Self> {
        Self::start_with(None).await
    }

    /// Starts a server that takes mail from one user.
    ///
    /// # Errors
    /// No port could be had.
    pub async fn start_with_login(
        certificate: &Certificate,
        user: &str,
        password: &str,
    ) -> io::Result<Self> {
        let login = LogIn {
            certificate: certificate.clone(),
            proof: STANDARD.encode(format!("\0{user}\0{password}")),
        };
        Self::start_with(Some(login)).await
    }

    async fn start_with(login: Option<LogIn>) -> io::Result<Self> {
        let mails = Record::default();
        let record = mails.clone();
        let serve = move |stream| {
            let talk = serve(stream, login.clone(), record.clone());
            async move {
                // The client may leave at any time; what it has sent by then is kept.
                let _ = talk.await;
            }
        };
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

/// In the clear first, then under TLS if the client asks for it.
async fn serve<S>(stream: S, login: Option<LogIn>, mails: Record<Mail>) -> io::Result<()>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut clear = Talk::new(stream, mails);
    clear.say("220 throw-away mail server").await?;
    let Some(login) = login else {
        return clear.until_quit(Stage::Open).await.map(|_| ());
    };
    if clear.until_quit(Stage::BeforeTls).await? == End::StartTls {
        let stream = login.certificate.accept(clear.stream.into_inner()).await?;
        let mut safe = Talk::new(stream, clear.mails);
        safe.until_quit(Stage::BeforeLogIn(&login.proof)).await?;
    }
    Ok(())
}

/// What a client may do.
#[derive(Clone, Copy)]
enum Stage<'a> {
    BeforeTls,
    /// Holds the proof that the user must give.
    BeforeLogIn(&'a str),
    Open,
}

#[derive(PartialEq, Eq)]
enum End {
    Quit,
    StartTls,
}

/// One conversation.
struct Talk<S> {
    stream: BufReader<S>,
    mails: Record<Mail>,
    sender: String,
    recipients: Vec<String>,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Talk<S> {
    fn new(stream: S, mails: Record<Mail>) -> Self {
        Self {
            stream: BufReader::new(stream),
            mails,
            sender: String::new(),
            recipients: Vec::new(),
        }
    }

    async fn until_quit(&mut self, mut stage: Stage<'_>) -> io::Result<End> {
        loop {
            let line = line(&mut self.stream).await?;
            let (verb, argument) = line.split_at(line.find([' ', ':']).unwrap_or(line.len()));
            match (verb.to_ascii_uppercase().as_str(), stage) {
                ("EHLO", stage) => self.say(offer(stage)).await?,
                ("HELO" | "NOOP", _) => self.say("250 ok").await?,
                ("STARTTLS", Stage::BeforeTls) => {
                    self.say("220 go on").await?;
                    return Ok(End::StartTls);
                }
                ("AUTH", Stage::BeforeLogIn(proof)) => {
                    if argument.trim() == format!("PLAIN {proof}") {
                        stage = Stage::Open;
                        self.say("235 welcome").await?;
                    } else {
                        self.say("535 wrong user or password").await?;
                    }
                }
                ("QUIT", _) => {
                    self.say("221 bye").await?;
                    return Ok(End::Quit);
                }
                (verb, Stage::Open) => self.mail(verb, argument).await?,
                _ => self.say("530 log in first").await?,
            }
        }
    }

    async fn mail(&mut self, verb: &str, argument: &str) -> io::Result<()> {
        match verb {
            "MAIL" => self.sender = address(argument),
            "RCPT" if address(argument).starts_with("refused@") => {
                return self.say("550 nobody of that name").await;
            }
            "RCPT" => self.recipients.push(address(argument)),
            "DATA" => self.data().await?,
            "RSET" => self.recipients.clear(),
            _ => return self.say("502 unknown command").await,
        }
        self.say("250 ok").await
    }

    async fn data(&mut self) -> io::Result<()> {
        self.say("354 go on").await?;
        let text = message(&mut self.stream).await?;
        let (headers, body) = parse(&text);
        self.mails.push(Mail {
            sender: std::mem::take(&mut self.sender),
            recipients: std::mem::take(&mut self.recipients),
            headers,
            body,
        });
        Ok(())
    }

    async fn say(&mut self, words: &str) -> io::Result<()> {
        self.stream
            .write_all(format!("{words}\r\n").as_bytes())
            .await?;
        self.stream.flush().await
    }
}

fn offer(stage: Stage<'_>) -> &'static str {
    match stage {
        Stage::BeforeTls => "250-hello\r\n250 STARTTLS",
        Stage::BeforeLogIn(_) => "250-hello\r\n250 AUTH PLAIN",
        Stage::Open => "250-hello\r\n250 8BITMIME",
    }
}

async fn line(stream: &mut BufReader<impl AsyncRead + Unpin>) -> io::Result<String> {
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
async fn message(stream: &mut BufReader<impl AsyncRead + Unpin>) -> io::Result<String> {
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
