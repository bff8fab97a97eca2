//! The Terraform provider alone.

fn main() {}
