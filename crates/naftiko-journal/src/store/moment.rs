//! Times as the database stores them: microseconds since 1970, which sort correctly.

use jiff::Timestamp;

/// Rounds a time down to a microsecond.
pub(super) fn micros(at: Timestamp) -> i64 {
    narrow(at.as_nanosecond().div_euclid(1000))
}

/// Rounds a time up to a microsecond.
pub(super) fn micros_up(at: Timestamp) -> i64 {
    narrow(-(-at.as_nanosecond()).div_euclid(1000))
}

/// The time of a microsecond.
pub(super) fn timestamp(micros: i64) -> Result<Timestamp, rusqlite::Error> {
    Timestamp::from_microsecond(micros).map_err(|_| rusqlite::Error::IntegralValueOutOfRange(0, micros))
}

/// Never saturates in practice: a [`Timestamp`] is within the years -9999 to 9999, which fit.
fn narrow(micros: i128) -> i64 {
    i64::try_from(micros).unwrap_or(if micros < 0 { i64::MIN } else { i64::MAX })
}
