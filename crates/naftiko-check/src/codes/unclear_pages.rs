//! A paginated list for which neither the author nor the description defines how pages follow each other.

use naftiko_diagnostics::{Code, Diagnostic, Severity, Span, one_of};
use naftiko_spec::Paginate;

use crate::ir::resolved::Resolution;

pub(crate) static CODE: Code = Code {
    id: "unclear-pages",
    severity: Severity::Error,
    summary: "the pagination settings of a list are unclear",
};

/// The ways to define pagination, in words that follow "say" in a help.
const WAYS: &str = "`cursor` with the path of the cursor of the next page, the query parameter for `page` or \
                    `offset`, or `link: true`";

fn of(span: Span, resolution: &Resolution, message: String) -> Diagnostic {
    let operation = &resolution.operation;
    Diagnostic::new(&CODE, span, message)
        .with_label(format!("{} {}", operation.method.as_str(), operation.path))
}

/// The description declares no way from one page to the next.
pub(crate) fn no_way(paginate: &Paginate, resolution: &Resolution) -> Diagnostic {
    let message =
        format!("the description of `{}` does not define a next page", resolution.operation.id);
    of(paginate.key, resolution, message).with_help(format!("write {WAYS}"))
}

/// The description declares several ways from one page to the next.
pub(crate) fn several_ways(paginate: &Paginate, resolution: &Resolution, ways: &[String]) -> Diagnostic {
    let message = format!("`{}` has several ways to the next page", resolution.operation.id);
    of(paginate.key, resolution, message)
        .with_help(format!("select one: {}", one_of(ways.iter().map(String::as_str))))
}

/// The author writes two ways from one page to the next.
pub(crate) fn contradicted(second: Span, first: Span) -> Diagnostic {
    Diagnostic::new(&CODE, second, "`paginate` has two ways to the next page")
        .with_related(first, "the other")
        .with_help("remove one of them")
}

/// `items` is missing, and the response has no list or several lists. `lists` holds their names.
pub(crate) fn no_list(paginate: &Paginate, resolution: &Resolution, lists: &[String]) -> Diagnostic {
    let message = match lists {
        [] => format!("the described response of `{}` contains no list", resolution.operation.id),
        _ => format!("the response of `{}` has several lists", resolution.operation.id),
    };
    let help = match lists {
        [] => "write its path: `items: data`".to_owned(),
        _ => format!("select the paginated list under `items`: {}", one_of(lists.iter().map(String::as_str))),
    };
    of(paginate.key, resolution, message).with_help(help)
}

/// The cursor is known, but no query parameter has its name.
pub(crate) fn no_parameter(cursor: Span, resolution: &Resolution, parameters: &[&str]) -> Diagnostic {
    let message = format!("`{}` has no query parameter with the name of this cursor", resolution.operation.id);
    let help = match parameters {
        [] => "it takes no query parameters; if `Link` names the next page, write `link: true`".to_owned(),
        some => format!("name the parameter under `parameter`: {}", one_of(some.iter().copied())),
    };
    of(cursor, resolution, message).with_help(help)
}

/// The parameter is known, but not exactly one field of the response matches it as a cursor.
pub(crate) fn no_cursor(parameter: Span, name: &str, resolution: &Resolution) -> Diagnostic {
    let message = format!("the response has no field for the cursor of `{name}`");
    of(parameter, resolution, message).with_help("write its path: `cursor: list_metadata.after`")
}

/// Pages are numbered, and the number of the first page is not declared.
pub(crate) fn no_first(page: Span, name: &str, resolution: &Resolution) -> Diagnostic {
    let message = format!("the description does not define the first `{name}`");
    of(page, resolution, message).with_help(format!("write it under `with`: `{name}: 1`, or `{name}: 0`"))
}
