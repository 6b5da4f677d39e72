//! The strictness of a check: which findings count as errors, and which are left out.

use std::collections::BTreeSet;

use naftiko_diagnostics::{Code, Diagnostic, Ignored, Severity, nearest};

use crate::args::Check;
use crate::exit::Stop;

/// The word for all warnings in `--deny`.
const WARNINGS: &str = "warnings";

/// The options `--deny`, `--allow` and `--quiet`.
#[derive(Debug)]
pub(crate) struct Strictness {
    denied: BTreeSet<String>,
    allowed: BTreeSet<String>,
    quiet: bool,
}

impl Strictness {
    /// Reads the options.
    ///
    /// # Errors
    /// If an option names an unknown code, or would allow an error.
    pub(crate) fn new(arguments: &Check) -> Result<Self, Stop> {
        let codes = naftiko_check::codes();
        for id in arguments.deny.iter().filter(|id| *id != WARNINGS) {
            find("--deny", id, &codes)?;
        }
        for id in &arguments.allow {
            if find("--allow", id, &codes)?.severity == Severity::Error {
                return Err(Stop::Usage(format!("`--allow {id}`: errors cannot be allowed")));
            }
        }
        Ok(Self {
            denied: arguments.deny.iter().cloned().collect(),
            allowed: arguments.allow.iter().cloned().collect(),
            quiet: arguments.quiet,
        })
    }

    /// Drops the allowed findings, and raises the denied ones to errors. A finding that is both allowed and denied is
    /// dropped.
    pub(crate) fn judge(&self, findings: Vec<Diagnostic>) -> Vec<Diagnostic> {
        findings.into_iter().filter_map(|found| self.judged(found)).collect()
    }

    /// Applies [`judge`](Self::judge) to findings that comments ignore.
    pub(crate) fn judge_ignored(&self, ignored: Vec<Ignored>) -> Vec<Ignored> {
        let judged = |ignored: Ignored| {
            let Ignored { diagnostic, reasons } = ignored;
            Some(Ignored { diagnostic: self.judged(diagnostic)?, reasons })
        };
        ignored.into_iter().filter_map(judged).collect()
    }

    fn judged(&self, found: Diagnostic) -> Option<Diagnostic> {
        if self.allowed.contains(found.code.id) {
            return None;
        }
        let all = found.severity() == Severity::Warning && self.denied.contains(WARNINGS);
        let found = if all || self.denied.contains(found.code.id) { found.denied() } else { found };
        (!self.quiet || found.severity() != Severity::Note).then_some(found)
    }
}

fn find(option: &str, id: &str, codes: &[&'static Code]) -> Result<&'static Code, Stop> {
    codes.iter().copied().find(|code| code.id == id).ok_or_else(|| {
        let near = nearest(id, codes.iter().map(|code| code.id));
        let near = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
        Stop::Usage(format!("`{option} {id}`: there is no code `{id}`{near}"))
    })
}
