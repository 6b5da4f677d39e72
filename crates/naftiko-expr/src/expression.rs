//! The public expression type: source text and syntax tree.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use crate::ast::{Base, Expr, ExprKind, Reference, Root, Segment, Selector};
use crate::budget::Budget;
use crate::evaluate::{Environment, EvaluationError, Evaluator};
use crate::evidence;
use crate::place;
use crate::problem::Problem;
use crate::proof::{self, Proof};
use crate::types::{Presence, Typed};
use crate::typing::{Scope, Typing};

/// A parsed expression: its source text, unchanged, and its syntax tree.
#[derive(Clone, PartialEq)]
pub struct Expression {
    text: String,
    root: Expr,
}

impl Expression {
    /// Parses an expression.
    ///
    /// # Errors
    /// The first [`Problem`], with its byte range in the text.
    pub fn parse(text: &str) -> Result<Self, Problem> {
        Ok(Self { root: crate::parse::parse(text)?, text: text.to_owned() })
    }

    /// Builds the path that reads `segments` of `root`: `create-organization.id`, `inputs['odd name']`.
    ///
    /// The id of a step has to be a [step name](crate::is_step_name); otherwise the text cannot be parsed again.
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
        Self { text, root: Expr { kind: ExprKind::Path(place::path(base, selectors)), range } }
    }

    /// The source text, unchanged.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The syntax tree.
    pub fn root(&self) -> &Expr {
        &self.root
    }

    /// Every path that starts at a root, in source order, including those in predicates and arguments.
    pub fn references(&self) -> Vec<Reference> {
        let mut found = Vec::new();
        self.root.collect_references(&mut found);
        found
    }

    /// The values that are certain to be there once this expression has been true. Such conditions make values that may
    /// be absent safe to read.
    pub fn proofs(&self) -> Vec<Proof> {
        proof::of_truth(&self.root)
    }

    /// The values that are certain to be there in each item of the resulting list, expressed about `item`: the
    /// predicates that selected the item prove them.
    pub fn item_proofs(&self) -> Vec<Proof> {
        proof::of_items(&self.root)
    }

    /// Evaluates the expression in `env`. `None` means *absent*, which is not null.
    ///
    /// # Errors
    /// An [`EvaluationError`] when a required operand is absent, or a value has the wrong type.
    /// [`EvaluationError::Exhausted`] when the evaluation exceeds the default [`Budget`].
    pub fn evaluate(&self, env: &dyn Environment) -> Result<Option<Value>, EvaluationError> {
        self.evaluate_within(env, &Budget::default())
    }

    /// Like [`evaluate`](Self::evaluate), within a budget that other evaluations share.
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

    /// Like [`evaluate`](Self::evaluate), with a limit on work that is linear in the `size` of the input values (see
    /// [`size`](crate::size())) and in the length of the expression. Nearly every expression needs less; filters inside
    /// filters, or lists that are searched for each item of another list, may need more.
    ///
    /// # Errors
    /// As [`evaluate`](Self::evaluate), and [`EvaluationError::Exhausted`] when the evaluation exceeds that limit.
    pub fn evaluate_bounded(
        &self,
        env: &dyn Environment,
        size: u64,
    ) -> Result<Option<Value>, EvaluationError> {
        self.evaluate_within(env, &Budget::linear(&self.text, size))
    }

    /// Explains why the condition is true or false in `env`: the deciding parts with their values, on one line, such as
    /// `` `a.b` is 1, `c` is absent ``. Empty if there is nothing to add. `mask` returns the part of a value that may
    /// be shown; a value derived from a partly masked value is not shown at all.
    pub fn evidence(&self, env: &dyn Environment, mask: &dyn Fn(&Value) -> Value) -> String {
        evidence::of(&self.root, &self.text, env, mask)
    }

    /// Types the expression as a condition in `scope`: the presence of its result, and its problems. A result that is
    /// never a boolean is a problem.
    pub fn condition_in(&self, scope: &dyn Scope) -> (Presence, Vec<Problem>) {
        Typing::new(scope, &self.text).run_condition(&self.root)
    }

    /// The type of the expression's value in `scope`, and its problems.
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
