//! From a path to something that runs: `.route` and `.routec` alike.

use std::fmt::Display;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

use callroute_analysis::typed;
use callroute_bytecode::image::Image;
use callroute_bytecode::{HEAD, ImageError, check_head, encode, is_compiled, limits};
use callroute_diagnostics::{Color, Severity};
use callroute_runtime::Program;
use callroute_syntax::limits::MAX_FILE_BYTES;

use crate::failure::{Failure, SCRIPT_AT_FAULT, say, shown};
use crate::progress::{self, Progress};
use crate::report::Report;
use crate::workspace::{self, Checked, Names, cannot_read};

/// A script, compiled: the bytes of its file.
pub fn compiled(path: &Path, color: Color, least: Severity) -> Result<Vec<u8>, Failure> {
    named(path, color, least).map(|(bytes, _)| bytes)
}

/// A script, compiled, and what its files are called; of one that was compiled already only that knows.
fn named(path: &Path, color: Color, least: Severity) -> Result<(Vec<u8>, Names), Failure> {
    match read(path).map_err(|error| cannot_read(path, &error))? {
        Content::Compiled(bytes) => Ok((bytes, Names::default())),
        Content::Refused(error) => Err(refused(path, &error)),
        Content::Source(bytes) => {
            let _progress = Progress::begin(color, &format!("compiling {}", path.display()), 1, "");
            let checked = workspace::check_bytes(path, bytes);
            progress::note("");
            compile(&checked, color, least).map(|image| (encode(&image), Names::of(&checked)))
        }
    }
}

/// Compiles a script that was checked; shows what is at least so bad of what was found.
pub fn compile(checked: &Checked, color: Color, least: Severity) -> Result<Image, Failure> {
    let mut report = Report::default();
    report.add(checked, least, Some(color));
    let Some(program) = &checked.analysis.program else { return Err(at_fault(checked, &report)) };
    let (diagnostics, image) = match callroute_compiler::compile(program) {
        Ok(image) => (callroute_compiler::warnings(&image), Some(image)),
        Err(diagnostics) => (diagnostics, None),
    };
    // What the compiler says has its places in the same files.
    let analysis = callroute_analysis::Analysis { diagnostics, files: checked.analysis.files.clone(), ..Default::default() };
    let checked = Checked { analysis, paths: checked.paths.clone(), resolved: checked.resolved.clone() };
    report.add(&checked, least, Some(color));
    image.ok_or_else(|| at_fault(&checked, &report))
}

/// A script whose lines are to be shown, compiled.
pub struct Source {
    /// What it means.
    pub typed: typed::Program,
    /// What was found in it, and its files; without the program.
    pub checked: Checked,
    /// As a file of its own.
    pub compiled: Vec<u8>,
}

/// Checks and compiles a script that must not be compiled already; `why` says what is done with scripts alone.
pub fn source(path: &Path, color: Color, why: &str) -> Result<Source, Failure> {
    let name = shown(&path.display().to_string());
    if path.extension().is_some_and(|extension| extension == "routec") {
        return Err(Failure::wrong(format!("`{name}` is a compiled script; {why}")));
    }
    let _progress = Progress::begin(color, &format!("compiling {}", path.display()), 1, "");
    let mut checked = workspace::check(path)?;
    let compiled = encode(&compile(&checked, color, Severity::Error)?);
    let typed = checked.analysis.program.take().ok_or_else(|| Failure::wrong(format!("`{name}` has no program")))?;
    Ok(Source { typed, checked, compiled })
}

fn at_fault(checked: &Checked, report: &Report) -> Failure {
    let path = checked.paths.first().map_or("", String::as_str);
    say(&format!("`{}` has {}", shown(path), report.summary()));
    Failure::Status(SCRIPT_AT_FAULT)
}

/// A script, ready to decide, and what its files are called.
pub fn load(path: &Path, color: Color) -> Result<(Program, Names), Failure> {
    let (bytes, names) = named(path, color, Severity::Error)?;
    Ok((load_bytes(path, &bytes)?, names))
}

/// A compiled script, ready to decide.
pub fn load_bytes(path: &Path, bytes: &[u8]) -> Result<Program, Failure> {
    Program::load(bytes).map_err(|error| refused(path, &error))
}

/// A compiled script that cannot be loaded.
pub fn refused(path: &Path, error: &impl Display) -> Failure {
    say(&format!("callroute: `{}`: {error}", shown(&path.display().to_string())));
    Failure::Status(SCRIPT_AT_FAULT)
}

/// What a file holds.
enum Content {
    /// A compiled script, perhaps a damaged one.
    Compiled(Vec<u8>),
    /// A compiled script whose head already shows that it cannot be used, so that the rest was not read.
    Refused(ImageError),
    /// A script; `None`: too large.
    Source(Option<Vec<u8>>),
}

/// Reads a file once, with the limit for what it holds.
fn read(path: &Path) -> io::Result<Content> {
    let mut file = File::open(path)?;
    let about = file.metadata()?;
    if about.is_dir() {
        return Err(io::Error::from(io::ErrorKind::IsADirectory));
    }
    let mut bytes = Vec::new();
    file.by_ref().take(HEAD as u64).read_to_end(&mut bytes)?;
    let compiled = is_compiled(&bytes) || path.extension().is_some_and(|extension| extension == "routec");
    let length = usize::try_from(about.len()).unwrap_or(usize::MAX);
    if compiled
        && about.is_file()
        && let Err(error) = check_head(&bytes, length)
    {
        return Ok(Content::Refused(error));
    }
    let limit = if compiled { limits::FILE } else { MAX_FILE_BYTES } as u64;
    let mut fits = about.len() <= limit;
    if fits {
        bytes.reserve(length);
        // One byte more than is allowed shows that there is more.
        file.take(limit.saturating_add(1).saturating_sub(bytes.len() as u64)).read_to_end(&mut bytes)?;
        fits = bytes.len() as u64 <= limit;
    }
    Ok(match (compiled, fits) {
        (true, true) => Content::Compiled(bytes),
        (true, false) => Content::Refused(ImageError::TooLarge { found: bytes.len() }),
        (false, true) => Content::Source(Some(bytes)),
        (false, false) => Content::Source(None),
    })
}
