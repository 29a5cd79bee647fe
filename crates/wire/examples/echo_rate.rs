//! Rate.
fn main() {}
