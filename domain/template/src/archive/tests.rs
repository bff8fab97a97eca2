use std::fs;

use proptest::prelude::*;

use super::*;

fn raw_tar(name: &str, data: &[u8]) -> Vec<u8> {
    let mut header = tar::Header::new_ustar();
    header.set_size(data.len() as u64);
    header.set_mode(0o644);
    header.set_entry_type(tar::EntryType::Regular);
    // The builder itself refuses bad names; write them into the header.
    header.as_mut_bytes()[..name.len()].copy_from_slice(name.as_bytes());
    header.set_cksum();
    let mut bytes = header.as_bytes().to_vec();
    bytes.extend_from_slice(data);
    bytes.resize(bytes.len().next_multiple_of(512) + 1024, 0);
    bytes
}

#[test]
fn names_that_leave_the_root_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    for name in ["/etc/x", "../x", "a/../../x", "a\\b", "c:/x"] {
        let error = unpack_tar(&raw_tar(name, b"1"), dir.path(), 1000).unwrap_err();
        assert!(matches!(error, ArchiveError::UnsafePath { .. }), "{name}: {error}");
    }
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
}

#[test]
fn links_are_left_out_and_parents_made() {
    let dir = tempfile::tempdir().unwrap();
    let link = Entry { path: "out".into(), kind: Kind::Symlink, mode: 0o777, data: b"/etc".to_vec() };
    let tar = write_tar(&[link, Entry::file("out/x", "1"), Entry::file("a/b/c.tf", "2")]).unwrap();
    let done = unpack_tar(&tar, dir.path(), 1000).unwrap();
    assert_eq!(done, Unpacked { files: 2, skipped: 1 });
    assert_eq!(fs::read(dir.path().join("a/b/c.tf")).unwrap(), b"2");
    assert!(dir.path().join("out").is_dir());
}

#[test]
fn a_link_on_disk_is_not_followed() {
    let dir = tempfile::tempdir().unwrap();
    let outside = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink(outside.path(), dir.path().join("d")).unwrap();
    let tar = write_tar(&[Entry::file("d/x", "1")]).unwrap();
    assert!(unpack_tar(&tar, dir.path(), 1000).is_err());
    assert_eq!(fs::read_dir(outside.path()).unwrap().count(), 0);
}

#[test]
fn a_budget_bounds_what_is_read() {
    let tar = write_tar(&[Entry::file("a", vec![0; 600]), Entry::file("b", vec![0; 600])]).unwrap();
    assert!(matches!(read_tar(&tar, 1000), Err(ArchiveError::TooLarge { limit: 1000 })));
    assert_eq!(read_tar(&tar, 1200).unwrap().len(), 2);
}

#[test]
fn ghsa_2mg2_p7r7_g27f_a_zip_bomb_stops_at_the_budget() {
    let tar = write_tar(&[Entry::file("zeros", vec![0; 4 << 20])]).unwrap();
    let zip = tar_to_zip(&tar, UPLOAD_LIMIT).unwrap();
    assert!(zip.len() < 100_000);
    assert!(matches!(zip_to_tar(&zip, 1 << 20), Err(ArchiveError::TooLarge { .. })));
    assert_eq!(zip_to_tar(&zip, UPLOAD_LIMIT).unwrap(), tar);
}

#[test]
fn garbage_is_malformed() {
    assert!(matches!(zip_to_tar(b"not a zip", 1000), Err(ArchiveError::Malformed(_))));
    assert!(matches!(read_tar(&[7; 1024], 1000), Err(ArchiveError::Malformed(_))));
}

#[test]
fn packing_leaves_state_secrets_and_hidden_files_behind() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path();
    for name in [
        "main.tf",
        ".terraform.lock.hcl",
        "README.md",
        "terraform.tfvars",
        "x.auto.tfvars",
        "y.auto.tfvars.json",
        "terraform.tfstate",
        "terraform.tfstate.backup",
        ".env",
        "m/main.tf",
        "m/.hidden",
        "m/terraform.tfvars",
        ".git/config",
    ] {
        fs::create_dir_all(root.join(name).parent().unwrap()).unwrap();
        fs::write(root.join(name), name).unwrap();
    }
    std::os::unix::fs::symlink("main.tf", root.join("z.tf")).unwrap();
    let tar = pack_directory(root, PackOptions::default()).unwrap();
    let names: Vec<_> = read_tar(&tar, UPLOAD_LIMIT).unwrap().into_iter().map(|e| (e.path, e.kind)).collect();
    let expected = [
        (".terraform.lock.hcl", Kind::File),
        ("README.md", Kind::File),
        ("m", Kind::Directory),
        ("m/main.tf", Kind::File),
        ("m/terraform.tfvars", Kind::File),
        ("main.tf", Kind::File),
        ("z.tf", Kind::Symlink),
    ];
    assert_eq!(names, expected.map(|(name, kind)| (name.to_owned(), kind)));
}

#[test]
fn packing_needs_terraform_and_stays_below_the_limit() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("x.txt"), "x").unwrap();
    let error = pack_directory(dir.path(), PackOptions::default()).unwrap_err();
    assert!(matches!(error, ArchiveError::NoTerraformFiles { .. }));
    fs::write(dir.path().join("a.tf.json"), vec![b' '; 1 << 20]).unwrap();
    let error = pack_directory(dir.path(), PackOptions::default()).unwrap_err();
    assert!(matches!(error, ArchiveError::TooLarge { .. }));
}

proptest! {
    #[test]
    fn tar_and_zip_round_trip(files in prop::collection::btree_map("[a-z]{1,8}(/[a-z]{1,60}){0,3}", prop::collection::vec(any::<u8>(), 0..900), 0..8)) {
        let entries: Vec<_> = files.into_iter().map(|(path, data)| Entry::file(path, data)).collect();
        let tar = write_tar(&entries).unwrap();
        prop_assert_eq!(&read_tar(&tar, UPLOAD_LIMIT).unwrap(), &entries);
        let again = zip_to_tar(&tar_to_zip(&tar, UPLOAD_LIMIT).unwrap(), UPLOAD_LIMIT).unwrap();
        prop_assert_eq!(again, tar);
    }

    #[test]
    fn readers_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..3000)) {
        let _ = read_tar(&bytes, 1 << 20);
        let _ = zip_to_tar(&bytes, 1 << 20);
    }
}
