//! A required argument without a value.

use naftiko_diagnostics::{Code, Diagnostic, Severity, SourceMap, Spanned, one_of, work};
use naftiko_expr::Type;
use naftiko_spec::Step;

use crate::analyses::type_match::{Choice, Missing as Lacking};
use crate::analyses::inference::{Candidate, Inference};
use crate::analyses::missing_argument_fix::{Gap, Missing, placed_name};
use crate::ir::slots::Parameter;
use crate::ir::resolved::Resolution;
use crate::ir::resource::{noun_of_path, values};
use crate::ir::missing_names::NameBudget;

pub(crate) static CODE: Code = Code {
    id: "missing-argument",
    severity: Severity::Error,
    summary: "a required argument has no value",
};

/// Edition 0.2: the argument has to be written. The help offers the value that edition 0.1 would infer.
pub(crate) fn unwritten(
    gap: &Gap<'_>,
    inference: Option<&Inference>,
    sources: &SourceMap,
) -> Diagnostic {
    let parameter = gap.parameter;
    let diagnostic = start(gap.named, parameter, gap.resolution);
    match inference {
        Some(Inference::Bound(candidate)) if !candidate.optional => {
            let missing = Missing::new(*gap, &candidate.value);
            let diagnostic = diagnostic
                .with_related(candidate.span, candidate.reason.clone())
                .with_help(missing.help());
            match missing.fix(sources) {
                Some(fix) => diagnostic.with_fix(fix),
                None => diagnostic,
            }
        }
        Some(Inference::Ambiguous(candidates)) => {
            let values = candidates.iter().map(|candidate| candidate.value.text());
            diagnostic.with_help(format!("write it under `with`: it could be {}", one_of(values)))
        }
        _ => {
            let key = placed_name(&parameter.slot, gap.resolution);
            diagnostic.with_help(format!("write it under `with`: `{key}: …`, {}", parameter.ty))
        }
    }
}

/// Edition 0.1: no value could be inferred. `unfit` holds the values with the right name and the wrong type.
pub(crate) fn uninferred(
    named: &Spanned<String>,
    step: &Step,
    parameter: &Parameter,
    resolution: &Resolution,
    unfit: &[Candidate],
) -> Diagnostic {
    let name = parameter.slot.name();
    let noun = noun_of_path(&resolution.operation.path).map(|noun| format!("{noun}_{name}"));
    let sought = std::iter::once(name.to_owned()).chain(noun);
    let inputs = naftiko_diagnostics::one_of(sought);
    let diagnostic = start(named, parameter, resolution).with_help(format!(
        "write `{name}: …` on step `{}`, or add an input {inputs}; no earlier step yields it",
        step.id.value
    ));
    unfit.iter().fold(diagnostic, |diagnostic, candidate| {
        let why = format!("{} is {}, expected {}", candidate.words, candidate.ty, parameter.ty);
        diagnostic.with_related(candidate.span, why)
    })
}

/// A finding about each missing name of one place, and about the number of those that are not listed.
pub(crate) fn all<T>(
    named: &Spanned<String>,
    missing: impl Iterator<Item = T>,
    listed: &NameBudget,
    fault: impl Fn(T) -> Diagnostic,
) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let mut others = 0;
    for (position, one) in missing.enumerate() {
        work::add(1);
        if listed.lists(position) {
            found.push(fault(one));
        } else {
            others += 1;
        }
    }
    found.extend((others > 0).then(|| more(named, others)));
    found
}

/// `count` more arguments have no value than were reported one by one.
pub(crate) fn more(named: &Spanned<String>, count: usize) -> Diagnostic {
    let (arguments, have) = if count == 1 { ("argument", "has") } else { ("arguments", "have") };
    let message = format!("`{}` requires {count} more {arguments}, which {have} no value", named.value);
    Diagnostic::new(&CODE, named.span, message)
        .with_help("write the arguments reported above; the others are then reported")
}

fn start(named: &Spanned<String>, parameter: &Parameter, resolution: &Resolution) -> Diagnostic {
    let name = parameter.slot.name();
    let operation = &resolution.operation;
    Diagnostic::new(
        &CODE,
        named.span,
        format!("`{}` requires `{name}`, which has no value", named.value),
    )
    .with_label(format!("{} {}", operation.method.as_str(), operation.path))
}

