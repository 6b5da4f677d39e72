//! The static evaluator: it predicts the results of [`crate::evaluate`].
//!
//! Typing only reports operations that fail for every value of the types. If an operation succeeds for some members of
//! a union, the result is *maybe* there. Nothing is reported for an unknown type.

mod call;
mod comparison;
mod path;
mod range;
mod suggestions;

pub use suggestions::Suggestions;

use std::collections::BTreeSet;
use std::ops::Range;

use naftiko_diagnostics::some_of;

use crate::ast::{Expr, ExprKind, Logical, Path, Root};
use crate::literal;
use crate::parse::parse;
use crate::place::{self, Place};
use crate::problem::{Problem, TYPE_MISMATCH, UNAVAILABLE_ROOT, UNKNOWN_STEP};
use crate::proof::{self, Proof};
use crate::types::{Presence, Type, Typed};

/// The most proofs of earlier operands that are stored: each path is compared with all of them.
const MAX_PROOFS: usize = 256;

/// The types of the roots that an expression can read, and the proofs about them.
pub trait Scope {
    /// The type of a root, already narrowed by the [`proofs`](Self::proofs) about it (see [`Typed::proved`]). `None` if
    /// the name does not exist here.
    fn root(&self, root: &Root) -> Option<Typed>;

    /// The names to suggest for an unknown name.
    fn suggestions(&self) -> &Suggestions;

    /// The proofs of conditions that are known to be true, for the values of one root. `None` selects the proofs
    /// without a single root: about other values, or that one of several values with different roots is there.
    fn proofs(&self, root: Option<&Root>) -> Vec<&Proof> {
        let _ = root;
        Vec::new()
    }
}

/// Types the parts of one expression.
pub(crate) struct Typing<'s> {
    scope: &'s dyn Scope,
    text: &'s str,
    problems: Vec<Problem>,
    /// The proofs of the earlier operands of `&&` and `||`.
    proofs: Vec<Proof>,
    /// The types of `@`, the innermost last.
    items: Vec<Type>,
    /// The possible failures of the current expression.
    risk: Risk,
    /// Whether an unknown name may be a string without quotes.
    may_be_text: bool,
}

/// The failures that occur for some members of a union. A value that may fail is *maybe* there.
#[derive(Debug, Clone, Copy, Default)]
struct Risk {
    /// A path may be unreadable, which `??`, `exists` and predicates tolerate.
    unreadable: bool,
    /// A value may have the wrong type for an operator or a function.
    misused: bool,
}

impl<'s> Typing<'s> {
    pub(crate) fn new(scope: &'s dyn Scope, text: &'s str) -> Self {
        Self {
            scope,
            text,
            problems: Vec::new(),
            proofs: Vec::new(),
            items: Vec::new(),
            risk: Risk::default(),
            may_be_text: false,
        }
    }

    /// The type of the whole expression.
    pub(crate) fn run(mut self, expr: &Expr) -> (Typed, Vec<Problem>) {
        let typed = self.typed(expr);
        (typed, self.problems)
    }

    /// Types the whole expression as a condition: the presence of its result.
    pub(crate) fn run_condition(mut self, expr: &Expr) -> (Presence, Vec<Problem>) {
        let answered = self.condition(expr);
        let uncertain = self.risk.unreadable || self.risk.misused;
        (if uncertain { answered.and(Presence::Maybe) } else { answered }, self.problems)
    }

    fn typed(&mut self, expr: &Expr) -> Typed {
        let outer = std::mem::take(&mut self.risk);
        let mut typed = self.kind(expr);
        if self.risk.unreadable || self.risk.misused {
            typed.presence = typed.presence.and(Presence::Maybe);
        }
        self.risk.unreadable |= outer.unreadable;
        self.risk.misused |= outer.misused;
        typed
    }

    /// The type of an expression in a context that tolerates unreadable paths (`??`, `exists`).
    fn covered(&mut self, expr: &Expr) -> Typed {
        let outer = self.risk.unreadable;
        let typed = self.typed(expr);
        self.risk.unreadable = outer;
        typed
    }

