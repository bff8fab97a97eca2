//! The Terraform provider alone.

fn main() {
    std::process::exit(warren_tf_provider::run());
}
