//! Puts the pages of `docs/errors` into the binary, so that `explain` needs no files. Pages that are not there yet are
//! simply missing from the table; a test says which codes have none.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = Path::new(&std::env::var("CARGO_MANIFEST_DIR")?).join("../../docs/errors");
    println!("cargo:rerun-if-changed={}", folder.display());
    let mut pages: Vec<(String, PathBuf)> = Vec::new();
    if let Ok(entries) = std::fs::read_dir(&folder) {
        for entry in entries {
            let path = entry?.path().canonicalize()?;
            let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default().to_owned();
            let is_code = stem.len() == 5 && stem.starts_with(['E', 'W', 'H']) && stem.bytes().skip(1).all(|b| b.is_ascii_digit());
            if is_code && path.extension().is_some_and(|extension| extension == "md") {
                pages.push((stem, path));
            }
        }
    }
    pages.sort();
    let mut table = String::from("pub(crate) static PAGES: &[(&str, &str)] = &[\n");
    for (code, path) in pages {
        writeln!(table, "    ({code:?}, include_str!({:?})),", path.display().to_string())?;
    }
    table.push_str("];\n");
    std::fs::write(Path::new(&std::env::var("OUT_DIR")?).join("pages.rs"), table)?;
    Ok(())
}
