//! The base URLs of providers, and the adapter that calls them.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use naftiko_adapter_http::{Builder, Credential, Endpoint, HttpAdapter};
use naftiko_diagnostics::nearest;
use naftiko_plan::{Plan, Provider};
use naftiko_text::shell_word;
use url::Url;

/// The base URL of each provider by its id; `None` if it is unknown.
pub(crate) type Urls = BTreeMap<String, Option<Url>>;

/// The base URL of every provider that the plan's steps use: the one given as `PROVIDER=URL`, or else that of the plan.
///
/// # Errors
/// If an argument is malformed or names an unknown provider, a URL is invalid, or two sub-compositions describe one
/// provider differently.
pub(crate) fn urls(plan: &Plan, given: &[String]) -> Result<Urls, String> {
    let mut urls = Urls::new();
    let mut known: BTreeMap<&str, &Provider> = BTreeMap::new();
    for (id, provider) in providers(plan) {
        if let Some(other) = known.insert(id, provider).filter(|other| !other.is_the_same_as(provider)) {
            return Err(format!(
                "`{id}` has different settings in `{}` and in `{}`: a run can use only one",
                other.source, provider.source
            ));
        }
        // A URL from the command line takes precedence, so the documented one is not even parsed.
        let is_given =
            given.iter().any(|argument| argument.split_once('=').is_some_and(|(name, _)| name == id));
        let said = provider.base_url.as_deref().filter(|_| !is_given);
        urls.insert(id.to_owned(), said.map(|said| described(id, said)).transpose()?);
    }
    for argument in given {
        let (id, text) = argument
            .split_once('=')
            .ok_or_else(|| format!("`--base-url {argument}` is not of the form PROVIDER=URL"))?;
        if !urls.contains_key(id) {
            let ids = urls.keys().map(String::as_str);
            let help = match nearest(id, ids.clone()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("there is {}", ids.collect::<Vec<_>>().join(", ")),
            };
            return Err(format!("there is no provider `{id}`; {help}"));
        }
        urls.insert(id.to_owned(), Some(parse(text)?));
    }
    Ok(urls)
}

/// Whether a plan has a provider with this id.
pub(crate) fn is_known(plan: &Plan, id: &str) -> bool {
    providers(plan).any(|(known, _)| known == id)
}

/// The `PROVIDER=URL` arguments as a map, to be stored with the run. They have been validated before.
pub(crate) fn by_provider(given: &[String]) -> IndexMap<String, String> {
    let pairs = given.iter().filter_map(|argument| argument.split_once('='));
    pairs.map(|(id, url)| (id.to_owned(), url.to_owned())).collect()
}

/// A plan and all its sub-compositions.
fn plans(plan: &Plan) -> impl Iterator<Item = &Plan> {
    std::iter::once(plan).chain(plan.embedded().into_iter().map(AsRef::as_ref))
}

fn providers(plan: &Plan) -> impl Iterator<Item = (&str, &Provider)> {
    plans(plan).flat_map(|plan| plan.providers.iter().map(|(id, provider)| (id.as_str(), provider)))
}

/// Parses the URL in the documents. A relative URL is rejected, since the URL of the description that it is relative to
/// is unknown.
fn described(id: &str, text: &str) -> Result<Url, String> {
    if text.parse::<Url>() == Err(url::ParseError::RelativeUrlWithoutBase) {
        return Err(format!(
            "the documents give only the path `{text}` for `{id}`: give the full URL with `--base-url {}`",
            shell_word(format!("{id}=URL"))
        ));
    }
    parse(text)
}

fn parse(text: &str) -> Result<Url, String> {
    let url: Url = text.parse().map_err(|error| format!("`{text}` is not a URL: {error}"))?;
    if matches!(url.scheme(), "http" | "https") && url.has_host() {
        Ok(url)
    } else {
        Err(format!("`{text}` is not an `http` or `https` URL"))
    }
}

/// The providers that the plan's steps call, each with its base URL.
///
/// # Errors
/// Names a provider without a base URL.
pub(crate) fn used<'p>(plan: &'p Plan, urls: &Urls) -> Result<Vec<(&'p str, &'p Provider, Url)>, String> {
    let mut used = Vec::new();
    for (id, provider) in plan.used_providers() {
        let url = urls.get(id).cloned().flatten();
        let base_url = url.ok_or_else(|| {
            let word = shell_word(format!("{id}=URL"));
            format!("`{id}` has no base URL: give it with `--base-url {word}`")
        })?;
        used.push((id, provider, base_url));
    }
    Ok(used)
}

/// Completes `builder` to the HTTP adapter for the providers that the plan's steps use.
///
/// # Errors
/// Names a provider without a base URL or with one that may not be contacted, or a secret that is missing.
pub(crate) fn http(
    plan: &Plan,
    urls: &Urls,
    credentials: &mut dyn FnMut(&str, &Provider, &Url) -> Result<Credential, String>,
    mut builder: Builder,
) -> Result<HttpAdapter, String> {
    for (id, provider, base_url) in used(plan, urls)? {
        let credential = credentials(id, provider, &base_url)?;
        builder = builder.endpoint(id, Endpoint { base_url, credential });
    }
    builder.build().map_err(|error| error.to_string())
}
