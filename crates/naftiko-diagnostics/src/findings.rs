//! The merged findings of several documents.
//!
//! Documents share files: two compositions of one provider read one capabilities document, which may be checked itself.
//! In the merged result each file and each finding appears once.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::hash::Hash;

use crate::{Diagnostic, FileId, Ignored, SourceMap, Span, sort};

/// The findings of several documents.
#[derive(Debug, Clone, Default)]
pub struct Findings {
    /// All files that were read.
    pub sources: SourceMap,
    /// The findings, in reading order.
    pub diagnostics: Vec<Diagnostic>,
    /// The suppressed findings, in reading order.
    pub ignored: Vec<Ignored>,
    /// The documents to check, in order; all other files were read for them.
    pub checked: Vec<FileId>,
    /// The documents to check, for lookups.
    known: BTreeSet<FileId>,
    files: BTreeMap<String, Vec<FileId>>,
}

impl Findings {
    /// Creates an empty result.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the findings of a document, which is the first file of `sources`. Files with equal `identity` and text are
    /// merged, under the name of the first.
    pub fn add(
        &mut self,
        sources: &SourceMap,
        diagnostics: Vec<Diagnostic>,
        ignored: Vec<Ignored>,
        identity: impl Fn(&str) -> String,
    ) {
        let mut ids = BTreeMap::new();
        for (id, file) in sources.files() {
            let same = self.files.entry(identity(file.name())).or_default();
            let known = same
                .iter()
                .find(|known| self.sources.file(**known).is_some_and(|it| it.text() == file.text()));
            let new = match known {
                Some(known) => *known,
                None => {
                    let new = self.sources.add(file.name(), file.text().clone());
                    same.push(new);
                    new
                }
            };
            if ids.is_empty() && self.known.insert(new) {
                self.checked.push(new);
            }
            ids.insert(id, new);
        }
        let moved = |span: Span| Span { file: ids.get(&span.file).copied().unwrap_or(span.file), ..span };
        self.diagnostics.extend(diagnostics.into_iter().map(|found| in_other_files(found, &moved)));
        self.ignored.extend(
            ignored.into_iter().map(|it| Ignored { diagnostic: in_other_files(it.diagnostic, &moved), ..it }),
        );
    }

    /// Sorts the findings into reading order, and removes duplicates.
    pub fn sort(&mut self) {
        sort(&mut self.diagnostics);
        keep_once(&mut self.diagnostics);
        self.ignored.sort_by_key(|ignored| ignored.diagnostic.place_in_order());
        keep_once(&mut self.ignored);
    }
}

/// Removes everything that equals an earlier item, adjacent or not.
fn keep_once<T: Eq + Hash>(sorted: &mut Vec<T>) {
    let mut known = HashSet::with_capacity(sorted.len());
    let first: Vec<bool> = sorted.iter().map(|it| known.insert(it)).collect();
    let mut first = first.into_iter();
    sorted.retain(|_| first.next().unwrap_or(true));
}

fn in_other_files(mut found: Diagnostic, moved: &impl Fn(Span) -> Span) -> Diagnostic {
    found.primary.span = moved(found.primary.span);
    for label in &mut found.related {
        label.span = moved(label.span);
    }
    for edit in found.fix.iter_mut().flat_map(|fix| &mut fix.edits) {
        edit.span = moved(edit.span);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Applicability, Code, Fix, Severity};

    static FLAW: Code = Code { id: "flaw", severity: Severity::Warning, summary: "a flaw" };

    /// A check of `document` that reads `shared`, with one finding in the latter.
    fn check(document: &str, shared: &str, text: &str) -> (SourceMap, Vec<Diagnostic>) {
        let mut sources = SourceMap::new();
        let home = sources.add(document, "# home");
        let other = sources.add(shared, text);
        let span = Span::new(other, 0..2);
        let fix = Fix::replace("mend it", span, "x", Applicability::Safe);
        let found = Diagnostic::new(&FLAW, span, "broken").with_related(Span::new(home, 0..1), "read here");
        (sources, vec![found.clone().with_fix(fix), found])
    }

    fn gather(checks: &[(&str, &str, &str)]) -> Findings {
        let mut findings = Findings::new();
        for (document, shared, text) in checks {
            let (sources, diagnostics) = check(document, shared, text);
            let ignored = diagnostics
                .iter()
                .map(|found| Ignored { diagnostic: found.clone(), reasons: vec!["known".to_owned()] })
                .collect();
            findings.add(&sources, diagnostics, ignored, |name| name.trim_start_matches("./").to_owned());
        }
        findings.sort();
        findings
    }

    #[test]
    fn a_file_that_two_documents_read_is_once_and_so_is_its_finding() {
        let findings = gather(&[("a", "shared", "text"), ("./a", "./shared", "text")]);
        let names: Vec<&str> = findings.sources.files().map(|(_, file)| file.name()).collect();
        assert_eq!(names, ["a", "shared"]);
        assert_eq!(findings.checked.len(), 1);
        assert_eq!(findings.diagnostics.len(), 2, "with a fix and without one are two findings");
        let ignored: Vec<&Diagnostic> = findings.ignored.iter().map(|it| &it.diagnostic).collect();
        assert_eq!(ignored, findings.diagnostics.iter().collect::<Vec<_>>(), "and so is what is ignored");
    }

    #[test]
    fn places_follow_their_files() {
        let findings = gather(&[("a", "shared", "text"), ("b", "shared", "text")]);
        let found: Vec<(&str, &str, Option<&str>)> = findings
            .diagnostics
            .iter()
            .map(|found| {
                let text = |span| findings.sources.text(span);
                let edit = found.fix.as_ref().map(|fix| text(fix.edits[0].span));
                let related = findings.sources.file(found.related[0].span.file).unwrap().name();
                (text(found.primary.span), related, edit)
            })
            .collect();
        assert_eq!(
            found,
            [("te", "a", Some("te")), ("te", "a", None), ("te", "b", Some("te")), ("te", "b", None)]
        );
    }

    #[test]
    fn a_file_that_changed_in_between_is_two() {
        let findings = gather(&[("a", "shared", "text"), ("a", "shared", "changed")]);
        assert_eq!(findings.sources.files().count(), 3);
        assert_eq!(findings.diagnostics.len(), 4);
    }
}
