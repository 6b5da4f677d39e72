//! Text that an operator can paste into a shell.

/// A text as a shell takes it for one word: quoted, unless no character of it means anything to a shell.
pub fn as_word(text: &str) -> String {
    let is_plain = |character: char| character.is_alphanumeric() || "/._-+:@%,=".contains(character);
    if !text.is_empty() && text.chars().all(is_plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}
