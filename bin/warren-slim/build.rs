//! Small programs keep one copy of functions that became the same machine code.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let variable = |name: &str| std::env::var(name).unwrap_or_default();
    // Only where the linker is known to have the option: it comes with the compiler on this target.
    if variable("OPT_LEVEL") == "s" && variable("TARGET") == "x86_64-unknown-linux-gnu" {
        println!("cargo::rustc-link-arg-bins=-Wl,--icf=all");
    }
}
