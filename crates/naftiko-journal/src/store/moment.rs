//! Times as the database stores them: microseconds since 1970, which sort correctly.

use jiff::Timestamp;

/// The microsecond a time is in.
pub(super) fn micros(at: Timestamp) -> i64 {
    narrow(at.as_nanosecond().div_euclid(1000))
}

/// The first microsecond that is not before a time.
pub(super) fn micros_up(at: Timestamp) -> i64 {
    narrow(-(-at.as_nanosecond()).div_euclid(1000))
}

/// The time that a microsecond begins at.
pub(super) fn timestamp(micros: i64) -> Result<Timestamp, rusqlite::Error> {
    Timestamp::from_microsecond(micros).map_err(|_| rusqlite::Error::IntegralValueOutOfRange(0, micros))
}

/// A [`Timestamp`] is within the years -9999 to 9999, which fit.
fn narrow(micros: i128) -> i64 {
    i64::try_from(micros).unwrap_or(if micros < 0 { i64::MIN } else { i64::MAX })
}
