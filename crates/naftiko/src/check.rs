//! `naftiko check`.

use std::path::Path;

use naftiko_check::Options;
use naftiko_diagnostics::{Code, Findings, has_errors, nearest, one_of};
use naftiko_report::{Style, diagnostics, total};
use naftiko_text::Printable;

use crate::args::{Check, CheckFormat};
use crate::documents::Documents;
use crate::exit::{Exit, Stop};
use crate::explain;
use crate::fix;
use crate::parallel::in_parallel;
use crate::planning::options;
use crate::reading::{Reading, is_standard_input, unreadable};
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
        (true, None) => {
            watch(arguments.format, screen, |reading, screen| once(arguments, &strictness, reading, screen))
        }
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
fn once(
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
        let checked = in_parallel(paths, None, |path| naftiko_check::check(path, &options, reading));
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

/// The rules that `--rules` turns on.
fn rules(names: &[String]) -> Result<Vec<&'static Code>, Stop> {
    let mut rules = Vec::new();
    for name in names {
        rules.extend(naftiko_check::rules(name).ok_or_else(|| {
            let help = match nearest(name, naftiko_check::rule_names()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("there is {}", one_of(naftiko_check::rule_names())),
            };
            Stop::Usage(format!("`--rules {name}`: unknown rule; {help}"))
        })?);
    }
    Ok(rules)
}
