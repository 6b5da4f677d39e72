//! A value that expires, handed to something that takes its time.

use std::collections::BTreeSet;

use jiff::SignedDuration;
use naftiko_diagnostics::{Code, Diagnostic, Severity, Span};
use naftiko_plan::duration;
use naftiko_spec::{Step, Work};

use crate::lifetime::{Expiring, Slow, slow, sources};
use crate::model::{Model, Placed, handed_out, in_step};

pub(crate) static CODE: Code = Code {
    id: "short-lived-value",
    severity: Severity::Warning,
    summary: "a value may have expired when it is used",
};

pub(crate) fn check(model: &Model<'_>) -> Vec<Diagnostic> {
    let mut diagnostics = Vec::new();
    for source in sources(model) {
        let after = model.reachable(source.position, |edge| (edge.from, edge.to));
        for (position, step) in model.composition.steps.iter().enumerate() {
            if position != source.position && after.contains(&position) {
                let reader = Reader { model, source: &source, position, step };
                diagnostics.extend(reader.check(&after));
            }
        }
        diagnostics.extend(outputs(model, &source));
    }
    // A reference to two values that expire is one mistake.
    let mut told = BTreeSet::new();
    diagnostics.retain(|found| told.insert(found.primary.span));
    diagnostics
}

/// Outputs that give it: they are given when all steps are done, also those that run beside the one that yields it.
fn outputs(model: &Model<'_>, source: &Expiring) -> Vec<Diagnostic> {
    let before = model.reachable(source.position, |edge| (edge.to, edge.from));
    let mut later = (0..model.composition.steps.len())
        .filter(|position| *position != source.position && !before.contains(position));
    let late = later.find_map(|position| {
        let step = model.composition.steps.get(position)?;
        Some((step, slower_than(model, position, source.lives)?))
    });
    let Some((step, slow)) = late else { return Vec::new() };
    let how = format!(" and is given at the end of the run, after `{}`", step.id.value);
    let outputs = model.outputs().filter_map(|(_, placed)| source.place_in(&placed));
    outputs.map(|span| report(source, span, &how, step, &slow)).collect()
}

/// What of a step takes longer than something lives.
fn slower_than(model: &Model<'_>, position: usize, lives: SignedDuration) -> Option<Slow> {
    slow(model, position).filter(|slow| slow.outlasts(lives))
}

fn report(source: &Expiring, span: Span, how: &str, step: &Step, slow: &Slow) -> Diagnostic {
    let lives = duration(source.lives);
    let takes = match slow.at_most {
        Some(longest) => format!("{}, for up to {}", slow.words, duration(longest)),
        None => format!("{}, however long it takes", slow.words),
    };
    Diagnostic::new(&CODE, span, format!("{} expires after {lives}{how}", source.words))
        .with_label("may have expired by then")
        .with_related(step.id.span, takes)
        .with_related(source.span, format!("good for {lives}"))
        .with_help("hand over something that lasts, and make the value when it is needed")
}

/// A step that comes after the one that yields something that expires.
struct Reader<'a> {
    model: &'a Model<'a>,
    source: &'a Expiring,
    position: usize,
    step: &'a Step,
}

impl Reader<'_> {
    /// One finding at most: what it reads too late, or hands to somebody who takes too long.
    fn check(&self, after: &BTreeSet<usize>) -> Option<Diagnostic> {
        let span = self.read_at()?;
        let before = self.model.reachable(self.position, |edge| (edge.to, edge.from));
        let late = after.intersection(&before).find_map(|position| {
            let step = self.model.composition.steps.get(*position)?;
            Some((step, slower_than(self.model, *position, self.source.lives)?))
        });
        match late {
            Some((step, slow)) => {
                Some(report(self.source, span, &format!(" and is used after `{}`", step.id.value), step, &slow))
            }
            None => {
                let slow = self.keeps().filter(|slow| slow.outlasts(self.source.lives))?;
                let how = format!(", and `{}` may take longer", self.step.id.value);
                Some(report(self.source, span, &how, self.step, &slow))
            }
        }
    }

    /// How long the step itself uses it. What is sent at once is sent in time, however long the answer takes.
    fn keeps(&self) -> Option<Slow> {
        let handed_down = self.model.handed_down().into_iter();
        let late = handed_down
            .filter(|handed| std::ptr::eq(handed.step, self.step))
            .filter(|handed| self.source.place_in(&handed.placed).is_some())
            .find_map(|handed| handed.input.used_after);
        late.or_else(|| slow(self.model, self.position).filter(|slow| slow.keeps))
    }

    /// Where the step reads it: by name, or by speaking of it where it is shown everything.
    fn read_at(&self) -> Option<Span> {
        match &self.step.work {
            Work::Invoke(_) => {
                let call = self.model.call(self.position)?;
                let arguments = call.bound.arguments.iter();
                self.first(arguments.flat_map(|argument| call.expressions(argument)))
            }
            Work::External(external) => {
                let handed_out = handed_out(self.step, external).into_iter();
                let named = self.first(handed_out.map(|(_, placed)| placed));
                let description = self.step.description.as_deref().unwrap_or_default();
                let spoken_of = external.with.is_none() && self.source.is_named_in(description);
                named.or_else(|| spoken_of.then_some(external.span))
            }
            Work::Composition(sub) => {
                self.first(sub.arguments.iter().flat_map(|argument| in_step(self.step, &argument.value)))
            }
            Work::Unclear => None,
        }
    }

    fn first<'p>(&self, mut expressions: impl Iterator<Item = Placed<'p>>) -> Option<Span> {
        expressions.find_map(|placed| self.source.place_in(&placed))
    }
}