    fn kind(&mut self, expr: &Expr) -> Typed {
        match &expr.kind {
            ExprKind::Literal(value) => Typed::always(Type::of_value(value)),
            ExprKind::List(items) => {
                let items: Vec<Typed> = items.iter().map(|item| self.typed(item)).collect();
                let presence = items.iter().map(|item| item.presence).fold(Presence::Always, Presence::and);
                Typed { ty: Type::list(Type::union(items.into_iter().map(|item| item.ty))), presence }
            }
            ExprKind::Path(path) => self.path(expr, path),
            ExprKind::Not(inner) => Typed { ty: Type::Boolean, presence: self.condition(inner) },
            ExprKind::Logical(Logical::Coalesce, operands) => {
                let typed = self.coalesce(operands);
                self.proved_coalesce(expr, typed)
            }
            ExprKind::Logical(operator, operands) => self.logical(*operator, operands),
            ExprKind::Comparison(comparison) => self.comparison(expr, comparison),
            ExprKind::Call(call) => self.call(expr, call),
        }
    }

    /// Types a condition: the presence of its boolean result.
    fn condition(&mut self, expr: &Expr) -> Presence {
        let Typed { ty, presence } = self.typed(expr).without_null();
        if ty.is_nothing() {
            return Presence::Never;
        }
        if !Type::Boolean.overlaps(&ty) {
            let message = format!("a condition is true or false, found {ty}");
            let help = format!("compare it with a value, or write `exists({})`", self.written(expr));
            self.report(
                Problem::new(&TYPE_MISMATCH, expr.range.clone(), message)
                    .with_label(ty.to_string())
                    .with_help(help),
            );
        }
        self.risk.misused |= !Type::Boolean.accepts(&ty);
        presence
    }

    /// Types `&&` and `||`. An operand is evaluated only if the earlier ones do not decide the result, so it may rely
    /// on what they prove.
    fn logical(&mut self, operator: Logical, operands: &[Expr]) -> Typed {
        let (known, problems) = (self.proofs.len(), self.problems.len());
        let mut presence = Presence::Always;
        for (index, operand) in operands.iter().enumerate() {
            let answered = self.condition(operand);
            presence = match answered {
                // A later operand may not be evaluated, so its missing result does not always matter.
                Presence::Never if index > 0 => presence.and(Presence::Maybe),
                answered => presence.and(answered),
            };
            if self.proofs.len() < MAX_PROOFS {
                let proofs = match operator {
                    Logical::And => proof::of_truth(operand),
                    Logical::Or | Logical::Coalesce => proof::of_falsehood(operand),
                };
                // A proof about `@` is dropped: in a nested predicate, `@` is another item.
                self.proofs.extend(proofs.into_iter().filter(|proof| !proof.speaks_of_current()));
            }
        }
        self.proofs.truncate(known);
        // After a problem in an operand, its value is unreliable.
        if operator == Logical::And && self.problems.len() == problems {
            self.contradictions(operands);
        }
        Typed { ty: Type::Boolean, presence }
    }

    fn coalesce(&mut self, operands: &[Expr]) -> Typed {
        let Some((last, others)) = operands.split_last() else { return Typed::never() };
        let mut members = Vec::new();
        let mut settled = None;
        for operand in others {
            let typed = self.covered(operand).without_null();
            if settled.is_none() && typed.presence != Presence::Never {
                members.push(typed.ty);
                settled = (typed.presence == Presence::Always).then_some(Presence::Always);
            }
        }
        let last = self.typed(last);
        let presence = settled.unwrap_or_else(|| {
            let fallback = if members.is_empty() { last.presence } else { last.presence.or(Presence::Maybe) };
            if last.presence == Presence::Always { Presence::Always } else { fallback }
        });
        if settled.is_none() && last.presence != Presence::Never {
            members.push(last.ty);
        }
        Typed { ty: Type::union(members), presence }
    }

    /// Suggests a name for an unknown step: the most similar step, reserved word or input, preferred in this order at
    /// equal distance. An input with exactly this name comes first, unless the path cannot be read of it.
    fn meant(&self, name: &str, path: &Path) -> Option<String> {
        let names = self.scope.suggestions();
        let exact = names.has_input(name);
        if exact && self.can_be_read(name, path) {
            return Some(format!("inputs.{name}"));
        }
        let word = names.nearest_word(name);
        let input = names.nearest_input(name);
        let fits = |input: &str| self.can_be_read(input, path);
        match (word, input) {
            (None, _) if exact => Some(format!("inputs.{name}")),
            (Some(word), Some(input)) if input.distance < word.distance && fits(input.name) => {
                Some(format!("inputs.{}", input.name))
            }
            (Some(word), _) => Some(word.name.to_owned()),
            (None, input) => input.map(|input| format!("inputs.{}", input.name)),
        }
    }

    /// Whether the first selector of a path can be read of an input.
    fn can_be_read(&self, input: &str, path: &Path) -> bool {
        let Some((first, _)) = path.selectors.first() else { return true };
        let text = format!("inputs.{input}{first}");
        parse(&text).is_ok_and(|read| Typing::new(self.scope, &text).run(&read).1.is_empty())
    }

