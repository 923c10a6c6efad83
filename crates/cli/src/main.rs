//! The `ostro` program.
fn main() {}
