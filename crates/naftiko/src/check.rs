//! `naftiko check`, and the check that precedes `plan` and `run`.

use std::io;
use std::path::{Path, PathBuf};

use naftiko_check::{Checked, Options};
use naftiko_diagnostics::{Code, Findings, Severity, has_errors, nearest, one_of};
use naftiko_report::{Style, diagnostics, summary, total};
use naftiko_spec::{Files, Kind};
use naftiko_text::Printable;

use crate::args::{Check, CheckFormat, Lookup};
use crate::documents::{Documents, unreadable};
use crate::exit::{Exit, Stop};
use crate::explain;
use crate::fix;
use crate::parallel::in_parallel;
use crate::reading::{Reading, is_standard_input};
use crate::screen::Screen;
use crate::strictness::Strictness;
use crate::watch::watch;
use crate::world;

/// The number of documents checked at a time; it bounds memory, since each document holds everything it reads.
const AT_ONCE: usize = 32;

pub(crate) fn check(arguments: &Check, screen: &mut Screen) -> Result<Exit, Stop> {
    let strictness = Strictness::new(arguments)?;
    let stream = arguments.paths.iter().find_map(|path| stream(path));
    if let Some(stream) = stream.filter(|_| arguments.fix.fix) {
        return Err(Stop::Usage(format!("`--fix` cannot write {stream}")));
    }
    if arguments.fix.diff {
        return fix::show(arguments, &strictness, screen);
    }
    match (arguments.watch, stream) {
        (true, Some(stream)) => Err(Stop::Usage(format!("`--watch` cannot watch {stream}"))),
        (true, None) => watch(arguments, &strictness, screen),
        (false, _) => {
            let reading = Reading::of(&arguments.paths, &arguments.stdin_name).map_err(Stop::Usage)?;
            once(arguments, &strictness, &reading, screen)
        }
    }
}

/// Names the argument if it is a stream, which can be read only once.
fn stream(named: &Path) -> Option<&'static str> {
    if is_standard_input(named) {
        return Some("standard input");
    }
    world::is_pipe(named).then_some("a pipe")
}

/// Checks all named documents and reports the findings. A document that cannot be read does not hide the findings of
/// the others.
pub(crate) fn once(
    arguments: &Check,
    strictness: &Strictness,
    reading: &Reading,
    screen: &mut Screen,
) -> Result<Exit, Stop> {
    let options = Options {
        rules: rules(&arguments.rules)?,
        ..options(&arguments.lookup, &arguments.readable.allowed_files)
    };
    let Documents { paths, mut problems } = Documents::find(&arguments.paths, reading);
    if arguments.fix.fix {
        problems.extend(fix::write(&paths, arguments, screen));
    }
    let identity = |name: &str| world::identity(Path::new(name)).to_string_lossy().into_owned();
    let mut findings = Findings::new();
    for paths in paths.chunks(AT_ONCE) {
        let checked = in_parallel(paths, None, |path| read_through(path, &options, reading));
        for (path, checked) in paths.iter().zip(checked) {
            match checked {
                Ok(checked) => {
                    let diagnostics = strictness.judge(checked.diagnostics);
                    let ignored = strictness.judge_ignored(checked.ignored);
                    findings.add(&checked.sources, diagnostics, ignored, identity);
                }
                Err(error) => problems.push(unreadable(path, &error)),
            }
        }
    }
    findings.sort();
    if !findings.checked.is_empty() {
        screen.result(&report(&findings, arguments.format, screen.out)?)?;
        if arguments.format != CheckFormat::Human {
            screen.message(&total(&findings, screen.err));
        }
    }
    for problem in &problems {
        screen.problem(&problem.clone().into());
    }
    Ok(match (problems.is_empty(), has_errors(&findings.diagnostics)) {
        (false, _) => Exit::Usage,
        (true, true) => Exit::Errors,
        (true, false) => Exit::Done,
    })
}

