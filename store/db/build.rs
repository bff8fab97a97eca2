//! Lists the migrations, so that adding one is adding one file.

use std::fmt::Write;
use std::path::Path;

fn main() {
    let root = std::env::var("CARGO_MANIFEST_DIR").expect("cargo sets it");
    let dir = Path::new(&root).join("migrations");
    println!("cargo::rerun-if-changed={}", dir.display());
    let mut names: Vec<String> = std::fs::read_dir(&dir)
        .expect("the folder of migrations exists")
        .map(|entry| entry.expect("readable folder").file_name().into_string().expect("names are ASCII"))
        .filter_map(|name| name.strip_suffix(".sql").map(str::to_owned))
        .collect();
    names.sort();
    let mut code = String::from("&[\n");
    for name in &names {
        let path = dir.join(format!("{name}.sql"));
        writeln!(code, "    Migration {{ name: {name:?}, sql: include_str!({path:?}) }},").expect("a string grows");
    }
    code.push_str("]\n");
    let out = std::env::var("OUT_DIR").expect("cargo sets it");
    std::fs::write(Path::new(&out).join("migrations.rs"), code).expect("OUT_DIR is writable");
}
