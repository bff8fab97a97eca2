//! Installed modules: the list, the archive that travels to builds, and their parsed files.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

use serde_json::Value;
use warren_proto::provisioner::Module as ProtoModule;
use warren_template::Module;
use warren_template::archive::{Entry, Kind, write_tar};
use warren_template::graph::ModulePath;

/// Bytes that the archive of remote modules may have.
const ARCHIVE_LIMIT: u64 = 20 * 1024 * 1024;
const MANIFEST: &str = ".terraform/modules/modules.json";

/// One record of `modules.json`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Installed {
    pub key: String,
    pub source: String,
    pub version: String,
    pub dir: String,
}

impl Installed {
    /// Downloaded by Terraform, not part of the template.
    pub fn is_remote(&self) -> bool {
        self.dir.starts_with(".terraform/modules/")
    }

    fn is_root(&self) -> bool {
        self.key.is_empty()
    }
}

/// Reads `modules.json`; none if it is not there.
pub(super) fn installed(dir: &Path) -> Vec<Installed> {
    let manifest =
        std::fs::read(dir.join(MANIFEST)).ok().and_then(|bytes| serde_json::from_slice::<Value>(&bytes).ok());
    let records = manifest.as_ref().and_then(|value| value.get("Modules")).and_then(Value::as_array);
    records
        .into_iter()
        .flatten()
        .map(|record| {
            let text = |key: &str| record.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
            Installed { key: text("Key"), source: text("Source"), version: text("Version"), dir: text("Dir") }
        })
        .collect()
}

/// The modules that are reported: those with a source.
pub(super) fn reported(modules: &[Installed]) -> Vec<ProtoModule> {
    modules
        .iter()
        .filter(|module| !module.source.is_empty())
        .map(|module| ProtoModule {
            source: module.source.clone(),
            version: module.version.clone(),
            key: module.key.clone(),
            dir: String::new(),
        })
        .collect()
}

/// Parses the root module and all installed ones.
pub(super) fn parse(dir: &Path, modules: &[Installed]) -> BTreeMap<ModulePath, Module> {
    let mut parsed = BTreeMap::new();
    parsed.insert(ModulePath::new(), Module::from_directory(dir).unwrap_or_default());
    for module in modules.iter().filter(|module| !module.is_root()) {
        if let Some(path) = inside(dir, &module.dir) {
            let key = module.key.split('.').map(str::to_owned).collect();
            parsed.insert(key, Module::from_directory(&path).unwrap_or_default());
        }
    }
    parsed
}

/// A tar of the remote modules, the smallest first as long as they fit, and `modules.json` last; empty if there are none.
pub(super) fn archive(dir: &Path, modules: &[Installed]) -> std::io::Result<Vec<u8>> {
    let mut remote = Vec::new();
    for module in modules.iter().filter(|module| module.is_remote()) {
        let Some(path) = inside(dir, &module.dir) else { continue };
        let mut entries = Vec::new();
        collect(dir, &path, &mut entries)?;
        let size: u64 = entries.iter().map(|entry| entry.data.len() as u64).sum();
        remote.push((size, entries));
    }
    if remote.is_empty() {
        return Ok(Vec::new());
    }
    remote.sort_by_key(|(size, _)| *size);
    let mut entries: Vec<Entry> = Vec::new();
    let mut left = ARCHIVE_LIMIT;
    for (size, module) in remote {
        let Some(rest) = left.checked_sub(size) else { break };
        left = rest;
        entries.extend(module);
    }
    let mut seen = std::collections::HashSet::new();
    entries.retain(|entry| seen.insert(entry.path.clone()));
    entries.push(Entry::file(MANIFEST, std::fs::read(dir.join(MANIFEST))?));
    write_tar(&entries).map_err(std::io::Error::other)
}

fn inside(dir: &Path, relative: &str) -> Option<PathBuf> {
    let relative = Path::new(relative);
    let safe = relative.components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
    safe.then(|| dir.join(relative))
}

fn collect(root: &Path, dir: &Path, entries: &mut Vec<Entry>) -> std::io::Result<()> {
    let name = |path: &Path| path.strip_prefix(root).ok().and_then(Path::to_str).map(str::to_owned);
    if let Some(path) = name(dir) {
        entries.push(Entry { path, kind: Kind::Directory, mode: 0o755, data: Vec::new() });
    }
    let mut items: Vec<_> = std::fs::read_dir(dir)?.collect::<Result<_, _>>()?;
    items.sort_by_key(std::fs::DirEntry::file_name);
    for item in items {
        let path = item.path();
        let meta = path.symlink_metadata()?;
        if meta.is_dir() && item.file_name() != ".git" {
            collect(root, &path, entries)?;
        } else if meta.is_file()
            && meta.len() <= ARCHIVE_LIMIT
            && let Some(name) = name(&path)
        {
            entries.push(Entry::file(name, std::fs::read(&path)?));
        }
    }
    Ok(())
}
