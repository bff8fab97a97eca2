//! Sequence numbers: 32 bits that wrap.

/// A position in the stream of one direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Seq(pub u32);

impl Seq {
    /// `bytes` further on.
    pub fn plus(self, bytes: u32) -> Self {
        Self(self.0.wrapping_add(bytes))
    }

    /// How far this is behind (positive) or before (negative) another.
    pub fn since(self, other: Self) -> i32 {
        self.0.wrapping_sub(other.0) as i32
    }

    pub fn is_before(self, other: Self) -> bool {
        self.since(other) < 0
    }

    pub fn is_after(self, other: Self) -> bool {
        self.since(other) > 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_survives_the_wrap() {
        let (early, late) = (Seq(u32::MAX - 1), Seq(u32::MAX - 1).plus(10));
        assert!(early.is_before(late) && late.is_after(early));
        assert_eq!((late.since(early), early.since(late)), (10, -10));
    }
}
