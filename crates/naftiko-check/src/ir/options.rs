//! The settings of a check.

use std::path::PathBuf;

use naftiko_diagnostics::Code;

/// Settings of a check, beyond the path of the document.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// A capabilities document, or a folder of them, in place of the one that the composition would find.
    pub capabilities: Option<PathBuf>,
    /// OpenAPI descriptions, in place of those that the capabilities document names.
    pub openapi: Vec<PathBuf>,
    /// Files, and folders with everything below them, that documents may name in addition to the files below their
    /// own folders.
    pub allowed_files: Vec<PathBuf>,
    /// Rules that are off by default and apply in this check; [`rules`](crate::rules()) looks them up by name.
    pub rules: Vec<&'static Code>,
}
