//! By which way a packet goes to a peer. Relay only for now; a direct way would be chosen here, before the relay.

use super::RegionId;

/// What is known of the ways to one peer.
#[derive(Debug, Clone, Default)]
pub(crate) struct Paths {
    /// The region that the peer calls home.
    home: RegionId,
    /// The region over which it was last heard.
    heard: Option<RegionId>,
}

impl Paths {
    pub fn new(home: RegionId) -> Self {
        Self { home, heard: None }
    }

    pub fn set_home(&mut self, home: RegionId) {
        self.home = home;
    }

    /// A packet of the peer came over this region, so an answer finds it there.
    pub fn heard(&mut self, region: RegionId) {
        self.heard = Some(region);
    }

    /// A relay says that the peer is not there (any more).
    pub fn gone(&mut self, region: RegionId) {
        if self.heard == Some(region) {
            self.heard = None;
        }
    }

    /// The peer's home if we are connected there, else the way it came, else its home after all.
    pub fn choose(&self, is_open: impl Fn(RegionId) -> bool) -> RegionId {
        if is_open(self.home) {
            return self.home;
        }
        self.heard.filter(|region| is_open(*region)).unwrap_or(self.home)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_a_packet_came_is_used_while_the_home_is_not_connected() {
        let mut paths = Paths::new(1);
        assert_eq!(paths.choose(|_| false), 1);
        paths.heard(2);
        assert_eq!(paths.choose(|region| region == 2), 2);
        assert_eq!(paths.choose(|_| true), 1);
        paths.gone(2);
        assert_eq!(paths.choose(|region| region == 2), 1);
    }
}
