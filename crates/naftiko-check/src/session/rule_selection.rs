//! Selects the rules that are off by default.
//!
//! The operator selects them with [`Options::rules`], the author with a comment above the first key of the checked
//! document: `# naftiko: rules[governance]`. A name is that of a set of rules or of one code in it.

use std::collections::BTreeSet;

use naftiko_diagnostics::{Code, Diagnostic, SourceFile, Spanned};
use naftiko_syntax::Comment;

use crate::codes::rules::governance;
use crate::codes::{unknown_code, unused_ignore};
use crate::ir::options::Options;
use crate::session::suppression::directive::{Top, directive};

/// The codes that a name selects: all of a set, or the one code with that id. `None` for an unknown name.
pub fn rules(name: &str) -> Option<Vec<&'static Code>> {
    if name == governance::NAME {
        return Some(governance::CODES.to_vec());
    }
    governance::CODES.iter().find(|code| code.id == name).map(|code| vec![*code])
}

/// Every name that selects rules: the names of sets, then the ids of codes.
pub fn rule_names() -> impl Iterator<Item = &'static str> {
    std::iter::once(governance::NAME).chain(governance::CODES.iter().map(|code| code.id))
}

/// The selected rules.
#[derive(Debug, Default)]
pub(crate) struct AskedFor {
    /// The ids of the selected codes.
    pub(crate) codes: BTreeSet<&'static str>,
    /// Findings about the selecting comments.
    pub(crate) diagnostics: Vec<Diagnostic>,
}

impl AskedFor {
    /// Collects the rules that the operator and the comments of the document select.
    pub(crate) fn find(file: &SourceFile, comments: &[Comment], options: &Options) -> Self {
        let mut asked =
            Self { codes: options.rules.iter().map(|code| code.id).collect(), diagnostics: Vec::new() };
        let top = Top::of(if comments.is_empty() { "" } else { file.text() });
        for comment in comments {
            let Some(directive) = directive(file.text(), comment).filter(|it| it.word == "rules") else {
                continue;
            };
            match directive.names {
                Some(names) if top.holds(comment) => {
                    for name in &names {
                        asked.add(name);
                    }
                }
                Some(_) => asked.diagnostics.push(unused_ignore::rules_not_at_the_top(comment.span)),
                None => asked.diagnostics.push(unused_ignore::rules_not_understood(comment.span)),
            }
        }
        asked
    }

    fn add(&mut self, name: &Spanned<String>) {
        match rules(&name.value) {
            Some(codes) => self.codes.extend(codes.iter().map(|code| code.id)),
            None => self.diagnostics.push(unknown_code::no_rule(name, &rule_names().collect::<Vec<_>>())),
        }
    }

    /// Whether a code can be reported: it is on by default, or selected.
    pub(crate) fn is_on(&self, code: &str) -> bool {
        self.codes.contains(code) || !governance::CODES.iter().any(|rule| rule.id == code)
    }
}
