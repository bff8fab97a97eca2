//! What a server may log.

/// Lines of level warning and above that contain none of the allowed texts. Understands the human and the JSON form.
pub fn unexpected_lines(log: &str, allowed: &[&str]) -> Vec<String> {
    const MARKS: [&str; 9] = [
        "[warn]",
        "[erro",
        "[crit",
        "[fata",
        " WARN ",
        " ERROR ",
        r#""level":"WARN"#,
        r#""level":"ERROR"#,
        "panicked at",
    ];
    log.lines()
        .filter(|line| MARKS.iter().any(|mark| line.contains(mark)))
        .filter(|line| !allowed.iter().any(|text| line.contains(text)))
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::unexpected_lines;

    #[test]
    fn warnings_and_errors_are_found_and_the_allowed_ones_left_out() {
        let log = "t [info] fine\nt [warn] known thing\nt [erro] bad\n2026 WARN a\n{\"level\":\"ERROR\"}\n";
        assert_eq!(unexpected_lines(log, &["known"]), ["t [erro] bad", "2026 WARN a", "{\"level\":\"ERROR\"}"]);
    }
}
