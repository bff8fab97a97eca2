//! Interrupts. Whoever can use Ctrl-C for something better than the end of the process claims it for that time.

use std::sync::atomic::{AtomicUsize, Ordering};

static CLAIMS: AtomicUsize = AtomicUsize::new(0);

/// While it lives, an interrupt does not end the process by itself.
pub struct Claim(());

/// Claims the interrupt.
pub fn claim() -> Claim {
    CLAIMS.fetch_add(1, Ordering::SeqCst);
    Claim(())
}

impl Drop for Claim {
    fn drop(&mut self) {
        CLAIMS.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Ends at the first interrupt that nobody claimed.
pub async fn unclaimed_interrupt() {
    loop {
        if tokio::signal::ctrl_c().await.is_err() {
            return std::future::pending().await;
        }
        if CLAIMS.load(Ordering::SeqCst) == 0 {
            return;
        }
    }
}

/// Ends at a signal that asks the process to end (interrupt, termination, hang-up).
pub async fn shutdown() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let streams = (signal(SignalKind::interrupt()), signal(SignalKind::terminate()), signal(SignalKind::hangup()));
        let (Ok(mut interrupt), Ok(mut terminate), Ok(mut hangup)) = streams else {
            return std::future::pending().await;
        };
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            _ = hangup.recv() => {}
        }
    }
    #[cfg(not(unix))]
    let _ = tokio::signal::ctrl_c().await;
}
