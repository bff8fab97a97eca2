//! From a directory (or a tar on standard input) to an imported template version: shared by `push` and `create`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, bail};
use uuid::Uuid;
use warren_api::*;
use warren_client::{Client, JobRef};

use crate::commands::YES;
use crate::frame::{Cx, Opt};
use crate::output::resources::{ResourceTable, render};
use crate::output::{Stream, warn};
use crate::params::inputs::pairs;
use crate::progress::{self, Display, JobFailed};
use crate::{prompt, template_dir};

pub const UPLOAD_OPTIONS: &[Opt] = &[
    Opt::text("variables-file", "YAML file with the values of Terraform variables."),
    Opt::list("variable", "Value of a Terraform variable, name=value."),
    Opt::list("var", "Alias of --variable."),
    Opt::list(
        "provisioner-tag",
        "Tag of the provisioners that may import the template, name=value; - alone clears them.",
    ),
    Opt::text("directory", "Directory of the template; - reads a tar from standard input.").short('d').default("."),
    Opt::flag("ignore-lockfile", "Do not warn about a missing .terraform.lock.hcl.").default("false"),
    Opt::text("message", "Message of the version.").short('m'),
    Opt::text("test.provisioner", "Kind of provisioner.").hidden(),
    YES,
];

const DEFAULT_MESSAGE: &str = "Uploaded from the CLI";

/// Where the template's files come from.
pub enum Source {
    Directory(PathBuf),
    Stdin,
}

impl Source {
    pub fn of(cx: &Cx) -> Result<Self> {
        let typed = cx.opts.text("directory").unwrap_or(".");
        if typed == "-" {
            return Ok(Self::Stdin);
        }
        if !cx.opts.given("directory") && !cx.stdin_is_tty() {
            return Ok(Self::Stdin);
        }
        Ok(Self::Directory(crate::config::expand_home(typed)))
    }

    fn dir(&self) -> Option<&Path> {
        match self {
            Self::Directory(dir) => Some(dir),
            Self::Stdin => None,
        }
    }

    /// The template's name: the argument, or that of the directory.
    pub fn name(&self, argument: Option<&String>) -> Result<String> {
        let name = match (argument, self) {
            (Some(name), _) if !name.is_empty() => name.clone(),
            (_, Self::Directory(dir)) => template_dir::base_name(dir)?,
            (_, Self::Stdin) => bail!("template name argument must be provided"),
        };
        crate::resolve::check_name("template", &name)?;
        Ok(name)
    }
}

/// The message of the version; long or many-lined ones are remarked upon.
pub fn message(cx: &Cx) -> String {
    let Some(text) = cx.opts.filled("message") else { return DEFAULT_MESSAGE.into() };
    if text.chars().next().is_some() && text.lines().count() > 1 {
        warn(Stream::Stdout, "The message has more than one line: lists show the first only.", &[]);
    }
    if text.lines().next().is_some_and(|line| line.chars().count() > 72) {
        warn(Stream::Stdout, "The message is longer than 72 characters: lists cut it.", &[]);
    }
    text.to_owned()
}

/// Tags of the import job: those given, none for `-`, else those of the active version.
pub async fn tags(cx: &Cx, client: &Client, template: Option<&Template>) -> Result<BTreeMap<String, String>> {
    let given = cx.opts.list("provisioner-tag");
    let tags = match (given, template) {
        ([dash], _) if dash == "-" => BTreeMap::new(),
        ([], Some(template)) => {
            let version =
                client.template_version(template.active_version_id).await.context("get active template version")?;
            eprintln!("Re-using provisioner tags from the active template version.");
            eprintln!("Tip: You can override these tags by passing --provisioner-tag=\"key=value\".");
            eprintln!("     You can also clear all provisioner tags by passing --provisioner-tag=\"-\".");
            version.job.tags
        }
        _ => pairs(given).context("parse provisioner tags")?,
    };
    let shown: Vec<_> = tags
        .iter()
        .filter(|(key, _)| !matches!(key.as_str(), "owner" | "scope"))
        .map(|(key, value)| format!("{key}={value}"))
        .collect();
    eprintln!("Provisioner tags: {}", if shown.is_empty() { "<none>".to_owned() } else { shown.join(", ") });
    Ok(tags)
}

/// Uploads the files. A directory is confirmed first.
pub async fn upload(cx: &Cx, client: &Client, source: &Source) -> Result<Uuid> {
    let archive = match source {
        Source::Stdin => {
            let bytes = prompt::read_all()?;
            if bytes.is_empty() {
                bail!("standard input is empty: pass the template's directory with -d, or pipe a tar archive in");
            }
            bytes
        }
        Source::Directory(dir) => {
            if !dir.is_dir() {
                bail!("check for lockfile: {} is not a directory", dir.display());
            }
            if !cx.opts.flag("ignore-lockfile") && !dir.join(template_dir::LOCK_FILE).exists() {
                warn(
                    Stream::Stdout,
                    "No .terraform.lock.hcl file found",
                    &[
                        "Without a lock file each import looks for the newest versions of its providers.",
                        "Create one by running terraform init in your template directory.",
                    ],
                );
            }
            let archive = template_dir::pack(dir).context("upload")?;
            cx.confirm(&format!("Upload {:?}?", shown(dir)), true).await?;
            archive
        }
    };
    client.upload_tar(archive).await.context("upload")
}

