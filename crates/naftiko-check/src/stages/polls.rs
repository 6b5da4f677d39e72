//! Steps that poll: they are repeated until a condition holds.
//!
//! In edition 0.1 a safe step is repeated until the fields that others read are present ("Inference" in
//! `docs/language.md`); in edition 0.2 the author declares it with `poll`.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use naftiko_diagnostics::{Diagnostic, Span};
use naftiko_expr::{Expression, Presence, Reference, Root};
use naftiko_plan::{Backoff, Origin, Poll};
use naftiko_spec::{Composition, Work};

use crate::analyses::symbols::{Names, View};
use crate::codes;
use crate::ir::bound::Bound;
use crate::ir::resolved::{Resolution, Resolved};
use crate::stages::policies;

/// The default timeout of a poll.
const TIMEOUT: jiff::SignedDuration = jiff::SignedDuration::from_hours(24);

/// An expression that reads a value of exactly one step that may appear later, with its place.
struct Reader<'a> {
    expression: &'a Expression,
    /// The references of the expression, all to that step.
    references: Vec<Reference>,
    words: String,
    span: Span,
}

/// The inferred polls of edition 0.1, one entry per step.
pub(crate) fn infer(
    composition: &Composition,
    steps: &[Resolved],
    bound: &[Bound],
    names: &Names<'_>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<Option<Poll>> {
    let readers = readers(composition, bound, names);
    let mut waits = Vec::new();
    for (step, resolved) in composition.steps.iter().zip(steps) {
        let safe = resolved.operation().is_some_and(|resolution| resolution.operation.is_safe());
        let own = readers.get(step.id.value.as_str()).filter(|_| safe);
        let wait = own.and_then(|own| wait(own));
        waits.push(wait.map(|(poll, path, reader)| {
            diagnostics.push(codes::inferred_wait::report(step, &path, &reader.words, reader.span));
            poll
        }));
    }
    waits
}

/// The readers of each step, by its id.
fn readers<'a>(
    composition: &'a Composition,
    bound: &'a [Bound],
    names: &Names<'_>,
) -> BTreeMap<String, Vec<Reader<'a>>> {
    let mut readers: BTreeMap<String, Vec<Reader<'a>>> = BTreeMap::new();
    let mut add = |expression: &'a Expression, words: String, span: Span| {
        let references = expression.references();
        let mut ids = references.iter().map(|reference| match &reference.root {
            Root::Step(id) => Some(id.clone()),
            _ => None,
        });
        let Some(Some(only)) = ids.next() else { return };
        if ids.any(|id| id.as_ref() != Some(&only)) {
            return;
        }
        let (typed, problems) = expression.type_in(&names.scope(View::Outside));
        if typed.presence == Presence::Maybe && problems.is_empty() {
            readers.entry(only).or_default().push(Reader { expression, references, words, span });
        }
    };
    for output in &composition.outputs {
        if let Some(source) = &output.source {
            add(&source.expression, format!("output `{}`", output.name.value), source.node.span);
        }
    }
    for (step, bound) in composition.steps.iter().zip(bound) {
        for argument in &bound.arguments {
            for expression in argument.value.expressions() {
                let words = format!("`{}` of step `{}`", argument.slot.name(), step.id.value);
                add(expression, words, step.id.span);
            }
        }
    }
    readers
}

/// The poll that waits for everything that is read, the text of these reads, and the first reader.
fn wait<'a, 'r>(readers: &'r [Reader<'a>]) -> Option<(Poll, String, &'r Reader<'a>)> {
    let first = readers.first()?;
    let mut conditions: IndexMap<String, &str> = IndexMap::new();
    for reader in readers {
        let condition = format!("exists({})", over_response(reader.expression, &reader.references));
        conditions.entry(condition).or_insert(reader.expression.text());
    }
    let until = conditions.keys().map(String::as_str).collect::<Vec<_>>().join(" && ");
    let paths = conditions.values().copied().collect::<Vec<_>>().join("` and `");
    let poll = Poll {
        until: Expression::parse(&until).ok()?,
        fail_when: None,
        every: Backoff::default(),
        timeout: TIMEOUT,
        origin: Origin::Inferred {
            reason: format!("{} reads `{paths}`, which may be absent at first", first.words),
        },
    };
    Some((poll, paths, first))
}

/// The text of an expression with references to its step replaced by `response.body`.
fn over_response(expression: &Expression, references: &[Reference]) -> String {
    let text = expression.text();
    let mut out = String::new();
    let mut from = 0;
    for reference in references {
        out.push_str(text.get(from..reference.root_range.start).unwrap_or_default());
        out.push_str("response.body");
        from = reference.root_range.end;
    }
    out.push_str(text.get(from..).unwrap_or_default());
    out
}

/// The declared polls, one entry per step.
pub(crate) fn declared(
    composition: &Composition,
    steps: &[Resolved],
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<Option<Poll>> {
    composition
        .steps
        .iter()
        .zip(steps)
        .map(|(step, resolved)| {
            let Work::Invoke(invoke) = &step.work else { return None };
            let poll = invoke.poll.as_ref()?;
            if let Some(resolution) = resolved.operation().filter(|resolution| !may_repeat(resolution)) {
                diagnostics.push(codes::repeated_effect::report(invoke, resolution));
            }
            diagnostics.extend(codes::endless_poll::find(poll));
            diagnostics.extend(codes::unfit_pause::polled(poll));
            let until = poll.until.as_ref()?;
            Some(Poll {
                until: until.expression.clone(),
                fail_when: poll.fail_when.as_ref().map(|condition| condition.expression.clone()),
                every: policies::every(poll.every.as_ref()),
                timeout: poll.timeout.as_ref().map_or(TIMEOUT, |timeout| timeout.value),
                origin: Origin::Written,
            })
        })
        .collect()
}

/// Whether an operation may be repeated without repeating an effect.
fn may_repeat(resolution: &Resolution) -> bool {
    resolution.operation.is_safe() || resolution.operation.idempotency_key.is_some()
}
