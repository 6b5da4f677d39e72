//! Checks the URLs in documents: base URLs, token URLs, and the URLs of webhooks.

use naftiko_diagnostics::Diagnostic;
use naftiko_expr::Template;
use naftiko_spec::{AuthKind, Capabilities, Channel, Composition, Value, Work};
use naftiko_syntax::Node;

use crate::codes::invalid_url::Address;
use crate::codes::{credentials_in_clear, invalid_url, literal_secret};

const BASE: Address = Address { key: "baseUrl", takes_query: false, takes_path: false };
const TOKEN: Address = Address { key: "tokenUrl", takes_query: true, takes_path: true };
const WEBHOOK: Address = Address { key: "url", takes_query: true, takes_path: false };

/// Checks the URLs of a capabilities document, `baseUrl` and `tokenUrl`; at most one finding each.
pub(crate) fn check(root: &Node, capabilities: &Capabilities) -> Vec<Diagnostic> {
    let auth = root.get("auth");
    let scheme = auth.and_then(|auth| auth.get("type")).and_then(Node::as_str);
    // Other schemes have no `tokenUrl`; that key is reported elsewhere.
    let token = auth.and_then(|auth| auth.get("tokenUrl")).filter(|_| scheme == Some("oauth2"));
    let base = root.get("baseUrl").map(|node| (BASE, node));
    let shown = capabilities.auth.as_ref().filter(|auth| auth.kind != AuthKind::None);
    let addresses = base.into_iter().chain(token.map(|node| (TOKEN, node)));
    addresses
        .filter_map(|(address, node)| {
            literal_secret::in_url(node)
                .or_else(|| invalid_url::find(address, node))
                .or_else(|| credentials_in_clear::find(address, node, shown?.span))
        })
        .collect()
}

/// Checks the literal URLs of webhooks in the steps of a composition; at most one finding each.
pub(crate) fn of_webhooks(composition: &Composition) -> Vec<Diagnostic> {
    let written = composition.steps.iter().filter_map(|step| match &step.work {
        Work::External(external) if external.channel == Channel::Webhook => {
            match external.settings.get(WEBHOOK.key)? {
                Value::Scalar { template: Template::Literal(_), node, is_foreign: false } => Some(node),
                _ => None,
            }
        }
        _ => None,
    });
    let help = "remove it from the URL and revoke it: messages are signed, so the receiver can verify them";
    written
        .filter_map(|node| {
            let secret = literal_secret::in_url(node).map(|found| found.with_help(help));
            secret.or_else(|| invalid_url::find(WEBHOOK, node))
        })
        .collect()
}
