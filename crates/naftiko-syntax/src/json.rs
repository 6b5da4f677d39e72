//! Reads JSON text into a tree, by the rules of JSON (RFC 8259).
//!
//! YAML is almost, but not exactly, a superset of JSON: it forbids control characters that JSON allows, and reads the
//! two halves of `\ud83d\ude00` as two characters. So a text that is JSON is read as JSON; any other text is left to
//! the YAML reader, which also explains its errors.

use naftiko_diagnostics::{FileId, Span};

use crate::core_schema::{self, Plain};
use crate::reader::Limits;
use crate::tree::{Entry, Mapping, Node, Text, Value};

/// The tree of a text, if it is one JSON object or list within the limits, each key occurs once, and JSON readers agree
/// on each number.
pub(crate) fn parse(text: &str, file: FileId, limits: &Limits) -> Option<Node> {
    let mut reader = Reader { text, bytes: text.as_bytes(), file, at: 0, nodes: 0, limits: *limits };
    reader.space();
    if !matches!(reader.peek()?, b'{' | b'[') {
        return None;
    }
    let root = reader.document()?;
    reader.space();
    (reader.at == text.len()).then_some(root)
}

struct Reader<'a> {
    text: &'a str,
    bytes: &'a [u8],
    file: FileId,
    at: usize,
    nodes: usize,
    limits: Limits,
}

/// A list or an object that has not ended.
enum Open {
    List { start: usize, items: Vec<Node> },
    Object { start: usize, mapping: Mapping, key: Option<(String, Span)> },
}

impl Reader<'_> {
    /// The first value. Open lists and objects are on an explicit stack, so that depth does not use the call stack.
    fn document(&mut self) -> Option<Node> {
        let mut open: Vec<Open> = Vec::new();
        loop {
            self.space();
            self.nodes += 1;
            if self.nodes > self.limits.nodes || open.len() >= self.limits.depth {
                return None;
            }
            let start = self.at;
            let mut value = match self.peek()? {
                b'{' => {
                    self.at += 1;
                    let mut object = Open::Object { start, mapping: Mapping::new(), key: None };
                    self.space();
                    if self.take(b'}') {
                        self.closed(object)
                    } else {
                        self.key(&mut object)?;
                        open.push(object);
                        continue;
                    }
                }
                b'[' => {
                    self.at += 1;
                    let list = Open::List { start, items: Vec::new() };
                    self.space();
                    if self.take(b']') {
                        self.closed(list)
                    } else {
                        open.push(list);
                        continue;
                    }
                }
                b'"' => {
                    let text = self.string()?;
                    Node { span: self.span(start), value: Value::String(text) }
                }
                _ => self.word(start)?,
            };
            loop {
                let Some(mut container) = open.pop() else { return Some(value) };
                container.add(value)?;
                self.space();
                let byte = self.peek()?;
                self.at += 1;
                match (byte, &container) {
                    (b',', Open::List { .. }) => {}
                    (b',', Open::Object { .. }) => self.key(&mut container)?,
                    (b']', Open::List { .. }) | (b'}', Open::Object { .. }) => {
                        value = self.closed(container);
                        continue;
                    }
                    _ => return None,
                }
                open.push(container);
                break;
            }
        }
    }

    /// A key and its colon.
    fn key(&mut self, container: &mut Open) -> Option<()> {
        self.space();
        let start = self.at;
        let text = self.string()?;
        let span = self.span(start);
        self.space();
        let Open::Object { key, .. } = container else { return None };
        *key = Some((text.as_str().to_owned(), span));
        self.take(b':').then_some(())
    }

    fn closed(&self, container: Open) -> Node {
        match container {
            Open::List { start, items } => Node { span: self.span(start), value: Value::Sequence(items) },
            Open::Object { start, mapping, .. } => {
                Node { span: self.span(start), value: Value::Mapping(mapping) }
            }
        }
    }

    /// `true`, `false`, `null` or a number.
    fn word(&mut self, start: usize) -> Option<Node> {
        let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'+' | b'.');
        let rest = self.bytes.get(start..)?;
        let length = rest.iter().position(|byte| !is_part(byte)).unwrap_or(rest.len());
        self.at += length;
        let word = self.text.get(start..self.at)?;
        let value = match word {
            "true" => Value::Bool(true),
            "false" => Value::Bool(false),
            "null" => Value::Null,
            number if is_number(number) => match core_schema::plain(number) {
                Plain::Number(number) => Value::Number(number),
                Plain::Rounded(number) if !self.limits.exact_numbers => Value::Number(number),
                Plain::Inexact if !self.limits.exact_numbers => Value::Number(core_schema::rounded(number)?),
                _ => return None,
            },
            _ => return None,
        };
        Some(Node { span: self.span(start), value })
    }

    /// A quoted text, unescaped. Half a surrogate pair becomes U+FFFD.
    fn string(&mut self) -> Option<Text> {
        if !self.take(b'"') {
            return None;
        }
        let mut value = String::new();
        let mut anchors = vec![(0, u32::try_from(self.at).ok()?)];
        loop {
            let rest = self.bytes.get(self.at..)?;
            let plain = rest.iter().position(|byte| matches!(byte, b'"' | b'\\' | 0..=0x1f))?;
            value.push_str(self.text.get(self.at..self.at + plain)?);
            self.at += plain;
            match self.peek()? {
                b'"' => {
                    self.at += 1;
                    return Some(Text::new(value, anchors));
                }
                b'\\' => {
                    anchors.push((u32::try_from(value.len()).ok()?, u32::try_from(self.at).ok()?));
                    value.push(self.escape()?);
                    anchors.push((u32::try_from(value.len()).ok()?, u32::try_from(self.at).ok()?));
                }
                _ => return None,
            }
        }
    }

    fn escape(&mut self) -> Option<char> {
        let byte = *self.bytes.get(self.at + 1)?;
        self.at += 2;
        Some(match byte {
            b'n' => '\n',
            b't' => '\t',
            b'r' => '\r',
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'"' | b'\\' | b'/' => char::from(byte),
            b'u' => {
                let unit = self.unit()?;
                if !(0xd800..0xdc00).contains(&unit) {
                    return Some(char::from_u32(unit).unwrap_or(char::REPLACEMENT_CHARACTER));
                }
                let before = self.at;
                if self.take(b'\\') && self.take(b'u') {
                    let low = self.unit()?;
                    if (0xdc00..0xe000).contains(&low) {
                        return char::from_u32(0x1_0000 + ((unit - 0xd800) << 10) + (low - 0xdc00));
                    }
                }
                self.at = before;
                char::REPLACEMENT_CHARACTER
            }
            _ => return None,
        })
    }

    /// The four hexadecimal digits of a `\u`.
    fn unit(&mut self) -> Option<u32> {
        let digits = self.text.get(self.at..self.at + 4)?;
        self.at += 4;
        digits.bytes().all(|digit| digit.is_ascii_hexdigit()).then(|| u32::from_str_radix(digits, 16).ok())?
    }

    fn space(&mut self) {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        self.at += rest.iter().take_while(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r')).count();
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn take(&mut self, wanted: u8) -> bool {
        let is_here = self.peek() == Some(wanted);
        self.at += usize::from(is_here);
        is_here
    }

    fn span(&self, start: usize) -> Span {
        Span::new(self.file, start..self.at)
    }
}

impl Open {
    /// Adds a value; `None` for a duplicate key, which the YAML reader reports.
    fn add(&mut self, value: Node) -> Option<()> {
        match self {
            Self::List { items, .. } => items.push(value),
            Self::Object { mapping, key, .. } => {
                let (key, key_span) = key.take()?;
                if mapping.insert(key, Entry { key_span, value }).is_some() {
                    return None;
                }
            }
        }
        Some(())
    }
}

/// Whether a word is a JSON number: no leading zero or plus, and digits on both sides of a point.
fn is_number(word: &str) -> bool {
    let unsigned = word.strip_prefix('-').unwrap_or(word);
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent.strip_prefix(['-', '+']).unwrap_or(exponent))),
        None => (unsigned, None),
    };
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (mantissa, None),
    };
    let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let is_whole = is_digits(whole) && (whole == "0" || !whole.starts_with('0'));
    is_whole && fraction.is_none_or(is_digits) && exponent.is_none_or(is_digits)
}

