//! Terraform's diagnostics as log lines: where, the source lines, the values, the explanation.

use serde_json::Value;
use warren_proto::provisioner::LogLevel;

/// One error or warning.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Diagnostic {
    pub level: LogLevel,
    /// Summary with the place in one line, for the error text of the job.
    pub headline: String,
    /// Everything after the summary.
    pub lines: Vec<String>,
}

/// Reads the `diagnostic` member of a log event.
pub(super) fn read(value: &Value) -> Diagnostic {
    let text = |key: &str| value.get(key).and_then(Value::as_str).unwrap_or_default();
    let level = match text("severity") {
        "error" => LogLevel::Error,
        "warning" => LogLevel::Warn,
        _ => LogLevel::Info,
    };
    let mut lines = Vec::new();
    let mut headline = text("summary").replace('\n', " ");
    if headline == "No configuration files" {
        headline.push_str(": a template needs a .tf or .tf.json file at its top level");
    }
    let snippet = value.get("snippet").filter(|snippet| !snippet.is_null());
    let file = value.pointer("/range/filename").and_then(Value::as_str);
    let line = value.pointer("/range/start/line").and_then(Value::as_u64);
    if let (Some(file), Some(line)) = (file, line) {
        let context = snippet.and_then(|snippet| snippet.get("context")).and_then(Value::as_str).unwrap_or_default();
        let context = if context.is_empty() { String::new() } else { format!(", in {context}") };
        lines.push(format!("on {file} line {line}{context}:"));
        headline = format!("{headline} (on {file} line {line})");
    }
    if let Some(snippet) = snippet {
        lines.extend(source_lines(snippet));
    }
    if !lines.is_empty() {
        lines.push(String::new());
    }
    lines.extend(text("detail").split('\n').map(str::to_owned));
    Diagnostic { level, headline, lines }
}

fn source_lines(snippet: &Value) -> Vec<String> {
    let first = snippet.get("start_line").and_then(Value::as_u64).unwrap_or(1);
    let code = snippet.get("code").and_then(Value::as_str).unwrap_or_default();
    let mut lines: Vec<_> = code.lines().zip(first..).map(|(code, number)| format!("  {number}: {code}")).collect();
    let values = snippet.get("values").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    if !values.is_empty() {
        lines.push("    ├────────────────".to_owned());
        for value in values {
            let text = |key: &str| value.get(key).and_then(Value::as_str).unwrap_or_default();
            lines.push(format!("    │ {} {}", text("traversal"), text("statement")));
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_diagnostic_tells_place_source_values_and_detail() {
        let value = serde_json::json!({
            "severity": "error", "summary": "Resource precondition failed", "detail": "never true",
            "range": {"filename": "main.tf", "start": {"line": 10}, "end": {"line": 10}},
            "snippet": {"context": "resource \"terraform_data\" \"x\"", "code": "  condition = a == 1", "start_line": 10,
                        "values": [{"traversal": "a", "statement": "is 2"}]}
        });
        let found = read(&value);
        assert_eq!(found.level, LogLevel::Error);
        assert_eq!(found.headline, "Resource precondition failed (on main.tf line 10)");
        assert_eq!(
            found.lines,
            [
                "on main.tf line 10, in resource \"terraform_data\" \"x\":",
                "  10:   condition = a == 1",
                "    ├────────────────",
                "    │ a is 2",
                "",
                "never true"
            ]
        );
    }

    #[test]
    fn a_diagnostic_without_place_or_detail_has_one_empty_line() {
        let found = read(&serde_json::json!({"severity": "error", "summary": "execution halted", "detail": ""}));
        assert_eq!(found.lines, [""]);
    }
}
