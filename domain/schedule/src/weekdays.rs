//! A set of weekdays: bit 0 Monday … bit 6 Sunday.

use jiff::civil::Weekday;

/// A set of weekdays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Weekdays(u8);

const NAMES: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

impl Weekdays {
    /// No day.
    pub const NONE: Self = Self(0);
    /// Every day.
    pub const ALL: Self = Self(0x7f);

    /// From the stored bitmap; higher bits are ignored.
    pub const fn from_bits(bits: u8) -> Self {
        Self(bits & 0x7f)
    }

    /// The stored bitmap.
    pub const fn bits(self) -> u8 {
        self.0
    }

    /// True without any day.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether the day belongs to the set.
    pub fn contains(self, day: Weekday) -> bool {
        self.0 >> day.to_monday_zero_offset() & 1 == 1
    }

    /// From lower-case English names; the error is the first name that is none.
    pub fn from_names<'a>(names: impl IntoIterator<Item = &'a str>) -> Result<Self, String> {
        let mut set = Self::NONE;
        for name in names {
            let bit = NAMES.iter().position(|known| *known == name).ok_or_else(|| name.to_owned())?;
            set.0 |= 1 << bit;
        }
        Ok(set)
    }

    /// The names, from Monday on.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        NAMES.into_iter().enumerate().filter(move |(bit, _)| self.0 >> bit & 1 == 1).map(|(_, name)| name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_bits_agree() {
        let set = Weekdays::from_names(["monday", "sunday"]).unwrap();
        assert_eq!(set.bits(), 0b100_0001);
        assert_eq!(set.names().collect::<Vec<_>>(), ["monday", "sunday"]);
        assert!(set.contains(Weekday::Sunday) && !set.contains(Weekday::Tuesday));
        assert_eq!(Weekdays::from_names(["foo"]), Err("foo".to_owned()));
    }
}
