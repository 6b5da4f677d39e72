//! `naftiko explain` and `naftiko codes`: the documentation of codes.

use naftiko_diagnostics::{Code, Diagnostic, Severity, nearest};
use naftiko_report::{Style, page};
use naftiko_text::{Printable, printable};
use serde_json::json;

use crate::args::{Codes, Explain};
use crate::exit::{Exit, Stop};
use crate::pages::PAGES;
use crate::screen::Screen;

/// Prints the page of a code.
pub(crate) fn explain(arguments: &Explain, screen: &mut Screen) -> Result<Exit, Stop> {
    // A code may be given as it was printed, with its severity and brackets.
    let sought = arguments.code.rsplit_once('[').map_or(arguments.code.as_str(), |(_, code)| code);
    let sought = sought.trim_end_matches(']');
    let Some(text) = page_of(sought) else { return Err(Stop::Usage(unknown(sought))) };
    screen.result(&page(text, screen.out))?;
    Ok(Exit::Done)
}

fn page_of(code: &str) -> Option<&'static str> {
    PAGES.iter().find(|(id, _)| *id == code).map(|(_, page)| *page)
}

fn unknown(code: &str) -> String {
    match nearest(code, PAGES.iter().map(|(id, _)| *id)) {
        Some(near) => format!("there is no code `{code}`; did you mean `{near}`?"),
        None => format!("unknown code `{code}`; `naftiko codes` lists all codes"),
    }
}

/// Lists all codes.
pub(crate) fn codes(arguments: &Codes, screen: &mut Screen) -> Result<Exit, Stop> {
    let codes = naftiko_check::codes();
    screen.result(&if arguments.json { as_json(&codes)? } else { as_table(&codes, screen.out) })?;
    Ok(Exit::Done)
}

fn as_json(codes: &[&Code]) -> std::io::Result<Printable> {
    let rows: Vec<_> = codes
        .iter()
        .map(|code| {
            json!({
                "id": code.id,
                "severity": code.severity,
                "summary": code.summary,
                "fix": has_fix(code),
                "url": code.url(),
            })
        })
        .collect();
    Ok(naftiko_text::json_pretty(&rows)? + &"\n".into())
}

fn as_table(codes: &[&Code], style: Style) -> Printable {
    let width = codes.iter().map(|code| code.id.len()).max().unwrap_or_default();
    let mut table = Printable::new();
    for code in codes {
        let severity = style.severity(code.severity, Printable::from(code.severity.as_str()).padded(7));
        let fix = Printable::from(if has_fix(code) { "fix" } else { "" }).padded(3);
        let id = Printable::from(code.id).padded(width);
        table.push(&printable!("{}  {}  {}  {}\n", id, severity, fix, code.summary));
    }
    table
}

/// Whether the code's page says "with a fix". A test checks that the pages are right.
fn has_fix(code: &Code) -> bool {
    let line = page_of(code.id).and_then(|page| page.lines().nth(4));
    line.is_some_and(|line| line.ends_with("with a fix"))
}

/// The code of the first error.
pub(crate) fn first_error(diagnostics: &[Diagnostic]) -> Option<&'static Code> {
    diagnostics.iter().find(|found| found.severity() == Severity::Error).map(|found| found.code)
}

/// The hint on `naftiko explain`, for a person at a terminal.
pub(crate) fn pointer(first: Option<&Code>, style: Style) -> Printable {
    match first.filter(|_| style.terminal) {
        Some(code) => style.dim(printable!("more about it: naftiko explain {}", code.id)) + &"\n".into(),
        None => Printable::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_its_page() {
        let pages: Vec<&str> = PAGES.iter().map(|(id, _)| *id).collect();
        let codes: Vec<&str> = naftiko_check::codes().iter().map(|code| code.id).collect();
        assert_eq!(pages, codes, "run `cargo xtask codegen`");
        for (id, page) in PAGES {
            assert!(page.starts_with(&format!("# {id}\n")), "{id}");
        }
    }

    #[test]
    fn only_a_person_at_a_terminal_is_told_where_to_read_on() {
        let code = naftiko_check::codes().into_iter().find(|code| code.id == "cycle");
        let terminal = Style { terminal: true, color: false, links: false, width: 80 };
        assert_eq!(pointer(code, terminal), "more about it: naftiko explain cycle\n");
        assert_eq!(pointer(code, Style::PLAIN), "");
        assert_eq!(pointer(None, terminal), "");
    }
}
