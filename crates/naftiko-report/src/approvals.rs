//! Renders the stored approvals of secrets: one list for people, one set of values for programs.

use jiff::Timestamp;
use naftiko_text::{Printable, printable, shell_word};
use serde::Serialize;

use crate::Style;

/// The widest line that is written where it can be broken, in columns.
const WIDTH: usize = 80;

/// An approval: this secret may be sent to this server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Approved {
    /// The name of the environment variable, the path of the file, or the program; never the value of the secret.
    pub secret: String,
    /// The kind of source: `variable`, `file` or `program`.
    pub kind: String,
    /// The server: scheme, host and port.
    pub origin: String,
    /// The time of the approval.
    pub at: Timestamp,
}

/// Renders one approval per line. An approval that would be wider than 80 columns is broken into two or three lines.
pub fn approvals(approvals: &[Approved], style: Style) -> Printable {
    let mut out = Printable::new();
    for Approved { secret, kind, origin, at } in approvals {
        // Quoted for the shell, since a name may hold spaces or special characters.
        let (secret, origin) = (shell_word(secret), printable!("{}", origin));
        let kind = if kind == "variable" { Printable::new() } else { printable!("{}, ", kind) };
        // The date is in UTC, like every time in the reports.
        let since = printable!("({}since {})", kind, at.strftime("%F"));
        let pair = secret.chars().count() + origin.chars().count() + 3;
        let before_origin = if pair > WIDTH { "\n  " } else { " " };
        let line = if pair > WIDTH { origin.chars().count() + 4 } else { pair };
        let before_since = if line + since.chars().count() + 2 > WIDTH { "\n  " } else { "  " };
        let (before_origin, before_since) = (Printable::from(before_origin), Printable::from(before_since));
        let since = style.dim(since);
        out.push(&printable!("{}{}→ {}{}{}\n", secret, before_origin, origin, before_since, since));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(secret: &str, kind: &str, origin: &str) -> Printable {
        let at = Timestamp::from_second(1_768_478_400).unwrap();
        let (secret, kind, origin) = (secret.to_owned(), kind.to_owned(), origin.to_owned());
        approvals(&[Approved { secret, kind, origin, at }], Style::PLAIN)
    }

    #[test]
    fn an_approval_is_a_line_and_is_broken_where_it_would_be_too_wide() {
        insta::assert_snapshot!(
            line("WORKOS_API_KEY", "variable", "https://api.workos.com"),
            @"WORKOS_API_KEY → https://api.workos.com  (since 2026-01-15)"
        );
        insta::assert_snapshot!(
            line("/etc/acme/compositions/secrets/a-token", "file", "https://api.acme.example"),
            @"
        /etc/acme/compositions/secrets/a-token → https://api.acme.example
          (file, since 2026-01-15)
        "
        );
        let long = "https://api.eu-central-1.acme.example:8443";
        insta::assert_snapshot!(
            line("/etc/acme/compositions/secrets/of-the-test-tenant/token", "file", long),
            @"
        /etc/acme/compositions/secrets/of-the-test-tenant/token
          → https://api.eu-central-1.acme.example:8443  (file, since 2026-01-15)
        "
        );
    }

    #[test]
    fn a_name_that_a_terminal_would_obey_is_escaped() {
        let shown = line("a\u{1b}[31m\u{202e}b", "program", "https://a.example");
        assert!(!shown.contains(['\u{1b}', '\u{202e}']), "{shown}");
    }
}
