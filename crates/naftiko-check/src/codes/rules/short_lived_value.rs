//! A value that may have expired when it is used.

use std::collections::{BTreeSet, HashMap};

use jiff::SignedDuration;
use naftiko_diagnostics::{Code, Diagnostic, Severity, Span};
use naftiko_plan::duration;
use naftiko_spec::{Step, Work};

use crate::ir::bound::BoundArgument;
use crate::analyses::expiry::{Expirables, Expiring, slow};
use crate::ir::sub_composition::Slow;
use crate::analyses::expressions::{Placed, handed_out, in_step};
use crate::analyses::model::Model;
use crate::analyses::reachability::Direction;

pub(crate) static CODE: Code = Code {
    id: "short-lived-value",
    severity: Severity::Warning,
    summary: "a value may have expired when it is used",
};

/// The most pairs of a step and a lifetime that outputs are checked for.
const MOST_SOURCES: usize = 256;

pub(crate) fn check(model: &Model<'_>) -> Vec<Diagnostic> {
    let expirables = Expirables::of(model);
    if expirables.is_empty() {
        return Vec::new();
    }
    let mut diagnostics = Vec::new();
    for (position, step) in model.composition.steps.iter().enumerate() {
        Reader { model, expirables: &expirables, position, step }.check(&mut diagnostics);
    }
    diagnostics.extend(outputs(model, &expirables));
    // One reference to several expiring values is one mistake.
    let mut told = BTreeSet::new();
    diagnostics.retain(|found| told.insert(found.primary.span));
    diagnostics
}

/// Findings about outputs with expiring values. Outputs are evaluated after all steps, also after slow steps that run
/// in parallel to the source of the value.
fn outputs(model: &Model<'_>, expirables: &Expirables) -> Vec<Diagnostic> {
    let slow_steps = (0..model.composition.steps.len()).filter_map(|at| Some((at, slow(model, at)?)));
    let slow_steps: Vec<(usize, Slow)> = slow_steps.collect();
    let mut late_steps: HashMap<(usize, SignedDuration), Option<(usize, Slow)>> = HashMap::new();
    let mut found = Vec::new();
    for (_, placed) in model.outputs() {
        for carried in placed.carried() {
            let Some(source) = expirables.carried(&carried) else { continue };
            let key = (source.position, source.lives);
            if late_steps.len() >= MOST_SOURCES && !late_steps.contains_key(&key) {
                continue;
            }
            let late = *late_steps.entry(key).or_insert_with(|| {
                let before = model.reachability().reached([source.position], Direction::Before);
                let is_later = |at: usize| at != source.position && before.get(at) == Some(&false);
                let mut late = slow_steps.iter().filter(|(at, slow)| is_later(*at) && slow.outlasts(source.lives));
                late.next().copied()
            });
            let Some((at, slow)) = late else { continue };
            let Some(step) = model.composition.steps.get(at) else { continue };
            let how = format!(" and is given at the end of the run, after `{}`", step.id.value);
            found.push(report(&source, placed.locate(carried.range), &how, step, &slow));
        }
    }
    found
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

/// A step that may read expiring values.
struct Reader<'a> {
    model: &'a Model<'a>,
    expirables: &'a Expirables,
    position: usize,
    step: &'a Step,
}

impl Reader<'_> {
    /// Adds one finding for each expiring value that the step reads too late, or passes to a recipient that takes too
    /// long.
    fn check(&self, diagnostics: &mut Vec<Diagnostic>) {
        let mut known: BTreeSet<(usize, Vec<String>)> = BTreeSet::new();
        for placed in self.reads() {
            for carried in placed.carried() {
                let Some(source) = self.expirables.carried(&carried) else { continue };
                if known.insert((source.position, source.path.clone())) {
                    diagnostics.extend(self.late(&source, placed.locate(carried.range)));
                }
            }
        }
        // An external step without `with` shows everything, and its description may ask for the value.
        if let Work::External(external) = &self.step.work
            && external.with.is_none()
        {
            let description = self.step.description.as_deref().unwrap_or_default();
            let named = self.expirables.named_in(description).into_iter();
            let unread = named.filter(|source| !known.contains(&(source.position, source.path.clone())));
            diagnostics.extend(unread.filter_map(|source| self.late(&source, external.span)).take(1));
        }
    }

    /// The finding about a value that the step reads at `span`, if the value may have expired by then.
    fn late(&self, source: &Expiring, span: Span) -> Option<Diagnostic> {
        if source.position == self.position {
            return None;
        }
        let between = self.model.reachability().between(source.position, self.position)?;
        let late = between.into_iter().find_map(|position| {
            let step = self.model.composition.steps.get(position)?;
            Some((step, slow(self.model, position).filter(|slow| slow.outlasts(source.lives))?))
        });
        match late {
            Some((step, slow)) => {
                Some(report(source, span, &format!(" and is used after `{}`", step.id.value), step, &slow))
            }
            None => {
                let slow = self.keeps(source).filter(|slow| slow.outlasts(source.lives))?;
                let how = format!(", and `{}` may take longer", self.step.id.value);
                Some(report(source, span, &how, self.step, &slow))
            }
        }
    }

    /// How long the step itself uses a value. A value that is sent at once is in time, however long the response takes.
    fn keeps(&self, source: &Expiring) -> Option<Slow> {
        let handed_down = self.model.handed_down_by(self.position).into_iter();
        let carries = |placed: &Placed<'_>| {
            let carried = placed.carried();
            let mut expiring = carried.iter().filter_map(|it| self.expirables.carried(it));
            expiring.any(|it| it.position == source.position && it.path == source.path)
        };
        let late = handed_down.filter(|handed| carries(&handed.placed)).find_map(|it| it.input.used_after);
        late.or_else(|| slow(self.model, self.position).filter(|slow| slow.keeps))
    }

    /// The expressions whose values the step uses.
    fn reads(&self) -> Vec<Placed<'_>> {
        match &self.step.work {
            Work::Invoke(_) => {
                let call = self.model.call(self.position);
                call.iter().flat_map(|call| &call.bound.arguments).flat_map(|it| self.in_argument(it)).collect()
            }
            Work::External(external) => {
                handed_out(self.step, external).into_iter().map(|(_, placed)| placed).collect()
            }
            Work::Composition(sub) => {
                sub.arguments.iter().flat_map(|argument| in_step(self.step, &argument.value)).collect()
            }
            Work::Unclear => Vec::new(),
        }
    }

    fn in_argument<'s>(&'s self, argument: &'s BoundArgument) -> Vec<Placed<'s>> {
        self.model.call(self.position).map(|call| call.expressions(argument)).unwrap_or_default()
    }
}
