//! The notations of durations.

use jiff::SignedDuration;

/// The help text for a malformed duration.
pub(crate) const DURATIONS: &str = "durations are written `500ms`, `30s`, `5m`, `2h`, `3d` or `PT5M`";

/// Parses `500ms`, `30s`, `5m`, `2h`, `3d` or an ISO 8601 duration (`PT5M`). A day is 24 hours. `None` for months and
/// years, which have no fixed length, and for negative durations.
pub fn parse_duration(text: &str) -> Option<SignedDuration> {
    let duration = short(text).or_else(|| iso(text))?;
    (!duration.is_negative()).then_some(duration)
}

/// The valid notation for a near miss: `5`, `5 min`, `24 hours`.
pub(crate) fn meant_duration(text: &str) -> Option<String> {
    let text = text.trim();
    let unit_at = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (digits, unit) = text.split_at_checked(unit_at)?;
    let unit = match unit.trim().to_ascii_lowercase().as_str() {
        "millis" | "millisecond" | "milliseconds" => "ms",
        "" | "s" | "sec" | "secs" | "second" | "seconds" => "s",
        "m" | "min" | "mins" | "minute" | "minutes" => "m",
        "h" | "hr" | "hrs" | "hour" | "hours" => "h",
        "d" | "day" | "days" => "d",
        _ => return None,
    };
    let meant = format!("{digits}{unit}");
    parse_duration(&meant).is_some().then_some(meant)
}

fn short(text: &str) -> Option<SignedDuration> {
    let unit_at = text.find(|c: char| !c.is_ascii_digit())?;
    let (digits, unit) = text.split_at_checked(unit_at)?;
    let count: i64 = digits.parse().ok()?;
    match unit {
        "ms" => Some(SignedDuration::from_millis(count)),
        "s" => Some(SignedDuration::from_secs(count)),
        "m" => count.checked_mul(60).map(SignedDuration::from_secs),
        "h" => count.checked_mul(3600).map(SignedDuration::from_secs),
        "d" => count.checked_mul(86_400).map(SignedDuration::from_secs),
        _ => None,
    }
}

fn iso(text: &str) -> Option<SignedDuration> {
    if !text.starts_with(['P', 'p']) {
        return None;
    }
    let span: jiff::Span = text.parse().ok()?;
    span.to_duration(jiff::SpanRelativeTo::days_are_24_hours()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_in_other_words_is_understood() {
        for (words, meant) in
            [("5", "5s"), ("30 seconds", "30s"), ("5 min", "5m"), ("24 Hours", "24h"), ("1day", "1d")]
        {
            assert_eq!(meant_duration(words).as_deref(), Some(meant), "{words}");
        }
        for nonsense in ["", "soon", "2 weeks", "-5", "1.5h"] {
            assert_eq!(meant_duration(nonsense), None, "{nonsense}");
        }
    }

    #[test]
    fn durations_are_read_in_both_forms() {
        let seconds = |text| parse_duration(text).map(|duration| duration.as_secs());
        assert_eq!(parse_duration("500ms"), Some(SignedDuration::from_millis(500)));
        assert_eq!(seconds("30s"), Some(30));
        assert_eq!(seconds("5m"), Some(300));
        assert_eq!(seconds("2h"), Some(7200));
        assert_eq!(seconds("3d"), Some(259_200));
        assert_eq!(seconds("PT5M"), Some(300));
        assert_eq!(seconds("P1D"), Some(86_400));
        for nonsense in ["", "5", "m", "5 m", "-5s", "-PT5M", "P1M", "5x", "9999999999999999999d"] {
            assert_eq!(seconds(nonsense), None, "{nonsense}");
        }
    }
}
