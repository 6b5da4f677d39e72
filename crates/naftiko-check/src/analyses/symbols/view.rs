//! The scope of an expression: the names of a composition and their types, as visible from the place of the expression.

use std::cell::RefCell;
use std::collections::BTreeMap;

use naftiko_expr::{Presence, Proof, Root, Scope, Suggestions, Type, Typed};

use super::{Known, MAX_PROOFS, Names, View, response};

/// Proofs by the root that they are about; `None` for proofs about several roots or about other values.
pub(super) type Proofs = BTreeMap<Option<Root>, Vec<Proof>>;

/// Groups proofs by root and retains the first [`MAX_PROOFS`] of each.
pub(super) fn grouped(proofs: impl IntoIterator<Item = Proof>) -> Proofs {
    let mut groups = Proofs::new();
    for proof in proofs {
        let group = groups.entry(proof.root().cloned()).or_default();
        if group.len() < MAX_PROOFS {
            group.push(proof);
        }
    }
    groups
}

/// The scope of an expression at its place.
pub(crate) struct StepScope<'a> {
    names: &'a Names<'a>,
    response: Option<Type>,
    item: Option<Type>,
    /// The id of a step whose result has another type in this scope, and that type.
    own: Option<(&'a str, Typed)>,
    /// Whether proofs apply in this scope.
    proves: bool,
    /// The step that the expression belongs to, if its `when` holds there.
    step: Option<&'a Known<'a>>,
    /// Whether the proofs about the step's own result hold: in a compensation that does not run after a failure.
    is_undone: bool,
    /// Whether the answer to an external step without `result` counts as possibly absent.
    is_wary: bool,
    /// Cache: the types of roots, narrowed by all proofs.
    roots: RefCell<BTreeMap<Root, Option<Typed>>>,
}

impl<'a> StepScope<'a> {
    pub(super) fn new(names: &'a Names<'a>, view: View) -> Self {
        let mut scope = Self { proves: true, ..Self::without_proofs(names, None) };
        let (View::Listed(at) | View::Inside(at) | View::Answered(at) | View::Undoing(at)) = view else {
            return scope;
        };
        let Some(known) = names.steps.get(at) else { return scope };
        scope.step = Some(known);
        if !matches!(view, View::Listed(_)) {
            scope.item.clone_from(&known.item);
        }
        match view {
            View::Answered(_) => scope.response = Some(response(&known.answer)),
            View::Undoing(_) => {
                let undo = known.step.clauses.compensate.as_ref();
                let after_failure = undo.is_some_and(|undo| undo.after_failure);
                let ty = known.single.clone();
                let typed = if after_failure { Typed::maybe(ty) } else { Typed::always(ty) };
                scope.own = Some((known.step.id.value.as_str(), typed));
                scope.is_undone = !after_failure;
            }
            _ => {}
        }
        scope
    }

    /// The scope outside of all steps, without proofs. `own` replaces the type of one step.
    pub(super) fn without_proofs(names: &'a Names<'a>, own: Option<(&'a str, Typed)>) -> Self {
        Self {
            names,
            response: None,
            item: None,
            own,
            proves: false,
            step: None,
            is_undone: false,
            is_wary: false,
            roots: RefCell::default(),
        }
    }

    /// A copy of this scope in which the answer to an external step without `result` counts as possibly absent.
    pub(crate) fn wary(&self) -> Self {
        Self {
            response: self.response.clone(),
            item: self.item.clone(),
            own: self.own.clone(),
            roots: RefCell::default(),
            is_wary: true,
            ..*self
        }
    }

    /// The proofs about the result of a step that hold in this scope.
    fn proofs_of_step(&self, id: &str) -> &'a [Proof] {
        let Some(known) = self.names.known(id) else { return &[] };
        let is_own = self.step.is_some_and(|step| step.step.id.value == id);
        if is_own && self.is_undone {
            return &known.proofs;
        }
        let is_done =
            known.result.presence == Presence::Always || self.step.is_some_and(|step| step.done.contains(id));
        if is_done { known.shared_proofs() } else { &[] }
    }

    fn typed(&self, root: &Root) -> Option<Typed> {
        match root {
            Root::Inputs => Some(Typed::always(self.names.inputs.clone())),
            Root::Run => Some(Typed::always(self.names.run.clone())),
            Root::Response => Some(Typed::always(self.response.clone()?)),
            Root::Item => Some(Typed::always(self.item.clone()?)),
            Root::Index => self.item.as_ref().map(|_| Typed::always(Type::Integer)),
            Root::Step(id) => match &self.own {
                Some((own, typed)) if own == id => Some(typed.clone()),
                _ => {
                    let known = self.names.known(id)?;
                    let Typed { ty, presence } = known.result.clone();
                    let may_lack = self.is_wary && known.lacks_result();
                    let presence = if may_lack { presence.and(Presence::Maybe) } else { presence };
                    Some(Typed { ty, presence })
                }
            },
        }
    }
}

impl Scope for StepScope<'_> {
    fn root(&self, root: &Root) -> Option<Typed> {
        if let Some(known) = self.roots.borrow().get(root) {
            return known.clone();
        }
        let proofs = self.proofs(Some(root));
        let typed = self.typed(root).map(|typed| typed.proved(root, &proofs));
        self.roots.borrow_mut().insert(root.clone(), typed.clone());
        typed
    }

    fn suggestions(&self) -> &Suggestions {
        &self.names.suggestions
    }

    fn proofs(&self, root: Option<&Root>) -> Vec<&Proof> {
        if !self.proves {
            return Vec::new();
        }
        let mut proofs: Vec<&Proof> = Vec::new();
        if let Some(Root::Step(id)) = root {
            proofs.extend(self.proofs_of_step(id));
        }
        if let Some(step) = self.step {
            let of_item = self.item.iter().map(|_| &step.of_item);
            for group in std::iter::once(&step.given).chain(of_item).filter(|group| !group.is_empty()) {
                proofs.extend(group.get(&root.cloned()).into_iter().flatten());
            }
        }
        proofs
    }
}
