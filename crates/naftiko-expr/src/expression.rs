//! An expression as others hold it.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use crate::ast::{Base, Expr, ExprKind, Path, Reference, Root, Segment, Selector};
use crate::budget::Budget;
use crate::evaluate::{Environment, EvaluationError, Evaluator};
use crate::evidence;
use crate::problem::Problem;
use crate::proof::{self, Proof};
use crate::types::{Presence, Typed};
use crate::typing::{Scope, Typing};

/// An expression: its text, exactly as it was written, and what it means.
#[derive(Clone, PartialEq)]
pub struct Expression {
    text: String,
    root: Expr,
}

impl Expression {
    /// Reads an expression.
    ///
    /// # Errors
    /// The first [`Problem`], with its place in the text.
    pub fn parse(text: &str) -> Result<Self, Problem> {
        Ok(Self { root: crate::parse::parse(text)?, text: text.to_owned() })
    }

    /// The path that reads `segments` of `root`: `create-organization.id`, `inputs['odd name']`.
    ///
    /// The id of a step has to be a [step name](crate::is_step_name), or the text will not parse again.
    pub fn path(root: &Root, segments: &[Segment]) -> Self {
        let mut text = root.name().to_owned();
        let base = Base::Root(root.clone(), 0..text.len());
        let mut selectors = Vec::with_capacity(segments.len());
        for segment in segments {
            let start = text.len();
            let selector = Selector::from(segment.clone());
            text.push_str(&selector.to_string());
            selectors.push((selector, start..text.len()));
        }
        let range = 0..text.len();
        Self { text, root: Expr { kind: ExprKind::Path(Path::new(base, selectors)), range } }
    }

    /// The text as it was written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The syntax tree.
    pub fn root(&self) -> &Expr {
        &self.root
    }

    /// Every path with a root that it reads, in order, those inside of predicates and arguments too.
    pub fn references(&self) -> Vec<Reference> {
        let mut found = Vec::new();
        self.root.collect_references(&mut found);
        found
    }

    /// What is there for certain once this expression has been true; the language's way to cover what may be absent.
    pub fn proofs(&self) -> Vec<Proof> {
        proof::of_truth(&self.root)
    }

    /// What is there for certain of each item of the list that it gives, as `item`: what a predicate that has kept the
    /// item proves of it.
    pub fn item_proofs(&self) -> Vec<Proof> {
        proof::of_items(&self.root)
    }

    /// Its value in `env`. Nothing is *absent*, which is not null.
    ///
    /// # Errors
    /// An [`EvaluationError`] when an operand that is needed is absent, or a value has the wrong type.
    /// [`EvaluationError::Exhausted`] when it takes more than the default [`Budget`].
    pub fn evaluate(&self, env: &dyn Environment) -> Result<Option<Value>, EvaluationError> {
        self.evaluate_within(env, &Budget::default())
    }

    /// As [`evaluate`](Self::evaluate), within a budget that other evaluations share.
    ///
    /// # Errors
    /// As [`evaluate`](Self::evaluate).
    pub fn evaluate_within(
        &self,
        env: &dyn Environment,
        budget: &Budget,
    ) -> Result<Option<Value>, EvaluationError> {
        Evaluator::new(env, &self.text, budget).value(&self.root)
    }

    /// As [`evaluate`](Self::evaluate), with an amount of work that is linear in the `size` of the values that it reads (see
    /// [`size`](crate::size())) and in its own length. Nearly every expression needs less; filters within filters, or lists that
    /// are searched for each item of another, may need more.
    ///
    /// # Errors
    /// As [`evaluate`](Self::evaluate), and [`EvaluationError::Exhausted`] when it takes more work.
    pub fn evaluate_bounded(
        &self,
        env: &dyn Environment,
        size: u64,
    ) -> Result<Option<Value>, EvaluationError> {
        self.evaluate_within(env, &Budget::linear(&self.text, size))
    }

    /// Which of its parts made it true or false in `env`, with their values, as a phrase of one line: `` `a.b` is 1, `c` is
    /// absent ``. Empty where there is nothing to add. `mask` says what may be shown of a value; a value that is made of
    /// one that may not be shown whole is not shown at all.
    pub fn evidence(&self, env: &dyn Environment, mask: &dyn Fn(&Value) -> Value) -> String {
        evidence::of(&self.root, &self.text, env, mask)
    }

    /// Whether it has an answer in `scope` where it stands as a condition, and what is wrong with it: a value that is
    /// neither true nor false is.
    pub fn condition_in(&self, scope: &dyn Scope) -> (Presence, Vec<Problem>) {
        Typing::new(scope, &self.text).run_condition(&self.root)
    }

    /// The type of its value in `scope`, and what is wrong with it.
    pub fn type_in(&self, scope: &dyn Scope) -> (Typed, Vec<Problem>) {
        Typing::new(scope, &self.text).run(&self.root)
    }
}

impl fmt::Display for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Expression").field(&self.text).finish()
    }
}

impl std::str::FromStr for Expression {
    type Err = Problem;

    fn from_str(text: &str) -> Result<Self, Problem> {
        Self::parse(text)
    }
}

impl Serialize for Expression {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

impl<'de> Deserialize<'de> for Expression {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).map_err(|problem| serde::de::Error::custom(problem.message))
    }
}
