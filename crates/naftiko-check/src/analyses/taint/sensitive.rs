//! The sensitive parts of inputs and results, and the places where they flow into other values.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use naftiko_diagnostics::Span;
use naftiko_expr::Root;

use crate::analyses::expressions::Placed;
use crate::analyses::taint::paths::{Paths, Sensitive};
use crate::analyses::taint::propagate::Carried;

/// The maximum number of sensitive parts of one output that are tracked separately; beyond it, the whole output
/// counts as sensitive.
const MAX_PARTS: usize = 1_000;

/// Everything sensitive that a composition can read.
#[derive(Default)]
pub(crate) struct Sensitives {
    pub(crate) inputs: Option<Paths>,
    /// The sensitive parts of results by step id, with the places of the steps; steps that do the same work share
    /// them.
    pub(crate) steps: BTreeMap<String, (Rc<Paths>, Span)>,
}

/// A place where a sensitive value flows into another value.
pub(crate) struct Leak<'s> {
    pub(crate) of: &'s Sensitive,
    /// The place.
    pub(crate) span: Span,
    /// The sensitive value in the author's words: `` input `token` ``.
    pub(crate) words: String,
    /// The place that declares it sensitive.
    pub(crate) source: Span,
    /// The fields of the value that lead to the sensitive part; empty if they are unknown.
    pub(crate) rest: Vec<String>,
}

impl Sensitives {
    /// The sensitive values that flow into an expression; of those that share a provider, the first.
    pub(crate) fn leaks(&self, placed: &Placed<'_>) -> Vec<Leak<'_>> {
        let mut known = BTreeSet::new();
        let mut leaks = Vec::new();
        for carried in placed.carried() {
            let Some((paths, yielded)) = self.at(&carried.root) else { continue };
            for of in paths.of(&carried.path) {
                if known.insert(std::ptr::from_ref(of).addr()) {
                    leaks.push(Leak::new(of, &carried, yielded, placed));
                }
            }
        }
        leaks
    }

    /// Like [`leaks`](Self::leaks), with every sensitive value that flows in. A reference that reaches more than
    /// [`MAX_PARTS`] of them counts as sensitive as a whole.
    pub(crate) fn all_leaks(&self, placed: &Placed<'_>) -> Vec<Leak<'_>> {
        let mut known = BTreeSet::new();
        let mut leaks = Vec::new();
        for carried in placed.carried() {
            let Some((paths, yielded)) = self.at(&carried.root) else { continue };
            let all = paths.all_of(&carried.path, MAX_PARTS);
            let (found, whole) = all.map_or_else(|| (paths.of(&carried.path), true), |all| (all, false));
            for of in found {
                if known.insert(std::ptr::from_ref(of).addr()) {
                    let leak = Leak::new(of, &carried, yielded, placed);
                    leaks.push(if whole { Leak { rest: Vec::new(), ..leak } } else { leak });
                }
            }
        }
        leaks
    }

    /// Whether any carried value is sensitive.
    pub(crate) fn reach(&self, carried: &[Carried]) -> bool {
        carried.iter().any(|carried| {
            self.at(&carried.root).is_some_and(|(paths, _)| !paths.of(&carried.path).is_empty())
        })
    }

    /// Whether an input is sensitive.
    pub(crate) fn has_input(&self, name: &str) -> bool {
        self.inputs.as_ref().is_some_and(|inputs| !inputs.of(&[name.to_owned()]).is_empty())
    }

    /// Whether any input is sensitive.
    pub(crate) fn has_inputs(&self) -> bool {
        self.inputs.as_ref().is_some_and(|inputs| !inputs.is_empty())
    }

    /// The sensitive parts of a root, and the place of the step that yields it.
    fn at(&self, root: &Root) -> Option<(&Paths, Option<Span>)> {
        match root {
            Root::Inputs => Some((self.inputs.as_ref()?, None)),
            Root::Step(id) => self.steps.get(id).map(|(paths, span)| (paths.as_ref(), Some(*span))),
            _ => None,
        }
    }
}

impl<'s> Leak<'s> {
    fn new(of: &'s Sensitive, carried: &Carried, yielded: Option<Span>, placed: &Placed<'_>) -> Self {
        let span = placed.locate(carried.range.clone());
        let path = of.path.join(".");
        Self {
            of,
            span,
            words: match &carried.root {
                Root::Step(id) if path.is_empty() => format!("`{id}`"),
                Root::Step(id) => format!("`{id}.{path}`"),
                _ => format!("input `{path}`"),
            },
            source: of.span.or(yielded).unwrap_or(span),
            rest: carried.rest_of(&of.path),
        }
    }
}
