//! Steps.

use naftiko_diagnostics::{Diagnostic, Span, Spanned, nearest};
use naftiko_syntax::{Entry, Node, Value as Tree};

use super::reader::{self, Keys, text};
use super::{Clauses, External, Paginate, Poll, Value};
use crate::Edition;
use crate::codes::{
    EXTERNAL_WITH_OPERATION, LATER_EDITION, LITERAL_TEMPLATE, MISPLACED_KEY, MISSPELLED_KEYWORD,
    STEP_WITHOUT_WORK,
};

/// A step.
#[derive(Debug, Clone)]
pub struct Step {
    /// The id.
    pub id: Spanned<String>,
    /// The author's description.
    pub description: Option<String>,
    /// The work of the step.
    pub work: Work,
    /// The explicit dependencies; `None` for the step before it.
    pub depends_on: Option<Vec<Spanned<String>>>,
    /// The clauses; empty in edition 0.1.
    pub clauses: Clauses,
}

/// The work of a step.
#[derive(Debug, Clone)]
pub enum Work {
    /// An operation.
    Invoke(Box<Invoke>),
    /// An external step.
    External(Box<External>),
    /// Another composition.
    Composition(Box<SubComposition>),
    /// Unknown; a diagnostic reports why.
    Unclear,
}

/// An operation of a capability, with arguments.
#[derive(Debug, Clone)]
pub struct Invoke {
    /// The capability it is declared to belong to.
    pub capability: Option<Spanned<String>>,
    /// The name of the operation.
    pub operation: Spanned<String>,
    /// The arguments in the document.
    pub arguments: Vec<Argument>,
    /// The poll, if there is one.
    pub poll: Option<Poll>,
    /// The pagination, if there is one.
    pub paginate: Option<Paginate>,
}

/// An argument in a document.
#[derive(Debug, Clone)]
pub struct Argument {
    /// The explicit place, as in `path.id`.
    pub place: Option<Place>,
    /// The name without its place.
    pub name: String,
    /// The position of the key.
    pub key: Span,
    /// The value.
    pub value: Value,
}

/// A place of arguments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the language's")]
pub enum Place {
    Path,
    Query,
    Header,
    Cookie,
    Body,
}

impl Place {
    /// The prefix before the dot.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Path => "path",
            Self::Query => "query",
            Self::Header => "header",
            Self::Cookie => "cookie",
            Self::Body => "body",
        }
    }
}

/// Another composition, run as a step.
#[derive(Debug, Clone)]
pub struct SubComposition {
    /// The path, relative to the document.
    pub path: Spanned<String>,
    /// The inputs.
    pub arguments: Vec<Argument>,
}

impl Step {
    pub(super) fn lower(node: &Node, keys: Keys, diagnostics: &mut Vec<Diagnostic>) -> Option<Self> {
        let arguments = match keys.edition() {
            Edition::V0_1 => literal_arguments(node, keys, diagnostics),
            Edition::V0_2 => {
                keys.check(node, Some("Step"), "a step", diagnostics);
                node.get("with").map(|with| arguments(with, diagnostics)).unwrap_or_default()
            }
        };
        // Without an id it is not a step, but its keys have been checked.
        let id = text(node, "id")?;
        let work = work(node, &id, arguments, keys, diagnostics);
        let description = reader::plain(node, "description");
        if keys.edition() == Edition::V0_1 {
            return Some(Self { id, description, work, depends_on: None, clauses: Clauses::default() });
        }
        let clauses = Clauses::lower(node, keys, diagnostics);
        misplaced(node, &work, diagnostics);
        idle_concurrency(node, &clauses, diagnostics);
        polled_pages(node, &work, diagnostics);
        let depends_on = node.get("dependsOn").map(|named| {
            named.as_sequence().unwrap_or_default().iter().filter_map(Node::as_spanned_string).collect()
        });
        Some(Self { id, description, work, depends_on, clauses })
    }
}

