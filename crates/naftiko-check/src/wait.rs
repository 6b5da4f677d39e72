//! Steps that are repeated until something holds.
//!
//! In edition 0.1 a safe step whose referenced field may be absent is waited on (LANGUAGE §4); in edition 0.2 the
//! author says so, with `poll`.

use naftiko_diagnostics::{Diagnostic, Span};
use naftiko_expr::{Expression, Presence, Reference, Root};
use naftiko_plan::{Backoff, Origin, Poll};
use naftiko_spec::{Composition, Step, Work};

use crate::arguments::Bound;
use crate::faults;
use crate::resolve::{Resolution, Resolved};
use crate::scope::Names;

/// When waiting ends unless the author says otherwise.
const TIMEOUT: jiff::SignedDuration = jiff::SignedDuration::from_hours(24);

/// An expression that reads a step, and where it stands.
struct Reader {
    expression: Expression,
    words: String,
    span: Span,
}

/// The waits of edition 0.1, a place for each step.
pub(crate) fn infer(
    composition: &Composition,
    steps: &[Resolved],
    bound: &[Bound],
    names: &Names<'_>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<Option<Poll>> {
    let readers = readers(composition, bound);
    let mut waits = Vec::new();
    for (step, resolved) in composition.steps.iter().zip(steps) {
        let safe = resolved.operation().is_some_and(|resolution| resolution.operation.is_safe());
        let wait = if safe { wait(step, &readers, names) } else { None };
        waits.push(wait.map(|(poll, path, reader)| {
            diagnostics.push(faults::inferred_wait::report(step, &path, &reader.words, reader.span));
            poll
        }));
    }
    waits
}

/// Every expression that reads one step and no other.
fn readers(composition: &Composition, bound: &[Bound]) -> Vec<Reader> {
    let outputs = composition.outputs.iter().filter_map(|output| {
        let source = output.source.as_ref()?;
        Some(Reader {
            expression: source.expression.clone(),
            words: format!("output `{}`", output.name.value),
            span: source.node.span,
        })
    });
    let arguments = composition.steps.iter().zip(bound).flat_map(|(step, bound)| {
        bound.arguments.iter().flat_map(move |argument| {
            argument.value.expressions().into_iter().map(move |expression| Reader {
                expression: expression.clone(),
                words: format!("`{}` of step `{}`", argument.slot.name(), step.id.value),
                span: step.id.span,
            })
        })
    });
    outputs.chain(arguments).collect()
}

fn wait<'a>(step: &Step, readers: &'a [Reader], names: &Names<'_>) -> Option<(Poll, String, &'a Reader)> {
    let mut conditions: Vec<(String, String, &Reader)> = Vec::new();
    for reader in readers {
        let references = reader.expression.references();
        let only_this = !references.is_empty()
            && references
                .iter()
                .all(|reference| matches!(&reference.root, Root::Step(id) if *id == step.id.value));
        let (typed, problems) = reader.expression.type_in(&names.scope());
        if !only_this || typed.presence != Presence::Maybe || !problems.is_empty() {
            continue;
        }
        let condition = format!("exists({})", over_response(&reader.expression, &references));
        let path = reader.expression.text().to_owned();
        if !conditions.iter().any(|(known, ..)| *known == condition) {
            conditions.push((condition, path, reader));
        }
    }
    let (_, _, first) = conditions.first()?;
    let join = |parts: Vec<&str>, with: &str| parts.join(with);
    let until = join(conditions.iter().map(|(condition, ..)| condition.as_str()).collect(), " && ");
    let paths = join(conditions.iter().map(|(_, path, _)| path.as_str()).collect(), "` and `");
    let poll = Poll {
        until: Expression::parse(&until).ok()?,
        every: Backoff::default(),
        timeout: TIMEOUT,
        origin: Origin::Inferred { reason: format!("{} reads `{paths}`, which may come later", first.words) },
    };
    Some((poll, paths, first))
}

/// The text of an expression with its step replaced by the step's own response.
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

/// The waits that the author wrote, a place for each step.
pub(crate) fn declared(
    composition: &Composition,
    steps: &[Resolved],
    names: &Names<'_>,
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
                diagnostics.push(faults::repeated_effect::report(invoke, resolution));
            }
            let until = poll.until.as_ref()?;
            let scope = names.response_scope(&resolved.result());
            names.type_of(&until.expression, &until.node, &scope, diagnostics);
            Some(Poll {
                until: until.expression.clone(),
                every: poll.every.as_ref().map_or_else(Backoff::default, |every| Backoff::fixed(every.value)),
                timeout: poll.timeout.as_ref().map_or(TIMEOUT, |timeout| timeout.value),
                origin: Origin::Written,
            })
        })
        .collect()
}

/// Whether an operation may be carried out again without doing anything twice.
fn may_repeat(resolution: &Resolution) -> bool {
    resolution.operation.is_safe() || resolution.operation.idempotency_key.is_some()
}
