//! The expressions in the values of a composition, with their places.

use std::ops::Range;

use naftiko_diagnostics::{Span, Spanned};
use naftiko_expr::Expression;
use naftiko_spec::{Argument, External, Source, Step, Value, locate};
use naftiko_syntax::Node;

use crate::analyses::taint::propagate::{Carried, carried, carried_of_item};
use crate::ir::bound::BoundArgument;

/// An expression with its place.
pub(crate) struct Placed<'a> {
    pub(crate) expression: &'a Expression,
    at: At<'a>,
    /// The list whose items `item` refers to.
    list: Option<&'a Expression>,
}

enum At<'a> {
    /// A byte offset in the text of a scalar.
    Scalar(&'a Node, usize),
    /// Inferred, so the expression has no text of its own; diagnostics point here instead.
    Unwritten(Span),
}

impl<'a> Placed<'a> {
    fn new(expression: &'a Expression, at: At<'a>) -> Self {
        Self { expression, at, list: None }
    }

    /// Sets the step of the expression, whose `forEach` defines `item`.
    pub(crate) fn of(self, step: &'a Step) -> Self {
        Self { list: step.clauses.for_each.as_ref().map(|list| &list.expression), ..self }
    }

    /// Everything that flows into the value of the expression.
    pub(crate) fn carried(&self) -> Vec<Carried> {
        match self.list {
            Some(list) => carried_of_item(self.expression, list),
            None => carried(self.expression),
        }
    }

    /// The span of a range in the expression's text.
    pub(crate) fn locate(&self, range: Range<usize>) -> Span {
        match self.at {
            At::Scalar(node, at) => locate(node, at + range.start..at + range.end),
            At::Unwritten(span) => span,
        }
    }
}

/// The expressions that an external step passes to its receiver: the values of `with` and the settings of the
/// channel. Each has a description of its role.
pub(crate) fn handed_out<'a>(step: &'a Step, external: &'a External) -> Vec<(String, Placed<'a>)> {
    let with = external.with.iter().flatten().map(|(name, value)| (format!("passed as `{name}`"), value));
    let channel = external.channel.as_str();
    let settings = external.settings.iter();
    let settings =
        settings.map(|(name, value)| (format!("goes into `{name}` of the channel `{channel}`"), value));
    with.chain(settings)
        .flat_map(|(role, value)| in_step(step, value).map(move |it| (role.clone(), it)))
        .collect()
}

/// The expressions in a value of a step, with their places.
pub(crate) fn in_step<'a>(step: &'a Step, value: &'a Value) -> impl Iterator<Item = Placed<'a>> {
    in_value(value).into_iter().map(|placed| placed.of(step))
}

pub(crate) fn written<'a>(arguments: &'a [Argument], argument: &BoundArgument) -> Option<&'a Argument> {
    arguments.get(argument.written?)
}

pub(crate) fn in_argument<'a>(
    named: &Spanned<String>,
    arguments: &'a [Argument],
    argument: &'a BoundArgument,
) -> Vec<Placed<'a>> {
    match written(arguments, argument) {
        Some(written) => in_value(&written.value),
        None => {
            let at = |expression| Placed::new(expression, At::Unwritten(named.span));
            argument.value.expressions().into_iter().map(at).collect()
        }
    }
}

pub(crate) fn in_source(source: &Source) -> Placed<'_> {
    Placed::new(&source.expression, At::Scalar(&source.node, 0))
}

/// The expressions in a value, with their places.
pub(crate) fn in_value(value: &Value) -> Vec<Placed<'_>> {
    let scalars = value.scalars().into_iter();
    scalars
        .flat_map(|(template, node)| {
            let expressions = template.placed_expressions().into_iter();
            expressions.map(move |(at, expression)| Placed::new(expression, At::Scalar(node, at)))
        })
        .collect()
}
