//! The options about answers to messages.

use std::net::SocketAddr;

use clap::Args;
use url::Url;

use crate::world;

/// The base of the URLs for answers.
#[derive(Debug, Args)]
pub(crate) struct PublicUrl {
    /// The URL at which others reach `naftiko work --listen`; messages contain it, so that they can be answered; in
    /// place of `$NAFTIKO_PUBLIC_URL`
    #[arg(long, value_name = "URL", value_parser = read)]
    pub(crate) public_url: Option<Url>,
}

/// The address at which `work` accepts answers.
#[derive(Debug, Args)]
pub(crate) struct Listen {
    /// Accept answers to messages at this address of this machine, such as `127.0.0.1:8080`
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub(crate) listen: Option<SocketAddr>,
}

impl PublicUrl {
    /// The URL of the flag, or else of the environment; `None` if neither is set.
    ///
    /// # Errors
    /// If the value in the environment is not such a URL.
    pub(crate) fn base(&self) -> Result<Option<Url>, String> {
        let Some(given) = &self.public_url else {
            let text = world::variable("NAFTIKO_PUBLIC_URL");
            let read = text.map(|text| read(&text)).transpose();
            return read.map_err(|problem| format!("`NAFTIKO_PUBLIC_URL`: {problem}"));
        };
        Ok(Some(given.clone()))
    }
}

/// Reads the base of the URLs for answers. Its path ends with `/`.
fn read(text: &str) -> Result<Url, String> {
    let mut url: Url = text.trim().parse().map_err(|error| format!("it is not a URL: {error}"))?;
    if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
        return Err("it has to begin with `https://` or `http://` and a host".to_owned());
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("it has a user or a password, which everybody who gets a message would see".to_owned());
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err("it has a query or a fragment, and the path of an answer is appended to it".to_owned());
    }
    let path = format!("{}/", url.path().trim_end_matches('/'));
    url.set_path(&path);
    Ok(url)
}
