//! The names of a composition as an expression sees them from its place.

use std::cell::RefCell;
use std::collections::BTreeMap;

use naftiko_expr::{Presence, Proof, Root, Scope, Suggestions, Type, Typed};

use super::{Known, MAX_PROOFS, Names, View, response};

/// Proofs by the root of what they prove something of; without one, of several roots or of other values.
pub(super) type Proofs = BTreeMap<Option<Root>, Vec<Proof>>;

/// Proofs by their roots, the first ones of each.
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

/// The names as an expression sees them from its place.
pub(crate) struct StepScope<'a> {
    names: &'a Names<'a>,
    response: Option<Type>,
    item: Option<Type>,
    /// A step that looks different from here.
    own: Option<(&'a str, Typed)>,
    /// Whether anything is proved here.
    proves: bool,
    /// The step whose expression it is, if its `when` has held.
    step: Option<&'a Known<'a>>,
    /// Whether what is proved of the own result holds.
    is_undone: bool,
    /// Whether the answer to an external step without `result` counts as one that may be absent.
    is_wary: bool,
    /// Types of roots, with all that is proved of them.
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

    /// The names from outside of all steps, with one step that looks different, and nothing proved.
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

    /// The scope in which the answer to an external step without `result` may be absent.
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

    /// What is proved of the result of a step wherever it is read from here.
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
