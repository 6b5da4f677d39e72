//! A sensitive value passed to an input of a sub-composition that does not mark the input `sensitive`.

use naftiko_diagnostics::{Code, Diagnostic, Severity};
use naftiko_spec::Edition;

use crate::analyses::model::{HandedDown, Model};
use crate::analyses::taint::sensitive::Leak;

pub(crate) static CODE: Code = Code {
    id: "sensitive-to-unmarked-input",
    severity: Severity::Error,
    summary: "a sensitive value is passed to an input that is not marked `sensitive`",
};

/// The sub-composition tracks the values of marked inputs. It would print and store the value of an unmarked one.
pub(crate) fn check(model: &Model<'_>) -> Vec<Diagnostic> {
    let handed_down = model.handed_down();
    let unmarked = handed_down.iter().filter(|handed| !handed.input.sensitive);
    let found = unmarked.filter_map(|handed| {
        let leak = model.sensitive.leaks(&handed.placed).into_iter().next()?;
        Some(report(&leak, handed))
    });
    found.collect()
}

fn report(leak: &Leak<'_>, handed: &HandedDown<'_>) -> Diagnostic {
    let (name, path) = (handed.name, &handed.embedded.path);
    let message = format!("`{name}` of `{path}` receives {}, which is sensitive", leak.words);
    Diagnostic::new(&CODE, leak.span, message)
        .with_label("would be printed and stored there")
        .with_related(leak.source, leak.of.reason.clone())
        .with_related(handed.input.span, "not marked `sensitive`")
        .with_help(match handed.embedded.edition {
            Edition::V0_2 => format!("mark the input in `{path}` with `sensitive: true`, or pass another \
                                      value"),
            Edition::V0_1 => {
                format!("edition 0.1 cannot mark inputs: upgrade `{path}` to edition 0.2 (`naftiko \
                         upgrade`), and mark the input with `sensitive: true`")
            }
        })
}
