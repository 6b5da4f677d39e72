//! What expires, and what takes time.

use jiff::SignedDuration;
use naftiko_diagnostics::Span;
use naftiko_expr::{Expression, Root};
use naftiko_plan::Poll;
use naftiko_spec::{Step, Work};

use crate::flow::carried;
use crate::model::Model;

/// Something that a step yields and that is not good for ever.
pub(crate) struct Expiring {
    /// The position of the step.
    pub(crate) position: usize,
    pub(crate) root: Root,
    pub(crate) path: Vec<String>,
    /// How long it is good for.
    pub(crate) lives: SignedDuration,
    /// It in the author's words: `` `make-link.link` ``.
    pub(crate) words: String,
    /// Where it is said that it expires.
    pub(crate) span: Span,
}

/// Something that takes time.
pub(crate) struct Slow {
    /// How long at most; nothing: there is no limit.
    pub(crate) at_most: Option<SignedDuration>,
    /// What it does, in words that follow the step.
    pub(crate) words: &'static str,
}

/// Everything that expires: what the capabilities document says of the operations that steps use.
pub(crate) fn sources(model: &Model<'_>) -> Vec<Expiring> {
    let expiring = model.calls().flat_map(|call| {
        let id = &call.step.id.value;
        let facts = &call.resolution.facts.expires;
        facts.iter().map(move |(path, after)| {
            let path = &path.expression;
            Expiring {
                position: call.position,
                root: Root::Step(id.clone()),
                words: format!("`{}`", in_result(id, path)),
                path: way(path),
                lives: after.value,
                span: after.span,
            }
        })
    });
    expiring.collect()
}

/// What of a step takes time: somebody outside, or a poll. Where it says how long, that is the limit.
pub(crate) fn slow(step: &Step, wait: Option<&Poll>) -> Option<Slow> {
    match (&step.work, wait) {
        (Work::External(external), _) => Some(Slow {
            at_most: external.timeout.as_ref().map(|timeout| timeout.value),
            words: "waits for somebody outside",
        }),
        (_, Some(poll)) => Some(Slow { at_most: Some(poll.timeout), words: "is repeated" }),
        _ => None,
    }
}

impl Expiring {
    /// Whether a text speaks of it by the name of its field: `link`, `access token` for `access_token`.
    pub(crate) fn is_named_in(&self, text: &str) -> bool {
        let Some(field) = self.path.last() else { return false };
        let (text, field) = (words(text), words(field));
        !field.is_empty() && text.windows(field.len()).any(|window| window == field)
    }
}

/// The words of a text or a name, in lower case: `accessToken` is two.
fn words(text: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut after_lower = false;
    for character in text.chars() {
        if !character.is_alphanumeric() || (character.is_uppercase() && after_lower) {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut().filter(|_| character.is_alphanumeric()) {
            word.extend(character.to_lowercase());
        }
        after_lower = character.is_lowercase();
    }
    words.retain(|word| !word.is_empty());
    words
}

/// The fields that a path into a response leads through, below its body.
fn way(path: &Expression) -> Vec<String> {
    carried(path).into_iter().flat_map(|found| found.path).skip(1).collect()
}

/// A path into a response as one into the result of a step.
fn in_result(id: &str, path: &Expression) -> String {
    path.text().replacen("response.body", id, 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_found_as_words() {
        for (text, name) in [
            ("Email the Admin Portal link to them.", "link"),
            ("Send the access-token", "access_token"),
            ("Send the access token", "accessToken"),
        ] {
            assert!(words(text).windows(words(name).len()).any(|window| window == words(name)), "{name}");
        }
        assert_eq!(words("Link(s) of MyHTTP2"), ["link", "s", "of", "my", "http2"]);
    }
}
