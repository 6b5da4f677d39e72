//! Deadlines of limits that an author or the operator chose.

use std::time::Duration;

use tokio::time::Instant;

/// Replaces a limit that ends beyond the range of the clock.
const FAR: Duration = Duration::from_hours(24 * 365);

/// The end of a limit that starts now. Never overflows.
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
