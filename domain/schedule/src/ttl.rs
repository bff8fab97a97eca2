//! The bounds of a workspace's time to live.

use jiff::SignedDuration;

/// Why a time to live is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TtlError {
    /// Below a minute.
    #[error("time until shutdown must be at least one minute")]
    TooShort,
    /// Above 30 days.
    #[error("time until shutdown must be less than 30 days")]
    TooLong,
}

/// The time to live that is stored for a request of `ms` milliseconds: whole minutes, `None` for 0.
pub fn checked_ttl_ms(ms: i64) -> Result<Option<i64>, TtlError> {
    const MINUTE: i64 = 60_000;
    let longest = SignedDuration::from_hours(30 * 24).as_millis() as i64;
    match ms {
        0 => Ok(None),
        ms if ms < MINUTE => Err(TtlError::TooShort),
        ms if ms > longest => Err(TtlError::TooLong),
        ms => Ok(Some(ms - ms % MINUTE)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_to_live_has_bounds_and_whole_minutes() {
        assert_eq!(checked_ttl_ms(5), Err(TtlError::TooShort));
        assert_eq!(checked_ttl_ms(90_000), Ok(Some(60_000)));
        assert_eq!(checked_ttl_ms(0), Ok(None));
        assert_eq!(checked_ttl_ms(31 * 86_400_000), Err(TtlError::TooLong));
    }
}