/// The directory as the user would type it.
fn shown(dir: &Path) -> String {
    let full = std::path::absolute(dir).unwrap_or_else(|_| dir.to_owned());
    match std::env::var_os("HOME").map(PathBuf::from).and_then(|home| full.strip_prefix(home).ok().map(Path::to_owned))
    {
        Some(rest) => format!("~/{}", rest.display()),
        None => full.display().to_string(),
    }
}

/// What to import.
pub struct Import<'a> {
    pub organization: Uuid,
    pub template: Option<&'a Template>,
    pub name: String,
    pub message: String,
    pub file: Uuid,
    pub tags: BTreeMap<String, String>,
    pub always_prompt: bool,
}

/// Creates a version and follows its import; variables that turn out to be missing are asked for.
pub async fn import(cx: &Cx, client: &Client, source: &Source, wanted: Import<'_>) -> Result<TemplateVersion> {
    let mut values = template_dir::variables(source.dir(), &cx.opts)?;
    if let Some(template) = wanted.template.filter(|_| !wanted.always_prompt) {
        reuse_values(client, template, &mut values).await;
    }
    let mut asked = false;
    loop {
        let request = CreateTemplateVersionRequest {
            name: wanted.name.clone(),
            message: wanted.message.clone(),
            template_id: wanted.template.map_or_else(Uuid::nil, |template| template.id),
            storage_method: ProvisionerStorageMethod::File,
            file_id: wanted.file,
            provisioner: cx.opts.filled("test.provisioner").unwrap_or("terraform").to_owned(),
            tags: wanted.tags.clone(),
            user_variable_values: values.clone(),
            ..Default::default()
        };
        let version = client.create_template_version(wanted.organization, &request).await?;
        progress::warn_unmatched(Stream::Stderr, &version.job, version.matched_provisioners.as_ref());
        match progress::follow(client, JobRef::Version(version.id), Display::of(cx, Stream::Stdout)).await {
            Ok(()) => {
                let version = client.template_version(version.id).await.context("get template version")?;
                show_preview(client, version.id).await?;
                return Ok(version);
            }
            Err(error) => {
                let missing = error
                    .downcast_ref::<JobFailed>()
                    .is_some_and(|failed| failed.0.error_code == JobErrorCode::REQUIREDTEMPLATEVARIABLES);
                if !missing || asked {
                    return Err(error);
                }
                asked = true;
                outln!("The template needs values for variables that have no default.");
                ask_variables(cx, client, version.id, &mut values).await?;
            }
        }
    }
}

/// Values that the active version was imported with stay, unless given anew. Sensitive ones are kept by the server.
async fn reuse_values(client: &Client, template: &Template, values: &mut Vec<VariableValue>) {
    let Ok(known) = client.version_variables(template.active_version_id).await else { return };
    for variable in known {
        let given = values.iter().any(|value| value.name == variable.name);
        if !given && !variable.sensitive && !variable.value.is_empty() && variable.value != variable.default_value {
            values.push(VariableValue { name: variable.name, value: variable.value });
        }
    }
}

async fn ask_variables(cx: &Cx, client: &Client, version: Uuid, values: &mut Vec<VariableValue>) -> Result<()> {
    let variables = client.version_variables(version).await.context("get template version variables")?;
    for variable in variables.into_iter().filter(|variable| variable.required) {
        if values.iter().any(|value| value.name == variable.name) {
            continue;
        }
        if !variable.description.is_empty() {
            outln!("{}", variable.description);
        }
        let text = format!("Enter value for {:?}:", variable.name);
        let required = |text: &str| if text.is_empty() { Err("a value is required".to_owned()) } else { Ok(()) };
        let value = if variable.kind == "bool" {
            cx.select(&text, vec!["true".into(), "false".into()], 0, "--variable")
                .map(|picked| (picked == 0).to_string())
        } else if variable.sensitive {
            cx.secret(&text, required).await
        } else if variable.kind == "number" {
            let number =
                |text: &str| text.parse::<f64>().map(drop).map_err(|_| "the value must be a number".to_owned());
            cx.prompt(&text, None, number).await
        } else {
            cx.prompt(&text, None, required).await
        };
        let name = &variable.name;
        let value =
            value.with_context(|| format!("template variable {name:?} has no value, pass --variable {name}=…"))?;
        values.push(VariableValue { name: variable.name, value });
    }
    Ok(())
}

async fn show_preview(client: &Client, version: Uuid) -> Result<()> {
    let resources = client.job_resources(JobRef::Version(version)).await.context("get template version resources")?;
    let started: Vec<WorkspaceResource> =
        resources.into_iter().filter(|resource| resource.workspace_transition == WorkspaceTransition::Start).collect();
    outln!("{}", render(&started, &ResourceTable::new("Template Preview").without_status()));
    Ok(())
}

/// The template of a name, or `None` if there is none yet.
pub async fn existing(client: &Client, organization: Uuid, name: &str) -> Result<Option<Template>> {
    match client.template_by_name(organization, name).await {
        Ok(template) => Ok(Some(template)),
        Err(error) if error.is_not_found() => Ok(None),
        Err(error) => Err(anyhow!(error)),
    }
}
