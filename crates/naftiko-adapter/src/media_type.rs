//! What a media type says by its name alone; what a body holds is for each adapter to read and write.

/// The media type without its parameters, in lower case: `application/json` of `Application/JSON; charset=utf-8`.
pub fn essence(media_type: &str) -> String {
    media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// Whether a media type, given by its [essence](essence()), is JSON: `application/json`, `text/json` or `…+json`.
pub fn is_json(essence: &str) -> bool {
    matches!(essence, "application/json" | "text/json") || essence.ends_with("+json")
}
