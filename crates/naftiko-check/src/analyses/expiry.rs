//! Expiring values, and the steps that may take longer than such a value is valid.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;

use jiff::SignedDuration;
use naftiko_diagnostics::{Span, work};
use naftiko_expr::{Expression, Root};
use naftiko_plan::Graph;
use naftiko_spec::Work;

use crate::analyses::model::{Call, Model};
use crate::analyses::taint::propagate::{Carried, carried};
use crate::analyses::taint::sources::Doing;
use crate::ir::paged::Paged;
use crate::ir::resolved::Resolved;
use crate::ir::sub_composition::{Lifetime, Slow, slower_of};

/// An expiring part of a step's result.
pub(crate) struct Expiring {
    /// The position of the step.
    pub(crate) position: usize,
    /// The fields of the result that lead to the part.
    pub(crate) path: Vec<String>,
    /// How long the part is valid.
    pub(crate) lives: SignedDuration,
    /// The part in the author's words: `` `make-link.link` ``.
    pub(crate) words: String,
    /// The place that declares the expiry.
    pub(crate) span: Span,
}

/// All expiring parts of one result.
#[derive(Debug, Default)]
struct Lifetimes {
    all: Vec<Lifetime>,
    /// Indexes into `all` by path; of equal paths, the part that expires first.
    exact: BTreeMap<Vec<String>, usize>,
    /// Indexes into `all` by the path of an enclosing part, the root included; the part in it that expires first.
    within: HashMap<Vec<String>, usize>,
}

impl Lifetimes {
    fn new(all: Vec<Lifetime>) -> Self {
        let mut lifetimes = Self { all, ..Self::default() };
        for (at, new) in lifetimes.all.iter().enumerate() {
            let is_shorter = |known: usize| lifetimes.all.get(known).is_some_and(|it| new.lives < it.lives);
            let known = lifetimes.exact.entry(new.way.clone()).or_insert(at);
            *known = if is_shorter(*known) { at } else { *known };
            for length in 0..=new.way.len() {
                work::add(1);
                let part = new.way.get(..length).unwrap_or_default().to_vec();
                let known = lifetimes.within.entry(part).or_insert(at);
                *known = if is_shorter(*known) { at } else { *known };
            }
        }
        lifetimes
    }

    /// The part that expires first among those that contain `path` or lie within it.
    fn shortest(&self, path: &[String]) -> Option<&Lifetime> {
        let outer = (0..path.len()).filter_map(|length| self.exact.get(path.get(..length)?));
        let found = outer.chain(self.within.get(path)).filter_map(|at| self.all.get(*at));
        found.min_by_key(|lifetime| lifetime.lives)
    }

    /// The parts that contain `path` or lie within it, and whether the list is complete: of more than
    /// [`MOST_WITHIN`], only the one that expires first is returned.
    fn all_of(&self, path: &[String]) -> (Vec<&Lifetime>, bool) {
        let outer = (0..path.len()).filter_map(|length| self.exact.get(path.get(..length)?));
        let within = self.exact.range(path.to_vec()..).take_while(|(way, _)| way.starts_with(path));
        let mut found: Vec<usize> =
            outer.chain(within.map(|(_, at)| at)).copied().take(MOST_WITHIN + 1).collect();
        if found.len() > MOST_WITHIN {
            return (self.shortest(path).into_iter().collect(), false);
        }
        found.sort_unstable();
        (found.into_iter().filter_map(|at| self.all.get(at)).collect(), true)
    }
}

/// The maximum number of expiring parts of one value that are tracked separately.
const MOST_WITHIN: usize = 64;

/// Everything that expires in a composition: the results of operations, as the capabilities document declares, and
/// the outputs of sub-compositions.
#[derive(Default)]
pub(crate) struct Expirables {
    /// By the id of the step, with its position.
    steps: BTreeMap<String, (usize, Rc<Lifetimes>)>,
    /// Each result once, with the steps that yield it, in order.
    results: Vec<(Rc<Lifetimes>, Yielding)>,
    /// By the words of a field name: positions in `results`, and in the lifetimes there.
    by_words: BTreeMap<Vec<String>, Vec<(usize, usize)>>,
}

/// The positions and ids of the steps that yield a result, in order.
type Yielding = Vec<(usize, String)>;

/// An expiring part whose field name occurs in a text.
pub(crate) struct Named<'e> {
    lifetime: &'e Lifetime,
    /// The positions and ids of the steps that yield it, in order.
    steps: &'e [(usize, String)],
}

impl<'e> Named<'e> {
    /// The position of the first step that yields the part.
    pub(crate) fn first(&self) -> usize {
        self.steps.first().map_or(usize::MAX, |(position, _)| *position)
    }

