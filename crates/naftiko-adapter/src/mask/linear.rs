//! Tests that the work of masking is proportional to the length of the text, whatever the text and the secrets are. The
//! work is the number of bytes and states visited.

use proptest::prelude::*;

use super::Mask;

/// The maximum work per byte of a text. Only long rows of backslashes come near it.
const MOST: f64 = 200.0;

fn hiding(secrets: &[&str]) -> Mask {
    let mut mask = Mask::default();
    mask.hide_each(secrets.iter().map(|secret| (*secret, 4)));
    mask
}

fn work_per_byte(mask: &Mask, text: &str) -> f64 {
    let mut work = 0;
    mask.hidden(text, &mut work);
    f64::from(u32::try_from(work).unwrap()) / f64::from(u32::try_from(text.len()).unwrap())
}

/// Fails if the work grows faster than the text, or a byte is too much work. Steps are only forgotten in texts of some
/// length, so one doubling may exceed the bound.
fn check(mask: &Mask, text: &str) {
    let once = work_per_byte(mask, text);
    let begin: String = text.chars().take(40).collect();
    assert!(once < MOST, "{once} for {begin:?}…");
    let twice = work_per_byte(mask, &text.repeat(2));
    if twice >= 1.3 * once + 0.5 {
        let fourfold = work_per_byte(mask, &text.repeat(4));
        assert!(fourfold < 1.3 * twice + 0.5, "{once} becomes {twice} and {fourfold} for {begin:?}…");
    }
}

/// Texts that repeat the starts or parts of escapes, and prefixes of secrets.
const FLOODS: [&str; 46] = [
    "\\",
    "&",
    "%",
    "%25",
    "+",
    ";",
    "=",
    "~",
    "a",
    "%61",
    "\\u0061",
    "\\\\u",
    "&#",
    "&#97;",
    "&amp;",
    "&a",
    "&#x00000000000000000000000000000000000000000000000000000",
    "YWFh",
    "%5C",
    "\\u005c",
    "\\u005cu005c",
    "&amp;amp;",
    "61",
    "=\n",
    "a ",
    "a\r",
    "%25a",
    "\\ud83d",
    "\\ud83d\\\\\\",
    "%2561",
    "%25%32%35",
    "aaab",
    "%u",
    "\\x",
    "\\x{",
    "\\1",
    "%2526%2523",
    "&#%33",
    "~1",
    "\\\"",
    "=3D",
    "S3cr3t-Toke",
    "secret-number-",
    "a\\",
    "%%",
    "\u{e9}",
];

#[test]
fn floods_of_escapes_and_of_beginnings_of_secrets_are_linear() {
    let periodic = format!("{}b", "a".repeat(300));
    let slashes = format!("a{}b", "\\".repeat(7));
    let masks = [
        hiding(&[&periodic]),
        hiding(&[&slashes, "%25%25%25%25%25%25b", "&amp;&amp;&amp;x"]),
        hiding(&["S3cr3t-Token", "pw", "\"quoted\"", "two\nlines of text"]),
        hiding(&["ababab", "bababa", "aabaab", "61616161", "YWFhYWFh"]),
        hiding(&[&"\\".repeat(4), &"\\".repeat(40), &"\\".repeat(400)]),
        hiding(&[&"%".repeat(40)]),
        hiding(&[&"&amp;".repeat(40), &"&".repeat(40)]),
        hiding(&[&"\\u005c".repeat(40)]),
        hiding(&[&"%25".repeat(40), &"+".repeat(40), &"=".repeat(40)]),
    ];
    let mixed = ["a", &"\\".repeat(3000), "a%25", &"%2525".repeat(500), "&#", &"0".repeat(3000)].concat();
    for mask in &masks {
        for flood in FLOODS {
            check(mask, &flood.repeat(2600 / flood.len()));
        }
        check(mask, &mixed);
        check(mask, &periodic.repeat(10));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn mixtures_of_escapes_are_linear(
        unit in r#"[%&\\+=;~#ux0-9a-f{}"\n]{1,8}"#,
        secrets in proptest::collection::vec(r#"[%&\\+=;~#ux0-9a-f{}"]{4,12}"#, 1..4),
        periodic in (r"[%&\\+=;~#ux0-9a-f]{1,4}", 4..60_usize).prop_map(|(part, count)| part.repeat(count)),
    ) {
        let more = [unit.as_str(), periodic.as_str()];
        let secrets: Vec<&str> = secrets.iter().map(String::as_str).chain(more).collect();
        check(&hiding(&secrets), &periodic.repeat(1 + 2600 / periodic.len()));
        check(&hiding(&secrets), &unit.repeat(2600 / unit.len()));
    }
}

#[test]
fn a_thousand_secrets_are_looked_for_together() {
    let secrets: Vec<String> =
        (0..1000_u32).map(|n| format!("{:08x}-{n}", n.wrapping_mul(2_654_435_761))).collect();
    let text = "{\"id\": \"0b5e77a1-12\", \"url\": \"https://x.example/z?a=b&c=%20\"} ".repeat(200);
    let one = work_per_byte(&hiding(&[&secrets[0]]), &text);
    let mut mask = Mask::default();
    mask.hide_each(secrets.iter().skip(100).map(|secret| (secret.as_str(), 4)));
    for secret in secrets.iter().take(100) {
        mask.hide(secret, 4);
    }
    assert!(mask.groups.len() <= 4, "{}", mask.groups.len());
    let all = work_per_byte(&mask, &text);
    assert!(all < 5.0 * one, "{one} becomes {all}");
}

#[test]
fn a_large_secret_is_found_as_it_is() {
    let secret = format!("{}b", "secret ".repeat(20_000));
    let mask = hiding(&[&secret]);
    assert_eq!(mask.text(&format!("<{}{secret}>", "secret ".repeat(3))), "<secret secret secret ***>");
    check(&mask, &"secret ".repeat(40_000));
    check(&mask, &secret);
}
