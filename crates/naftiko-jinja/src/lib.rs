//! The templates of e-mails: a subset of Jinja that always ends.
//!
//! A template may come from a stranger, and the values it shows from a provider. Parsing and rendering are therefore
//! bounded in every direction: nesting, computation, the length of each text and the memory of all values that are
//! made. Nothing here reads anything but the template and the values that it is given.
//!
//! [`Template::parse`] finds every mistake with its place; [`Template::render`] gives the text or says why there is
//! none, without showing a value.

mod ast;
mod evaluate;
mod filters;
mod meter;
mod names;
mod number;
mod parse;
mod problem;
mod scan;
mod show;
mod value_tests;

use serde_json::Value;

pub use filters::{FILTERS, Filter};
pub use meter::Limits;
pub use problem::{Problem, ProblemKind, RenderError, RenderErrorKind};
pub use value_tests::{TESTS, Test};

/// The longest template, in bytes.
pub const MAX_LENGTH: usize = 64 * 1024;

/// The names that a message gives to its template, besides those of what is handed over.
pub const MESSAGE_NAMES: [&str; 9] =
    ["run", "step", "description", "with", "until", "result", "answerUrl", "howToAnswer", "id"];

/// A template that can be rendered.
#[derive(Debug, Clone)]
pub struct Template {
    source: String,
    nodes: Vec<ast::Node>,
}

impl Template {
    /// Reads a template.
    ///
    /// # Errors
    /// Every [`Problem`] in it, in order, each with its bytes. After one of syntax nothing more is read.
    pub fn parse(source: &str) -> Result<Self, Vec<Problem>> {
        let nodes = parse::template(source)?;
        Ok(Self { source: source.to_owned(), nodes })
    }

    /// The names that it reads and that are not among `known`, in order, as problems with their bytes.
    pub fn unknown_names(&self, known: &[&str]) -> Vec<Problem> {
        names::unknown(&self.nodes, known)
    }

    /// Whether it reads one of these names.
    pub fn reads(&self, names: &[&str]) -> bool {
        names::reads(&self.nodes, names)
    }

    /// The text, with the value that `values` gives for each name.
    ///
    /// # Errors
    /// A [`RenderError`] when a value is missing or of the wrong kind, or when one of the limits is reached.
    pub fn render<'v>(
        &'v self,
        values: &dyn Fn(&str) -> Option<&'v Value>,
        limits: Limits,
    ) -> Result<String, RenderError> {
        evaluate::render(&self.nodes, values, limits).map_err(|failure| failure.told(&self.source))
    }
}
