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
use crate::analyses::reachability::Exhausted;

pub(crate) static CODE: Code = Code {
    id: "short-lived-value",
    severity: Severity::Warning,
    summary: "a value may have expired when it is used",
};

/// The findings about expiring values. Questions about the order of steps share a budget
/// ([`Reachability`](crate::analyses::reachability::Reachability)); once it is exhausted, one more finding says which values were
/// not checked.
pub(crate) fn check(model: &Model<'_>) -> Vec<Diagnostic> {
    let expirables = Expirables::of(model);
    if expirables.is_empty() {
        return Vec::new();
    }
    let mut found = Found::default();
    for (position, step) in model.composition.steps.iter().enumerate() {
        Reader { model, expirables: &expirables, position, step }.check(&mut found);
    }
    outputs(model, &expirables, &mut found);
    // One reference to several expiring values is one mistake.
    let mut told = BTreeSet::new();
    found.diagnostics.retain(|found| told.insert(found.primary.span));
    let unchecked = found.unchecked.map(|(source, span, more)| unchecked(&source, span, more));
    found.diagnostics.into_iter().chain(unchecked).collect()
}

/// Findings so far.
#[derive(Default)]
struct Found {
    diagnostics: Vec<Diagnostic>,
    /// The first value for which the budget was exhausted, where it is used, and the number of later ones.
    unchecked: Option<(Expiring, Span, usize)>,
}

impl Found {
    /// Adds an answer about a value that is used at `span`.
    fn add(&mut self, source: Expiring, span: Span, answer: Result<Option<Diagnostic>, Exhausted>) {
        match (answer, &mut self.unchecked) {
            (Ok(late), _) => self.diagnostics.extend(late),
            (Err(Exhausted), Some((_, _, more))) => *more += 1,
            (Err(Exhausted), first @ None) => *first = Some((source, span, 0)),
        }
    }
}

/// The finding about values that were not checked.
fn unchecked(source: &Expiring, span: Span, more: usize) -> Diagnostic {
    let others = match more {
        0 => String::new(),
        1 => ", nor were values in 1 more place".to_owned(),
        more => format!(", nor were values in {more} more places"),
    };
    let message = format!("{} expires, and whether it is used in time was not checked{others}", source.words);
    Diagnostic::new(&CODE, span, message)
        .with_label("the order of the steps is too complex")
        .with_related(source.span, format!("valid for {}", duration(source.lives)))
        .with_help("use the values that expire soon after the steps that make them, or split the composition")
}

/// Adds findings about outputs with expiring values. Outputs are evaluated after all steps, also after slow steps that
/// run in parallel to the source of the value.
fn outputs(model: &Model<'_>, expirables: &Expirables, found: &mut Found) {
    let slow_steps = SlowSteps::of(model);
    let mut late_steps: HashMap<(usize, SignedDuration), Late> = HashMap::new();
    for (_, placed) in model.outputs() {
        for carried in placed.carried() {
            let Some(source) = expirables.carried(&carried) else { continue };
            let key = (source.position, source.lives);
            let late = *late_steps.entry(key).or_insert_with(|| slow_steps.after(&source));
            let span = placed.locate(carried.range);
            let answer = late.map(|late| {
                let (at, slow) = late?;
                let step = model.composition.steps.get(at)?;
                let how = format!(" and is returned at the end of the run, after `{}`", step.id.value);
                Some(report(&source, span, &how, step, &slow))
            });
            found.add(source, span, answer);
        }
    }
}

/// A slow step that ends after a value has expired, with its position.
type Late = Result<Option<(usize, Slow)>, Exhausted>;

/// The slow steps of a composition.
struct SlowSteps<'m> {
    model: &'m Model<'m>,
    /// With their ranks, lowest first.
    all: Vec<(Option<usize>, usize, Slow)>,
}

impl<'m> SlowSteps<'m> {
    fn of(model: &'m Model<'m>) -> Self {
        let steps = 0..model.composition.steps.len();
        let slow_steps = steps.filter_map(|at| Some((model.reachability().rank(at), at, slow(model, at)?)));
        let mut all: Vec<(Option<usize>, usize, Slow)> = slow_steps.collect();
        all.sort_by_key(|(rank, at, _)| (*rank, *at));
        Self { model, all }
    }

