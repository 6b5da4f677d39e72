//! The operator's mail server.

use std::fmt;
use std::net::SocketAddr;
use std::time::Duration;

use async_trait::async_trait;
use lettre::address::Envelope;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{AsyncSmtpConnection, Certificate, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail, Rcpt};
use lettre::transport::smtp::extension::{ClientId, Extension, MailBodyParameter, MailParameter};
use naftiko_adapter::{Failure, FailureKind, Mask, shortage_in, shortage_of_sockets};
use percent_encoding::percent_decode_str;
use secrecy::{ExposeSecret as _, SecretString};
use url::{Host, Url};

use crate::question::refused;

/// The time limit until the server is ready to accept the message.
const READY: Duration = Duration::from_secs(30);
/// The time limit for sending the message (RFC 5321 §4.5.3.2.6 allows ten minutes, but the run is waiting).
const TAKEN: Duration = Duration::from_mins(2);

/// Resolves the addresses of the mail server.
#[async_trait]
pub trait MailRoute: Send + Sync {
    /// The addresses of the server, each admitted by the operator's rules for hosts.
    ///
    /// # Errors
    /// A [`Failure`] if there is none, or one that must not be connected to.
    async fn addresses(&self) -> Result<Vec<SocketAddr>, Failure>;
}

/// A mail server.
pub struct SmtpServer {
    /// A host name or an IP address; IPv6 in brackets.
    host: String,
    port: u16,
    security: Security,
    credentials: Option<(String, SecretString)>,
    certificates: Vec<Vec<u8>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Security {
    /// TLS from the first byte.
    Implicit,
    /// TLS after `STARTTLS`, which the server must support.
    StartTls,
    None,
}

/// The reason why a text does not name a mail server. No variant shows the password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoServer {
    /// The text is not a URL.
    #[error("it is not a URL of the form `smtps://USER:PASSWORD@HOST:PORT`")]
    NoUrl,
    /// The parameter `tls` has an unknown value.
    #[error("its `tls` is neither `required` nor `none`")]
    Tls,
    /// The password would be sent unencrypted.
    #[error("a password would be sent to `{0}` in clear: remove `tls=none`")]
    Clear(String),
}

impl SmtpServer {
    /// Parses the URL of a server: `smtps://` uses TLS from the first byte, `smtp://` after `STARTTLS`, unless the
    /// server is this machine or the URL has `?tls=none`. `certificates` (PEM) are trusted in addition to those of the
    /// system.
    ///
    /// # Errors
    /// The reason why it does not name a server.
    pub fn read(url: &str, certificates: Vec<Vec<u8>>) -> Result<Self, NoServer> {
        let url: Url = url.trim().parse().map_err(|_| NoServer::NoUrl)?;
        // The parser does not normalize the host of this scheme, and an IP address has several notations.
        let written = percent_decode_str(url.host_str().unwrap_or_default()).decode_utf8_lossy().into_owned();
        let host = Host::parse(&written).map_err(|_| NoServer::NoUrl)?;
        let is_local = match &host {
            Host::Domain(name) => is_this_machine(name),
            Host::Ipv4(address) => address.is_loopback(),
            Host::Ipv6(address) => address.is_loopback(),
        };
        let tls = url.query_pairs().find(|(name, _)| name == "tls").map(|(_, value)| value.into_owned());
        let security = match (url.scheme(), tls.as_deref()) {
            ("smtps", None | Some("required")) => Security::Implicit,
            ("smtp", Some("none")) => Security::None,
            ("smtp", None) if is_local => Security::None,
            ("smtp", None | Some("required")) => Security::StartTls,
            ("smtp" | "smtps", _) => return Err(NoServer::Tls),
            _ => return Err(NoServer::NoUrl),
        };
        let decoded = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
        let credentials = (!url.username().is_empty()).then(|| {
            (decoded(url.username()), SecretString::from(decoded(url.password().unwrap_or_default())))
        });
        let host = host.to_string();
        if credentials.is_some() && security == Security::None && !is_local {
            return Err(NoServer::Clear(host));
        }
        let usual = if security == Security::Implicit { 465 } else { 587 };
        Ok(Self { host, port: url.port().unwrap_or(usual), security, credentials, certificates })
    }

    /// A mask for the password, which a server may echo.
    pub fn mask(&self) -> Mask {
        let mut mask = Mask::default();
        if let Some((_, password)) = &self.credentials {
            mask.hide_credential(password.expose_secret());
        }
        mask
    }

