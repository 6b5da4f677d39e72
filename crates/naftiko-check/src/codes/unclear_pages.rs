//! A paginated list for which neither the author nor the description defines how pages follow each other.

use naftiko_diagnostics::{Code, Diagnostic, Severity, Span, one_of};
use naftiko_spec::Paginate;

use crate::ir::resolved::Resolution;

pub(crate) static CODE: Code = Code {
    id: "unclear-pages",
    severity: Severity::Error,
    summary: "it cannot be told how the pages of a list follow each other",
};

/// The ways to define pagination, in words that follow "say" in a help.
const WAYS: &str = "`cursor` with the path of what the next page begins with, the query parameter of `page` or `offset`, or `link: true`";

fn of(span: Span, resolution: &Resolution, message: String) -> Diagnostic {
    let operation = &resolution.operation;
    Diagnostic::new(&CODE, span, message)
        .with_label(format!("{} {}", operation.method.as_str(), operation.path))
}

/// The description declares no way from one page to the next.
pub(crate) fn no_way(paginate: &Paginate, resolution: &Resolution) -> Diagnostic {
    let message =
        format!("the description of `{}` does not say what leads to the next page", resolution.operation.id);
    of(paginate.key, resolution, message).with_help(format!("say {WAYS}"))
}

/// The description declares several ways from one page to the next.
pub(crate) fn several_ways(paginate: &Paginate, resolution: &Resolution, ways: &[String]) -> Diagnostic {
    let message = format!("`{}` has several ways to the next page", resolution.operation.id);
    of(paginate.key, resolution, message)
        .with_help(format!("say which: {}", one_of(ways.iter().map(String::as_str))))
}

/// The author writes two ways from one page to the next.
pub(crate) fn contradicted(second: Span, first: Span) -> Diagnostic {
    Diagnostic::new(&CODE, second, "a page leads to the next in one way, and here are two")
        .with_related(first, "the other")
        .with_help("leave one of them")
}

/// `items` is missing, and the response has no list or several lists. `lists` holds their names.
pub(crate) fn no_list(paginate: &Paginate, resolution: &Resolution, lists: &[String]) -> Diagnostic {
    let message = match lists {
        [] => format!("the description of `{}` shows no list in its answer", resolution.operation.id),
        _ => format!("the answer of `{}` has several lists", resolution.operation.id),
    };
    let help = match lists {
        [] => "say where it is, `items: data`".to_owned(),
        _ => format!("say which comes in pages, under `items`: {}", one_of(lists.iter().map(String::as_str))),
    };
    of(paginate.key, resolution, message).with_help(help)
}

/// The cursor is known, but no query parameter has its name.
pub(crate) fn no_parameter(cursor: Span, resolution: &Resolution, parameters: &[&str]) -> Diagnostic {
    let message = format!("no query parameter of `{}` has the name of this cursor", resolution.operation.id);
    let help = match parameters {
        [] => "it takes no query parameters; if `Link` names the next page, say `link: true`".to_owned(),
        some => format!("say which takes it, under `parameter`: {}", one_of(some.iter().copied())),
    };
    of(cursor, resolution, message).with_help(help)
}

/// The parameter is known, but not exactly one field of the response matches it as a cursor.
pub(crate) fn no_cursor(parameter: Span, name: &str, resolution: &Resolution) -> Diagnostic {
    let message = format!("no field of the answer is the cursor that `{name}` takes");
    of(parameter, resolution, message).with_help("say where it is, `cursor: list_metadata.after`")
}

/// Pages are numbered, and the number of the first page is not declared.
pub(crate) fn no_first(page: Span, name: &str, resolution: &Resolution) -> Diagnostic {
    let message = format!("the description does not say which `{name}` is the first");
    of(page, resolution, message).with_help(format!("say it under `with`: `{name}: 1`, or `{name}: 0`"))
}
