//! `data:` URLs (RFC 2397), by which an author supplies bytes that are not text.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use percent_encoding::percent_decode_str;

use crate::field::is_field_value;
use crate::refusal::Problem;

const LENIENT: GeneralPurposeConfig =
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);

/// The contents of a `data:` URL.
pub(crate) struct Data {
    /// The media type, if the URL names one.
    pub(crate) media_type: Option<String>,
    /// The file name: the parameter `name` or `filename`, as browsers and form libraries write it.
    pub(crate) file_name: Option<String>,
    pub(crate) bytes: Vec<u8>,
}

/// Parses a `data:` URL; `None` if `text` is not one. `name` names the text in messages.
pub(crate) fn read(name: &str, text: &str) -> Option<Result<Data, Problem>> {
    let (head, data) = text.strip_prefix("data:")?.split_once(',')?;
    let (head, is_base64) = head.strip_suffix(";base64").map_or((head, false), |head| (head, true));
    let percent_decoded: Vec<u8> = percent_decode_str(data).collect();
    let bytes = if is_base64 { decoded(&percent_decoded) } else { Some(percent_decoded) };
    let Some(bytes) = bytes else {
        return Some(Err(Problem::new(format!(
            "the base64 of the `data:` URL of `{name}` cannot be decoded"
        ))));
    };
    let mut file_name = None;
    let mut kept: Vec<&str> = Vec::new();
    for part in head.split(';') {
        match part.split_once('=') {
            Some(("name" | "filename", value)) => {
                file_name = Some(percent_decode_str(value).decode_utf8_lossy().into_owned());
            }
            _ => kept.push(part),
        }
    }
    let media_type = Some(kept.join(";")).filter(|it| it.contains('/') && is_field_value(it));
    Some(Ok(Data { media_type, file_name: file_name.filter(|name| !name.is_empty()), bytes }))
}

/// Decodes base64 in either alphabet, with or without padding.
fn decoded(base64: &[u8]) -> Option<Vec<u8>> {
    let standard = GeneralPurpose::new(&alphabet::STANDARD, LENIENT);
    let for_urls = GeneralPurpose::new(&alphabet::URL_SAFE, LENIENT);
    standard.decode(base64).or_else(|_| for_urls.decode(base64)).ok()
}