fn report(findings: &Findings, format: CheckFormat, style: Style) -> Result<Printable, Stop> {
    let text = match format {
        CheckFormat::Human => {
            let findings_as_text = diagnostics(&findings.diagnostics, &findings.sources, style);
            let read_on = explain::pointer(explain::first_error(&findings.diagnostics), style);
            Ok(findings_as_text + &total(findings, style) + &read_on)
        }
        CheckFormat::Json => naftiko_report::json(findings),
        CheckFormat::Sarif => naftiko_report::sarif(findings, &naftiko_check::codes()),
        CheckFormat::Junit => Ok(naftiko_report::junit(findings)),
        CheckFormat::Github => Ok(naftiko_report::github(findings)),
    };
    text.map_err(|error| Stop::Usage(format!("the findings cannot be written: {error}")))
}

fn read_through(file: &Path, options: &Options, files: &dyn Files) -> io::Result<Checked> {
    naftiko_check::check(file, options, files)
}

/// The rules that `--rules` turns on.
fn rules(names: &[String]) -> Result<Vec<&'static Code>, Stop> {
    let mut rules = Vec::new();
    for name in names {
        rules.extend(naftiko_check::rules(name).ok_or_else(|| {
            let help = match nearest(name, naftiko_check::rule_names()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("there is {}", one_of(naftiko_check::rule_names())),
            };
            Stop::Usage(format!("`--rules {name}`: there is no such rule; {help}"))
        })?);
    }
    Ok(rules)
}

/// The options of the checker for these arguments.
pub(crate) fn options(lookup: &Lookup, allowed_files: &[PathBuf]) -> Options {
    Options {
        capabilities: lookup.capabilities.clone(),
        openapi: lookup.openapi.clone(),
        allowed_files: allowed_files.to_vec(),
        rules: Vec::new(),
    }
}

/// Checks a file and returns its plan. Errors and warnings are shown. Without a plan, returns the exit code.
pub(crate) fn to_plan(
    file: &Path,
    lookup: &Lookup,
    allowed_files: &[PathBuf],
    screen: &mut Screen,
) -> Result<Result<naftiko_plan::Plan, Exit>, Stop> {
    let reading = Reading::of_file(file).map_err(Stop::Usage)?;
    let file = reading.stream(file).unwrap_or(file);
    let checked = read_through(file, &options(lookup, allowed_files), &reading)
        .map_err(|error| Stop::Usage(unreadable(file, &error)))?;
    let errors = checked.has_errors();
    let lacking = no_plan(file, &checked);
    let shown: Vec<_> =
        checked.diagnostics.iter().filter(|found| found.severity() != Severity::Note).cloned().collect();
    screen.message(&diagnostics(&shown, &checked.sources, screen.err));
    match checked.plan {
        Some(plan) => Ok(Ok(plan)),
        None if errors => {
            screen.message(&summary(&file.display().to_string(), &shown, screen.err));
            Ok(Err(Exit::Errors))
        }
        None => Err(lacking),
    }
}

/// The reason why a document without errors has no plan.
pub(crate) fn no_plan(file: &Path, checked: &Checked) -> Stop {
    let file = file.display();
    Stop::Usage(match checked.withheld_by() {
        _ if checked.kind == Some(Kind::Capabilities) => format!(
            "`{file}` is a capabilities document, which says what a provider can do; a composition can be planned and run"
        ),
        _ if checked.kind == Some(Kind::Test) && checked.suite.is_some() => {
            format!("`{file}` tests a composition: `naftiko test` runs it")
        }
        Some(ignored) => format!(
            "`{file}` has no plan: `{}` is ignored there, but no run is possible before it is corrected",
            ignored.code.id
        ),
        None => format!(
            "`{file}` has no plan: without an OpenAPI description nothing is known of its operations; give one with \
             `--openapi FILE`, or name it in a capabilities document of edition 0.2"
        ),
    })
}
