//! Waiting for what happens elsewhere, and saying how long things took.

use std::future::Future;
use std::time::{Duration, Instant};

/// Asks again and again until the answer is there.
///
/// # Panics
/// After the limit, with what was waited for.
pub async fn until<T, F: Future<Output = Option<T>>>(what: &str, limit: Duration, mut ask: impl FnMut() -> F) -> T {
    let started = Instant::now();
    loop {
        if let Some(answer) = ask().await {
            return answer;
        }
        assert!(started.elapsed() < limit, "not within {limit:?}: {what}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// One step of a story, with its time.
pub async fn step<T>(what: &str, work: impl Future<Output = T>) -> T {
    let started = Instant::now();
    let result = work.await;
    eprintln!("{:>8.2} s  {what}", started.elapsed().as_secs_f64());
    result
}
