//! Converts paths to URIs.

use std::path::MAIN_SEPARATOR;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// All characters except those that RFC 3986 leaves unreserved, and the separator.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/');

/// The URI of a file: relative for a relative path, else with the scheme `file`. Colons are encoded, so that the first
/// segment is never read as a scheme.
pub(super) fn of(path: &str) -> String {
    let mut path = path.to_owned();
    if MAIN_SEPARATOR != '/' {
        path = path.replace(MAIN_SEPARATOR, "/");
    }
    let path = collapsed(&path);
    let encoded = utf8_percent_encode(&path, ENCODED);
    match path.strip_prefix('/') {
        Some(_) => format!("file://{encoded}"),
        None if has_drive(&path) => format!("file:///{encoded}"),
        None => encoded.to_string(),
    }
}

/// Resolves `.` and `folder/..` in a path; a leading `..` of a relative path remains.
fn collapsed(path: &str) -> String {
    let root = if path.starts_with('/') { "/" } else { "" };
    let mut segments: Vec<&str> = Vec::new();
    for segment in path.split('/') {
        match (segment, segments.last()) {
            ("" | ".", _) => {}
            ("..", Some(last)) if *last != ".." => {
                segments.pop();
            }
            ("..", None) if !root.is_empty() => {}
            _ => segments.push(segment),
        }
    }
    format!("{root}{}", segments.join("/"))
}

/// Whether the path begins with a drive letter (`C:/`); only on Windows.
fn has_drive(path: &str) -> bool {
    cfg!(windows) && matches!(path.as_bytes(), [letter, b':', b'/', ..] if letter.is_ascii_alphabetic())
}

#[cfg(test)]
mod tests {
    use super::of;

    #[test]
    fn a_path_is_a_uri() {
        for (path, uri) in [
            ("specs/a.yaml", "specs/a.yaml"),
            ("./a b/ü#?.yaml", "a%20b/%C3%BC%23%3F.yaml"),
            ("a:b/100%.yaml", "a%3Ab/100%25.yaml"),
            ("a/./../b//c.yaml", "b/c.yaml"),
            ("../../a.yaml", "../../a.yaml"),
            ("/tmp/../a.yaml", "file:///a.yaml"),
            ("/../a.yaml", "file:///a.yaml"),
            ("<stdin>", "%3Cstdin%3E"),
        ] {
            assert_eq!(of(path), uri);
        }
    }
}
