//! Validates a tree against the JSON Schema of its kind: one diagnostic for each mistake.

use std::collections::BTreeSet;

use jsonschema::ValidationError;
use jsonschema::error::{TypeKind, ValidationErrorKind as Error};
use naftiko_diagnostics::{Applicability, Diagnostic, Edit, Fix, Span, nearest, one_of};
use naftiko_schema::{Kind, Options, Rule, Schema, plain};
use naftiko_syntax::{Node, Place, Value};
use serde_json::{Map, Value as Json};

use crate::codes::{INVALID_VALUE, MISSING_KEY, UNFIT_DEFAULT, UNFIT_OPTION, WRONG_TYPE};
use crate::demand::{expected_type, phrase};
use crate::duration::DURATIONS;
use crate::model::{meant_boolean, unabbreviated};
use crate::{Header, foreign_schema, schema};

/// The violations of the schema of this kind and edition. Unknown keys are left to lowering, which can suggest
/// corrections.
pub(crate) fn validate(root: &Node, header: Header) -> Vec<Diagnostic> {
    let Some(validator) = &schema::of(header).validator else { return Vec::new() };
    let instance = root.to_json();
    let known = schema::of(header).all_keys();
    let mut diagnostics = Vec::new();
    for error in validator.iter_errors(&instance) {
        report(root, &error, &known, &mut diagnostics);
    }
    // A value that violates two rules (a type and an `enum` of it) is reported once.
    let mut seen = BTreeSet::new();
    diagnostics.retain(|diagnostic| diagnostic.code == &MISSING_KEY || seen.insert(diagnostic.primary.span));
    diagnostics
}

fn report(
    root: &Node,
    error: &ValidationError<'_>,
    known: &BTreeSet<&str>,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let pointer = error.instance_path().as_str();
    let Some(node) = root.pointer(pointer) else { return };
    match error.kind() {
        Error::AnyOf { context } | Error::OneOfNotValid { context } => {
            let options = constants(context, pointer);
            match meant_branch(context, pointer) {
                Some(_) if !options.is_empty() => diagnostics.push(not_one_of(node, &options)),
                Some(branch) => branch.iter().for_each(|inner| report(root, inner, known, diagnostics)),
                None => diagnostics.push(wrong_type(node, pointer, &expected_of_branches(context))),
            }
        }
        Error::Type { kind } => diagnostics.push(wrong_type(node, pointer, &expected_type(kind))),
        Error::Required { property } => {
            let key = property.as_str().unwrap_or_default();
            // A misspelled key has its own diagnostic.
            if !misspelled(node, key, known) {
                diagnostics.push(missing_key(root, node, pointer, key));
            }
        }
        Error::Enum { options } => {
            let options: Vec<String> = options.as_array().into_iter().flatten().map(plain).collect();
            diagnostics.push(not_one_of(node, &options));
        }
        Error::Constant { expected_value } => diagnostics.push(not_one_of(node, &[plain(expected_value)])),
        Error::Pattern { .. } if names_variable(last_key(pointer)) => diagnostics.push(not_a_variable(node)),
        Error::Pattern { .. } => diagnostics.push(not_an_id(node)),
        Error::MinLength { .. } => {
            diagnostics.push(Diagnostic::new(&INVALID_VALUE, node.span, "this text must not be empty"));
        }
        Error::MinItems { .. } => {
            let span = root.span_at(pointer, Place::Key).unwrap_or(node.span);
            diagnostics.push(Diagnostic::new(&INVALID_VALUE, span, "this list must not be empty"));
        }
        Error::Minimum { limit } => diagnostics.push(out_of_range(node, "at least", limit)),
        Error::Maximum { limit } => diagnostics.push(out_of_range(node, "at most", limit)),
        // Lowering reports unknown keys, with a suggestion.
        Error::AdditionalProperties { .. } => {}
        other => diagnostics.push(Diagnostic::new(
            &INVALID_VALUE,
            node.span,
            format!("the value violates `{}` of the schema", other.keyword()),
        )),
    }
}

/// The errors of the intended branch: the first one that allows the type of the value.
fn meant_branch<'e>(
    context: &'e [Vec<ValidationError<'static>>],
    pointer: &str,
) -> Option<&'e Vec<ValidationError<'static>>> {
    let is_of_wrong_type = |error: &ValidationError<'_>| {
        matches!(error.kind(), Error::Type { .. }) && error.instance_path().as_str() == pointer
    };
    context.iter().find(|branch| !branch.iter().any(is_of_wrong_type))
}

