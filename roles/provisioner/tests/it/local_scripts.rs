//! The scripts of the template `local` as root: what belongs to a workspace must not lead root anywhere.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};
use std::path::Path;
use std::process::{Command, Output};

const SCRIPTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/templates/local");
const WORKSPACE: &str = "00000000-0000-4000-8000-00000000beef";

fn script(name: &str, root: &Path) -> Command {
    let mut command = Command::new("/bin/sh");
    command.arg(format!("{SCRIPTS}/{name}")).current_dir("/");
    command.env("WORKSPACE", WORKSPACE).env("DATA_DIR", root).env("RUN_AS", "nobody").env("STOP_TIMEOUT", "5");
    command.env("STOP", fs::read_to_string(format!("{SCRIPTS}/stop.sh")).unwrap());
    command.env("NICENESS", "0").env("AGENT_TOKEN", "t").env("INIT_SCRIPT", "id -un >who; exec sleep 300");
    command
}

fn succeed(mut command: Command) -> Output {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output
}

#[test]
fn links_of_a_workspace_do_not_lead_root_to_other_files() {
    let root_with_setpriv = nix::unistd::Uid::effective().is_root() && Path::new("/usr/bin/setpriv").exists();
    if !root_with_setpriv {
        eprintln!("SKIPPED: needs root and setpriv");
        return;
    }
    let root = tempfile::tempdir().unwrap();
    fs::set_permissions(root.path(), fs::Permissions::from_mode(0o711)).unwrap();
    succeed(script("home.sh", root.path()));
    let directory = root.path().join(WORKSPACE);
    let nobody = fs::metadata(directory.join("home")).unwrap().uid();
    assert_ne!(nobody, 0, "the workspace has a user of its own");

    // What only root may write, and the places where a workspace could put a link to it.
    let precious = root.path().join("precious");
    fs::write(&precious, "as it was").unwrap();
    fs::set_permissions(&precious, fs::Permissions::from_mode(0o600)).unwrap();
    for place in ["run/init.sh", "run/agent.log", "run/pid", "home/init.sh", "home/agent.log", "home/pid"] {
        symlink(&precious, directory.join(place)).unwrap();
    }
    // Of another program, for whoever ends processes by number.
    let mut bystander = Command::new("sleep").arg("300").spawn().unwrap();

    succeed(script("start.sh", root.path()));
    let metadata = fs::metadata(&precious).unwrap();
    assert_eq!(fs::read_to_string(&precious).unwrap(), "as it was");
    assert_eq!((metadata.uid(), metadata.mode() & 0o777), (0, 0o600));
    // Whatever root reads when it stops the workspace belongs to root.
    for entry in fs::read_dir(&directory).unwrap().map(Result::unwrap) {
        let metadata = entry.metadata().unwrap();
        assert!(metadata.is_dir() || metadata.uid() == 0, "{:?}", entry.path());
    }
    assert_eq!(fs::metadata(&directory).unwrap().mode() & 0o777, 0o711);
    let mut who = String::new();
    for _ in 0..200 {
        who = fs::read_to_string(directory.join("home/who")).unwrap_or_default();
        if who.ends_with('\n') {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    assert_eq!(who, "nobody\n");

    // A workspace that says that it is somebody else's process.
    let start = fs::read_to_string(format!("/proc/{}/stat", bystander.id())).unwrap();
    let start = start.rsplit_once(") ").unwrap().1.split(' ').nth(19).unwrap().to_owned();
    fs::remove_file(directory.join("run/pid")).unwrap();
    fs::write(directory.join("run/pid"), format!("{} {start}\n", bystander.id())).unwrap();
    chown(directory.join("run/pid"), Some(nobody), None).unwrap();
    succeed(script("stop.sh", root.path()));
    assert!(bystander.try_wait().unwrap().is_none(), "the bystander lives");
    bystander.kill().unwrap();
    bystander.wait().unwrap();
    let marker = format!("WARREN_LOCAL_WORKSPACE={WORKSPACE}");
    let left =
        fs::read_dir("/proc").unwrap().flatten().filter_map(|process| fs::read(process.path().join("environ")).ok());
    let left = left.filter(|environment| environment.split(|byte| *byte == 0).any(|pair| pair == marker.as_bytes()));
    assert_eq!(left.count(), 0, "processes that outlive their workspace");
}
