//! Fills the parameters into the path template of an operation.

use naftiko_adapter::{Operation, Parameter, Place};
use serde_json::Value;

use super::of;
use crate::path;
use crate::percent::encoded_literal;
use crate::refusal::{Problem, Refusal, Target};

/// A partly filled template, with the ranges that come from parameters.
#[derive(Default)]
struct Filled<'a> {
    path: String,
    /// Each parameter with the bytes of the path that it filled.
    parameters: Vec<(&'a Parameter, std::ops::Range<usize>)>,
}

/// The filled path; its first `?` begins a fixed query. `given` returns the argument of a parameter.
pub(super) fn expanded<'a>(
    operation: &'a Operation,
    given: &dyn Fn(&Parameter) -> Option<&'a Value>,
) -> Result<String, Refusal> {
    let mut filled = Filled::default();
    let mut rest = operation.path.as_str();
    while let Some((literal, after)) = rest.split_once('{') {
        let Some((name, tail)) = after.split_once('}') else {
            let message = format!("the path of `{}` has a `{{` without its `}}`", operation.id);
            return Err(Refusal::of_operation(message));
        };
        push_literal(&mut filled.path, literal);
        let found = operation.parameter(Place::Path, name);
        let Some((parameter, value)) = found.and_then(|parameter| Some((parameter, given(parameter)?)))
        else {
            let message = format!("`{{{name}}}` in the path of `{}` has no argument", operation.id);
            return Err(Problem::new(message).at(Target::Parameter(Place::Path, name.to_owned())));
        };
        let start = filled.path.len();
        filled
            .path
            .push_str(&path::write(operation, parameter, value).map_err(|problem| of(parameter, problem))?);
        filled.parameters.push((parameter, start..filled.path.len()));
        rest = tail;
    }
    push_literal(&mut filled.path, rest);
    let is_filled = |known: &Parameter| filled.parameters.iter().any(|(filled, _)| filled.name == known.name);
    let in_path = operation.parameters.iter().filter(|it| it.place == Place::Path);
    if let Some(parameter) = in_path.filter(|it| given(it).is_some()).find(|it| !is_filled(it)) {
        let message = format!("the path of `{}` has no place for `{}`", operation.id, parameter.name);
        return Err(of(parameter, Problem::new(message)));
    }
    match filled.dots(operation) {
        Some(refusal) => Err(refusal),
        None => Ok(filled.path),
    }
}

/// The reason why a value cannot be sent as a path parameter, whatever the other arguments are.
pub(super) fn refusal_of(operation: &Operation, parameter: &Parameter, value: &Value) -> Option<Refusal> {
    // The other parameters get a text that never completes a segment of dots.
    let other = Value::from("x");
    let given = |known: &Parameter| Some(if known.name == parameter.name { value } else { &other });
    let has_others = |refusal: &Refusal| match &refusal.target {
        Target::Parameter(_, name) => *name == parameter.name,
        _ => false,
    };
    match path::write(operation, parameter, value) {
        Err(problem) => Some(of(parameter, problem)),
        Ok(_) => expanded(operation, &given).err().filter(has_others),
    }
}

impl Filled<'_> {
    /// Rejects a segment of one or two dots, which a server or a proxy would remove.
    fn dots(&self, operation: &Operation) -> Option<Refusal> {
        let path = self.path.split('?').next().unwrap_or_default();
        let mut start = 0;
        for segment in path.split('/') {
            let end = start + segment.len();
            if is_dots(segment) {
                let message = format!("a segment of the path of `{}` would be `.` or `..`", operation.id);
                let lies_within = |range: &std::ops::Range<usize>| start <= range.start && range.end <= end;
                let filled = self.parameters.iter().find(|(_, range)| lies_within(range));
                return Some(match filled {
                    Some((parameter, _)) => of(parameter, Problem::new(message)),
                    None => Refusal::of_operation(message),
                });
            }
            start = end + 1;
        }
        None
    }
}

fn is_dots(segment: &str) -> bool {
    let segment = segment.to_ascii_lowercase().replace("%2e", ".");
    segment == "." || segment == ".."
}

/// Appends a literal part of the path. The first `?` begins the fixed query; any further `?` is encoded.
fn push_literal(path: &mut String, literal: &str) {
    for (index, part) in literal.split('?').enumerate() {
        if index > 0 {
            path.push_str(if path.contains('?') { "%3F" } else { "?" });
        }
        path.push_str(&encoded_literal(part));
    }
}