    /// The part of each step that yields it, in order.
    pub(crate) fn sources(&self) -> impl Iterator<Item = Expiring> + use<'e> {
        let lifetime = self.lifetime;
        self.steps.iter().map(move |(position, id)| Expiring::new(*position, id, lifetime))
    }
}

impl Expirables {
    pub(crate) fn of(model: &Model<'_>) -> Self {
        let mut known: HashMap<Doing, (usize, Rc<Lifetimes>)> = HashMap::new();
        let mut expirables = Self::default();
        for (position, step) in model.composition.steps.iter().enumerate() {
            work::add(1);
            let (doing, found): (Doing, Box<dyn Fn() -> Vec<Lifetime>>) =
                match (model.call(position), model.steps.get(position)) {
                    (Some(call), _) => (Doing::of(call.resolution), Box::new(move || declared(&call))),
                    (None, Some(Resolved::Composition(embedded))) => {
                        (Doing::of_composition(embedded), Box::new(|| embedded.expiring_outputs.clone()))
                    }
                    _ => continue,
                };
            let (result, lifetimes) = known.entry(doing).or_insert_with(|| {
                let lifetimes = Rc::new(Lifetimes::new(found()));
                (expirables.add_result(&lifetimes), lifetimes)
            });
            if lifetimes.all.is_empty() || expirables.steps.contains_key(&step.id.value) {
                continue;
            }
            expirables.steps.insert(step.id.value.clone(), (position, Rc::clone(lifetimes)));
            if let Some((_, steps)) = expirables.results.get_mut(*result) {
                steps.push((position, step.id.value.clone()));
            }
        }
        expirables
    }

    /// Adds a result without steps; its position.
    fn add_result(&mut self, lifetimes: &Rc<Lifetimes>) -> usize {
        let result = self.results.len();
        for (at, lifetime) in lifetimes.all.iter().enumerate() {
            work::add(1);
            let field = words(lifetime.way.last().map(String::as_str).unwrap_or_default());
            if !field.is_empty() {
                self.by_words.entry(field).or_default().push((result, at));
            }
        }
        self.results.push((Rc::clone(lifetimes), Vec::new()));
        result
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// The part that expires first among those that flow into a value.
    pub(crate) fn carried(&self, carried: &Carried) -> Option<Expiring> {
        let Root::Step(id) = &carried.root else { return None };
        let (position, lifetimes) = self.steps.get(id)?;
        Some(Expiring::new(*position, id, lifetimes.shortest(&carried.path)?))
    }

    /// The expiring parts whose field name occurs in a text, ordered by the first step that yields them. The work is in
    /// proportion to the text and to the parts.
    pub(crate) fn named_in(&self, text: &str) -> Vec<Named<'_>> {
        let text = words(text);
        let windows = (1..=MOST_WORDS).flat_map(|length| text.windows(length));
        let spoken_of: BTreeSet<&[String]> = windows.collect();
        let found = spoken_of.into_iter().filter_map(|field| self.by_words.get(field)).flatten();
        let mut found: Vec<Named<'_>> = found
            .filter_map(|(result, at)| {
                work::add(1);
                let (lifetimes, steps) = self.results.get(*result)?;
                Some(Named { lifetime: lifetimes.all.get(*at)?, steps })
            })
            .collect();
        found.sort_by_key(Named::first);
        found
    }
}

/// The maximum number of words in a field name that is matched against a text.
const MOST_WORDS: usize = 8;

impl Expiring {
    fn new(position: usize, id: &str, lifetime: &Lifetime) -> Self {
        let words = match &lifetime.words {
            Some(words) => words.replacen("response.body", id, 1),
            None => [&[id.to_owned()], lifetime.way.as_slice()].concat().join("."),
        };
        Self {
            position,
            path: lifetime.way.clone(),
            lives: lifetime.lives,
            words: format!("`{words}`"),
            span: lifetime.span,
        }
    }
}

/// The expiring parts that the capabilities document declares for an operation.
fn declared(call: &Call<'_>) -> Vec<Lifetime> {
    let pages = &call.resolution.pages;
    let expires = call.resolution.facts.expires.iter();
    let lifetimes = expires.filter_map(|(path, after)| {
        let path = &path.expression;
        let words = matches!(pages, Paged::Not).then(|| path.text().to_owned());
        let (lives, span) = (after.value, after.span);
        Some(Lifetime { way: pages.in_result(way(path))?, words, lives, span })
    });
    lifetimes.collect()
}

