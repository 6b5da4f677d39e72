//! Names and values that a header field can carry (RFC 9110).

/// Whether a header field can carry `text` so that the recipient reads exactly that text: visible ASCII, with spaces
/// and tabs inside. RFC 9110 §5.5 also allows other bytes, but does not define their character set.
pub fn is_field_value(text: &str) -> bool {
    text.trim() == text && text.bytes().all(|byte| matches!(byte, b'\t' | 0x20..=0x7e))
}

/// Whether `text` is a token of RFC 9110 §5.6.2, such as the name of a header field or a cookie.
pub fn is_token(text: &str) -> bool {
    !text.is_empty()
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
}
