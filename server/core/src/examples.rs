//! Starter templates, part of the program.

use warren_api::TemplateExample;
use warren_template::archive::{Entry, write_tar};

/// A starter template and its files.
struct Starter {
    id: &'static str,
    files: &'static [(&'static str, &'static [u8])],
}

macro_rules! starter {
    ($id:literal: $($file:literal),+ $(,)?) => {
        Starter {
            id: $id,
            files: &[$(($file, include_bytes!(concat!("../../../examples/templates/", $id, "/", $file)))),+],
        }
    };
}

/// Sorted by id.
const STARTERS: &[Starter] = &[
    starter! {
        "local": "README.md", "files.pl", "home.sh", "main.tf", "remove.sh", "shutdown.sh", "start.sh", "startup.sh", "stop.sh",
    },
    starter! { "scratch": "README.md", "main.tf" },
];

/// Every starter template, as its README describes it.
pub fn list_examples() -> Vec<TemplateExample> {
    STARTERS.iter().map(describe).collect()
}

/// The archive of a starter template.
pub fn example_archive(id: &str) -> Option<Vec<u8>> {
    let starter = STARTERS.iter().find(|starter| starter.id == id)?;
    let entries: Vec<_> = starter.files.iter().map(|(name, data)| Entry::file(*name, *data)).collect();
    write_tar(&entries).ok()
}

fn describe(starter: &Starter) -> TemplateExample {
    let readme = starter.files.iter().find(|(name, _)| *name == "README.md").map_or(&b""[..], |(_, data)| *data);
    let readme = String::from_utf8_lossy(readme);
    let (front, markdown) = split_front_matter(&readme);
    let field = |key: &str| {
        let line = front.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(':'));
        line.map(|value| value.trim().trim_matches('"').to_owned()).unwrap_or_default()
    };
    let tags = field("tags");
    TemplateExample {
        description: field("description"),
        icon: field("icon"),
        id: starter.id.to_owned(),
        markdown: markdown.trim_start().to_owned(),
        name: field("display_name"),
        tags: tags
            .trim_matches(['[', ']'])
            .split(',')
            .map(|tag| tag.trim().to_owned())
            .filter(|tag| !tag.is_empty())
            .collect(),
        url: String::new(),
    }
}

fn split_front_matter(readme: &str) -> (&str, &str) {
    match readme.strip_prefix("---\n").and_then(|rest| rest.split_once("\n---\n")) {
        Some((front, markdown)) => (front, markdown),
        None => ("", readme),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::*;

    #[test]
    fn every_file_of_the_folder_is_part_of_the_program() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/templates");
        for starter in STARTERS {
            let names: BTreeSet<_> = std::fs::read_dir(folder.join(starter.id))
                .unwrap()
                .map(|entry| entry.unwrap().file_name().into_string().unwrap())
                .collect();
            let listed: BTreeSet<_> = starter.files.iter().map(|(name, _)| (*name).to_owned()).collect();
            assert_eq!(names, listed, "{}", starter.id);
        }
        assert_eq!(std::fs::read_dir(&folder).unwrap().count(), STARTERS.len());
    }

    #[test]
    fn starters_are_described_by_their_readme() {
        let local = &list_examples()[0];
        assert_eq!(local.id, "local");
        assert!(!local.name.is_empty() && !local.description.is_empty() && local.tags.contains(&"local".to_owned()));
        assert!(local.markdown.starts_with('#'));
        assert!(example_archive("local").is_some() && example_archive("unknown").is_none());
    }
}
