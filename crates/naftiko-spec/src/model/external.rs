//! External steps.

use indexmap::IndexMap;
use naftiko_diagnostics::{Diagnostic, Span};
use naftiko_syntax::{Node, Value as Tree};
use serde_json::Value as Json;

use super::Value;
use super::reader::{self, Interval, Keys, interval, plain};
use crate::codes::{MISPLACED_KEY, MISSING_KEY};
use crate::foreign_schema;

/// An external step.
#[derive(Debug, Clone)]
pub struct External {
    /// The position of `external`.
    pub span: Span,
    /// The channel that carries the question.
    pub channel: Channel,
    /// The settings of the channel by name, each a value with templates.
    pub settings: IndexMap<String, Value>,
    /// The values to hand over; `None` for the inputs and all results so far.
    pub with: Option<IndexMap<String, Value>>,
    /// The JSON Schema of the answer.
    pub result: Option<Json>,
    /// How long to wait for the answer; `None` waits forever.
    pub timeout: Option<Interval>,
}

/// A way to reach a person or a system outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Channel {
    /// Asks at the terminal.
    #[default]
    Prompt,
    /// Sends an e-mail.
    Email,
    /// Posts to a URL.
    Webhook,
    /// Runs a program.
    Command,
}

impl Channel {
    const ALL: [Self; 4] = [Self::Prompt, Self::Email, Self::Webhook, Self::Command];

    /// The keyword of the language.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Prompt => "prompt",
            Self::Email => "email",
            Self::Webhook => "webhook",
            Self::Command => "command",
        }
    }

    /// The settings of the channel. The first one, if any, is required.
    fn settings(self) -> &'static [&'static str] {
        match self {
            Self::Prompt => &[],
            Self::Email => &["to", "subject", "template"],
            Self::Webhook => &["url", "headers"],
            Self::Command => &["command"],
        }
    }
}

impl External {
    pub(super) fn lower(node: &Node, keys: Keys, diagnostics: &mut Vec<Diagnostic>) -> Option<Self> {
        let entry = node.entry("external")?;
        let value = &entry.value;
        let plain = Self {
            span: entry.key_span,
            channel: Channel::default(),
            settings: IndexMap::new(),
            with: None,
            result: None,
            timeout: None,
        };
        match &value.value {
            Tree::Mapping(_) => {
                keys.check(value, Some("ExternalDetails"), "`external`", diagnostics);
                let channel = channel(value);
                let settings = match channel {
                    Some(channel) => settings(value, channel, plain.span, diagnostics),
                    None => IndexMap::new(),
                };
                let with = value.get("with").and_then(Node::as_mapping).map(|mapping| {
                    let entries = mapping.iter();
                    entries
                        .map(|(key, entry)| (key.to_owned(), Value::read(&entry.value, diagnostics)))
                        .collect()
                });
                let result = value.get("result");
                diagnostics
                    .extend(result.and_then(|node| foreign_schema::invalid_schema(&node.to_json(), node)));
                Some(Self {
                    channel: channel.unwrap_or_default(),
                    settings,
                    with,
                    result: result.map(Node::to_json),
                    timeout: interval(value, "timeout", diagnostics),
                    ..plain
                })
            }
            // A value that is not a boolean has been reported.
            _ => reader::boolean(value).filter(|is_external| *is_external).map(|_| plain),
        }
    }
}

/// The named channel, or the default if none is named; `None` for an unknown one.
fn channel(node: &Node) -> Option<Channel> {
    match node.get("channel") {
        None => Some(Channel::default()),
        Some(_) => {
            let word = plain(node, "channel")?;
            Channel::ALL.into_iter().find(|channel| channel.as_str() == word)
        }
    }
}

/// Whether a template contains no `${…}`: then its `{{ … }}` are rendered from the handed-over values when the message
/// is written.
fn is_filled_in_later(setting: &str, value: &Node) -> bool {
    setting == "template" && value.as_str().is_some_and(|text| !text.contains("${"))
}

/// The settings of a channel. Settings of other channels and missing required settings are reported.
fn settings(
    node: &Node,
    channel: Channel,
    key: Span,
    diagnostics: &mut Vec<Diagnostic>,
) -> IndexMap<String, Value> {
    let name = channel.as_str();
    let mut settings = IndexMap::new();
    for (owner, setting) in
        Channel::ALL.iter().flat_map(|owner| owner.settings().iter().map(move |it| (owner, *it)))
    {
        let Some(entry) = node.entry(setting) else { continue };
        if *owner == channel {
            let value = if is_filled_in_later(setting, &entry.value) {
                Value::literal(&entry.value)
            } else {
                Value::read(&entry.value, diagnostics)
            };
            settings.insert(setting.to_owned(), value);
            continue;
        }
        let help = match channel.settings() {
            [] => format!("it is a setting of `channel: {}`; `{name}` takes none", owner.as_str()),
            own => {
                format!("it is a setting of `channel: {}`; `{name}` takes {}", owner.as_str(), own.join(", "))
            }
        };
        let message = format!("`{setting}` is not a setting of the channel `{name}`");
        diagnostics.push(Diagnostic::new(&MISPLACED_KEY, entry.key_span, message).with_help(help));
    }
    if let Some(needed) = channel.settings().first().filter(|needed| node.get(needed).is_none()) {
        let span = node.entry("channel").map_or(key, |entry| entry.value.span);
        diagnostics.push(
            Diagnostic::new(&MISSING_KEY, span, format!("`{needed}` is missing"))
                .with_label(format!("`{name}` needs `{needed}`"))
                .with_help(format!("add `{needed}: …`")),
        );
    }
    settings
}