    /// A slow step that outlasts a value and is not over before the value is made.
    fn after(&self, source: &Expiring) -> Late {
        let order = self.model.reachability();
        let rank = order.rank(source.position);
        // Steps of a higher rank do not come before the source; only of the others the order has to be searched.
        let higher = self.all.partition_point(|(other, ..)| *other <= rank);
        let (lower, higher) = self.all.split_at_checked(higher).unwrap_or((&self.all, &[]));
        let outlasting = |steps: &[(Option<usize>, usize, Slow)], is_later: &dyn Fn(usize) -> bool| {
            for (_, at, slow) in steps {
                order.spend(1)?;
                if slow.outlasts(source.lives) && *at != source.position && is_later(*at) {
                    return Ok(Some((*at, *slow)));
                }
            }
            Ok(None)
        };
        if let Some(late) = outlasting(higher, &|_| true)? {
            return Ok(Some(late));
        }
        if lower.is_empty() {
            return Ok(None);
        }
        let before = order.before(source.position)?;
        outlasting(lower, &|at| !before.contains(&at))
    }
}

fn report(source: &Expiring, span: Span, how: &str, step: &Step, slow: &Slow) -> Diagnostic {
    let lives = duration(source.lives);
    let takes = match slow.at_most {
        Some(longest) => format!("{}, for up to {}", slow.words, duration(longest)),
        None => format!("{}, without a time limit", slow.words),
    };
    Diagnostic::new(&CODE, span, format!("{} expires after {lives}{how}", source.words))
        .with_label("may have expired by then")
        .with_related(step.id.span, takes)
        .with_related(source.span, format!("valid for {lives}"))
        .with_help("pass a value that does not expire, and make this one when it is needed")
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
    fn check(&self, found: &mut Found) {
        let mut known: BTreeSet<(usize, Vec<String>)> = BTreeSet::new();
        for placed in self.reads() {
            for carried in placed.carried() {
                let Some(source) = self.expirables.carried(&carried) else { continue };
                if known.insert((source.position, source.path.clone())) {
                    let span = placed.locate(carried.range);
                    let late = self.late(&source, span);
                    found.add(source, span, late);
                }
            }
        }
        // An external step without `with` shows everything, and its description may ask for the value.
        if let Work::External(external) = &self.step.work
            && external.with.is_none()
        {
            self.check_description(external.span, &known, found);
        }
    }

    /// Adds a finding about the first step whose expiring value the description names and that is not read otherwise.
    fn check_description(&self, span: Span, known: &BTreeSet<(usize, Vec<String>)>, found: &mut Found) {
        let description = self.step.description.as_deref().unwrap_or_default();
        let mut first: Option<(usize, Diagnostic)> = None;
        for named in self.expirables.named_in(description) {
            if first.as_ref().is_some_and(|(position, _)| *position <= named.first()) {
                break;
            }
            for source in named.sources() {
                let position = source.position;
                if first.as_ref().is_some_and(|(first, _)| *first <= position) {
                    break;
                }
                if known.contains(&(position, source.path.clone())) {
                    continue;
                }
                let spent = self.model.reachability().spend(1);
                match spent.and_then(|()| self.late(&source, span)) {
                    Ok(None) => {}
                    Ok(Some(late)) => first = Some((position, late)),
                    Err(Exhausted) => return found.add(source, span, Err(Exhausted)),
                }
            }
        }
        found.diagnostics.extend(first.map(|(_, late)| late));
    }

    /// The finding about a value that the step reads at `span`, if the value may have expired by then.
    fn late(&self, source: &Expiring, span: Span) -> Result<Option<Diagnostic>, Exhausted> {
        if source.position == self.position {
            return Ok(None);
        }
        let Some(between) = self.model.reachability().between(source.position, self.position)? else {
            return Ok(None);
        };
        let late = between.into_iter().find_map(|position| {
            let step = self.model.composition.steps.get(position)?;
            Some((step, slow(self.model, position).filter(|slow| slow.outlasts(source.lives))?))
        });
        Ok(self.after(late, source, span))
    }

    /// The finding about a value that is used after a slow step, or for long.
    fn after(&self, late: Option<(&Step, Slow)>, source: &Expiring, span: Span) -> Option<Diagnostic> {
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
