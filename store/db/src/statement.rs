//! A query with its name.

/// A query text and the name under which it is measured.
#[derive(Debug, Clone, Copy)]
pub struct Statement {
    /// Name of the file and of the Rust function.
    pub name: &'static str,
    /// The text.
    pub sql: &'static str,
}

impl Statement {
    /// The name as a metric label: `find_user_by_id` → `FindUserById`.
    pub fn label(name: &str) -> String {
        let mut label = String::with_capacity(name.len());
        for word in name.split('_') {
            let mut letters = word.chars();
            label.extend(letters.next().map(|first| first.to_ascii_uppercase()));
            label.push_str(letters.as_str());
        }
        label
    }
}

/// The statement in the file of this name beside the calling module.
#[macro_export]
macro_rules! statement {
    ($name:literal) => {
        &$crate::Statement { name: $name, sql: include_str!(concat!($name, ".sql")) }
    };
}
