#![doc = include_str!("../README.md")]

mod check;
mod data;
mod engine;
mod env;
mod findings;
mod resource;
mod schema;
mod serve;
mod session;
mod value;

/// The file name by which Terraform knows the program; a version may follow.
pub const PROGRAM: &str = "terraform-provider-coder";

/// Whether a program that was started under this name is to be the provider.
pub fn is_provider_name(argv0: &std::ffi::OsStr) -> bool {
    let name = std::path::Path::new(argv0).file_name().and_then(|name| name.to_str());
    name.and_then(|name| name.strip_prefix(PROGRAM))
        .is_some_and(|rest| rest.is_empty() || rest.starts_with("_v") || rest == ".exe")
}

/// Serves as a plugin process until the client is done; the result is the exit code.
pub fn run() -> i32 {
    match serve::serve() {
        Ok(()) => 0,
        Err(error) => {
            eprintln!("{PROGRAM}: {error}");
            1
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_decides_with_or_without_a_version() {
        for (name, expected) in [
            ("terraform-provider-coder", true),
            ("/m/registry.terraform.io/coder/coder/2.18.0/linux_amd64/terraform-provider-coder_v2.18.0", true),
            ("terraform-provider-coder.exe", true),
            ("terraform-provider-coderx", false),
            ("warren", false),
        ] {
            assert_eq!(is_provider_name(name.as_ref()), expected, "{name}");
        }
    }
}
