//! Rules that are off by default, and who turns them on.
//!
//! An operator turns them on with [`Options::rules`], an author with a comment above the first key of the checked
//! document: `# naftiko: rules[governance]`. A name is that of a set, or of one code in it.

use std::collections::BTreeSet;

use naftiko_diagnostics::{Code, Diagnostic, SourceFile, Spanned};
use naftiko_syntax::Comment;

use crate::Options;
use crate::faults::{unknown_code, unused_ignore};
use crate::rules::governance;
use crate::suppression::{Top, directive};

/// The codes that a name turns on: all of a set, or the one with that name. `None` for an unknown name.
pub fn rules(name: &str) -> Option<Vec<&'static Code>> {
    if name == governance::NAME {
        return Some(governance::CODES.to_vec());
    }
    governance::CODES.iter().find(|code| code.id == name).map(|code| vec![*code])
}

/// Every name that turns on rules.
pub fn rule_names() -> impl Iterator<Item = &'static str> {
    std::iter::once(governance::NAME).chain(governance::CODES.iter().map(|code| code.id))
}

/// What is asked for in all.
#[derive(Debug, Default)]
pub(crate) struct AskedFor {
    /// The codes of the rules.
    pub(crate) codes: BTreeSet<&'static str>,
    /// What is wrong with comments that ask.
    pub(crate) diagnostics: Vec<Diagnostic>,
}

impl AskedFor {
    /// What the operator and the comments of the document ask for.
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

    /// Whether a code can be found at all.
    pub(crate) fn is_on(&self, code: &str) -> bool {
        self.codes.contains(code) || !governance::CODES.iter().any(|rule| rule.id == code)
    }
}
