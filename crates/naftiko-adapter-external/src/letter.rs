//! The text of an e-mail.
//!
//! The text is the author's literal text, or a template over the values handed over; without either, a default explains
//! how to answer. Templates can read nothing else, and an unknown name is an error.

use std::collections::HashSet;

use naftiko_adapter::{Failure, Question};
use naftiko_jinja::{Limits, MESSAGE_NAMES, Template};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Map, Value};

use crate::question::{refused, until};

/// The default text.
const DEFAULT: &str = "{{ description or 'The step `' ~ step ~ '` needs an answer.' }}
{% for name, value in with|items %}
{{ name }}: {{ value if value is string else value|tojson }}
{%- endfor %}";

/// The instructions for answering a message.
const HOW: &str = "{% if answerUrl %}Answer here{% if until %}, until {{ until }}{% endif %}:
{{ answerUrl }}{% else %}The operator of the run answers{% if until %}, until {{ until }},{% endif %} with
naftiko complete {{ run }} '{{ step }}' --result JSON{% endif %}
{% if result %}
Answer with JSON that matches this schema:
{{ result|tojson(indent=2) }}
{% endif %}";

/// The names in a message that explain how to answer.
const ANSWER_NAMES: [&str; 2] = ["answerUrl", "howToAnswer"];

/// The reason why a template cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unusable(String);

/// Checks that a template is well-formed, and that it reads only values that are handed over.
///
/// # Errors
/// The first problem.
pub fn check_template<'n>(
    template: &str,
    handed_over: impl IntoIterator<Item = &'n str>,
) -> Result<(), Unusable> {
    let told = |problem: &naftiko_jinja::Problem| {
        let line = template.get(..problem.range.start).unwrap_or_default().matches('\n').count() + 1;
        Unusable(format!("{problem} at line {line}"))
    };
    let read = Template::parse(template).map_err(|problems| {
        problems.first().map_or_else(|| Unusable("it cannot be read".to_owned()), &told)
    })?;
    let known: HashSet<&str> = handed_over.into_iter().chain(MESSAGE_NAMES).collect();
    match read.unknown_names(&|name| known.contains(name)).first() {
        Some(problem) => Err(told(problem)),
        None => Ok(()),
    }
}

/// The text of a message. Computation and size of a template are limited; if rendering fails, nothing is sent.
pub(crate) fn letter(question: &Question, address: Option<&SecretString>) -> Result<String, Failure> {
    let mut context = Map::new();
    for (name, value) in &question.shown {
        context.insert(name.clone(), value.clone());
    }
    let address = address.map(|address| Value::from(address.expose_secret()));
    context.insert("id".into(), question.id.as_str().into());
    context.insert("run".into(), question.run.as_str().into());
    context.insert("step".into(), question.step.as_str().into());
    context.insert("description".into(), question.description.clone().into());
    context.insert("with".into(), question.shown.clone().into());
    context.insert("until".into(), until(question).into());
    context.insert("result".into(), question.result.clone().unwrap_or_default());
    context.insert("answerUrl".into(), address.unwrap_or_default());
    let how = rendered(&read(HOW)?, &context)?;
    context.insert("howToAnswer".into(), how.clone().into());
    let setting = |name: &str| question.settings.get(name).and_then(Value::as_str);
    let (said, says_how) = match (setting("template"), setting("text")) {
        (Some(template), _) => {
            let template = read(template)?;
            (rendered(&template, &context)?, template.reads(&ANSWER_NAMES))
        }
        // A literal text is not rendered, even if it looks like a template.
        (None, Some(text)) if text.len() <= Limits::default().text => (text.to_owned(), false),
        (None, Some(_)) => {
            let kibibytes = Limits::default().text / 1024;
            return Err(refused(format!("its text is longer than {kibibytes} KiB")));
        }
        (None, None) => (rendered(&read(DEFAULT)?, &context)?, false),
    };
    Ok(if says_how { said } else { format!("{}\n\n{how}", said.trim_end()) })
}

fn read(template: &str) -> Result<Template, Failure> {
    Template::parse(template).map_err(|problems| {
        let problem = problems.first().map_or_else(String::new, ToString::to_string);
        refused(format!("its template is invalid: {problem}"))
    })
}

fn rendered(template: &Template, context: &Map<String, Value>) -> Result<String, Failure> {
    template
        .render(&|name| context.get(name), Limits::default())
        .map_err(|error| refused(format!("its template cannot be rendered: {error}")))
}