/// Whether an object has an unknown key that is similar to the missing one.
fn misspelled(node: &Node, key: &str, known: &BTreeSet<&str>) -> bool {
    let keys = node.as_mapping().into_iter().flat_map(naftiko_syntax::Mapping::iter).map(|(key, _)| key);
    let strangers: Vec<&str> = keys.filter(|key| !known.contains(key)).collect();
    let abbreviates = |short: &&str| unabbreviated(short, known.iter().copied()) == Some(key);
    nearest(key, strangers.iter().copied()).is_some() || strangers.iter().any(abbreviates)
}

/// The first violation of a schema by a value: its JSON Pointer, a description, and the rule. There is no rule if the
/// value could not be checked within the budget of the validator.
fn objection(schema: &Schema, value: &Json) -> Option<(String, String, Option<Rule>)> {
    let report = schema.examine(value, 1);
    if let Some(violation) = report.violations.into_iter().next() {
        return Some((violation.pointer.clone(), violation.quoted(), Some(violation.rule)));
    }
    let undecided = report.undecided.into_iter().next();
    let undecided = undecided.map(|(pointer, pattern)| {
        (pointer, format!("it cannot be checked: `{pattern}` needs too many steps for it"), None)
    });
    let exhausted =
        || (String::new(), "it cannot be checked: the schema needs too many steps for it".to_owned(), None);
    undecided.or_else(|| report.exhausted.then(exhausted))
}

/// Compiles a schema from a document. `None` for an invalid one, which has its own diagnostic.
fn usable(schema: &Json) -> Option<Schema> {
    let schema = Schema::compile(schema, &Map::new(), Options::STRICT);
    schema.defects().is_empty().then_some(schema)
}

/// The values of an input's `enum` that its other keywords exclude.
pub(crate) fn unfit_options(schema: &Json, node: &Node) -> Vec<Diagnostic> {
    let others = schema.as_object().into_iter().flatten().filter(|(keyword, _)| *keyword != "enum");
    let others = Json::Object(others.map(|(keyword, value)| (keyword.clone(), value.clone())).collect());
    let Some(others) = usable(&others) else { return Vec::new() };
    let options = node.as_sequence().unwrap_or_default().iter();
    options
        .filter_map(|option| {
            let (_, reason, _) = objection(&others, &option.to_json())?;
            let message = format!("the input cannot have this value: {reason}");
            Some(Diagnostic::new(&UNFIT_OPTION, option.span, message))
        })
        .collect()
}

/// The violation of an input's schema by its default.
pub(crate) fn unfit_default(schema: &Json, default: &Node) -> Option<Diagnostic> {
    let value = default.to_json();
    let (pointer, reason, rule) = objection(&usable(schema)?, &value)?;
    let place = default.span_at(&pointer, Place::Value).unwrap_or(default.span);
    let diagnostic =
        Diagnostic::new(&UNFIT_DEFAULT, place, format!("the default does not fit the input: {reason}"));
    match rule {
        Some(Rule::Type(types)) => {
            let takes_boolean = types.iter().eq([Kind::Boolean]);
            let meant = value.as_str().filter(|_| takes_boolean).and_then(meant_boolean);
            let Some(meant) = meant.map(|meant| meant.to_string()) else { return Some(diagnostic) };
            Some(diagnostic.with_help(format!("did you mean `{meant}`?")).with_fix(instead(default, &meant)))
        }
        Some(Rule::Values(options)) => {
            let options: Vec<String> = options.iter().map(plain).collect();
            let meant = nearest(value.as_str().unwrap_or_default(), options.iter().map(String::as_str));
            Some(match meant {
                Some(near) => diagnostic.with_suggestion(near),
                None => diagnostic,
            })
        }
        _ => Some(diagnostic),
    }
}

/// Whether the value at a pointer is the location of a secret.
fn names_secret(pointer: &str) -> bool {
    pointer
        .strip_prefix("/auth/")
        .is_some_and(|key| matches!(key, "username" | "password" | "clientId" | "clientSecret"))
}