    /// The host: a name, or an IP address, in brackets for IPv6.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Sends a message to one of the addresses that `route` returns.
    ///
    /// # Errors
    /// How far the attempt came. Before the server was given the message nothing was sent; afterwards only the server's
    /// reply is decisive.
    pub(crate) async fn send(
        &self,
        route: &dyn MailRoute,
        envelope: &Envelope,
        message: &[u8],
    ) -> Result<(), Failure> {
        let late = |what| Failure::new(FailureKind::NotSent, format!("`{}` {what}", self.host));
        let ready = tokio::time::timeout(READY, self.ready(route, envelope, message)).await;
        let mut connection = ready.map_err(|_| late("was not ready in time"))??;
        let taken = tokio::time::timeout(TAKEN, connection.message(message)).await;
        let outcome = match taken {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) if error.status().is_some() => Err(self.said(&error)),
            Ok(Err(error)) => {
                let kind = shortage_in(&error).map_or(FailureKind::Unknown, |_| FailureKind::CutOff);
                Err(self.given(kind, &error.to_string()))
            }
            Err(_) => Err(self.given(FailureKind::Unknown, "it did not respond in time")),
        };
        // The outcome is known; closing the connection may fail.
        let _leave = tokio::time::timeout(Duration::from_secs(1), connection.abort()).await;
        outcome
    }

    /// A connection on which the server waits for the message.
    async fn ready(
        &self,
        route: &dyn MailRoute,
        envelope: &Envelope,
        message: &[u8],
    ) -> Result<AsyncSmtpConnection, Failure> {
        let not_sent = |error: lettre::transport::smtp::Error| self.said(&error);
        let name = ClientId::Domain("naftiko".to_owned());
        let tls = match self.security {
            Security::None => None,
            Security::Implicit | Security::StartTls => Some(self.tls()?),
        };
        let at_once = tls.clone().filter(|_| self.security == Security::Implicit);
        let addresses = route.addresses().await?;
        let mut connection =
            AsyncSmtpConnection::connect_tokio1(addresses.as_slice(), Some(READY), &name, at_once, None)
                .await
                .map_err(not_sent)?;
        if let (Security::StartTls, Some(tls)) = (self.security, tls) {
            connection.starttls(tls, &name).await.map_err(not_sent)?;
        }
        if let Some((user, password)) = &self.credentials {
            let credentials = Credentials::new(user.clone(), password.expose_secret().to_owned());
            connection.auth(&[Mechanism::Plain, Mechanism::Login], &credentials).await.map_err(not_sent)?;
        }
        let mut parameters = Vec::new();
        let knows = |extension| connection.server_info().supports_feature(extension);
        let mut addresses = envelope.to().iter().chain(envelope.from());
        if !addresses.all(|address| AsRef::<str>::as_ref(address).is_ascii()) {
            if !knows(Extension::SmtpUtfEight) {
                return Err(refused(format!(
                    "`{}` does not support addresses with non-ASCII characters",
                    self.host
                )));
            }
            parameters.push(MailParameter::SmtpUtfEight);
        }
        if !message.is_ascii() && knows(Extension::EightBitMime) {
            parameters.push(MailParameter::Body(MailBodyParameter::EightBitMime));
        }
        connection.command(Mail::new(envelope.from().cloned(), parameters)).await.map_err(not_sent)?;
        for to in envelope.to() {
            connection.command(Rcpt::new(to.clone(), Vec::new())).await.map_err(not_sent)?;
        }
        connection.command(Data).await.map_err(not_sent)?;
        Ok(connection)
    }

    fn tls(&self) -> Result<TlsParameters, Failure> {
        let unusable = |kind: FailureKind| {
            move |error: lettre::transport::smtp::Error| {
                Failure::new(kind, format!("the TLS connection to `{}` failed: {error}", self.host))
            }
        };
        // Addresses in certificates have no brackets.
        let mut builder = TlsParameters::builder(self.host.trim_matches(['[', ']']).to_owned());
        for pem in &self.certificates {
            let certificate = Certificate::from_pem(pem).map_err(unusable(FailureKind::Refused))?;
            builder = builder.add_root_certificate(certificate);
        }
        // Everything else is read from this machine.
        builder.build_rustls().map_err(unusable(FailureKind::LocalShortage))
    }

    /// The failure of a message that the server did not accept: permanent if its reply is.
    fn said(&self, error: &lettre::transport::smtp::Error) -> Failure {
        let answered = error.status().is_some();
        let lacks = !answered && (shortage_in(error).is_some() || shortage_of_sockets().is_some());
        let kind = match () {
            () if lacks => FailureKind::LocalShortage,
            () if error.is_permanent() => FailureKind::Refused,
            () => FailureKind::NotSent,
        };
        Failure::new(kind, self.masked(&format!("`{}`: {}", self.host, causes(error))))
    }

    /// The failure after the server was given the message.
    fn given(&self, kind: FailureKind, what: &str) -> Failure {
        let message = format!("the message was sent to `{}`: {what}", self.host);
        Failure::new(kind, self.masked(&message))
    }

    /// Masks the password, which a server may echo.
    fn masked(&self, text: &str) -> String {
        let mut mask = Mask::default();
        self.credentials.iter().for_each(|(_, password)| mask.hide(password.expose_secret(), 1));
        mask.text(text)
    }
}

impl fmt::Debug for SmtpServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SmtpServer")
            .field("host", &self.host)
            .field("port", &self.port)
            .field("security", &self.security)
            .finish_non_exhaustive()
    }
}

/// Whether a name denotes the local machine on every machine (RFC 6761).
fn is_this_machine(name: &str) -> bool {
    let name = name.strip_suffix('.').unwrap_or(name);
    name == "localhost" || name.ends_with(".localhost")
}

/// An error with its causes, on one line.
fn causes(error: &dyn std::error::Error) -> String {
    let sources = std::iter::successors(Some(error), |&error| error.source());
    let mut words: Vec<String> = Vec::new();
    for said in sources.map(ToString::to_string) {
        // Some errors already contain the text of their cause.
        if !words.iter().any(|before| before.contains(&said)) {
            words.push(said);
        }
    }
    words.join(": ").split_whitespace().collect::<Vec<_>>().join(" ")
}