/// A test does not supply a required input.
pub(crate) fn not_given(test: &Spanned<String>, input: &Parameter) -> Diagnostic {
    let name = input.slot.name();
    Diagnostic::new(&CODE, test.span, format!("`{}` requires the input `{name}`, which has no value", test.value))
        .with_help(format!("write it under `inputs`: `{name}: …`, {}", input.ty))
}

/// A step that runs another composition does not supply a required input of it.
pub(crate) fn input(named: &Spanned<String>, input: &Parameter) -> Diagnostic {
    let name = input.slot.name();
    Diagnostic::new(&CODE, named.span, format!("`{}` requires `{name}`, which has no value", named.value))
        .with_label("runs here")
        .with_help(format!("write it under `with`: `{name}: …`, {}", input.ty))
}

/// An object inside an argument lacks required fields.
pub(crate) fn inside(missing: &Lacking) -> Diagnostic {
    let diagnostic = Diagnostic::new(&CODE, missing.place, needs(&missing.owner, missing));
    match (&missing.choice, missing.fields.as_slice()) {
        (None, [(field, ty)]) => diagnostic.with_help(format!("write `{field}: …` in it, {ty}")),
        (None, _) => diagnostic,
        (Some(choice), _) => diagnostic.with_help(forms(missing, choice, "in it")),
    }
}

/// The body matches none of its alternative forms, because fields are missing. `strict` selects the wording of edition
/// 0.2.
pub(crate) fn of_form(
    named: &Spanned<String>,
    missing: &Lacking,
    resolution: &Resolution,
    strict: bool,
) -> Diagnostic {
    let operation = &resolution.operation;
    let diagnostic = Diagnostic::new(&CODE, named.span, needs(&named.value, missing))
        .with_label(format!("{} {}", operation.method.as_str(), operation.path));
    let Some(choice) = &missing.choice else { return diagnostic };
    diagnostic.with_help(forms(missing, choice, if strict { "under `with`" } else { "on the step" }))
}

fn needs(owner: &str, missing: &Lacking) -> String {
    let fields = quoted(missing.fields.iter().map(|(field, _)| field.as_str()), missing.more);
    let have = if missing.fields.len() + missing.more == 1 { "has" } else { "have" };
    format!("`{owner}` requires {fields}, which {have} no value")
}

/// The help for an object that lacks fields: the fields that complete it, for up to four alternative forms.
fn forms(missing: &Lacking, choice: &Choice, place: &str) -> String {
    const SHOWN: usize = 3;
    if let ([(field, ty)], [], None) = (missing.fields.as_slice(), choice.others.as_slice(), &choice.name) {
        return format!("write `{field}: …` {place}, {ty}");
    }
    let form = |name: &Option<String>, fields: &[(String, Type)], more: usize| {
        let name = name.as_ref().map(|name| format!(" for `{name}`")).unwrap_or_default();
        format!("{}{name}", quoted(fields.iter().map(|(field, ty)| entry(field, ty)), more))
    };
    let others = choice.others.iter().take(SHOWN).map(|other| form(&other.name, &other.lacks, other.more));
    let all: Vec<String> = std::iter::once(form(&choice.name, &missing.fields, missing.more)).chain(others).collect();
    let comma = if all.len() > 1 { "," } else { "" };
    format!("write {}{comma} {place}", all.join(", or "))
}

/// A field, with its value if its type allows only one.
fn entry(field: &str, ty: &Type) -> String {
    match values(ty).as_slice() {
        [only] => format!("{field}: {only}"),
        _ => field.to_owned(),
    }
}

/// Quoted names as a list that ends in "and"; `more` counts further names.
fn quoted(names: impl Iterator<Item = impl std::fmt::Display>, more: usize) -> String {
    let more = (more > 0).then(|| format!("{more} more"));
    let names: Vec<String> = names.map(|name| format!("`{name}`")).chain(more).collect();
    match names.split_last() {
        Some((last, rest @ [_, ..])) => format!("{} and {last}", rest.join(", ")),
        _ => names.concat(),
    }
}
