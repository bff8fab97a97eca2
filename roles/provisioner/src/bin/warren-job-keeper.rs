//! The keeper alone, for this crate's tests; the daemon's program contains it too.

fn main() {
    std::process::exit(warren_provisioner::keeper::run());
}
