//! `init` from a mirror of our making, without a registry.

use warren_tf_provider::install::{DEFAULT_VERSION, cli_config, ensure_installed, renew_lock_file, version_for};

use crate::run::{PROVIDER, Workdir, find_terraform};

#[test]
fn init_takes_the_provider_from_the_mirror_and_renews_a_lock_of_the_official_package() {
    let Some(terraform) = find_terraform() else { return };
    let mirror = tempfile::tempdir().unwrap();
    let version = version_for([">= 2.0.0"]).unwrap();
    assert_eq!(version, DEFAULT_VERSION);
    ensure_installed(mirror.path(), PROVIDER.as_ref(), &version).unwrap();

    let dir = Workdir::with_cli_config(&terraform, &cli_config(mirror.path()));
    dir.write_config("data \"coder_workspace\" \"me\" {}\n");
    let lock = dir.path().join(".terraform.lock.hcl");
    std::fs::write(
        &lock,
        "provider \"registry.terraform.io/coder/coder\" {\n  version     = \"2.5.3\"\n  \
         constraints = \">= 2.0.0\"\n  hashes = [\n    \
         \"h1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\",\n  ]\n}\n",
    )
    .unwrap();
    assert!(!dir.run(&["init", "-input=false"]).status.success(), "the official lock was obeyed");

    let renewal = renew_lock_file(&std::fs::read_to_string(&lock).unwrap()).unwrap();
    assert_eq!(renewal.pinned, ["2.5.3"]);
    std::fs::write(&lock, renewal.text).unwrap();
    let init = dir.run(&["init", "-input=false"]);
    assert!(init.status.success(), "{}", String::from_utf8_lossy(&init.stderr));
    let written = std::fs::read_to_string(&lock).unwrap();
    assert!(written.contains(&format!("version = \"{version}\"")), "{written}");
    assert_eq!(dir.run_json(&["validate", "-json"])["valid"], true);
}
