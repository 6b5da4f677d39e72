//! The limits that a provider announces in its responses: `Retry-After` (RFC 9110 §10.2.3), the `RateLimit` fields of
//! draft-ietf-httpapi-ratelimit-headers in their older and newer forms, and the earlier `X-RateLimit-…` fields.

use jiff::{SignedDuration, Timestamp};
use naftiko_adapter::Response;

use crate::core::retry_after::{self, LIMIT};

/// `X-RateLimit-Reset` counts from 1970 from the first value on, and in milliseconds from the second value on.
const EPOCH: u64 = 1_000_000_000;
const EPOCH_MILLIS: u64 = 1_000_000_000_000;

/// The pause that a response requests, at most an hour; `None` if it requests none.
pub(super) fn pause(response: &Response, now: Timestamp) -> Option<SignedDuration> {
    let header = |name: &str| {
        let named = response.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        named.map(|(_, value)| value.as_str())
    };
    let is_refused = matches!(response.status, 429 | 503);
    if let Some(pause) =
        header("retry-after").filter(|_| is_refused).and_then(|it| retry_after::wait(it, now))
    {
        return Some(pause);
    }
    let too_many = response.status == 429;
    let is_spent = |left: Option<u64>| left == Some(0) || (too_many && left.is_none());
    let counted = |remaining: Option<&str>, reset: Option<&str>| {
        is_spent(remaining.and_then(whole)).then(|| reset.and_then(whole)).flatten()
    };
    let structured = header("ratelimit").and_then(|field| spent(field, too_many));
    let plain = || counted(header("ratelimit-remaining"), header("ratelimit-reset"));
    if let Some(seconds) = structured.or_else(plain) {
        return Some(capped(seconds));
    }
    ["x-ratelimit", "x-rate-limit"].into_iter().find_map(|prefix| {
        let reset = counted(header(&format!("{prefix}-remaining")), header(&format!("{prefix}-reset")))?;
        Some(until(reset, now))
    })
}

/// The seconds until a used-up limit in the `RateLimit` field resets: `"default";r=0;t=30`, or in the older form
/// `limit=100, remaining=0, reset=30`.
fn spent(field: &str, too_many: bool) -> Option<u64> {
    let members: Vec<&str> = field.split(',').collect();
    let of = |parameters: &str, names: [&str; 2]| {
        let mut parameters = parameters.split([';', ',']).filter_map(|part| part.split_once('='));
        parameters.find(|(name, _)| names.contains(&name.trim())).and_then(|(_, value)| whole(value))
    };
    let reset = |parameters: &str| {
        let left = of(parameters, ["r", "remaining"]);
        let is_spent = left == Some(0) || (too_many && left.is_none());
        is_spent.then(|| of(parameters, ["t", "reset"])).flatten()
    };
    let by_policy = members.iter().filter_map(|member| reset(member)).max();
    // The older form separates its parts with commas too.
    let is_older = field.contains("remaining") || field.contains("reset");
    if is_older { reset(field) } else { by_policy }
}

/// The integer part of a decimal number; some providers send fractions.
fn whole(text: &str) -> Option<u64> {
    let digits = text.trim().split('.').next()?;
    (!digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()))
        .then(|| digits.parse().unwrap_or(u64::MAX))
}

fn capped(seconds: u64) -> SignedDuration {
    i64::try_from(seconds).map_or(LIMIT, SignedDuration::from_secs).min(LIMIT)
}

/// The duration until a reset time that is given in seconds from now, or in seconds or milliseconds since 1970.
fn until(reset: u64, now: Timestamp) -> SignedDuration {
    let moment = match reset {
        0..EPOCH => return capped(reset),
        EPOCH..EPOCH_MILLIS => i64::try_from(reset).ok().and_then(|it| Timestamp::from_second(it).ok()),
        _ => i64::try_from(reset).ok().and_then(|it| Timestamp::from_millisecond(it).ok()),
    };
    moment.map_or(LIMIT, |moment| moment.duration_since(now)).clamp(SignedDuration::ZERO, LIMIT)
}

#[cfg(test)]
mod tests {
    use indexmap::IndexMap;
    use serde_json::Value;

    use super::*;

    fn seconds(status: u16, headers: &[(&str, &str)]) -> Option<i64> {
        let now: Timestamp = "2026-11-21T19:00:00Z".parse().unwrap();
        let headers: IndexMap<_, _> =
            headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        pause(&Response::new(status, headers, Value::Null), now).map(|pause| pause.as_secs())
    }

    #[test]
    fn every_way_to_ask_for_a_pause_is_understood() {
        type Headers = [(&'static str, &'static str)];
        let cases: [(u16, &Headers, Option<i64>); 20] = [
            (429, &[("retry-after", "7")], Some(7)),
            (503, &[("Retry-After", "Sat, 21 Nov 2026 19:00:37 GMT")], Some(37)),
            (200, &[("retry-after", "7")], None),
            (429, &[], None),
            (429, &[("retry-after", "soon"), ("ratelimit-reset", "9")], Some(9)),
            (200, &[("ratelimit-remaining", "0"), ("ratelimit-reset", "12")], Some(12)),
            (200, &[("ratelimit-remaining", "1"), ("ratelimit-reset", "12")], None),
            (429, &[("ratelimit-remaining", "1"), ("ratelimit-reset", "12")], None),
            (200, &[("ratelimit-remaining", "0")], None),
            (200, &[("ratelimit", "limit=100, remaining=0, reset=50")], Some(50)),
            (200, &[("ratelimit", "limit=100, remaining=5, reset=50")], None),
            (200, &[("ratelimit", "\"default\";r=0;t=30")], Some(30)),
            (200, &[("ratelimit", "\"burst\";r=0;t=3, \"daily\";r=0;t=90, \"other\";r=4;t=99")], Some(90)),
            (200, &[("ratelimit", "\"default\";r=50;t=30")], None),
            (429, &[("ratelimit", "\"default\";t=30")], Some(30)),
            (200, &[("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "20")], Some(20)),
            (403, &[("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "1795287620")], Some(20)),
            (200, &[("x-rate-limit-remaining", "0"), ("x-rate-limit-reset", "1795287620500.5")], Some(20)),
            (200, &[("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "1500000000")], Some(0)),
            (
                200,
                &[("ratelimit-remaining", "0"), ("ratelimit-reset", "99999999999999999999999")],
                Some(3600),
            ),
        ];
        for (status, headers, expected) in cases {
            assert_eq!(seconds(status, headers), expected, "{status} {headers:?}");
        }
    }
}
