//! The templates of e-mails: a subset of Jinja that always terminates.
//!
//! A template may come from an untrusted author, and the values it shows from a provider. Parsing and rendering are
//! therefore limited in every respect: nesting, computation, the length of each text and the memory of all created
//! values. Nothing here reads anything but the template and its given values.
//!
//! [`Template::parse`] reports every problem with its position; [`Template::render`] returns the text, or an error that
//! does not show a value.

mod ast;
mod compare;
mod evaluate;
mod filters;
mod meter;
mod names;
mod number;
mod parse;
mod problem;
mod scan;
mod show;
#[cfg(test)]
mod tests;
mod value;
mod value_tests;

use serde_json::Value;

pub use filters::{FILTERS, Filter};
pub use meter::Limits;
pub use problem::{Problem, ProblemKind, RenderError, RenderErrorKind};
pub use value_tests::{TESTS, Test};

/// The maximum length of a template, in bytes.
pub const MAX_LENGTH: usize = 64 * 1024;

/// The names that a message provides to its template, in addition to the values handed over.
pub const MESSAGE_NAMES: [&str; 9] =
    ["run", "step", "description", "with", "until", "result", "answerUrl", "howToAnswer", "id"];

/// A parsed template.
#[derive(Debug, Clone)]
pub struct Template {
    source: String,
    nodes: Vec<ast::Node>,
}

impl Template {
    /// Parses a template.
    ///
    /// # Errors
    /// All [`Problem`]s, in order, each with its byte range. Parsing ends at the first syntax error.
    pub fn parse(source: &str) -> Result<Self, Vec<Problem>> {
        let nodes = parse::template(source)?;
        Ok(Self { source: source.to_owned(), nodes })
    }

    /// The names that it reads and that are not `known`, in order, as problems with their byte ranges.
    pub fn unknown_names(&self, known: &dyn Fn(&str) -> bool) -> Vec<Problem> {
        names::unknown(&self.nodes, known)
    }

    /// Whether the template reads one of these names.
    pub fn reads(&self, names: &[&str]) -> bool {
        names::reads(&self.nodes, names)
    }

    /// Renders the template with the value that `values` returns for each name.
    ///
    /// # Errors
    /// A [`RenderError`] if a value is missing or of the wrong type, or if a limit is reached.
    pub fn render<'v>(
        &'v self,
        values: &dyn Fn(&str) -> Option<&'v Value>,
        limits: Limits,
    ) -> Result<String, RenderError> {
        evaluate::render(&self.nodes, values, limits).map_err(|failure| failure.told(&self.source))
    }
}
