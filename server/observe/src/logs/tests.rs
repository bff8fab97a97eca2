use std::path::{Path, PathBuf};

use serde_json::Value;
use tracing_subscriber::layer::SubscriberExt;

use super::*;

/// A sink that keeps what was written.
#[derive(Clone, Default)]
struct Kept(Arc<Mutex<Vec<u8>>>);

impl Write for Kept {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn written(log: impl FnOnce()) -> Vec<String> {
    let kept = Kept::default();
    let sink: Box<dyn Write + Send> = Box::new(kept.clone());
    let json = Some(Arc::new(Mutex::new(sink)));
    let logs = Logs { human: None, json, filters: vec![Filter::Everything] };
    tracing::subscriber::with_default(tracing_subscriber::registry().with(logs), log);
    let text = String::from_utf8(kept.0.lock().clone()).unwrap();
    text.lines().map(str::to_owned).collect()
}

fn recording() -> Option<String> {
    let explicit = std::env::var_os("WARREN_SPEC").map(PathBuf::from);
    let above = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().map(|dir| dir.join("shared/spec"));
    let spec = explicit.or_else(|| above.into_iter().find(|dir| dir.is_dir()));
    spec.map(|spec| std::fs::read_to_string(spec.join("golden/logs.jsonl")).unwrap())
}

/// The keys of an object in the order of its text; values are skipped over.
fn keys(line: &str) -> Vec<String> {
    let object: Value = serde_json::from_str(line).unwrap();
    let mut keys: Vec<String> = object.as_object().unwrap().keys().cloned().collect();
    keys.sort_by_key(|key| line.find(&format!("\"{key}\":")));
    keys
}

#[test]
fn records_have_the_recorded_form() {
    let Some(recorded) = recording() else {
        eprintln!("SKIPPED logs.jsonl: the contract's folder is not there");
        return;
    };
    let own = written(|| {
        tracing::info!(target: "coderd", path = "/x", status_code = 200, "GET");
        tracing::warn!(target: "warren_builds::queue", "no fields");
        tracing::debug!(target: "coderd", n = 1, "found by the filter");
        tracing::error!(target: "coderd", "bad");
    });
    let order = ["ts", "level", "msg", "caller", "func", "logger_names", "fields"];
    let levels = ["DEBUG", "INFO", "WARN", "ERROR", "CRITICAL", "FATAL"];
    let mut count = 0;
    for line in recorded.lines().chain(own.iter().map(String::as_str)) {
        let object: Value = serde_json::from_str(line).unwrap();
        let expected: Vec<&str> = order.into_iter().filter(|key| object.get(key).is_some()).collect();
        assert_eq!(keys(line), expected, "{line}");
        assert!(levels.contains(&object["level"].as_str().unwrap()), "{line}");
        assert!(object["ts"].as_str().unwrap().parse::<Timestamp>().is_ok(), "{line}");
        assert!(object["caller"].as_str().unwrap().contains(':'), "{line}");
        assert!(
            object.get("logger_names").is_none_or(Value::is_array) && object.get("fields").is_none_or(Value::is_object)
        );
        count += 1;
    }
    let shown: Value = serde_json::from_str(&own[1]).unwrap();
    assert_eq!((&shown["logger_names"], shown.get("fields")), (&serde_json::json!(["builds", "queue"]), None));
    eprintln!("replayed {} of {} lines of logs.jsonl", count - own.len(), recorded.lines().count());
}
