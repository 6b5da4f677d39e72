//! Property tests of masking, over generated texts and secrets.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use proptest::prelude::*;

use super::Mask;

/// A piece of an encoded text, and whether it contains a part of the secret.
type Piece = (String, bool);

/// An encoding. Where an encoding allows choices, a seed decides them for each character.
#[derive(Debug, Clone, Copy)]
enum Encoding {
    Json,
    Script,
    Percent,
    Form,
    Html,
    QuotedPrintable,
    Base64 { url_safe: bool, line: usize },
    Hex,
}

fn hex_digits(text: &str, prefix: &str, upper: bool) -> String {
    let digits = |byte: u8| if upper { format!("{prefix}{byte:02X}") } else { format!("{prefix}{byte:02x}") };
    text.bytes().map(digits).collect()
}

/// The encoding of a character by an encoder that makes the choice `random`.
fn encoded(encoding: Encoding, character: char, random: u64) -> String {
    let own = character.to_string();
    let upper = random & 8 > 0;
    match (encoding, character, random % 8) {
        (Encoding::Json, '\\' | '"', 0..6) => format!("\\{character}"),
        (Encoding::Json, '\n', 0..6) => "\\n".to_owned(),
        (Encoding::Json, '/', 0..4) => "\\/".to_owned(),
        (Encoding::Json, '\\' | '"' | '\n', _) | (Encoding::Json, _, 0..3) => {
            let mut units = [0; 2];
            let unit = |unit: &u16| if upper { format!("\\u{unit:04X}") } else { format!("\\u{unit:04x}") };
            character.encode_utf16(&mut units).iter().map(unit).collect()
        }
        (Encoding::Script, _, 0..2) => format!("\\u{{{:x}}}", u32::from(character)),
        (Encoding::Script, _, 2..4) if character.is_ascii() => hex_digits(&own, "\\x", upper),
        (Encoding::Script, _, 4) if character.is_ascii() => format!("\\{:03o}", u32::from(character)),
        (Encoding::Script, _, _) if !character.is_ascii_alphanumeric() && character.is_ascii_graphic() => {
            format!("\\{character}")
        }
        (Encoding::Form, ' ', 0..6) => "+".to_owned(),
        (Encoding::Percent | Encoding::Form, '%' | '+', _)
        | (Encoding::Percent | Encoding::Form, _, 0..5) => hex_digits(&own, "%", upper),
        (Encoding::Html, '&', 0..6) => "&amp;".to_owned(),
        (Encoding::Html, '<', 0..6) => "&lt;".to_owned(),
        (Encoding::Html, '/', 0..2) => "&sol;".to_owned(),
        (Encoding::Html, 'é', 0..2) => "&eacute;".to_owned(),
        (Encoding::Html, _, 2) => format!("&#{};", u32::from(character)),
        (Encoding::Html, '&', _) | (Encoding::Html, _, 3) => format!("&#x{:06X};", u32::from(character)),
        (Encoding::QuotedPrintable, '=', _) | (Encoding::QuotedPrintable, _, 0..3) => {
            hex_digits(&own, "=", true)
        }
        _ => own,
    }
}

/// A character as most encoders write it: only what must be escaped is escaped.
fn usual(encoding: Encoding, character: char) -> String {
    let own = character.to_string();
    match (encoding, character) {
        (Encoding::Json, '\n') => "\\n".to_owned(),
        (Encoding::Json, '\\' | '"') | (Encoding::Script, '\\' | '"' | '$' | '\'') => {
            format!("\\{character}")
        }
        (Encoding::Form, ' ') => "+".to_owned(),
        (Encoding::Percent | Encoding::Form, _)
            if !character.is_ascii_alphanumeric() && !"-._~".contains(character) =>
        {
            hex_digits(&own, "%", true)
        }
        (Encoding::Html, '&') => "&amp;".to_owned(),
        (Encoding::Html, '<') => "&lt;".to_owned(),
        (Encoding::Html, '"') => "&quot;".to_owned(),
        (Encoding::Html, '\'') => "&#39;".to_owned(),
        (Encoding::QuotedPrintable, _) if character == '=' || !character.is_ascii() => {
            hex_digits(&own, "=", true)
        }
        _ => own,
    }
}

/// The bytes of the pieces, and for each whether it is part of the secret.
fn as_bytes(pieces: &[Piece]) -> Vec<(u8, bool)> {
    pieces.iter().flat_map(|(text, secret)| text.bytes().map(move |byte| (byte, *secret))).collect()
}

