//! The text of an e-mail.
//!
//! It is the author's text as written, or a template over what is handed over; without either, a default says what to
//! do. Templates can read nothing else, and an unknown name is an error.

use minijinja::{Environment, UndefinedBehavior};
use naftiko_adapter::{Failure, Question};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Map, Value};

use crate::question::{refused, until};

/// What is said without a text of the author's.
const DEFAULT: &str = "{{ description or 'Somebody is needed for the step `' ~ step ~ '`.' }}
{% for name, value in with|items %}
{{ name }}: {{ value if value is string else value|tojson }}
{%- endfor %}";

/// How a message is answered.
const HOW: &str = "{% if answerUrl %}Answer here{% if until %}, until {{ until }}{% endif %}:
{{ answerUrl }}{% else %}Whoever runs this answers{% if until %}, until {{ until }},{% endif %} with
naftiko complete {{ run }} '{{ step }}' --result JSON{% endif %}
{% if result %}
The answer is JSON that fits:
{{ result|tojson(indent=2) }}
{% endif %}";

/// The names that a template knows besides those of what is handed over.
const OWN: [&str; 9] =
    ["run", "step", "description", "with", "until", "result", "answerUrl", "howToAnswer", "id"];

/// Why a template cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unusable(String);

/// Checks that a template can be read, and that it names only what is handed over.
///
/// # Errors
/// What is wrong with it.
pub fn check_template<'n>(
    template: &str,
    handed_over: impl IntoIterator<Item = &'n str>,
) -> Result<(), Unusable> {
    let environment = environment();
    let template = environment.template_from_str(template).map_err(|error| {
        let line = error.line().map(|line| format!(" at line {line}")).unwrap_or_default();
        Unusable(format!("{}{line}", error.detail().unwrap_or("it cannot be read")))
    })?;
    let known: Vec<&str> = handed_over.into_iter().chain(OWN).collect();
    let mut unknown: Vec<String> = template
        .undeclared_variables(false)
        .into_iter()
        .filter(|name| !known.contains(&name.as_str()))
        .collect();
    unknown.sort_unstable();
    match unknown.first() {
        Some(name) => Err(Unusable(format!("it names `{name}`, which is not handed over"))),
        None => Ok(()),
    }
}

/// The text of a message.
pub(crate) fn letter(question: &Question, address: Option<&SecretString>) -> Result<String, Failure> {
    let environment = environment();
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
    let render = |template: &str, context: &Map<String, Value>| {
        environment
            .render_str(template, minijinja::value::Serde(context))
            .map_err(|error| refused(format!("its text cannot be written: {}", reason(&error))))
    };
    let how = render(HOW, &context)?;
    context.insert("howToAnswer".into(), how.clone().into());
    let setting = |name: &str| question.settings.get(name).and_then(Value::as_str);
    let (said, says_how) = match (setting("template"), setting("text")) {
        (Some(template), _) => {
            let says_how = template.contains("answerUrl") || template.contains("howToAnswer");
            (render(template, &context)?, says_how)
        }
        // A value that looks like a template is none.
        (None, Some(text)) => (text.to_owned(), false),
        (None, None) => (render(DEFAULT, &context)?, false),
    };
    Ok(if says_how { said } else { format!("{}\n\n{how}", said.trim_end()) })
}

/// Templates that read nothing but their context, and are not drawn as HTML.
fn environment() -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_auto_escape_callback(|_| minijinja::AutoEscape::None);
    environment.set_recursion_limit(50);
    environment
}

/// What went wrong, without the text that it went wrong in.
fn reason(error: &minijinja::Error) -> String {
    error.detail().unwrap_or("a value is missing").to_owned()
}
