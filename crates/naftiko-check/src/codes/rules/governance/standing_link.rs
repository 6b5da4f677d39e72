//! A link that grants access to its holder for more than a day, or without an expiry.

use jiff::SignedDuration;
use naftiko_diagnostics::{Code, Diagnostic, Severity};
use naftiko_spec::{Facts, Purpose};

use crate::analyses::model::Model;

pub(crate) static CODE: Code = Code {
    id: "standing-link",
    severity: Severity::Warning,
    summary: "a link that lets its holder in has no end, or lives for more than a day",
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
    let help = "say how long it is good for: `expires: {link: 5m}`, with the path of the link";
    if facts.expires.is_empty() {
        let message = "nothing says how long the link is good for";
        return vec![
            Diagnostic::new(&CODE, purpose.span, message).with_label("whoever holds it gets in").with_help(help),
        ];
    }
    let standing = facts.expires.iter().filter(|(_, after)| after.value > LONGEST);
    standing
        .map(|(_, after)| {
            Diagnostic::new(&CODE, after.span, "the link lives for more than a day")
                .with_label("whoever finds it until then gets in")
                .with_help("have a link made when it is needed, and let it live for minutes")
        })
        .collect()
}