    /// The type of a root. Reports an unknown root, whose type is then unknown.
    fn root(&mut self, root: &Root, path: &Path, place: &Range<usize>) -> Typed {
        if let Some(typed) = self.scope.root(root) {
            let place = Place::of_root(root);
            let local: Vec<&Proof> = self.proofs.iter().filter(|proof| proof.covers(&place)).collect();
            return proof::given_at(typed, &place, &local);
        }
        let problem = match root {
            Root::Step(id) => {
                let problem = Problem::new(&UNKNOWN_STEP, place.clone(), format!("there is no step `{id}`"))
                    .with_label("unknown step");
                match (self.root_habit(id, path), self.meant(id, path)) {
                    (Some(help), _) => problem.with_help(help),
                    (None, Some(near)) => problem
                        .with_help(format!("did you mean `{near}`?"))
                        .with_replacement(place.clone(), near),
                    (None, None) if std::mem::take(&mut self.may_be_text) => {
                        let text = literal::quote(id);
                        problem
                            .with_help(format!("did you mean the text `{text}`?"))
                            .with_replacement(place.clone(), text)
                    }
                    (None, None) => match some_of(self.scope.suggestions().steps()) {
                        Some(steps) => problem.with_help(format!("the steps are {steps}")),
                        None => problem,
                    },
                }
            }
            reserved => Problem::new(
                &UNAVAILABLE_ROOT,
                place.clone(),
                format!("there is no `{}` here", reserved.name()),
            )
            .with_label("not known here")
            .with_help(match reserved {
                Root::Item | Root::Index => {
                    "`item` and `index` are available in a step with `forEach`, but not in its `when`, which is \
                     evaluated once for all items"
                }
                Root::Response => {
                    "`response` is available in the step's own `poll` and `expect`; elsewhere the id of a step is \
                     its result"
                }
                _ => "it is not available here",
            }),
        };
        self.report(problem);
        Typed::always(Type::Any)
    }

    /// Whether there are proofs that may concern an expression.
    fn knows_of(&self, expr: &Expr) -> bool {
        let of = |root| !self.scope.proofs(root).is_empty();
        !self.proofs.is_empty() || of(None) || place::root_of(expr).is_some_and(|root| of(Some(root)))
    }

    /// The proofs that may concern a place.
    fn proofs_of(&self, place: &Place) -> impl Iterator<Item = &Proof> {
        self.scope.proofs(place.root()).into_iter().chain(&self.proofs)
    }

    /// Narrows a type by the proofs about a place. A value that is proved not to be null was read successfully, so its
    /// risks are cleared.
    fn proved(&mut self, typed: Typed, place: &Place) -> Typed {
        let covering: Vec<&Proof> = self.proofs_of(place).filter(|proof| proof.covers(place)).collect();
        let not_null = covering.iter().any(|proof| proof.covers_not_null(place));
        let given = proof::given_at(typed, place, &covering);
        if not_null && given.presence != Presence::Never {
            self.risk = Risk::default();
        }
        given
    }

    /// Narrows `??` likewise. If a proof says that one of the operands is there, the result is there; an operand may
    /// still have the wrong type.
    fn proved_coalesce(&mut self, expr: &Expr, typed: Typed) -> Typed {
        let typed = if self.knows_of(expr) { self.proved(typed, &Place::of(expr)) } else { typed };
        if typed.presence != Presence::Maybe {
            return typed;
        }
        let places: Vec<Place> = proof::operands(expr).into_iter().map(Place::of).collect();
        let roots: BTreeSet<Option<&Root>> = places.iter().map(Place::root).chain([None]).collect();
        let of_scope = roots.into_iter().flat_map(|root| self.scope.proofs(root));
        if !of_scope.chain(&self.proofs).any(|proof| proof.covers_one_of(&places)) {
            return typed;
        }
        self.risk.unreadable = false;
        Typed::always(typed.ty.split_null().0)
    }

    fn report(&mut self, problem: Problem) {
        self.problems.push(problem);
    }

    /// The source text of an expression, shortened for a message.
    fn written(&self, expr: &Expr) -> String {
        shorten(self.text.get(expr.range.clone()).unwrap_or_default())
    }
}

/// Joins the lines of a text and shortens it to 60 characters.
fn shorten(text: &str) -> String {
    let line: Vec<&str> = text.split_whitespace().collect();
    let line = line.join(" ");
    if line.chars().count() <= 60 {
        return line;
    }
    line.chars().take(59).chain(['…']).collect()
}
