//! Finds tests: files that are named, and every `*.test.yaml` in a folder.

use std::path::{Path, PathBuf};

use naftiko_text::{Printable, join, printable};

use crate::documents::Documents;
use crate::reading::Reading;

/// The endings of the names of test files.
const ENDINGS: [&str; 2] = [".test.yaml", ".test.yml"];

/// The test documents that these paths name, in order.
///
/// # Errors
/// If a path cannot be read, or there are no tests.
pub(super) fn tests(named: &[PathBuf], reading: &Reading) -> Result<Vec<PathBuf>, Printable> {
    let Documents { mut paths, problems } = Documents::find(named, reading);
    paths.retain(|path| is_test(path) || named.contains(path));
    if !problems.is_empty() {
        let problems: Vec<Printable> = problems.into_iter().map(Printable::from).collect();
        return Err(join(problems, "\n"));
    }
    if paths.is_empty() {
        let places: Vec<String> = named.iter().map(|path| format!("`{}`", path.display())).collect();
        return Err(printable!(
            "there are no tests below {}: tests are files `*.test.yaml`",
            places.join(", ")
        ));
    }
    Ok(paths)
}

fn is_test(path: &Path) -> bool {
    path.to_str().is_some_and(|path| ENDINGS.iter().any(|ending| path.ends_with(ending)))
}
