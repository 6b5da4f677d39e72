//! The inputs of a test: those written in the test, those of files, and defaults.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::rc::Rc;

use naftiko_diagnostics::{Diagnostic, Spanned};
use naftiko_schema::Options;
use naftiko_spec::{Given, Inputs, Test};
use naftiko_syntax::{Node, Value as Tree};
use serde_json::{Map, Value};

use super::{Context, written};
use crate::analyses::constraints;
use crate::analyses::type_match::misfits;
use crate::codes;
use crate::ir::missing_names::NameBudget;
use crate::ir::slots::Parameter;
use crate::stages::arguments::reported;
use crate::stages::load::Loader;

impl Context<'_> {
    /// The inputs of a test by name, with defaults. Reports unknown, missing and unfit inputs, and leaves out the
    /// unknown ones.
    pub(super) fn inputs(&mut self, test: &Test, loader: &mut Loader<'_>) -> Map<String, Value> {
        let mut given: BTreeMap<String, Rc<Given>> = BTreeMap::new();
        let mut unclear = false;
        for source in &test.inputs {
            let Some(all) = self.source(source, loader) else {
                unclear = true;
                continue;
            };
            given.extend(all.into_iter().map(|one| (one.name.value.clone(), Rc::new(one))));
        }
        let taken = &self.tested.inputs;
        let names = &self.names.inputs;
        let known: BTreeSet<&str> = names.names().iter().copied().collect();
        let strangers = given.values().filter(|given| !known.contains(given.name.value.as_str()));
        let mut diagnostics: Vec<Diagnostic> = strangers
            .map(|given| codes::unknown_argument::given(&given.name, &self.plan.name, names))
            .collect();
        // An input that a suggestion names is misspelled, and is not reported as missing too.
        let edits = diagnostics.iter().filter_map(|found| found.fix.as_ref()).flat_map(|fix| &fix.edits);
        let suggested: BTreeSet<String> = edits.map(|edit| edit.replacement.clone()).collect();
        let misspelled = |name: &str| suggested.contains(name);
        let lacking = taken.iter().filter(|input| {
            let name = input.slot.name();
            input.required && !unclear && !given.contains_key(name) && !misspelled(name)
        });
        let fault = |input: &Parameter| codes::missing_argument::not_given(&test.name, input);
        let missing = codes::missing_argument::all(&test.name, lacking, &self.listed, fault);
        diagnostics.extend(missing);
        let fits = |input: &Parameter| {
            let given = given.get(input.slot.name());
            given.map(|given| unfit(input, given, loader, &self.listed)).unwrap_or_default()
        };
        diagnostics.extend(taken.iter().flat_map(fits));
        loader.report(diagnostics);
        let value = |name: &str| given.get(name).map(|given| given.value.json.clone());
        let inputs = self.plan.inputs.iter().filter_map(|input| {
            let value = value(&input.name).or_else(|| input.default.clone())?;
            Some((input.name.clone(), value))
        });
        inputs.collect()
    }

    /// The inputs of a source; `None` if it cannot be read, which is reported. Each file is read once.
    fn source(&mut self, source: &Inputs, loader: &mut Loader<'_>) -> Option<Vec<Given>> {
        let named = match source {
            Inputs::Named(given) => return Some(given.clone()),
            Inputs::File(named) => named,
        };
        let path = loader.admitted(named, self.folder, "inputs file")?;
        let known = self.files.entry(path.clone());
        known.or_insert_with(|| from_file(named, &path, loader)).clone()
    }
}

/// The inputs of a file; `None` if it cannot be read, which is reported.
fn from_file(named: &Spanned<String>, path: &Path, loader: &mut Loader<'_>) -> Option<Vec<Given>> {
    match loader.read(path) {
        Err(_) => {
            loader.report([codes::missing_file::report(named, path, "inputs file")]);
            None
        }
        Ok(None) => None,
        Ok(Some(Node { value: Tree::Mapping(mapping), .. })) => Some(Given::of_mapping(&mapping)),
        Ok(Some(_)) => {
            loader.report([codes::wrong_document::no_inputs(named)]);
            None
        }
    }
}

/// The findings about the parts of a value that do not fit the type or the schema of its input.
fn unfit(input: &Parameter, given: &Given, loader: &Loader<'_>, listed: &NameBudget) -> Vec<Diagnostic> {
    let written = written(given);
    let name = input.slot.name();
    let misfits = misfits(&input.ty, &written, name, listed);
    let found = misfits.found.iter();
    let mut diagnostics: Vec<_> = found.map(|misfit| reported(misfit, loader.sources())).collect();
    if let Some(schema) = &input.schema {
        let mistakes = misfits.mistakes();
        let broken = constraints::broken(schema, &Map::new(), Options::STRICT, &written, name, &mistakes);
        diagnostics.extend(broken.iter().map(|broken| codes::unfit_argument::report(broken, name)));
    }
    diagnostics
}
