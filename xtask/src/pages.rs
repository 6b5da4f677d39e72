//! Generates the tables of the codes: `docs/codes/README.md` for people, and the list of pages for `naftiko explain`.
//!
//! The pages themselves are written by hand and tested by `tests/check/pages.rs`; this module only lists them.

use std::fmt::Write as _;
use std::fs;

use anyhow::{Context, bail};

use crate::workspace::Workspace;

const TABLE: &str = "docs/codes/README.md";
const LIST: &str = "crates/naftiko/src/pages.rs";

/// Writes both tables.
pub(crate) fn write(workspace: &Workspace) -> anyhow::Result<()> {
    for (path, text) in wanted(workspace)? {
        let path = workspace.root.join(path);
        fs::write(&path, text).with_context(|| format!("cannot write `{}`", path.display()))?;
    }
    println!("the tables of the codes are up to date");
    Ok(())
}

/// Fails if a table is out of date.
pub(crate) fn check(workspace: &Workspace) -> anyhow::Result<()> {
    for (path, text) in wanted(workspace)? {
        let present = fs::read_to_string(workspace.root.join(path)).unwrap_or_default();
        if present != text {
            bail!("out of date: `{path}`; run `cargo xtask codegen`");
        }
    }
    println!("the tables of the codes are up to date");
    Ok(())
}

fn wanted(workspace: &Workspace) -> anyhow::Result<[(&'static str, String); 2]> {
    let mut table = String::from(TABLE_HEAD);
    let mut list = String::from(LIST_HEAD);
    for code in naftiko_check::codes() {
        let path = format!("docs/codes/{}.md", code.id);
        let page = fs::read_to_string(workspace.root.join(&path))
            .with_context(|| format!("`{}` has no page: write `{path}`, as CONTRIBUTING.md says", code.id))?;
        let fix = if has_fix(&page) { "yes" } else { "" };
        let (id, severity, summary) = (code.id, code.severity.as_str(), code.summary.replace('|', "\\|"));
        writeln!(table, "| [{id}]({id}.md) | {severity} | {fix} | {summary} |")?;
        writeln!(list, "    (\"{id}\", include_str!(\"../../../{path}\")),")?;
    }
    list.push_str("];\n");
    Ok([(TABLE, table), (LIST, list)])
}

/// Whether the line below the summary says that there is a fix.
fn has_fix(page: &str) -> bool {
    page.lines().nth(4).is_some_and(|line| line.ends_with("with a fix"))
}

const TABLE_HEAD: &str = "# Codes

Everything that `naftiko check` can report. Written by `cargo xtask codegen`. Each page shows a document that gives the code and what to write
instead, and a test checks both. `naftiko explain CODE` prints a page.

| code | severity | fix | what it says |
| --- | --- | --- | --- |
";

const LIST_HEAD: &str = "//! The pages of the codes, by code. Written by `cargo xtask codegen`.

/// Every page, in the order of the codes.
#[rustfmt::skip]
pub(crate) const PAGES: &[(&str, &str)] = &[
";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fifth_line_says_whether_there_is_a_fix() {
        assert!(has_fix("# a\n\nA.\n\n**error**, with a fix\n"));
        assert!(!has_fix("# a\n\nA.\n\n**error**\n\nA text with a fix\n"));
    }
}
