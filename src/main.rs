//! The binary: parses, then hands over to the library; never holds logic.

fn main() {}