/// Encodes the pieces. Without a seed, the encoding makes its usual choices.
fn encode(encoding: Encoding, pieces: &[Piece], seed: Option<u64>) -> Vec<Piece> {
    match encoding {
        Encoding::Base64 { url_safe, line } => {
            let bytes = as_bytes(pieces);
            let plain: Vec<u8> = bytes.iter().map(|(byte, _)| *byte).collect();
            let digits = if url_safe { URL_SAFE_NO_PAD.encode(plain) } else { STANDARD_NO_PAD.encode(plain) };
            let holds_secret = |digit: usize| {
                let bits = digit * 6..digit * 6 + 6;
                bits.into_iter().any(|bit| bytes.get(bit / 8).is_some_and(|(_, secret)| *secret))
            };
            let mut out = Vec::new();
            for (at, digit) in digits.chars().enumerate() {
                if line > 0 && at > 0 && at % line == 0 {
                    out.push((
                        if seed.unwrap_or_default().is_multiple_of(2) { "\n" } else { "\r\n" }.to_owned(),
                        false,
                    ));
                }
                out.push((digit.to_string(), holds_secret(at)));
            }
            out
        }
        Encoding::Hex => {
            let upper = seed.unwrap_or_default().is_multiple_of(2);
            let digits =
                |(byte, secret)| (if upper { format!("{byte:02X}") } else { format!("{byte:02x}") }, secret);
            as_bytes(pieces).into_iter().map(digits).collect()
        }
        _ => {
            let mut random = seed.unwrap_or_default() | 1;
            let mut next = || {
                random =
                    random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                random >> 40
            };
            let mut out = Vec::new();
            for (text, secret) in pieces {
                for character in text.chars() {
                    let random = next();
                    if matches!(encoding, Encoding::QuotedPrintable) && random % 16 == 0 {
                        out.push(("=\r\n".to_owned(), false));
                    }
                    let text = match seed {
                        Some(_) => encoded(encoding, character, random),
                        None => usual(encoding, character),
                    };
                    out.push((text, *secret));
                }
            }
            out
        }
    }
}

/// Fails if a part of the secret remains visible in a text that contains it in these encodings, applied in order.
fn check(secret: &str, before: &str, after: &str, chain: &[(Encoding, Option<u64>)], inner: (&str, &str)) {
    let mut pieces =
        vec![(inner.0.to_owned(), false), (secret.to_owned(), true), (inner.1.to_owned(), false)];
    for (encoding, seed) in chain {
        pieces = encode(*encoding, &pieces, *seed);
    }
    let mut text = before.to_owned();
    let mut places = Vec::new();
    for (piece, is_secret) in &pieces {
        if *is_secret {
            places.push((text.len(), text.len() + piece.len()));
        }
        text.push_str(piece);
    }
    text.push_str(after);
    let mut mask = Mask::default();
    mask.hide(secret, 4);
    let hidden = mask.hidden(&text, &mut 0);
    for (start, end) in places {
        let is_hidden = hidden.iter().any(|(from, to)| *from <= start && end <= *to);
        assert!(is_hidden, "`{secret}` shows at {start}..{end} of {text}");
    }
}

fn escapes() -> impl Strategy<Value = Encoding> {
    prop_oneof![
        4 => common_escapes(),
        1 => Just(Encoding::Script),
        1 => Just(Encoding::Form),
        1 => Just(Encoding::QuotedPrintable),
    ]
}

fn common_escapes() -> impl Strategy<Value = Encoding> {
    prop_oneof![Just(Encoding::Json), Just(Encoding::Percent), Just(Encoding::Html)]
}

fn digits() -> impl Strategy<Value = Encoding> {
    prop_oneof![
        3 => (any::<bool>(), prop_oneof![Just(0), Just(64), Just(76), 4_usize..12])
            .prop_map(|(url_safe, line)| Encoding::Base64 { url_safe, line }),
        1 => Just(Encoding::Hex),
    ]
}

/// Generates secrets with or without characters that must be escaped.
const SECRET: &str =
    r#"[a-zA-Z0-9]{8,20}|[!-~]{6,16}|[a-f0-9%&\\"'+/=; é😀~-]{3}[a-z0-9é😀]{3}[a-f0-9%&\\"'+/=;~-]{3}"#;
/// Generates text that looks like escapes.
const AROUND: &str = r#"[%&\\+=;#ux0-9a-fA-F"~é]{0,8}"#;

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, max_shrink_iters: 3000, ..ProptestConfig::default() })]

    #[test]
    fn nothing_of_an_escaped_secret_shows(
        secret in SECRET,
        before in AROUND,
        after in AROUND,
        chain in prop_oneof![
            proptest::collection::vec((escapes(), any::<u64>().prop_map(Some)), 0..=2),
            proptest::collection::vec((common_escapes(), any::<u64>().prop_map(Some)), 3),
            proptest::collection::vec((escapes(), Just(None)), 0..=6),
        ],
    ) {
        prop_assume!(secret.trim() == secret);
        check(&secret, &before, &after, &chain, ("", ""));
    }

    #[test]
    fn nothing_of_a_secret_in_base64_or_in_digits_shows(
        secret in SECRET,
        before in AROUND,
        after in AROUND,
        inner in ("[ -~]{0,5}", "[ -~]{0,5}"),
        digits in (digits(), any::<u64>().prop_map(Some)),
        chain in proptest::collection::vec((escapes(), any::<u64>().prop_map(Some)), 0..=2),
    ) {
        prop_assume!(secret.trim() == secret);
        let chain: Vec<_> = std::iter::once(digits).chain(chain).collect();
        check(&secret, &before, &after, &chain, (&inner.0, &inner.1));
    }

    #[test]
    fn a_text_without_a_secret_stays_as_it_is(
        secret in "[a-zA-Z0-9]{10,20}",
        text in r#"[%&\\+=;#ux0-9a-fA-F"~éghij \n]{0,60}"#,
    ) {
        let mut mask = Mask::default();
        mask.hide(&secret, 6);
        prop_assert_eq!(mask.text(&text), text);
    }
}
