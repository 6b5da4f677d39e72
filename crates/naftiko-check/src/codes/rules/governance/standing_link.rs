//! A link that grants access to its holder for more than a day, or without an expiry.

use jiff::SignedDuration;
use naftiko_diagnostics::{Code, Diagnostic, Severity};
use naftiko_spec::{Facts, Purpose};

use crate::analyses::model::Model;

pub(crate) static CODE: Code = Code {
    id: "standing-link",
    severity: Severity::Warning,
    summary: "a link that gives its holder access does not expire within a day",
};

/// The longest acceptable lifetime. A link that lives longer is as good as a password.
const LONGEST: SignedDuration = SignedDuration::from_hours(24);

pub(crate) fn check(model: &Model<'_>) -> Vec<Diagnostic> {
    model.calls().flat_map(|call| of(&call.resolution.facts)).collect()
}

/// Reports an operation that makes a link, if `expires` is missing or a lifetime in it is too long.
pub(crate) fn of(facts: &Facts) -> Vec<Diagnostic> {
    let Some(purpose) = facts.purposes.iter().find(|purpose| purpose.value == Purpose::MakeLink) else {
        return Vec::new();
    };
    let help = "declare its lifetime: `expires: {link: 5m}`, with the path of the link";
    if facts.expires.is_empty() {
        let message = "the link has no declared lifetime";
        return vec![
            Diagnostic::new(&CODE, purpose.span, message).with_label("every holder of the link has access").with_help(help),
        ];
    }
    let standing = facts.expires.iter().filter(|(_, after)| after.value > LONGEST);
    standing
        .map(|(_, after)| {
            Diagnostic::new(&CODE, after.span, "the link is valid for more than a day")
                .with_label("every finder of the link has access until then")
                .with_help("make the link when it is needed, valid for minutes")
        })
        .collect()
}