/// The work of a step. Indeterminate work is [`Work::Unclear`], and has a diagnostic here or elsewhere.
fn work(
    node: &Node,
    id: &Spanned<String>,
    arguments: Vec<Argument>,
    keys: Keys,
    diagnostics: &mut Vec<Diagnostic>,
) -> Work {
    let is_v0_2 = keys.edition() == Edition::V0_2;
    // A `with` that is not a mapping has its own diagnostic: the arguments are unknown.
    let is_not_mapping = |with: &Node| with.as_mapping().is_none();
    if is_v0_2 && node.get("with").is_some_and(is_not_mapping) {
        return Work::Unclear;
    }
    if is_v0_2 && node.get("composition").is_some() {
        return match text(node, "composition") {
            Some(path) => Work::Composition(Box::new(SubComposition { path, arguments })),
            None => Work::Unclear,
        };
    }
    let external = External::lower(node, keys, diagnostics);
    let operation = node.entry("operation").zip(text(node, "operation"));
    match (external, operation) {
        (Some(external), Some((entry, operation))) => {
            diagnostics.push(external_with_operation(id, &external, entry, &operation));
            Work::Unclear
        }
        (Some(external), None) => Work::External(Box::new(external)),
        // The arguments are under a misspelled key, which has its own diagnostic.
        (None, Some(_)) if is_v0_2 && keys.means(node, Some("Step"), "with") => Work::Unclear,
        (None, Some(_)) if !is_v0_2 && later_keys(node).next().is_some() => Work::Unclear,
        (None, Some((_, operation))) => Work::Invoke(Box::new(Invoke {
            capability: text(node, "capability"),
            operation,
            arguments,
            poll: Poll::lower(node, keys, diagnostics).filter(|_| is_v0_2),
            paginate: if is_v0_2 { Paginate::lower(node, keys, diagnostics) } else { None },
        })),
        // The schema has reported an operation that is not text, and an `external` that is not a boolean.
        (None, None) if node.get("operation").is_some() => Work::Unclear,
        (None, None) if node.get("external").is_some_and(is_not_boolean) => Work::Unclear,
        (None, None) => {
            // A misspelled key is the reason, and has its own diagnostic.
            let work = ["operation", "external", "composition"];
            if !work.iter().any(|key| keys.means(node, Some("Step"), key)) {
                diagnostics.push(without_work(id));
            }
            Work::Unclear
        }
    }
}

fn external_with_operation(
    id: &Spanned<String>,
    external: &External,
    entry: &Entry,
    operation: &Spanned<String>,
) -> Diagnostic {
    let message = format!("step `{}` is external and has an operation", id.value);
    Diagnostic::new(&EXTERNAL_WITH_OPERATION, entry.key_span, message)
        .with_label(format!("`{}` would never be carried out", operation.value))
        .with_related(external.span, "done outside")
        .with_help("make it two steps, or remove one of the two")
}

fn without_work(id: &Spanned<String>) -> Diagnostic {
    let message = format!("step `{}` has no `operation`, `external` or `composition`", id.value);
    Diagnostic::new(&STEP_WITHOUT_WORK, id.span, message)
        .with_help("add an `operation`, `external: true` or a `composition`")
}

/// Whether a value is neither a boolean nor null.
fn is_not_boolean(node: &Node) -> bool {
    node.value != Tree::Null && reader::boolean(node).is_none()
}

/// Reports keys that have no meaning for the kind of work.
fn misplaced(node: &Node, work: &Work, diagnostics: &mut Vec<Diagnostic>) {
    /// Keys about attempts of an operation, which have no meaning for other work.
    const OF_OPERATIONS: [&str; 6] = ["poll", "paginate", "retry", "timeout", "expect", "onDoubt"];
    let (others, what): (&[&str], _) = match work {
        Work::External(_) => (&["capability", "with"], "an external step"),
        Work::Composition(_) => (&["operation", "capability", "external"], "a step that runs a composition"),
        Work::Invoke(_) | Work::Unclear => return,
    };
    for key in others.iter().chain(&OF_OPERATIONS) {
        let Some(entry) = node.entry(key) else { continue };
        let message = format!("`{key}` has no effect on {what}");
        diagnostics.push(
            Diagnostic::new(&MISPLACED_KEY, entry.key_span, message).with_help(help_for_misplaced(work, key)),
        );
    }
}

fn help_for_misplaced(work: &Work, key: &str) -> String {
    match (work, key) {
        (Work::External(_), "with" | "timeout") => {
            return format!("put it under `external`: `external: {{{key}: …}}`");
        }
        (Work::External(_), "expect") => "declare the answer under `result` in `external`",
        (Work::Composition(_), "operation" | "external") => "make it two steps, or remove one of the two",
        (Work::Composition(_), _) => "write it in the steps of that composition",
        _ => "it applies to operations only; remove it",
    }
    .to_owned()
}

