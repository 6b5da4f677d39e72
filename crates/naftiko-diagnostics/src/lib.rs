//! What a problem in a document is.
//!
//! A [`Diagnostic`] is a value: a [`Code`], a message, the places it refers to, help, and a [`Fix`] where there is one.
//! Every stage of the pipeline returns its result *and* its diagnostics; none of them prints. This crate knows no stage
//! and no output format: the stages decide, and `naftiko-report` renders.
//!
//! Messages follow one grammar: lower case, no full stop, one line, the user's own words in backticks. The message says
//! what is wrong, the help says what to do.

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
