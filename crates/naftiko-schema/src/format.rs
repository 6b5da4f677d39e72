//! Texts that nearly have a format: services accept them, and descriptions name the format all the same.

use serde_json::Value;

use crate::leaf::Leaf;
use crate::verdict::Verdict;

/// Whether a text has a format, or nearly has it where `accepts_near`.
pub(crate) fn verdict(format: &Leaf, accepts_near: bool, value: &Value) -> Verdict {
    let verdict = format.verdict(value);
    let text = value.as_str().unwrap_or_default();
    let is_near = verdict == Verdict::Fails && accepts_near && nearly(format.text(), text).is_some();
    if is_near { Verdict::Fits } else { verdict }
}

/// The reason why a text is not quite of a format; `None` where it is far from it.
pub(crate) fn nearly(format: &str, text: &str) -> Option<&'static str> {
    match format {
        "date-time" => nearly_date_time(text),
        "uri" if is_reference(text) => {
            Some("it is a relative reference or has characters that are not escaped")
        }
        "email" if is_mailbox(text) => {
            Some("its domain or its characters are not those of an Internet address")
        }
        "uuid" if is_bare_uuid(text) => Some("it is written without hyphens, or in braces"),
        "ipv4" | "ipv6" => {
            let (address, length) = text.split_once('/')?;
            let is_address = address.parse::<std::net::IpAddr>().is_ok();
            (is_address && length.parse::<u8>().is_ok()).then_some("it is a range of addresses")
        }
        _ => None,
    }
}

/// A date and time without an offset, with a space for the `T`, or with an offset without its colon.
fn nearly_date_time(text: &str) -> Option<&'static str> {
    const DATE: usize = "2026-01-31".len();
    let (date, time) = text.split_at_checked(DATE)?;
    if !is_date(date) {
        return None;
    }
    let time = time.strip_prefix(['T', 't', ' ', '_'])?;
    let (clock, offset) = match time.find(['Z', 'z', '+', '-']).and_then(|at| time.split_at_checked(at)) {
        Some((clock, offset)) => (clock.trim_end(), offset),
        None => (time, ""),
    };
    if !is_clock(clock) {
        return None;
    }
    match offset {
        "" => Some("it has no offset such as `Z` or `+02:00`"),
        "Z" | "z" => Some("it is not in the format of RFC 3339"),
        _ => is_offset(offset.get(1..)?).then_some("it is not in the format of RFC 3339"),
    }
}

/// Whether a text is a date of the calendar.
fn is_date(text: &str) -> bool {
    let mut parts = text.split('-').map(|part| (part.len(), part.parse::<u32>().ok()));
    let (Some((4, Some(year))), Some((2, Some(month))), Some((2, Some(day))), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return false;
    };
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if is_leap => 29,
        2 => 28,
        _ => return false,
    };
    (1..=days).contains(&day)
}

/// `12:00`, `12:00:00` or `12:00:00.5`.
fn is_clock(text: &str) -> bool {
    let (whole, fraction) = text.split_once(['.', ',']).map_or((text, None), |(a, b)| (a, Some(b)));
    let mut parts = whole.split(':').map(|part| (part.len() == 2).then(|| part.parse::<u8>().ok()).flatten());
    let (hour, minute, second) = (parts.next().flatten(), parts.next().flatten(), parts.next());
    let is_second = match second {
        None => fraction.is_none(),
        Some(second) => second.is_some_and(|second| second <= 60),
    };
    let is_fraction =
        fraction.is_none_or(|it| !it.is_empty() && it.bytes().all(|byte| byte.is_ascii_digit()));
    parts.next().is_none()
        && hour.is_some_and(|hour| hour <= 24)
        && minute.is_some_and(|minute| minute < 60)
        && is_second
        && is_fraction
}

/// `02:00`, `0200` or `02`.
fn is_offset(text: &str) -> bool {
    let digits = text.replacen(':', "", 1);
    matches!(digits.len(), 2 | 4) && digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// A text that services read as a URI: without white space, and with a path or a host.
fn is_reference(text: &str) -> bool {
    let is_plain = !text.is_empty() && !text.chars().any(|c| c.is_whitespace() || c.is_control());
    is_plain && (text.contains("://") || text.starts_with('/') || text.contains('.'))
}

/// A text with one `@` between two others, without white space.
fn is_mailbox(text: &str) -> bool {
    let is_word = |part: &str| !part.is_empty() && !part.contains(char::is_whitespace) && !part.contains('@');
    text.split_once('@').is_some_and(|(local, domain)| is_word(local) && is_word(domain))
}

/// The 32 digits of a UUID in any case, without hyphens or in braces.
fn is_bare_uuid(text: &str) -> bool {
    let inner = text.strip_prefix("urn:uuid:").unwrap_or(text);
    let inner = inner.strip_prefix('{').and_then(|it| it.strip_suffix('}')).unwrap_or(inner);
    let digits: String = inner.chars().filter(|c| *c != '-').collect();
    digits.len() == 32
        && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
        && matches!(inner.len(), 32 | 36)
}
