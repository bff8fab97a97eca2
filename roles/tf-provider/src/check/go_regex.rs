//! Parameter patterns are written for RE2. The `regex` crate reads nearly the same language; what
//! differs is rewritten here: classes are ASCII, brackets inside a class are literal, `\Q…\E`.

use regex::Regex;

/// Why a pattern cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("error parsing regexp: {0}")]
pub struct PatternError(String);

/// Compiles an RE2 pattern.
pub fn compile(pattern: &str) -> Result<Regex, PatternError> {
    Regex::new(&translate(pattern)).map_err(|error| PatternError(explain(pattern, &error)))
}

/// The reason in the words that template authors know from other RE2 programs.
fn explain(pattern: &str, error: &regex::Error) -> String {
    let text = error.to_string();
    let reason = if text.contains("look-around") {
        let start = ["(?<", "(?=", "(?!"].iter().filter_map(|s| pattern.find(s)).min();
        let part = start.and_then(|i| pattern.get(i..)).unwrap_or(pattern);
        let part: String = part.chars().take(3).collect();
        return format!("invalid or unsupported Perl syntax: `{part}`");
    } else if text.contains("unclosed group") {
        "missing closing )"
    } else if text.contains("unopened group") {
        "unexpected )"
    } else if text.contains("unclosed character class") {
        "missing closing ]"
    } else if text.contains("repetition operator missing expression") {
        "missing argument to repetition operator"
    } else if text.contains("incomplete escape sequence") {
        "trailing backslash at end of expression"
    } else if text.contains("escape sequence") || text.contains("backreferences") {
        "invalid escape sequence"
    } else if text.contains("invalid character class range") {
        "invalid character class range"
    } else if text.contains("size limit") {
        "expression nests or repeats too much"
    } else {
        "invalid expression"
    };
    format!("{reason}: `{pattern}`")
}

fn translate(pattern: &str) -> String {
    let mut out = String::with_capacity(pattern.len() + 16);
    let mut chars = pattern.chars().peekable();
    // Position in a class: None outside, else whether its first member is still to come.
    let mut class: Option<bool> = None;
    while let Some(c) = chars.next() {
        match (c, class) {
            ('\\', _) => {
                let Some(escaped) = chars.next() else {
                    out.push('\\');
                    break;
                };
                if escaped == 'Q' {
                    let rest: String = chars.by_ref().collect();
                    let (literal, tail) = rest.split_once("\\E").unwrap_or((&rest, ""));
                    out.push_str(&regex::escape(literal));
                    out.push_str(&translate(tail));
                    return out;
                }
                push_escape(&mut out, escaped, class.is_some());
                class = class.map(|_| false);
            }
            ('[', None) => {
                out.push('[');
                if chars.peek() == Some(&'^') {
                    chars.next();
                    out.push('^');
                }
                class = Some(true);
            }
            ('[', Some(_)) => {
                // "[:alpha:]" stays; any other bracket in a class means itself.
                out.push_str(if chars.peek() == Some(&':') { "[" } else { "\\[" });
                if chars.peek() == Some(&':') {
                    for c in chars.by_ref() {
                        out.push(c);
                        if c == ']' {
                            break;
                        }
                    }
                }
                class = Some(false);
            }
            (']', Some(true)) => {
                out.push_str("\\]");
                class = Some(false);
            }
            (']', Some(false)) => {
                out.push(']');
                class = None;
            }
            ('&' | '~', Some(_)) => {
                out.push('\\');
                out.push(c);
                class = Some(false);
            }
            (c, _) => {
                out.push(c);
                class = class.map(|_| false);
            }
        }
    }
    out
}

fn push_escape(out: &mut String, escaped: char, in_class: bool) {
    let members = match escaped.to_ascii_lowercase() {
        'd' => "0-9",
        'w' => "0-9A-Za-z_",
        's' => "\\t\\n\\f\\r ",
        'b' if !in_class => {
            out.push_str(if escaped == 'b' { "(?-u:\\b)" } else { "(?-u:\\B)" });
            return;
        }
        _ => {
            out.push('\\');
            out.push(escaped);
            return;
        }
    };
    match (escaped.is_ascii_uppercase(), in_class) {
        (false, true) => out.push_str(members),
        (false, false) => out.extend(["[", members, "]"]),
        (true, _) => out.extend(["[^", members, "]"]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, text: &str) -> bool {
        compile(pattern).unwrap().is_match(text)
    }

    #[test]
    fn classes_are_ascii() {
        assert!(matches(r"^\d+$", "123"));
        assert!(!matches(r"^\d+$", "٣"));
        assert!(!matches(r"^\w+$", "é"));
        assert!(matches(r"^\W$", "é"));
        assert!(matches(r"^[\d_]+$", "1_2"));
        assert!(matches(r"^[^\D5]$", "4"));
        assert!(matches(r"\bcat\b", "a cat!"));
        assert!(matches(r"^\p{Greek}$", "λ"));
    }

    #[test]
    fn brackets_and_doubled_signs_in_a_class_are_literal() {
        assert!(matches("^[[a]$", "["));
        assert!(matches("^[]a]$", "]"));
        assert!(matches("^[a&&b]+$", "a&b"));
        assert!(matches("^[[:alpha:]_]+$", "ab_"));
        assert!(matches(r"^\Qa.b*\Ec$", "a.b*c"));
    }

    #[test]
    fn the_search_is_not_anchored() {
        assert!(matches("ab", "xxabxx"));
    }

    #[test]
    fn errors_read_like_those_of_re2() {
        let error = |p| compile(p).unwrap_err().to_string();
        assert_eq!(error("("), "error parsing regexp: missing closing ): `(`");
        assert_eq!(error("(?=x)"), "error parsing regexp: invalid or unsupported Perl syntax: `(?=`");
        assert_eq!(error("a)"), "error parsing regexp: unexpected ): `a)`");
        assert_eq!(error("[a"), "error parsing regexp: missing closing ]: `[a`");
        assert_eq!(error("*"), "error parsing regexp: missing argument to repetition operator: `*`");
    }
}
