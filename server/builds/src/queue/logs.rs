//! Storing log lines within their limits.

use jiff::Timestamp;
use uuid::Uuid;
use warren_db::Querier;
use warren_db::jobs::{NewJobLog, insert_job_logs};
use warren_pubsub::Bus;

use crate::Error;
use crate::defaults::{MAX_LOG_BYTES, MAX_LOG_OUTPUT, MAX_LOG_STAGE};
use crate::events::{LogNotice, publish_log};

const LIMIT_REACHED: &str = "The log of this job reached its limit of 1 MB; further lines are not kept.";
const WARN: i16 = 3;

/// A line as a daemon sends it.
#[derive(Debug, Clone, Default)]
pub(crate) struct LogLine {
    pub created_at: Timestamp,
    pub source: i16,
    pub level: i16,
    pub stage: String,
    pub output: String,
}

/// What is stored of `lines` when `used` bytes are taken: cut lines, and a notice in place of the first that does not fit.
/// The flag says that the limit is reached.
pub(crate) fn prepare_lines(lines: Vec<LogLine>, used: usize) -> (Vec<NewJobLog>, bool) {
    let mut left = MAX_LOG_BYTES.saturating_sub(used);
    let mut kept = Vec::with_capacity(lines.len());
    for line in lines {
        let stage = clean(&line.stage, MAX_LOG_STAGE);
        let output = clean(&line.output, MAX_LOG_OUTPUT);
        // Room for the notice is always kept.
        if output.len() + LIMIT_REACHED.len() > left {
            if left >= LIMIT_REACHED.len() {
                let output = LIMIT_REACHED.to_owned();
                kept.push(NewJobLog { created_at: line.created_at, source: 0, level: WARN, stage, output });
            }
            return (kept, true);
        }
        left -= output.len();
        kept.push(NewJobLog { created_at: line.created_at, source: line.source, level: line.level, stage, output });
    }
    (kept, false)
}

/// Cuts to a number of characters; what the database cannot keep is replaced.
fn clean(text: &str, longest: usize) -> String {
    text.chars().take(longest).map(|c| if c == '\0' { '\u{fffd}' } else { c }).collect()
}

/// Stores lines and tells the followers.
pub(crate) async fn store_lines(
    q: &impl Querier,
    bus: &Bus,
    job: Uuid,
    now: Timestamp,
    lines: (Vec<NewJobLog>, bool),
) -> Result<(), Error> {
    let (lines, overflowed) = lines;
    let stored = insert_job_logs(q, job, now, &lines, overflowed).await?;
    if let Some(first) = stored.first {
        publish_log(bus, job, LogNotice { created_after: first - 1, end_of_logs: false });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(output: &str) -> LogLine {
        LogLine { output: output.into(), stage: "Planning".into(), level: 2, ..Default::default() }
    }

    #[test]
    fn cuts_long_lines_by_characters() {
        let (kept, overflowed) = prepare_lines(vec![line(&"ä".repeat(2000)), line("a\0b")], 0);
        assert_eq!(kept[0].output.chars().count(), 1024);
        assert_eq!(kept[1].output, "a\u{fffd}b");
        assert!(!overflowed);
    }

    #[test]
    fn ends_with_one_notice_at_the_limit() {
        let (kept, overflowed) = prepare_lines(vec![line("a"), line(&"b".repeat(900)), line("c")], MAX_LOG_BYTES - 500);
        assert_eq!(kept.iter().map(|line| line.level).collect::<Vec<_>>(), [2, WARN]);
        assert!(overflowed);
        assert!(kept.iter().map(|line| line.output.len()).sum::<usize>() <= 500);
        assert_eq!(prepare_lines(vec![line("a")], MAX_LOG_BYTES).0.len(), 0);
    }
}
