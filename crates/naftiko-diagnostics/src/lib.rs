//! Problems in documents.
//!
//! A [`Diagnostic`] is a value: a [`Code`], a message, the positions it refers to, help, and possibly a [`Fix`]. Every
//! stage of the pipeline returns its result *and* its diagnostics; none of them prints. This crate does not depend on a
//! stage or an output format: the stages decide, and `naftiko-report` renders.
//!
//! Messages follow one grammar: lower case, no full stop, one line, the user's own words in backticks. The message
//! names the problem, the help gives advice.

mod diagnostic;
mod findings;
mod source;
mod suggest;
pub mod work;

pub use diagnostic::{
    Applicability, Code, Diagnostic, Edit, Fix, Ignored, Label, Severity, Wording, has_errors, sort,
};
pub use findings::Findings;
pub use source::{FileId, LineColumn, SourceFile, SourceMap, Span, Spanned};
pub use suggest::{NameIndex, Near, nearest, one_of, some_of};
