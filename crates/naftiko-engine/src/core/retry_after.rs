//! The `Retry-After` header (RFC 9110 §10.2.3).

use jiff::civil::DateTime;
use jiff::fmt::rfc2822;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

/// The longest pause that a provider can impose.
pub(crate) const LIMIT: SignedDuration = SignedDuration::from_hours(1);

/// The requested pause, at most an hour; `None` for a malformed header.
pub(crate) fn wait(header: &str, now: Timestamp) -> Option<SignedDuration> {
    let header = header.trim();
    let asked = match seconds(header) {
        Some(asked) => asked,
        None => date(header, now)?.duration_since(now),
    };
    Some(asked.clamp(SignedDuration::ZERO, LIMIT))
}

/// A number of seconds. Fractions are not in the standard, but are accepted and rounded up to milliseconds.
fn seconds(text: &str) -> Option<SignedDuration> {
    let are_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    if !are_digits(whole) || !are_digits(fraction) {
        return None;
    }
    // A number with too many digits is beyond the limit anyway.
    let whole = whole.parse().map_or(LIMIT, SignedDuration::from_secs);
    let (kept, rest) = fraction.split_at_checked(3).unwrap_or((fraction, ""));
    let millis: i64 = format!("{kept:0<3}").parse().ok()?;
    let up = i64::from(rest.bytes().any(|byte| byte != b'0'));
    whole.checked_add(SignedDuration::from_millis(millis + up))
}

/// The three forms of an HTTP date (RFC 9110 §5.6.7); all are in GMT.
fn date(text: &str, now: Timestamp) -> Option<Timestamp> {
    let imf_fixdate = || rfc2822::DateTimeParser::new().relaxed_weekday(true).parse_timestamp(text).ok();
    let asctime = || DateTime::strptime("%a %b %e %H:%M:%S %Y", text).ok().and_then(in_gmt);
    imf_fixdate().or_else(|| rfc_850(text, now)).or_else(asctime)
}

/// `Sunday, 06-Nov-94 08:49:37 GMT`: a year that seems more than 50 years ahead is in the past.
fn rfc_850(text: &str, now: Timestamp) -> Option<Timestamp> {
    // The weekday is skipped: it could be checked only once the century is known.
    let (_, rest) = text.split_once(", ")?;
    let date = DateTime::strptime("%d-%b-%y %H:%M:%S GMT", rest).ok()?;
    let this_year = now.to_zoned(TimeZone::UTC).year();
    let year = this_year - this_year.rem_euclid(100) + date.year().rem_euclid(100);
    let year = if year > this_year + 50 { year - 100 } else { year };
    in_gmt(date.with().year(year).build().ok()?)
}

fn in_gmt(date: DateTime) -> Option<Timestamp> {
    Some(date.to_zoned(TimeZone::UTC).ok()?.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_and_all_three_dates_are_understood() {
        let now: Timestamp = "2026-11-21T19:00:00Z".parse().unwrap();
        let cases = [
            ("120", Some(120)),
            (" 0 ", Some(0)),
            ("7200", Some(3600)),
            ("99999999999999999999999", Some(3600)),
            ("Sat, 21 Nov 2026 19:00:37 GMT", Some(37)),
            ("Saturday, 21-Nov-26 19:00:37 GMT", Some(37)),
            ("Sat Nov 21 19:00:37 2026", Some(37)),
            ("Sun Nov  6 08:49:37 1994", Some(0)),
            ("Sun, 06 Nov 1994 08:49:37 GMT", Some(0)),
            ("Sunday, 06-Nov-94 08:49:37 GMT", Some(0)),
            ("Tuesday, 01-Jan-99 00:00:00 GMT", Some(0)),
            ("Wednesday, 01-Jan-70 00:00:00 GMT", Some(3600)),
            ("Sun, 06 Nov 9999 08:49:37 GMT", Some(3600)),
            ("-1", None),
            ("1.5", Some(1)),
            ("3599.9999", Some(3600)),
            ("1.", None),
            (".5", None),
            ("1.5.2", None),
            ("1.5s", None),
            ("", None),
            ("soon", None),
            ("Sat, 31 Feb 2026 19:00:37 GMT", None),
        ];
        for (header, expected) in cases {
            assert_eq!(wait(header, now).map(|wait| wait.as_secs()), expected, "{header}");
        }
        assert_eq!(wait("1.5", now), Some(SignedDuration::from_millis(1500)));
        assert_eq!(wait("0.0001", now), Some(SignedDuration::from_millis(1)));
    }
}
