//! The laws of fixing: it ends, its result can be parsed as far as the original, and nothing remains to be fixed.

use std::path::Path;

use naftiko_check::{Checked, Edited, Options, Policy, Upgrade, fix, upgrade};
use naftiko_diagnostics::Applicability;
use naftiko_spec::{Files, MemoryFiles};

use super::check::once;
use super::documents::{files, main};
use super::places::can_be_shown;

/// Applies the certain fixes to an input, then also the guesses, and upgrades it.
///
/// # Panics
/// If a law is broken.
pub fn hold(input: &[u8]) {
    let files = files(input);
    let before = once(&files);
    for guesses in [false, true] {
        fixed(&files, &before, guesses);
    }
    upgraded(&files);
}

fn fixed(files: &MemoryFiles, before: &Checked, guesses: bool) {
    let mut edited = Edited::new(files);
    let made = make(&mut edited, guesses);
    let changes = edited.changes();
    let offers = before.diagnostics.iter().filter_map(|found| found.fix.as_ref());
    let wanted = offers.filter(|fix| guesses || fix.applicability == Applicability::Safe).count();
    assert!(wanted > 0 || changes.is_empty(), "nothing was offered, and yet: {changes:#?}");
    assert_eq!(made.made.is_empty(), changes.is_empty(), "{:?} were made: {changes:#?}", made.made);
    can_be_shown(&made.checked.diagnostics, &made.checked.sources);
    for change in &changes {
        assert!(reads_on(&change.before, &change.after), "it cannot be read any more: {change:#?}");
    }
    let again = make(&mut edited, guesses);
    assert_eq!(edited.changes(), changes, "a second time changes more");
    assert!(again.made.is_empty(), "a second time makes {:?}", again.made);
}

fn make(files: &mut Edited<'_>, guesses: bool) -> naftiko_check::Fixed {
    let policy = Policy { guesses, may_edit: &|_| true };
    fix(main(), &Options::default(), files, policy).expect("the document is there")
}

/// Whether a text can be parsed to its end, unless the original could not either.
fn reads_on(before: &str, after: &str) -> bool {
    let is_whole = |text: &str| {
        let file = naftiko_diagnostics::SourceMap::new().add("", "");
        !naftiko_syntax::parse(text, file, &naftiko_syntax::Limits::default()).is_cut_short()
    };
    is_whole(after) || !is_whole(before)
}

/// The result of an upgrade is up to date.
fn upgraded(files: &MemoryFiles) {
    let of = |files: &dyn Files| {
        upgrade(main(), &Options::default(), files).expect("the document is there").upgrade
    };
    let Upgrade::Text(text, _) = of(files) else { return };
    let mut edited = Edited::new(files);
    edited.set(Path::new(main()), text.clone());
    match of(&edited) {
        Upgrade::UpToDate(same) => assert_eq!(same, text),
        other => panic!("upgraded, it is not up to date: {other:#?}\n{text}"),
    }
    let checked = once(&edited);
    assert!(checked.plan.is_some(), "upgraded, it has no plan: {:#?}\n{text}", checked.diagnostics);
}
