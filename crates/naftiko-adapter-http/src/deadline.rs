//! The time at which a limit that an author or the operator chose is over.

use std::time::Duration;

use tokio::time::Instant;

/// In place of a limit that ends later than time can be counted.
const FAR: Duration = Duration::from_hours(24 * 365);

/// The end of a limit that begins now. A limit of any length has one.
pub(crate) fn deadline(limit: Duration) -> Instant {
    let now = Instant::now();
    now.checked_add(limit).unwrap_or_else(|| now + FAR)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_of_any_length_has_an_end() {
        for limit in [Duration::MAX, Duration::from_secs(u64::MAX), Duration::from_secs(1), Duration::ZERO] {
            assert!(
                deadline(limit) >= Instant::now().checked_sub(Duration::from_secs(1)).unwrap(),
                "{limit:?}"
            );
        }
    }
}