/// Reports a `concurrency` without `forEach`.
fn idle_concurrency(node: &Node, clauses: &Clauses, diagnostics: &mut Vec<Diagnostic>) {
    if node.get("forEach").is_some() || clauses.for_each_is_unclear {
        return;
    }
    diagnostics.extend(node.entry("concurrency").map(|entry| {
        Diagnostic::new(&MISPLACED_KEY, entry.key_span, "`concurrency` has no effect without `forEach`")
            .with_help("add `forEach: …`, or remove it")
    }));
}

/// Reports a `poll` of a paginated list: it would be unclear which page its condition reads.
fn polled_pages(node: &Node, work: &Work, diagnostics: &mut Vec<Diagnostic>) {
    let Work::Invoke(invoke) = work else { return };
    let Some((paginate, entry)) = invoke.paginate.as_ref().zip(node.entry("poll")) else { return };
    diagnostics.push(
        Diagnostic::new(&MISPLACED_KEY, entry.key_span, "`poll` cannot be combined with `paginate`")
            .with_related(paginate.key, "each response is a page here")
            .with_help("poll one page in a separate step, and read the list in the next step"),
    );
}

/// In edition 0.1 every other key of an operation step is a literal argument.
fn literal_arguments(node: &Node, keys: Keys, diagnostics: &mut Vec<Diagnostic>) -> Vec<Argument> {
    let mut arguments = Vec::new();
    for (key, entry) in keys.unknown(node, Some("Step")) {
        if later_keys(node).any(|later| later == key) {
            diagnostics.push(
                Diagnostic::new(&LATER_EDITION, entry.key_span, format!("`{key}` requires edition 0.2"))
                    .with_help(
                        "write `specificationVersion: '0.2'`; then nothing is inferred, and every \
                                argument must be written",
                    ),
            );
            continue;
        }
        if let Some(keyword) = misspelled(node, key, keys) {
            diagnostics.push(
                Diagnostic::new(
                    &MISSPELLED_KEYWORD,
                    entry.key_span,
                    format!("`{key}` looks like `{keyword}`"),
                )
                .with_label("read as an argument of the operation")
                .with_suggestion(keyword),
            );
            continue;
        }
        if entry.value.as_str().is_some_and(|text| text.contains("${")) {
            diagnostics.push(
                Diagnostic::new(&LITERAL_TEMPLATE, entry.value.span, "`${…}` is literal in edition 0.1")
                    .with_help("edition 0.2 reads templates, under `with`"),
            );
        }
        arguments.push(Argument {
            place: None,
            name: key.to_owned(),
            key: entry.key_span,
            value: Value::literal(&entry.value),
        });
    }
    arguments
}

/// The keys of edition 0.2 on a step, if their values are unmistakable: no operation takes a list of steps.
fn later_keys(node: &Node) -> impl Iterator<Item = &'static str> + '_ {
    let is_meant = |key: &'static str| {
        let value = node.get(key)?;
        let meant = match key {
            "dependsOn" => value.as_sequence().is_some(),
            "poll" => value.get("until").is_some(),
            _ => value.as_mapping().is_some(),
        };
        meant.then_some(key)
    };
    ["with", "dependsOn", "poll", "paginate"].into_iter().filter_map(is_meant)
}

/// The missing keyword of a step that a key is similar to.
fn misspelled(node: &Node, key: &str, keys: Keys) -> Option<&'static str> {
    let missing = keys.of(Some("Step")).into_iter().filter(|keyword| node.get(keyword).is_none());
    nearest(key, missing)
}

/// The arguments under `with`.
pub(super) fn arguments(with: &Node, diagnostics: &mut Vec<Diagnostic>) -> Vec<Argument> {
    let Some(mapping) = with.as_mapping() else { return Vec::new() };
    let places = [
        ("path.", Place::Path),
        ("query.", Place::Query),
        ("header.", Place::Header),
        ("cookie.", Place::Cookie),
        ("body.", Place::Body),
    ];
    mapping
        .iter()
        .map(|(key, entry)| {
            let said = places.iter().find_map(|(prefix, place)| Some((*place, key.strip_prefix(prefix)?)));
            let (place, name) = said.map_or((None, key), |(place, name)| (Some(place), name));
            Argument {
                place,
                name: name.to_owned(),
                key: entry.key_span,
                value: Value::read(&entry.value, diagnostics),
            }
        })
        .collect()
}
