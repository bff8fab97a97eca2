//! The schema as Terraform sees it.

use serde_json::Value as Json;

use crate::compare::difference;
use crate::run::{Workdir, find_terraform};
use crate::spec::read_golden;

#[test]
fn the_schema_is_the_recorded_one() {
    const FILE: &str = "provider-schema.json";
    let (Some(terraform), Some(text)) = (find_terraform(), read_golden(FILE)) else { return };
    let dir = Workdir::new(&terraform);
    dir.write_config("data \"coder_workspace\" \"me\" {}\n");
    let mut actual = dir.run_json(&["providers", "schema", "-json"]);
    remove_descriptions(&mut actual);
    let expected: Json = serde_json::from_str(&text).unwrap();
    assert_eq!(difference(&expected, &actual), None);
    eprintln!("compared {FILE}");
}

fn remove_descriptions(json: &mut Json) {
    match json {
        Json::Object(members) => {
            // A description is a text; a block may hold an attribute of that name.
            members.retain(|name, value| {
                !(matches!(name.as_str(), "description" | "description_kind") && value.is_string())
            });
            members.values_mut().for_each(remove_descriptions);
        }
        Json::Array(elements) => elements.iter_mut().for_each(remove_descriptions),
        _ => {}
    }
}
