//! Percent-encoding (RFC 3986).

/// Percent-encodes every byte of `text` that is neither unreserved (RFC 3986 §2.3) nor in `keep`.
pub fn encoded(text: &str, keep: &str) -> String {
    let mut written = String::with_capacity(text.len());
    for byte in text.bytes() {
        let unreserved = byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
        if unreserved || keep.as_bytes().contains(&byte) {
            written.push(char::from(byte));
        } else {
            written.push('%');
            for half in [byte >> 4, byte & 0xf] {
                written.extend(char::from_digit(u32::from(half), 16).map(|digit| digit.to_ascii_uppercase()));
            }
        }
    }
    written
}

/// Encodes a literal part of the path of an operation. The `pchar` of RFC 3986, `/`, and the `%` of existing escapes
/// are left unchanged.
pub fn encoded_literal(text: &str) -> String {
    encoded(text, "/%!$&'()*+,;=:@")
}
