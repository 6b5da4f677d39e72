//! Character sets of media types.

use encoding_rs::{Encoding, UTF_8};

use crate::media_type::parameter_of;
use crate::refusal::Problem;

/// The `charset` of a media type, in lower case.
pub fn charset(content_type: &str) -> Option<String> {
    parameter_of(content_type, "charset").map(|name| name.to_ascii_lowercase())
}

/// Whether text of this media type is UTF-8, which is the default if no character set is named.
pub(crate) fn is_utf8(content_type: &str) -> bool {
    charset(content_type).is_none_or(|name| Encoding::for_label(name.as_bytes()) == Some(UTF_8))
}

/// Encodes `text` in the character set of a media type; `name` names the text in messages.
pub(crate) fn in_charset(name: &str, content_type: &str, text: String) -> Result<Vec<u8>, Problem> {
    if is_utf8(content_type) || text.is_ascii() && is_ascii_based(content_type) {
        return Ok(text.into_bytes());
    }
    let charset = charset(content_type).unwrap_or_default();
    let unwritable = || Problem::new(format!("`{name}` cannot be written in the character set `{charset}`"));
    // WHATWG treats `us-ascii` as windows-1252; a strict ASCII reader does not.
    let is_ascii = matches!(charset.as_str(), "us-ascii" | "ascii" | "ansi_x3.4-1968");
    let encoding = Encoding::for_label(charset.as_bytes())
        .filter(|encoding| !is_ascii && encoding.output_encoding() == *encoding);
    let (bytes, _, has_gaps) = encoding.ok_or_else(unwritable)?.encode(&text);
    if has_gaps { Err(unwritable()) } else { Ok(bytes.into_owned()) }
}

/// Decodes bytes in the character set of a media type; `None` if the bytes are not valid in it.
pub(crate) fn from_charset(content_type: &str, bytes: &[u8]) -> Option<String> {
    let label = charset(content_type);
    let encoding = label.map_or(Some(UTF_8), |label| Encoding::for_label(label.as_bytes()))?;
    encoding.decode_without_bom_handling_and_without_replacement(bytes).map(std::borrow::Cow::into_owned)
}

/// Whether the character set of a media type encodes ASCII as the same bytes.
pub(crate) fn is_ascii_based(content_type: &str) -> bool {
    let label = charset(content_type);
    label.is_none_or(|label| Encoding::for_label(label.as_bytes()).is_some_and(Encoding::is_ascii_compatible))
}
