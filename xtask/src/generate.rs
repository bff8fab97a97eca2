//! Generates the protobuf code that is checked in: messages by prost, method tables by [`Methods`].

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use prost::Message as _;
use prost_build::{Service, ServiceGenerator};

/// One crate whose messages are generated: its folder and the files in its `proto/` folder.
struct Target {
    dir: &'static str,
    files: &'static [&'static str],
    services: Services,
}

/// What becomes of the services of a target.
enum Services {
    /// Tables of typed method names, for dRPC.
    MethodTables,
    /// gRPC server traits.
    GrpcServers,
}

const TARGETS: &[Target] = &[
    Target {
        dir: "wire/proto",
        files: &["tailnet.proto", "agent.proto", "provisioner.proto", "provisionerd.proto"],
        services: Services::MethodTables,
    },
    Target {
        dir: "wire/tfplugin",
        files: &["tfplugin5.proto", "plugin.proto", "health.proto"],
        services: Services::GrpcServers,
    },
];

/// Writes the generated files, or with `check` fails when they differ from what is checked in.
pub fn run(root: &Path, check: bool) -> Result<()> {
    for target in TARGETS {
        for (path, text) in generate(root, target)? {
            let current = fs::read_to_string(&path).unwrap_or_default();
            if current == text {
                continue;
            }
            if check {
                bail!("{} is out of date: run `cargo xtask gen`", path.display());
            }
            fs::write(&path, text).with_context(|| format!("write {}", path.display()))?;
            println!("wrote {}", path.display());
        }
    }
    Ok(())
}

fn generate(root: &Path, target: &Target) -> Result<Vec<(PathBuf, String)>> {
    let proto_dir = root.join(target.dir).join("proto");
    let descriptors = protox::compile(target.files, [&proto_dir])?;
    let descriptors = prost_build_descriptors(&descriptors.encode_to_vec())?;
    let out = std::env::temp_dir().join(format!("warren-gen-{}", std::process::id()));
    fs::create_dir_all(&out)?;
    let services: Box<dyn ServiceGenerator> = match target.services {
        Services::MethodTables => Box::new(Methods),
        Services::GrpcServers => {
            tonic_prost_build::configure().build_client(false).build_transport(false).service_generator()
        }
    };
    prost_build::Config::new()
        .bytes(["."])
        .btree_map(["."])
        .service_generator(services)
        .out_dir(&out)
        .compile_fds(descriptors)?;
    let mut files = Vec::new();
    for entry in fs::read_dir(&out)? {
        let entry = entry?;
        let to = root.join(target.dir).join("src/gen").join(entry.file_name());
        files.push((to, fs::read_to_string(entry.path())?));
    }
    fs::remove_dir_all(&out)?;
    files.sort();
    Ok(files)
}

fn prost_build_descriptors(bytes: &[u8]) -> Result<prost_types::FileDescriptorSet> {
    Ok(prost_types::FileDescriptorSet::decode(bytes)?)
}

/// Emits one typed constant for each RPC and a table of all of them.
struct Methods;

impl ServiceGenerator for Methods {
    fn generate(&mut self, service: Service, buf: &mut String) {
        let module = snake(&service.name);
        let full = format!("{}.{}", service.package, service.proto_name);
        let mut body = String::new();
        let mut all = String::new();
        for m in &service.methods {
            let shape = match (m.client_streaming, m.server_streaming) {
                (false, false) => "Unary",
                (false, true) => "ServerStream",
                (true, false) => "ClientStream",
                (true, true) => "Bidi",
            };
            let name = m.name.to_uppercase();
            let (input, output) = (in_module(&m.input_type), in_module(&m.output_type));
            let _ = writeln!(
                body,
                "    pub const {name}: Method<{shape}, {input}, {output}> = Method::new(\"/{full}/{}\");",
                m.proto_name
            );
            let _ = writeln!(all, "        \"/{full}/{}\",", m.proto_name);
        }
        let _ = write!(
            buf,
            "/// The methods of `{full}`.\npub mod {module} {{\n    use crate::method::*;\n    \
             pub const SERVICE: &str = \"{full}\";\n{body}    /// Every method's path.\n    \
             pub const ALL: &[&str] = &[\n{all}    ];\n}}\n"
        );
    }
}

/// A type path as seen from the module of methods, one level below the messages.
fn in_module(path: &str) -> String {
    if path == "()" || path.starts_with("::") { path.to_owned() } else { format!("super::{path}") }
}

fn snake(name: &str) -> String {
    let mut out = String::new();
    for (i, c) in name.chars().enumerate() {
        if c.is_uppercase() && i > 0 {
            out.push('_');
        }
        out.extend(c.to_lowercase());
    }
    out + "_methods"
}
