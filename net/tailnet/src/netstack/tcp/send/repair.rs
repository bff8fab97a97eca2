//! Losses: how they are noticed, by order and by time, and what is repeated when.

use std::time::Instant;

use super::{Send, Sent};

impl Send {
    /// What was sent well before something that has arrived, and has not arrived itself, is lost.
    pub(super) fn detect_loss(&mut self, advanced: bool) {
        const THRESHOLD: u32 = 3;
        let mss = self.mss;
        if let Some((order, at)) = self.arrived.filter(|_| self.sacked > 0) {
            let reordering = self.rtt.reordering();
            let mut beyond = self.sacked;
            let mut any = false;
            for sent in &mut self.sent {
                if sent.sacked {
                    beyond -= sent.length();
                    if beyond == 0 {
                        break;
                    }
                    continue;
                }
                let late = sent.at + reordering < at;
                if !sent.lost && sent.order < order && (beyond >= THRESHOLD * mss || late) {
                    sent.lost = true;
                    self.lost += 1;
                    self.flight -= sent.length();
                    any = true;
                }
            }
            if any {
                self.enter_recovery();
            }
        }
        if !self.sack {
            // Without ranges: the third repetition, and then each acknowledgement that stops short of the end.
            let first = self.duplicates == THRESHOLD && self.recovery.is_none();
            if (first || (advanced && self.recovery.is_some()))
                && let Some(front) = self.sent.front().map(|front| front.order)
            {
                self.lose(|sent| sent.order == front);
                self.enter_recovery();
            }
        }
    }

    pub(super) fn enter_recovery(&mut self) {
        if self.recovery.is_none() {
            self.recovery = Some(self.next);
            self.congestion.lost();
        }
    }

    pub(super) fn lose(&mut self, is_lost: impl Fn(&Sent) -> bool) {
        for sent in &mut self.sent {
            if sent.is_on_the_way() && is_lost(sent) {
                sent.lost = true;
                self.lost += 1;
                self.flight -= sent.length();
            }
        }
    }

    /// Sets the timers for what is on the way.
    pub(super) fn arm(&mut self, now: Instant) {
        if self.sent.is_empty() {
            (self.timeout_at, self.probe_at) = (None, None);
            return;
        }
        self.timeout_at = Some(now + self.rtt.timeout());
        self.probe_at = self.recovery.is_none().then(|| now + self.rtt.probe_timeout());
    }

    /// Everything that is not known to have arrived is sent again, without a penalty: the path was away.
    pub fn hurry(&mut self) {
        self.lose(|_| true);
        self.rtt.progress();
        (self.timeout_at, self.probe_at) = (None, None);
        if self.window == 0 {
            self.force_probe = true;
        }
    }

    pub fn handle_timeout(&mut self, now: Instant) {
        if self.persist_at.is_some_and(|at| at <= now) {
            self.persist_at = None;
            self.force_probe = true;
        }
        if self.probe_at.is_some_and(|at| at <= now) {
            self.probe_at = None;
            if let Some(last) = self.sent.back_mut()
                && last.is_on_the_way()
            {
                last.lost = true;
                self.lost += 1;
                self.flight -= last.length();
            }
        }
        if self.timeout_at.is_some_and(|at| at <= now) {
            self.timeout_at = None;
            self.probe_at = None;
            if self.sent.is_empty() {
                return;
            }
            self.lose(|_| true);
            self.rtt.back_off();
            if self.window > 0 {
                self.congestion.timed_out();
                self.recovery = Some(self.next);
            }
            self.timeout_at = Some(now + self.rtt.timeout());
        }
    }

    pub fn poll_timeout(&self) -> Option<Instant> {
        [self.timeout_at, self.probe_at, self.persist_at].into_iter().flatten().min()
    }
}