fn wrong_type(node: &Node, pointer: &str, expected: &str) -> Diagnostic {
    let key = last_key(pointer);
    let takes_duration = is_duration(pointer);
    let expected =
        if takes_duration { expected.replace("a string", "a duration") } else { expected.to_owned() };
    let diagnostic =
        Diagnostic::new(&WRONG_TYPE, node.span, format!("expected {expected}, found {}", node.kind()));
    let takes_boolean = expected.starts_with("`true` or `false`");
    match &node.value {
        Value::String(_) if names_secret(pointer) => diagnostic.with_help(format!(
            "name the secret instead of writing it: `{key}: {{envVar: …}}`, or `file`, or `command`"
        )),
        Value::Number(number) if takes_duration => in_seconds(diagnostic, &number.to_string()),
        Value::Number(number) if key == "retry" && number.is_u64() => {
            let meant = format!("{{attempts: {number}}}");
            diagnostic.with_help(format!("did you mean `retry: {meant}`?")).with_fix(instead(node, &meant))
        }
        // Quotes are enough to correct `specificationVersion: 0.1` or `name: 42`.
        Value::Number(_) | Value::Bool(_) if expected == "a string" => quoted(diagnostic, node.span),
        Value::String(text) if takes_boolean => match meant_boolean(text.as_str()) {
            Some(meant) => {
                let meant = meant.to_string();
                diagnostic.with_help(format!("did you mean `{meant}`?")).with_fix(instead(node, &meant))
            }
            None => diagnostic,
        },
        _ => diagnostic,
    }
}

/// A fix that replaces a value by the intended one.
fn instead(node: &Node, meant: &str) -> Fix {
    Fix::replace(format!("replace it by `{meant}`"), node.span, meant, Applicability::Safe)
}

/// Adds the help for a number without a unit.
fn in_seconds(diagnostic: Diagnostic, number: &str) -> Diagnostic {
    let whole = number.bytes().all(|byte| byte.is_ascii_digit());
    if !whole {
        return diagnostic.with_help(DURATIONS);
    }
    let meant = format!("{number}s");
    let span = diagnostic.primary.span;
    diagnostic.with_help(format!("did you mean `{meant}`? {DURATIONS}")).with_fix(Fix::replace(
        format!("replace it by `{meant}`"),
        span,
        meant,
        Applicability::Unsafe,
    ))
}

/// Whether a value is a duration, by the keys of its pointer.
fn is_duration(pointer: &str) -> bool {
    let mut keys = pointer.rsplit('/');
    match keys.next() {
        // This `max` is a number of items, not a duration.
        Some("max") if keys.next() == Some("paginate") => false,
        Some("timeout" | "every" | "initial" | "max" | "per" | "delay") => true,
        _ => keys.next() == Some("expires"),
    }
}

fn last_key(pointer: &str) -> &str {
    pointer.rsplit('/').next().unwrap_or_default()
}

/// Whether the value of a key of `auth` is the name of an environment variable.
pub fn names_variable(key: &str) -> bool {
    key == "envVar" || key.ends_with("Env")
}

fn not_a_variable(node: &Node) -> Diagnostic {
    let text = node.as_str().unwrap_or_default();
    let message = format!("`{text}` is not the name of an environment variable");
    let diagnostic = Diagnostic::new(&INVALID_VALUE, node.span, message);
    let is_name = |name: &str| {
        !name.starts_with(|c: char| c.is_ascii_digit())
            && !name.is_empty()
            && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    };
    let bare = text.trim_matches(|c: char| matches!(c, '$' | '{' | '}' | '%' | ' '));
    let joined = bare.replace([' ', '-', '.'], "_");
    let help = match (text.contains('$'), is_name(bare), is_name(&joined)) {
        (true, true, _) => "write it without `$`".to_owned(),
        (_, _, true) => format!("did you mean `{joined}`?"),
        _ => {
            return diagnostic.with_help(
                "names are letters, digits and `_`, and do not begin with a digit: `ACME_API_KEY`",
            );
        }
    };
    let title = format!("replace it by `{joined}`");
    diagnostic.with_help(help).with_fix(Fix::reword(title, node.span, joined, Applicability::Unsafe))
}

