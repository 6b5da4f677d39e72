//! `naftiko mock`: simulates providers over HTTP, with the responses of the mock that runs use.

mod fault;
mod server;

use std::path::{Path, PathBuf};

use naftiko_adapter_mock::{MockAdapter, Script};
use naftiko_check::Offer;
use naftiko_diagnostics::{Diagnostic, Severity, SourceMap, has_errors};
use naftiko_report::diagnostics;

use crate::args::{Lookup, Mock};
use crate::drive::block_on;
use crate::exit::{Exit, Stop};
use crate::mock::fault::Faults;
use crate::mock::server::Server;
use crate::planning::{no_plan, options};
use crate::reading::{Reading, unreadable};
use crate::screen::Screen;
use crate::test::script;

pub(crate) fn mock(arguments: &Mock, screen: &mut Screen) -> Result<Exit, Stop> {
    let reading = Reading::new();
    let offers = match offers(arguments, &reading, screen)? {
        Ok(offers) => offers,
        Err(exit) => return Ok(exit),
    };
    let (mut told, seed) = match &arguments.script {
        None => (Script::default(), 0),
        Some(path) => {
            let files = &arguments.readable.allowed_files;
            match scripted(path, &arguments.lookup, files, &reading, screen)? {
                Ok(told) => told,
                Err(exit) => return Ok(exit),
            }
        }
    };
    let faults = Faults::read(&arguments.faults, &offers).map_err(Stop::Usage)?;
    faults.add_to(&mut told);
    let adapter = MockAdapter::with_script(arguments.seed.unwrap_or(seed), &told);
    block_on(async {
        Server::new(offers, adapter, faults).serve(arguments.port, &arguments.hosts, screen).await
    })
}

/// Collects the providers of all documents.
fn offers(
    arguments: &Mock,
    reading: &Reading,
    screen: &mut Screen,
) -> Result<Result<Vec<Offer>, Exit>, Stop> {
    let mut offers: Vec<Offer> = Vec::new();
    for file in &arguments.files {
        let (checked, found) = naftiko_check::offers(
            file,
            &options(&arguments.lookup, &arguments.readable.allowed_files),
            reading,
        )
        .map_err(|error| Stop::Usage(unreadable(file, &error)))?;
        if show_errors(&checked.diagnostics, &checked.sources, screen) {
            return Ok(Err(Exit::Errors));
        }
        for offer in found {
            add(&mut offers, offer);
        }
    }
    match offers.iter().find(|offer| offer.operations.is_empty()) {
        Some(offer) => Err(Stop::Usage(format!(
            "the operations of `{}` are not described; give an OpenAPI description with `--openapi FILE`",
            offer.provider
        ))),
        None if offers.is_empty() => Err(Stop::Usage("there is no provider to simulate".to_owned())),
        None => Ok(Ok(offers)),
    }
}

/// Adds a provider, or the operations that a known provider does not have yet.
fn add(offers: &mut Vec<Offer>, offer: Offer) {
    let Some(known) = offers.iter_mut().find(|known| known.provider == offer.provider) else {
        return offers.push(offer);
    };
    for operation in offer.operations {
        if !known.operations.iter().any(|it| it.method == operation.method && it.path == operation.path) {
            known.operations.push(operation);
        }
    }
    known.named.extend(offer.named);
}

/// The script at the top of a test document, and its seed.
pub(crate) fn scripted(
    path: &Path,
    lookup: &Lookup,
    allowed_files: &[PathBuf],
    reading: &Reading,
    screen: &mut Screen,
) -> Result<Result<(Script, u64), Exit>, Stop> {
    let checked = naftiko_check::check(path, &options(lookup, allowed_files), reading)
        .map_err(|error| Stop::Usage(unreadable(path, &error)))?;
    if show_errors(&checked.diagnostics, &checked.sources, screen) {
        return Ok(Err(Exit::Errors));
    }
    match &checked.suite {
        Some(suite) => Ok(Ok((script(&suite.script), suite.script.seed))),
        None if checked.plan.is_some() => {
            Err(Stop::Usage(format!("`--script {}`: it is not a test document", path.display())))
        }
        None => Err(no_plan(path, &checked)),
    }
}

/// Prints the errors of a document. Returns whether there are any.
fn show_errors(found: &[Diagnostic], sources: &SourceMap, screen: &mut Screen) -> bool {
    let errors: Vec<_> = found.iter().filter(|it| it.severity() == Severity::Error).cloned().collect();
    screen.message(&diagnostics(&errors, sources, screen.err));
    has_errors(found)
}
