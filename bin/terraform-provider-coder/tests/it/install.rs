//! `init` from a filesystem mirror, without a registry.

use crate::run::{PROVIDER, Workdir, find_terraform};

#[test]
fn init_takes_the_program_from_a_mirror_under_whatever_version_it_has_there() {
    let Some(terraform) = find_terraform() else { return };
    let arch = match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        arch => arch,
    };
    let platform = format!("{}_{arch}", std::env::consts::OS.replace("macos", "darwin"));
    let mirror = tempfile::tempdir().unwrap();
    let folder = mirror.path().join("registry.terraform.io/coder/coder/2.5.3").join(platform);
    std::fs::create_dir_all(&folder).unwrap();
    let program = folder.join("terraform-provider-coder_v2.5.3");
    if std::fs::hard_link(PROVIDER, &program).is_err() {
        std::fs::copy(PROVIDER, &program).unwrap();
    }

    let path = mirror.path().display();
    let dir = Workdir::with_cli_config(
        &terraform,
        &format!("provider_installation {{\n  filesystem_mirror {{\n    path = \"{path}\"\n  }}\n}}\n"),
    );
    dir.write_config("data \"coder_workspace\" \"me\" {}\n");
    let init = dir.run(&["init", "-input=false"]);
    assert!(init.status.success(), "{}", String::from_utf8_lossy(&init.stderr));
    let lock = std::fs::read_to_string(dir.path().join(".terraform.lock.hcl")).unwrap();
    assert!(lock.contains("version = \"2.5.3\""), "{lock}");
    assert_eq!(dir.run_json(&["validate", "-json"])["valid"], true);
}
