//! A mail server on a real socket: the necessary part of RFC 5321, and typical failures.

use std::collections::VecDeque;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// The behavior in one session. Any reaction to the final dot happens after the message is stored.
pub(crate) enum Does {
    /// Sends this reply to the command of this name; `.` is the end of the message.
    Says(&'static str, &'static str),
    /// Closes the connection at this command: at `.` after storing the message, at `text` in the middle of it.
    Drops(&'static str),
    /// Accepts the message, and kills the sender before it can read the reply.
    Kills(Box<dyn Fn() + Send>),
}

/// An accepted message.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Mail {
    pub(crate) from: String,
    pub(crate) to: Vec<String>,
    pub(crate) data: String,
}

impl Mail {
    /// The value of a header.
    pub(crate) fn header(&self, name: &str) -> &str {
        let prefix = format!("{name}: ");
        self.data.lines().find_map(|line| line.strip_prefix(&prefix)).unwrap_or_else(|| panic!("no {name}"))
    }
}

pub(crate) struct Smtp {
    address: SocketAddr,
    taken: Arc<Mutex<Vec<Mail>>>,
    does: Arc<Mutex<VecDeque<Does>>>,
}

/// The start of TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tls {
    Never,
    AtOnce,
    /// On request (STARTTLS).
    Later,
}

/// A file in the folder `tls` beside this one.
pub(crate) fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/channels/tls").join(name)
}

fn config() -> Arc<ServerConfig> {
    let certificate = CertificateDer::from_pem_file(file("server.pem")).unwrap();
    let key = PrivateKeyDer::from_pem_file(file("server.key")).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder =
        ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    Arc::new(builder.with_no_client_auth().with_single_cert(vec![certificate], key).unwrap())
}

impl Smtp {
    pub(crate) fn start() -> Self {
        Self::with(Tls::Never)
    }

    pub(crate) fn with(tls: Tls) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let smtp = Self { address, taken: Arc::default(), does: Arc::default() };
        let (taken, does) = (Arc::clone(&smtp.taken), Arc::clone(&smtp.does));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (taken, does) = (Arc::clone(&taken), Arc::clone(&does));
                // A sender that is killed breaks its session off.
                std::thread::spawn(move || {
                    let next = does.lock().unwrap().pop_front();
                    let stream = Stream::Plain(stream.unwrap());
                    let _broken_off = Session { stream, tls, does: next, taken: &taken }.serve();
                });
            }
        });
        smtp
    }

    /// Sets the behavior in the next sessions; afterwards every message is accepted.
    pub(crate) fn does(&self, next: impl IntoIterator<Item = Does>) {
        self.does.lock().unwrap().extend(next);
    }

    pub(crate) fn url(&self) -> String {
        format!("smtp://{}", self.address)
    }

    pub(crate) fn port(&self) -> u16 {
        self.address.port()
    }

    pub(crate) fn taken(&self) -> Vec<Mail> {
        self.taken.lock().unwrap().clone()
    }
}

enum Stream {
    Plain(TcpStream),
    Tls(Box<StreamOwned<ServerConnection, TcpStream>>),
}

impl Stream {
    fn encrypted(self) -> Self {
        match self {
            Self::Plain(stream) => {
                Self::Tls(Box::new(StreamOwned::new(ServerConnection::new(config()).unwrap(), stream)))
            }
            encrypted @ Self::Tls(_) => encrypted,
        }
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Self::Plain(stream) => stream.write_all(bytes),
            Self::Tls(stream) => stream.write_all(bytes),
        }
    }

    /// The next line; `None` at the end.
    fn line(&mut self) -> io::Result<Option<String>> {
        let mut line = Vec::new();
        let mut byte = [0];
        loop {
            let read = match self {
                Self::Plain(stream) => stream.read(&mut byte)?,
                Self::Tls(stream) => stream.read(&mut byte)?,
            };
            match byte {
                _ if read == 0 => return Ok(None),
                [b'\n'] => {
                    return Ok(Some(String::from_utf8(line).unwrap().trim_end_matches('\r').to_owned()));
                }
                [byte] => line.push(byte),
            }
        }
    }
}

struct Session<'a> {
    stream: Stream,
    tls: Tls,
    does: Option<Does>,
    taken: &'a Mutex<Vec<Mail>>,
}

impl Session<'_> {
    fn serve(mut self) -> io::Result<()> {
        if self.tls == Tls::AtOnce {
            self.stream = self.stream.encrypted();
        }
        self.say("220 mail.test ESMTP")?;
        let mut mail = Mail::default();
        while let Some(line) = self.stream.line()? {
            let command = line.split([' ', ':']).next().unwrap_or_default().to_ascii_uppercase();
            if self.drops(&command) {
                return Ok(());
            }
            if let Some(said) = self.said(&command) {
                self.say(said)?;
                continue;
            }
            let address = || line.split(['<', '>']).nth(1).unwrap_or_default().to_owned();
            match command.as_str() {
                "EHLO" if self.tls == Tls::Later => self.say("250-mail.test\r\n250 STARTTLS")?,
                "EHLO" => self.say("250-mail.test\r\n250-AUTH PLAIN\r\n250 8BITMIME")?,
                "STARTTLS" => {
                    self.say("220 go on")?;
                    self.stream = self.stream.encrypted();
                    self.tls = Tls::AtOnce;
                }
                // `\0me\0hunter2`
                "AUTH" if line.ends_with("PLAIN AG1lAGh1bnRlcjI=") => self.say("235 welcome")?,
                "AUTH" => self.say("535 it is not hunter3")?,
                "MAIL" => {
                    mail = Mail { from: address(), ..Mail::default() };
                    self.say("250 OK")?;
                }
                "RCPT" => {
                    mail.to.push(address());
                    self.say("250 OK")?;
                }
                "DATA" => {
                    self.say("354 go on")?;
                    while let Some(line) = self.stream.line()? {
                        if self.drops("text") {
                            return Ok(());
                        }
                        if line == "." {
                            break;
                        }
                        mail.data.push_str(line.strip_prefix('.').unwrap_or(&line));
                        mail.data.push('\n');
                    }
                    if let Some(said) = self.said(".") {
                        self.say(said)?;
                        continue;
                    }
                    self.taken.lock().unwrap().push(std::mem::take(&mut mail));
                    if let Some(Does::Kills(kill)) = &self.does {
                        kill();
                        return Ok(());
                    }
                    if self.drops(".") {
                        return Ok(());
                    }
                    self.say("250 taken")?;
                }
                "QUIT" => return self.say("221 bye"),
                _ => self.say("500 what?")?,
            }
        }
        Ok(())
    }

    fn say(&mut self, line: &str) -> io::Result<()> {
        self.stream.write(format!("{line}\r\n").as_bytes())
    }

    fn said(&self, at: &str) -> Option<&'static str> {
        match &self.does {
            Some(Does::Says(command, said)) if *command == at => Some(said),
            _ => None,
        }
    }

    fn drops(&self, at: &str) -> bool {
        matches!(&self.does, Some(Does::Drops(command)) if *command == at)
    }
}
