//! What expires, and what takes time.

use jiff::SignedDuration;
use naftiko_diagnostics::Span;
use naftiko_expr::{Expression, Root};
use naftiko_plan::Graph;
use naftiko_spec::{Step, Work};

use crate::flow::{Carried, carried};
use crate::model::{Model, Placed};
use crate::pages::Paged;
use crate::resolve::Resolved;

/// Something that a step yields and that is not good for ever.
pub(crate) struct Expiring {
    /// The position of the step.
    pub(crate) position: usize,
    pub(crate) root: Root,
    pub(crate) path: Vec<String>,
    /// How long it is good for.
    pub(crate) lives: SignedDuration,
    /// It in the author's words: `` `make-link.link` ``.
    pub(crate) words: String,
    /// Where it is said that it expires.
    pub(crate) span: Span,
}

/// Something that takes time.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Slow {
    /// How long at most; `None`: there is no limit.
    pub(crate) at_most: Option<SignedDuration>,
    /// What it does, in words that follow the step.
    pub(crate) words: &'static str,
    /// Whether it uses what it is handed to its end, and not only when it begins.
    pub(crate) keeps: bool,
}

/// Everything that expires: what the capabilities document says of the operations that steps use, and what the
/// compositions that they run give of it.
pub(crate) fn sources(model: &Model<'_>) -> Vec<Expiring> {
    let expiring = model.calls().flat_map(|call| {
        let id = &call.step.id.value;
        let facts = &call.resolution.facts.expires;
        let pages = &call.resolution.pages;
        facts.iter().filter_map(move |(path, after)| {
            let path = &path.expression;
            let way = pages.in_result(way(path))?;
            let words = match pages {
                Paged::Not => in_result(id, path),
                Paged::Unclear | Paged::Pages(_) => {
                    [std::slice::from_ref(id), way.as_slice()].concat().join(".")
                }
            };
            Some(Expiring {
                position: call.position,
                root: Root::Step(id.clone()),
                words: format!("`{words}`"),
                path: way,
                lives: after.value,
                span: after.span,
            })
        })
    });
    let steps = model.composition.steps.iter().enumerate();
    let given = steps.zip(model.steps).flat_map(|((position, step), resolved)| {
        let Resolved::Composition(embedded) = resolved else { return Vec::new() };
        embedded.expiring_outputs.iter().map(|output| output.as_read_of(position, step)).collect()
    });
    expiring.chain(given).collect()
}

/// An output that is not good for ever.
pub(crate) struct ExpiringOutput {
    /// Its name, and the fields in it that lead to what expires.
    path: Vec<String>,
    lives: SignedDuration,
    /// Where it is said that it expires.
    span: Span,
}

/// The outputs that are not good for ever.
pub(crate) fn outputs(model: &Model<'_>) -> Vec<ExpiringOutput> {
    let sources = sources(model);
    let mut outputs = Vec::new();
    for (position, placed) in model.outputs() {
        let Some(output) = model.composition.outputs.get(position) else { continue };
        outputs.extend(sources.iter().filter_map(|source| {
            let held = source.carried_in(&placed)?;
            let path = [vec![output.name.value.clone()], held.rest_of(&source.path)].concat();
            Some(ExpiringOutput { path, lives: source.lives, span: source.span })
        }));
    }
    outputs
}

impl ExpiringOutput {
    /// What a step that runs the composition yields.
    fn as_read_of(&self, position: usize, step: &Step) -> Expiring {
        let id = &step.id.value;
        Expiring {
            position,
            root: Root::Step(id.clone()),
            path: self.path.clone(),
            lives: self.lives,
            words: format!("`{id}.{}`", self.path.join(".")),
            span: self.span,
        }
    }
}

/// What of a composition takes the most time, for a step that runs it.
pub(crate) fn slowest(model: &Model<'_>) -> Option<Slow> {
    let slow = (0..model.composition.steps.len()).filter_map(|position| slow(model, position));
    Some(Slow { words: "runs a composition that takes its time", keeps: false, ..slower_of(slow)? })
}

/// What takes the most time before each step, and what the step itself takes to use what it is handed.
pub(crate) fn slow_by_then(model: &Model<'_>) -> Vec<Option<Slow>> {
    let steps = &model.composition.steps;
    let ids = steps.iter().map(|step| step.id.value.clone()).collect();
    let graph = Graph::new(ids, model.order.to_vec());
    let mut before: Vec<Option<Slow>> = vec![None; steps.len()];
    // Steps that wait for each other have their finding, and are never done.
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
    both.map(|slow| Some(Slow { words: "keeps it waiting", keeps: true, ..slow? })).collect()
}

/// The one that takes the most time; without a limit is longer than with any.
pub(crate) fn slower_of(slow: impl IntoIterator<Item = Slow>) -> Option<Slow> {
    slow.into_iter().max_by_key(|slow| (slow.at_most.is_none(), slow.at_most))
}

/// What of a step takes time: somebody outside, a poll, an attempt that is given time, another composition. Where it
/// says how long, that is the limit.
pub(crate) fn slow(model: &Model<'_>, position: usize) -> Option<Slow> {
    let step = model.composition.steps.get(position)?;
    let wait = model.waits.get(position).and_then(Option::as_ref);
    let timeout = step.clauses.timeout.as_ref().map(|timeout| timeout.value);
    match (&step.work, wait, model.steps.get(position)?) {
        (Work::External(external), ..) => Some(Slow {
            at_most: external.timeout.as_ref().map(|timeout| timeout.value),
            words: "waits for somebody outside",
            keeps: true,
        }),
        (_, Some(poll), _) => Some(Slow { at_most: Some(poll.timeout), words: "is repeated", keeps: true }),
        (Work::Invoke(_), None, _) => {
            timeout.map(|timeout| Slow { at_most: Some(timeout), words: "is waited for", keeps: false })
        }
        (_, None, Resolved::Composition(embedded)) => embedded.slowest,
        _ => None,
    }
}

impl Slow {
    /// Whether it may take longer than something lives.
    pub(crate) fn outlasts(&self, lives: SignedDuration) -> bool {
        self.at_most.is_none_or(|longest| longest > lives)
    }
}

impl Expiring {
    /// Where an expression lets it get into its value.
    pub(crate) fn place_in(&self, placed: &Placed<'_>) -> Option<Span> {
        Some(placed.locate(self.carried_in(placed)?.range))
    }

    fn carried_in(&self, placed: &Placed<'_>) -> Option<Carried> {
        placed.carried().into_iter().find(|found| found.holds(&self.root, &self.path))
    }

    /// Whether a text speaks of it by the name of its field: `link`, `access token` for `access_token`.
    pub(crate) fn is_named_in(&self, text: &str) -> bool {
        let Some(field) = self.path.last() else { return false };
        let (text, field) = (words(text), words(field));
        !field.is_empty() && text.windows(field.len()).any(|window| window == field)
    }
}

/// The words of a text or a name, in lower case: `accessToken` is two.
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

/// The fields that a path into a response leads through, below its body.
fn way(path: &Expression) -> Vec<String> {
    carried(path).into_iter().flat_map(|found| found.path).skip(1).collect()
}

/// A path into a response as one into the result of a step.
fn in_result(id: &str, path: &Expression) -> String {
    path.text().replacen("response.body", id, 1)
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