#[cfg(test)]
mod tests {
    use naftiko_diagnostics::SourceMap;
    use proptest::prelude::*;
    use serde_json::Value as Json;

    use super::*;

    fn read(text: &str) -> Option<Node> {
        parse(text, SourceMap::new().add("a.json", text), &Limits::default())
    }

    #[test]
    fn control_characters_and_surrogates_are_read_as_json_says() {
        let root = read("{\"a\": \"\u{80}\\ud83d\\ude00\\ud83d!\\u00e9\"}").unwrap();
        assert_eq!(root.get("a").unwrap().as_str(), Some("\u{80}😀\u{fffd}!é"));
    }

    #[test]
    fn every_part_knows_its_bytes() {
        let text = r#" {"a": [1, "x\n\u0041y"], "b": {}} "#;
        let root = read(text).unwrap();
        let bytes = |span: Span| text.get(span.range()).unwrap();
        assert_eq!(bytes(root.span), text.trim());
        assert_eq!(bytes(root.entry("a").unwrap().key_span), r#""a""#);
        let inner = root.pointer("/a/1").unwrap();
        let Value::String(value) = &inner.value else { panic!("a string") };
        assert_eq!((bytes(inner.span), value.as_str()), (r#""x\n\u0041y""#, "x\nAy"));
        assert_eq!(bytes(value.locate(0..1, inner.span)), "x");
        assert_eq!(bytes(value.locate(1..2, inner.span)), r"\n");
        assert_eq!(bytes(value.locate(2..3, inner.span)), r"\u0041");
        assert_eq!(bytes(value.locate(3..4, inner.span)), "y");
        assert_eq!(bytes(root.get("b").unwrap().span), "{}");
    }

    #[test]
    fn what_is_not_json_is_left_to_the_yaml_reader() {
        for text in [
            "a: 1",
            "{a: 1}",
            "{\"a\" 1}",
            "[1,]",
            "[01]",
            "[1.]",
            "[+1]",
            "[.5]",
            "[1 2]",
            "{} x",
            "[\"\t\"]",
            "[\"\\x\"]",
            "[tru]",
            "{\"a\":1,\"a\":2}",
            "[",
            "\"a\"",
            "",
            "[1e999]",
            "[123456789012345678901]",
            "[]]",
            "{]",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
        assert_eq!(read(&"[".repeat(1_000)), None);
    }

    proptest! {
        #[test]
        fn any_json_is_read_as_serde_json_reads_it(words in proptest::collection::vec("[\\PC\\x80-\\x9f]{0,6}", 0..6), number in any::<i64>(), float in -1e9..1e9_f64) {
            let value = serde_json::json!({"words": words.clone(), "nested": [[{}], {"a": [number, float, null, true]}], "": words});
            for text in [value.to_string(), serde_json::to_string_pretty(&value).unwrap()] {
                let root = read(&text).unwrap();
                prop_assert_eq!(root.to_json(), serde_json::from_str::<Json>(&text).unwrap());
            }
        }
    }
}
