//! Compiles the generated parser.

fn main() {
    let mut build = cc::Build::new();
    build.std("c11").include("src").file("src/parser.c").warnings(false);
    // Large tables and no loops of our own: optimising them takes long and gains nothing.
    build.opt_level(1);
    build.compile("tree-sitter-route");
    println!("cargo:rerun-if-changed=src/parser.c");
}