/// The expiring parts of the outputs.
pub(crate) fn outputs(model: &Model<'_>) -> Vec<Lifetime> {
    let expirables = Expirables::of(model);
    let mut outputs = Vec::new();
    if expirables.is_empty() {
        return outputs;
    }
    for (position, placed) in model.outputs() {
        let Some(output) = model.composition.outputs.get(position) else { continue };
        let mut known = BTreeSet::new();
        for carried in placed.carried() {
            let Root::Step(id) = &carried.root else { continue };
            let Some((_, lifetimes)) = expirables.steps.get(id) else { continue };
            let (found, is_all) = lifetimes.all_of(&carried.path);
            for lifetime in found.into_iter().filter(|it| known.insert((id.clone(), it.way.clone()))) {
                let rest = if is_all { carried.rest_of(&lifetime.way) } else { Vec::new() };
                let way = [vec![output.name.value.clone()], rest].concat();
                let (lives, span) = (lifetime.lives, lifetime.span);
                outputs.push(Lifetime { way, words: None, lives, span });
            }
        }
    }
    outputs
}

/// The slowest step of a composition, described for a step that runs the composition.
pub(crate) fn slowest(model: &Model<'_>) -> Option<Slow> {
    let slow = (0..model.composition.steps.len()).filter_map(|position| slow(model, position));
    Some(Slow { words: "runs a composition that takes long", keeps: false, ..slower_of(slow)? })
}

/// For each step, the slowest work before the step, or of the step itself while it uses its values.
pub(crate) fn slow_by_then(model: &Model<'_>) -> Vec<Option<Slow>> {
    let steps = &model.composition.steps;
    let ids = steps.iter().map(|step| step.id.value.clone()).collect();
    let graph = Graph::new(ids, model.order.to_vec());
    let mut before: Vec<Option<Slow>> = vec![None; steps.len()];
    // Steps in a dependency cycle have their own diagnostic and never end.
    for position in graph.order().unwrap_or_default() {
        let at = |position: usize| [before.get(position).copied().flatten(), slow(model, position)];
        let found = slower_of(graph.before(position).into_iter().flat_map(at).flatten());
        if let Some(before) = before.get_mut(position) {
            *before = found;
        }
    }
    let own = |position: usize| slow(model, position).filter(|slow| slow.keeps);
    let both = before
        .into_iter()
        .enumerate()
        .map(|(position, before)| slower_of([before, own(position)].into_iter().flatten()));
    both.map(|slow| Some(Slow { words: "delays it", keeps: true, ..slow? })).collect()
}

/// The time that a step takes, if it is slow: an external step, a poll, an operation with a timeout, a
/// sub-composition. A declared timeout is its limit.
pub(crate) fn slow(model: &Model<'_>, position: usize) -> Option<Slow> {
    let step = model.composition.steps.get(position)?;
    let wait = model.waits.get(position).and_then(Option::as_ref);
    let timeout = step.clauses.timeout.as_ref().map(|timeout| timeout.value);
    match (&step.work, wait, model.steps.get(position)?) {
        (Work::External(external), ..) => Some(Slow {
            at_most: external.timeout.as_ref().map(|timeout| timeout.value),
            words: "is an external step",
            keeps: true,
        }),
        (_, Some(poll), _) => Some(Slow { at_most: Some(poll.timeout), words: "is repeated", keeps: true }),
        (Work::Invoke(_), None, _) => {
            timeout.map(|timeout| Slow { at_most: Some(timeout), words: "is polled", keeps: false })
        }
        (_, None, Resolved::Composition(embedded)) => embedded.slowest,
        _ => None,
    }
}

/// The words of a text or a name, in lower case: `accessToken` has two.
fn words(text: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut after_lower = false;
    for character in text.chars() {
        if !character.is_alphanumeric() || (character.is_uppercase() && after_lower) {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut().filter(|_| character.is_alphanumeric()) {
            word.extend(character.to_lowercase());
        }
        after_lower = character.is_lowercase();
    }
    words.retain(|word| !word.is_empty());
    words
}

/// The fields of a path into a response, below the body.
fn way(path: &Expression) -> Vec<String> {
    carried(path).into_iter().flat_map(|found| found.path).skip(1).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_found_as_words() {
        for (text, name) in [
            ("Email the Admin Portal link to them.", "link"),
            ("Send the access-token", "access_token"),
            ("Send the access token", "accessToken"),
        ] {
            assert!(words(text).windows(words(name).len()).any(|window| window == words(name)), "{name}");
        }
        assert_eq!(words("Link(s) of MyHTTP2"), ["link", "s", "of", "my", "http2"]);
    }
}
