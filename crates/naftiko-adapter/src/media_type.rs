//! Classifies media types by their names. Each adapter encodes and decodes bodies itself.

/// The media type without its parameters, in lower case: `application/json` for `Application/JSON; charset=utf-8`.
pub fn essence(media_type: &str) -> String {
    media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// Whether a media type, given by its [essence](essence()), is JSON: `application/json`, `text/json` or `…+json`.
pub fn is_json(essence: &str) -> bool {
    matches!(essence, "application/json" | "text/json") || essence.ends_with("+json")
}

/// Whether a media type, given by its [essence](essence()), is text that is not JSON: `text/*`, XML, lines of JSON, YAML
/// and the like.
pub fn is_text(essence: &str) -> bool {
    const TEXTS: [&str; 13] = [
        "application/graphql",
        "application/javascript",
        "application/json-seq",
        "application/jsonl",
        "application/jsonlines",
        "application/ndjson",
        "application/sql",
        "application/toml",
        "application/x-ndjson",
        "application/x-www-form-urlencoded",
        "application/x-yaml",
        "application/xml",
        "application/yaml",
    ];
    let by_suffix = essence.ends_with("+xml") || essence.ends_with("+yaml");
    !is_json(essence) && (essence.starts_with("text/") || by_suffix || TEXTS.contains(&essence))
}