/// Adds a fix that quotes a value as it is written: its notation, `0x10` or `True`, is not known from the value.
fn quoted(diagnostic: Diagnostic, span: Span) -> Diagnostic {
    let quote = |at: u32| Edit::new(Span { start: at, end: at, ..span }, "'");
    diagnostic.with_help("write it in quotes").with_fix(Fix {
        title: "put it in quotes".to_owned(),
        applicability: Applicability::Safe,
        edits: vec![quote(span.start), quote(span.end)],
    })
}

/// The values of branches that allow one value each; empty if any branch is of another kind.
fn constants(context: &[Vec<ValidationError<'static>>], pointer: &str) -> Vec<String> {
    let constant = |branch: &Vec<ValidationError<'static>>| {
        branch.iter().filter(|error| error.instance_path().as_str() == pointer).find_map(|error| match error
            .kind()
        {
            Error::Constant { expected_value } => Some(plain(expected_value)),
            _ => None,
        })
    };
    context.iter().map(constant).collect::<Option<_>>().unwrap_or_default()
}

fn missing_key(root: &Node, node: &Node, pointer: &str, key: &str) -> Diagnostic {
    Diagnostic::new(&MISSING_KEY, key_of(root, pointer, node), format!("`{key}` is missing"))
        .with_label(format!("{} requires `{key}`", subject(pointer)))
        .with_help(format!("add `{key}: …`"))
}

fn not_an_id(node: &Node) -> Diagnostic {
    let message = format!("`{}` is not an id", plain(&node.to_json()));
    Diagnostic::new(&INVALID_VALUE, node.span, message)
        .with_help("ids are letters, digits and `_`, joined by `-`: `create-organization`")
}

fn out_of_range(node: &Node, bound: &str, limit: &Json) -> Diagnostic {
    let found = plain(&node.to_json());
    Diagnostic::new(&INVALID_VALUE, node.span, format!("expected {bound} {limit}, found `{found}`"))
}

fn not_one_of(node: &Node, options: &[String]) -> Diagnostic {
    let found = plain(&node.to_json());
    let diagnostic =
        Diagnostic::new(&INVALID_VALUE, node.span, format!("expected {}, found `{found}`", one_of(options)));
    let options = || options.iter().map(String::as_str);
    // `int` and `bool` are the names in other languages.
    let abbreviated = || options().find(|option| found.len() > 2 && option.starts_with(&found));
    let other_word =
        || foreign_schema::type_of_word(&found).filter(|meant| options().any(|option| option == *meant));
    match nearest(&found, options()).or_else(abbreviated).or_else(other_word) {
        Some(near) => diagnostic.with_suggestion(near),
        None => diagnostic,
    }
}

/// The key of the object that lacks something; for a list item, the first key of the item.
fn key_of(root: &Node, pointer: &str, node: &Node) -> Span {
    let first_key =
        || node.as_mapping().and_then(|mapping| mapping.iter().next()).map(|(_, entry)| entry.key_span);
    let is_item = pointer.rsplit('/').next().is_some_and(|token| token.parse::<usize>().is_ok());
    let own_key = || root.span_at(pointer, Place::Key);
    if is_item || pointer.is_empty() { first_key().or_else(own_key) } else { own_key() }.unwrap_or(node.span)
}

/// The name of the object at a pointer: `/steps/3` is a step.
fn subject(pointer: &str) -> &'static str {
    let mut tokens = pointer.split('/').skip(1);
    match (tokens.next(), tokens.next(), tokens.next()) {
        (Some("steps"), Some(_), None) => "a step",
        (Some("inputs"), Some(_), None) => "an input",
        (Some("outputs"), Some(_), None) => "an output",
        (Some("capabilities"), Some(_), None) => "a capability",
        (Some("auth"), None, None) => "the authentication",
        (Some("tests"), Some(_), None) => "a test",
        _ if pointer.ends_with("/poll") => "`poll`",
        _ if pointer.ends_with("/compensate") => "`compensate`",
        _ if pointer.ends_with("/rateLimit") => "`rateLimit`",
        (None, ..) => "the document",
        _ => "this",
    }
}

fn expected_of_branches(context: &[Vec<ValidationError<'static>>]) -> String {
    let kinds = context.iter().flatten().filter_map(|error| match error.kind() {
        Error::Type { kind } => Some(kind),
        _ => None,
    });
    phrase(kinds.flat_map(|kind| match kind {
        TypeKind::Single(name) => vec![name.to_string()],
        TypeKind::Multiple(names) => names.iter().map(|name| name.to_string()).collect(),
    }))
}
