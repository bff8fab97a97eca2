//! Every role in one program.

fn main() {}
