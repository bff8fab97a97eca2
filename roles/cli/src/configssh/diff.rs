//! A unified diff of two texts that differ in one place, which is all that replacing a section can cause.

const CONTEXT: usize = 3;

/// The diff, or nothing if the texts are equal.
pub fn unified(path: &str, old: &str, new: &str) -> String {
    if old == new {
        return String::new();
    }
    let a: Vec<&str> = old.split_inclusive('\n').collect();
    let b: Vec<&str> = new.split_inclusive('\n').collect();
    let head = a.iter().zip(&b).take_while(|(x, y)| x == y).count();
    let tail = a[head..].iter().rev().zip(b[head..].iter().rev()).take_while(|(x, y)| x == y).count();
    let from = head.saturating_sub(CONTEXT);
    let after = tail.min(CONTEXT);
    let (a_end, b_end) = (a.len() - tail, b.len() - tail);
    let range = |count: usize| {
        let start = if count == 0 { from } else { from + 1 };
        if count == 1 { format!("{start}") } else { format!("{start},{count}") }
    };
    let mut text =
        format!("--- {path}\n+++ {path}\n@@ -{} +{} @@\n", range(a_end + after - from), range(b_end + after - from));
    let mut push = |mark: char, lines: &[&str]| {
        for line in lines {
            text.push(mark);
            text.push_str(line);
            if !line.ends_with('\n') {
                text.push('\n');
            }
        }
    };
    push(' ', &a[from..head]);
    push('-', &a[head..a_end]);
    push('+', &b[head..b_end]);
    push(' ', &a[a_end..a_end + after]);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_file_is_all_plus() {
        assert_eq!(unified("/f", "", "a\nb\n"), "--- /f\n+++ /f\n@@ -0,0 +1,2 @@\n+a\n+b\n");
    }

    #[test]
    fn a_change_has_three_lines_around_it() {
        let old = "1\n2\n3\n4\nold\n6\n7\n8\n9\n";
        let new = "1\n2\n3\n4\nnew\n6\n7\n8\n9\n";
        assert_eq!(unified("f", old, new), "--- f\n+++ f\n@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-old\n+new\n 6\n 7\n 8\n");
        assert_eq!(unified("f", old, old), "");
    }
}
