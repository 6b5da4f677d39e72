//! A mail server, on a real socket: enough of RFC 5321, and what goes wrong with one.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// What it does in one session. Whatever it does after the dot, it has the message then.
pub(crate) enum Does {
    /// Says this to the command of this name: `.` is the end of the message.
    Says(&'static str, &'static str),
    /// Closes the connection at this command: at `.` once it has the message, at `text` in the midst of it.
    Drops(&'static str),
    /// Takes the message, and kills the sender before it can hear that.
    Kills(Box<dyn Fn() + Send>),
}

/// A message that was taken.
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

impl Smtp {
    pub(crate) fn start() -> Self {
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
                    let _broken_off = Session { stream: stream.unwrap(), does: next, taken: &taken }.serve();
                });
            }
        });
        smtp
    }

    /// What it does in the next sessions; it takes every message once there is nothing more.
    pub(crate) fn does(&self, next: impl IntoIterator<Item = Does>) {
        self.does.lock().unwrap().extend(next);
    }

    pub(crate) fn url(&self) -> String {
        format!("smtp://{}", self.address)
    }

    pub(crate) fn taken(&self) -> Vec<Mail> {
        self.taken.lock().unwrap().clone()
    }
}

struct Session<'a> {
    stream: TcpStream,
    does: Option<Does>,
    taken: &'a Mutex<Vec<Mail>>,
}

impl Session<'_> {
    fn serve(mut self) -> std::io::Result<()> {
        let mut lines = BufReader::new(self.stream.try_clone()?).lines();
        self.say("220 mail.test ESMTP")?;
        let mut mail = Mail::default();
        while let Some(line) = lines.next() {
            let line = line?;
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
                "EHLO" => self.say("250-mail.test\r\n250 8BITMIME")?,
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
                    for line in lines.by_ref() {
                        let line = line?;
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

    fn say(&mut self, line: &str) -> std::io::Result<()> {
        write!(self.stream, "{line}\r\n")
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
