//! A value that expires, handed to something that takes its time.

use std::collections::BTreeSet;

use jiff::SignedDuration;
use naftiko_diagnostics::{Code, Diagnostic, Severity, Span};
use naftiko_spec::{Step, Work};

use crate::flow::carried;
use crate::lifetime::{Expiring, Slow, slow, sources};
use crate::model::{Model, Placed, in_value};

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
    }
    diagnostics
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
            Some((step, self.slow(*position, step)?))
        });
        match late {
            Some((step, slow)) => Some(self.report(span, &format!(" and is used after `{}`", step.id.value), step, &slow)),
            None => {
                let slow = self.slow(self.position, self.step)?;
                Some(self.report(span, &format!(", and `{}` may take longer", self.step.id.value), self.step, &slow))
            }
        }
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
                let handed_over = external.with.iter().flat_map(|with| with.values());
                let named = self.first(handed_over.chain(external.settings.values()).flat_map(in_value));
                let description = self.step.description.as_deref().unwrap_or_default();
                let spoken_of = external.with.is_none() && self.source.is_named_in(description);
                named.or_else(|| spoken_of.then_some(external.span))
            }
            Work::Composition(sub) => {
                self.first(sub.arguments.iter().flat_map(|argument| in_value(&argument.value)))
            }
            Work::Unclear => None,
        }
    }

    fn first<'p>(&self, mut expressions: impl Iterator<Item = Placed<'p>>) -> Option<Span> {
        expressions.find_map(|placed| {
            let carried = carried(placed.expression);
            let found = carried.into_iter().find(|found| found.holds(&self.source.root, &self.source.path))?;
            Some(placed.locate(found.range))
        })
    }

    fn slow(&self, position: usize, step: &Step) -> Option<Slow> {
        let wait = self.model.waits.get(position).and_then(Option::as_ref);
        slow(step, wait).filter(|slow| slow.at_most.is_none_or(|longest| longest > self.source.lives))
    }

    fn report(&self, span: Span, how: &str, step: &Step, slow: &Slow) -> Diagnostic {
        let source = self.source;
        let lives = shown(source.lives);
        let takes = match slow.at_most {
            Some(longest) => format!("{}, for up to {}", slow.words, shown(longest)),
            None => format!("{}, however long it takes", slow.words),
        };
        Diagnostic::new(&CODE, span, format!("{} expires after {lives}{how}", source.words))
            .with_label("may have expired by then")
            .with_related(step.id.span, takes)
            .with_related(source.span, format!("good for {lives}"))
            .with_help("hand over something that lasts, and make the value when it is needed")
    }
}

/// A duration as authors write it.
fn shown(duration: SignedDuration) -> String {
    format!("{duration:#}")
}
