//! Generates the JSON Schemas in `schemas/` from the types that represent documents and findings.
//!
//! Editors and other tools read these files, so they are committed; `--check` verifies that they match the types.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, bail};

use crate::pages;
use crate::workspace::Workspace;

/// Writes every schema, and removes files that are no longer generated.
pub(crate) fn write(workspace: &Workspace) -> anyhow::Result<()> {
    let folder = workspace.root.join("schemas");
    fs::create_dir_all(&folder).with_context(|| format!("cannot create `{}`", folder.display()))?;
    let wanted = generated()?;
    let present = present(&folder)?;
    for name in drift(&wanted, &present) {
        let path = folder.join(name);
        match wanted.get(name) {
            Some(text) => fs::write(&path, text),
            None => fs::remove_file(&path),
        }
        .with_context(|| format!("cannot change `{}`", path.display()))?;
        println!("changed `schemas/{name}`");
    }
    println!("{} schemas are up to date", wanted.len());
    pages::write(workspace)
}

/// Fails with the names of the files that are out of date.
pub(crate) fn check(workspace: &Workspace) -> anyhow::Result<()> {
    let (wanted, present) = (generated()?, present(&workspace.root.join("schemas"))?);
    let drift = drift(&wanted, &present);
    if drift.is_empty() {
        println!("{} schemas are up to date", wanted.len());
        return pages::check(workspace);
    }
    let names: Vec<String> = drift.iter().map(|name| format!("`schemas/{name}`")).collect();
    bail!("out of date: {}; run `cargo xtask codegen`", names.join(", "))
}

/// The schemas as text, by file name.
fn generated() -> anyhow::Result<BTreeMap<String, String>> {
    naftiko_spec::schemas()
        .into_iter()
        .chain(naftiko_report::schemas())
        .map(|(name, schema)| Ok((name, format!("{}\n", serde_json::to_string_pretty(&schema)?))))
        .collect()
}

/// The JSON files of a folder by name; empty if the folder does not exist.
fn present(folder: &Path) -> anyhow::Result<BTreeMap<String, String>> {
    let mut files = BTreeMap::new();
    if !folder.is_dir() {
        return Ok(files);
    }
    let context = || format!("cannot read `{}`", folder.display());
    for entry in fs::read_dir(folder).with_context(context)? {
        let path = entry.with_context(context)?.path();
        if path.extension().is_some_and(|extension| extension == "json") {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            files.insert(name, fs::read_to_string(&path).with_context(context)?);
        }
    }
    Ok(files)
}

/// The names of the files that are missing, different or obsolete, in order.
fn drift<'a>(wanted: &'a BTreeMap<String, String>, present: &'a BTreeMap<String, String>) -> Vec<&'a str> {
    let mut names: Vec<&str> = wanted
        .iter()
        .filter(|(name, text)| present.get(*name) != Some(text))
        .map(|(name, _)| name.as_str())
        .chain(present.keys().filter(|name| !wanted.contains_key(*name)).map(String::as_str))
        .collect();
    names.sort_unstable();
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(files: &[(&str, &str)]) -> BTreeMap<String, String> {
        files.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
    }

    #[test]
    fn missing_different_and_unwanted_files_are_drift() {
        let wanted = files(&[("a.json", "{}\n"), ("b.json", "{}\n"), ("c.json", "{}\n")]);
        let present = files(&[("a.json", "{}\n"), ("b.json", "{}"), ("old.json", "{}\n")]);
        assert_eq!(drift(&wanted, &present), ["b.json", "c.json", "old.json"]);
        assert!(drift(&wanted, &wanted).is_empty());
    }

    #[test]
    fn a_folder_that_is_not_there_holds_nothing() {
        assert!(present(Path::new("no/such/folder")).unwrap().is_empty());
    }
}
