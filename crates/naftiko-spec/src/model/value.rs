//! Expressions and template values, each with its source position.

use std::ops::Range;

use indexmap::IndexMap;
use naftiko_diagnostics::{Diagnostic, Span};
use naftiko_expr::{Expression, Problem, Template};
use naftiko_syntax::{Node, Value as Tree};

/// The position in the file of a byte range within a scalar's text.
pub fn locate(node: &Node, range: Range<usize>) -> Span {
    match &node.value {
        Tree::String(text) => text.locate(range, node.span),
        _ => node.span,
    }
}

/// An expression in a document.
#[derive(Debug, Clone)]
pub struct Source {
    /// The expression.
    pub expression: Expression,
    /// The scalar that contains the expression.
    pub node: Node,
}

impl Source {
    /// Parses an expression; a syntax error is reported and returns `None`.
    pub(super) fn read(node: &Node, diagnostics: &mut Vec<Diagnostic>) -> Option<Self> {
        // The schema has reported a value that is not text.
        let text = node.as_str()?;
        match Expression::parse(text) {
            Ok(expression) => Some(Self { expression, node: node.clone() }),
            Err(problem) => {
                diagnostics.push(problem.into_diagnostic(&|range| locate(node, range)));
                None
            }
        }
    }
}

/// A value with templates, as under `with`.
#[derive(Debug, Clone)]
pub enum Value {
    /// A scalar: text with or without `${…}`, or any other scalar.
    Scalar {
        /// The parsed template.
        template: Template,
        /// The position of the value.
        node: Node,
        /// Whether it contains the template syntax of another tool, which is reported, and taken as text if that is
        /// ignored.
        is_foreign: bool,
    },
    /// A text that could not be parsed; a diagnostic reports why.
    Unclear {
        /// The position of the value.
        span: Span,
    },
    /// A list.
    List {
        /// The items.
        items: Vec<Value>,
        /// The position of the value.
        span: Span,
    },
    /// A mapping.
    Object {
        /// The entries.
        entries: IndexMap<String, Entry>,
        /// The position of the value.
        span: Span,
    },
}

/// An entry of a mapping.
#[derive(Debug, Clone)]
pub struct Entry {
    /// The position of the key.
    pub key: Span,
    /// The value.
    pub value: Value,
}

impl Value {
    /// Parses a value with templates; syntax errors are reported.
    pub(super) fn read(node: &Node, diagnostics: &mut Vec<Diagnostic>) -> Self {
        Self::build(node, &mut |node| match &node.value {
            Tree::String(text) => match Template::parse_str(text.as_str()) {
                Ok(template) => Self::Scalar { template, node: node.clone(), is_foreign: false },
                Err(problem) => Self::faulty(node, text.as_str(), problem, diagnostics),
            },
            _ => Self::literal_scalar(node),
        })
    }

    /// A text with a syntax error, which is reported. If it only contains the template syntax of another tool, the text
    /// is taken literally.
    fn faulty(node: &Node, text: &str, problem: Problem, diagnostics: &mut Vec<Diagnostic>) -> Self {
        let literal = Template::parse_str_with_foreign(text).ok().filter(|_| problem.is_foreign_template());
        let diagnostic = problem.into_diagnostic(&|range| locate(node, range));
        match literal {
            Some(template) => {
                diagnostics.push(diagnostic.taken_as_written());
                Self::Scalar { template, node: node.clone(), is_foreign: true }
            }
            None => {
                diagnostics.push(diagnostic);
                Self::Unclear { span: node.span }
            }
        }
    }

    /// A literal value, without templates.
    pub(super) fn literal(node: &Node) -> Self {
        Self::build(node, &mut Self::literal_scalar)
    }

    fn literal_scalar(node: &Node) -> Self {
        Self::Scalar { template: Template::literal(node.to_json()), node: node.clone(), is_foreign: false }
    }

    fn build(node: &Node, scalar: &mut dyn FnMut(&Node) -> Self) -> Self {
        match &node.value {
            Tree::Sequence(items) => Self::List {
                items: items.iter().map(|item| Self::build(item, scalar)).collect(),
                span: node.span,
            },
            Tree::Mapping(mapping) => {
                let entries = mapping.iter().map(|(key, entry)| {
                    let value = Self::build(&entry.value, scalar);
                    (key.to_owned(), Entry { key: entry.key_span, value })
                });
                Self::Object { entries: entries.collect(), span: node.span }
            }
            _ => scalar(node),
        }
    }

    /// The position of the value.
    pub fn span(&self) -> Span {
        match self {
            Self::Scalar { node, .. } => node.span,
            Self::Unclear { span } | Self::List { span, .. } | Self::Object { span, .. } => *span,
        }
    }

    /// The template of the whole value; null in place of unreadable parts.
    pub fn template(&self) -> Template {
        match self {
            Self::Scalar { template, .. } => template.clone(),
            Self::Unclear { .. } => Template::literal(serde_json::Value::Null),
            Self::List { items, .. } => Template::list(items.iter().map(Self::template).collect()),
            Self::Object { entries, .. } => Template::object(
                entries.iter().map(|(key, entry)| (key.clone(), entry.value.template())).collect(),
            ),
        }
    }

    /// Every readable scalar of the value with its node, in document order.
    pub fn scalars(&self) -> Vec<(&Template, &Node)> {
        match self {
            Self::Scalar { template, node, .. } => vec![(template, node)],
            Self::Unclear { .. } => Vec::new(),
            Self::List { items, .. } => items.iter().flat_map(Self::scalars).collect(),
            Self::Object { entries, .. } => {
                entries.values().flat_map(|entry| entry.value.scalars()).collect()
            }
        }
    }
}
