//! The request headers that are not arguments, even if a description lists them as parameters.

/// Headers that the standard defines elsewhere: the media types of the body and the response, and the credential
/// ("Parameter Object" of the `OpenAPI` text).
const DESCRIBED_ELSEWHERE: [&str; 3] = ["accept", "authorization", "content-type"];

/// Headers that belong to the connection (RFC 9110 §7.6.1, RFC 9112) or to the decoding in the client.
const OF_THE_CONNECTION: [&str; 13] = [
    "accept-encoding",
    "connection",
    "content-length",
    "expect",
    "host",
    "http2-settings",
    "keep-alive",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// Whether the client itself sets the header of this name, in any case, and ignores a parameter of that name.
/// `User-Agent` is not one of these headers: a description may define it as a parameter.
pub fn is_set_by_client(name: &str) -> bool {
    let is = |known: &&str| known.eq_ignore_ascii_case(name);
    DESCRIBED_ELSEWHERE.iter().chain(&OF_THE_CONNECTION).any(is)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_of_the_client_is_one_in_any_case() {
        for name in ["Accept", "content-TYPE", "Authorization", "host", "Content-Length"] {
            assert!(is_set_by_client(name), "{name}");
        }
        for name in ["User-Agent", "Cookie", "X-Accept", "Accept-Language", "Content-MD5", ""] {
            assert!(!is_set_by_client(name), "{name}");
        }
    }
}
