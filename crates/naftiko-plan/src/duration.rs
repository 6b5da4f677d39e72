//! Durations for people.

use std::fmt::Write as _;

use jiff::SignedDuration;

const DAY: i128 = 86_400;

/// A duration as authors write it, in the largest unit that divides it: `500ms`, `5s`, `24m`, `14d`; in several units
/// if none does: `1m30s`, `36h5m`, `2d1h`. Below a minute it is exact to a tenth of a second, from a minute on to a
/// second.
pub fn duration(duration: SignedDuration) -> String {
    let millis = duration.as_millis().max(0);
    if millis < 1000 {
        return format!("{millis}ms");
    }
    let seconds = millis / 1000;
    let tenths = (millis % 1000) / 100;
    if seconds < 60 && tenths > 0 {
        return format!("{seconds}.{tenths}s");
    }
    // Up to two days are shown in hours.
    let days = if seconds % DAY == 0 || seconds >= 2 * DAY { seconds / DAY } else { 0 };
    let rest = seconds - days * DAY;
    let mut out = String::new();
    for (count, unit) in [(days, "d"), (rest / 3600, "h"), (rest % 3600 / 60, "m"), (rest % 60, "s")] {
        if count > 0 {
            let _ = write!(out, "{count}{unit}");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_short_and_in_the_largest_unit_that_divides_them() {
        for (millis, text) in [
            (0, "0ms"),
            (500, "500ms"),
            (1000, "1s"),
            (1500, "1.5s"),
            (5000, "5s"),
            (90_000, "1m30s"),
            (90_700, "1m30s"),
            (3_600_000 + 60_000, "1h1m"),
            (23 * 3_600_000, "23h"),
            (86_400_000, "1d"),
            (36 * 3_600_000, "36h"),
            (49 * 3_600_000, "2d1h"),
            (72 * 3_600_000, "3d"),
            (336 * 3_600_000, "14d"),
        ] {
            assert_eq!(duration(SignedDuration::from_millis(millis)), text);
        }
    }
}
