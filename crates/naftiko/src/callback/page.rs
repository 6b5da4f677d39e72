//! The HTML pages behind the URLs in messages. All values are escaped; the pages have no scripts.

use minijinja::{AutoEscape, Environment, UndefinedBehavior};
use naftiko_journal::{Event, Message, Record, Ruling};
use naftiko_plan::{External, Step};
use naftiko_text::{Printable, escape, json_pretty};
use serde::Serialize;
use serde_json::Value;

const HEAD: &str = "<!doctype html>
<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">
<title>{{ title }}</title>
<style>body{font:1rem/1.5 sans-serif;max-width:40rem;margin:2rem auto;padding:0 1rem}textarea{width:100%}
dt{font-weight:bold}dd,pre{overflow-wrap:anywhere;white-space:pre-wrap}</style></head>
<body><h1>{{ title }}</h1>
";

const QUESTION: &str = "{% for line in description %}<p>{{ line }}</p>
{% endfor %}{% if with %}<dl>
{% for name, value in with %}<dt>{{ name }}</dt><dd>{{ value }}</dd>
{% endfor %}</dl>
{% endif %}{% if answered %}<p><strong>This has been answered.</strong></p>
{% else %}<form method=\"post\">
{% if result %}<p>Answer with JSON that matches this schema:</p><pre>{{ result }}</pre>
{% else %}<p>Answer with JSON, or leave it empty to say that it is done.</p>
{% endif %}<p><textarea name=\"answer\" rows=\"8\" autofocus></textarea></p>
<p><button>Answer</button></p>
</form>
{% endif %}</body></html>
";

const SAID: &str = "</body></html>\n";

/// The content of the page for one question.
#[derive(Debug, Serialize)]
pub(super) struct Asked {
    title: String,
    description: Vec<String>,
    /// Names and values of the message; sensitive values are masked.
    with: Vec<(String, String)>,
    result: Option<String>,
    answered: bool,
}

impl Asked {
    /// Collects the page for the step that the records call `name`.
    pub(super) fn new(
        composition: &str,
        step: &Step,
        external: &External,
        records: &[Record],
        name: &str,
    ) -> Self {
        let message: Option<&Message> = records.iter().rev().find_map(|record| match &record.event {
            Event::MessageStarted { step, message, .. } if step == name => Some(message),
            _ => None,
        });
        let as_text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let with = message.into_iter().flat_map(|message| &message.with);
        let is_answer = |event: &Event| {
            matches!(
                event,
                Event::StepSucceeded { .. } | Event::DoubtResolved { ruling: Ruling::Happened { .. }, .. }
            )
        };
        let mut own = records.iter().filter(|record| record.event.step() == Some(name));
        let answered = own.any(|record| is_answer(&record.event));
        Self {
            title: visible(&format!("{composition}: {name}")),
            description: step.description.iter().flat_map(|text| text.lines()).map(visible).collect(),
            with: with.map(|(name, value)| (visible(name), lines(&as_text(value)))).collect(),
            result: external.result.as_ref().and_then(|schema| Some(json_pretty(schema).ok()?.to_string())),
            answered,
        }
    }
}

/// Escapes hidden and reordering characters; the template additionally escapes HTML.
fn visible(text: &str) -> String {
    escape(text).into_owned()
}

/// Like [`visible`], but line breaks remain.
fn lines(text: &str) -> String {
    Printable::escaped_lines(text).to_string()
}

/// The page with the question and its form.
pub(super) fn question(asked: &Asked) -> Option<String> {
    environment().render_str(&format!("{HEAD}{QUESTION}"), minijinja::value::Serde(asked)).ok()
}

/// A page that shows one sentence.
pub(super) fn said(message: &str) -> String {
    let context = minijinja::context! { title => message };
    environment().render_str(&format!("{HEAD}{SAID}"), context).unwrap_or_default()
}

fn environment() -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    environment
}
