//! Inputs as an operator gives them: by name, by file, read by the type they are declared to have.

use std::fmt::Write as _;
use std::path::Path;

use indexmap::IndexMap;
use naftiko_diagnostics::{SourceMap, nearest};
use naftiko_plan::{Input, Plan};
use naftiko_report::{Style, diagnostics};
use naftiko_spec::Files;
use naftiko_syntax::{Limits, parse_bytes};
use serde_json::{Map, Value};

/// The inputs of a run: those of the file, over them those given by name, defaults where there is neither.
///
/// # Errors
/// Everything that is wrong with them, a line each.
pub(crate) fn read(
    plan: &Plan,
    named: &[String],
    file: Option<&Path>,
    files: &dyn Files,
    style: Style,
) -> Result<Map<String, Value>, String> {
    let mut problems = Vec::new();
    let mut given = match file {
        Some(path) => from_file(path, files, style)?,
        None => Map::new(),
    };
    for (name, texts) in by_name(named, &mut problems) {
        match plan.inputs.iter().find(|input| input.name == name) {
            Some(input) => match value(&texts, &input.schema) {
                Ok(value) => {
                    given.insert(name, value);
                }
                Err(problem) => problems.push(format!("input `{name}`: {problem}")),
            },
            None => problems.push(unknown(&name, plan)),
        }
    }
    problems.extend(
        given
            .keys()
            .filter(|name| !plan.inputs.iter().any(|input| input.name == **name))
            .map(|name| unknown(name, plan)),
    );
    let mut inputs = Map::new();
    for input in &plan.inputs {
        match given.remove(&input.name).or_else(|| input.default.clone()) {
            Some(value) => {
                problems.extend(misfit(input, &value));
                inputs.insert(input.name.clone(), value);
            }
            None if input.required
                && !problems.iter().any(|problem| problem.contains(&format!("input `{}`", input.name))) =>
            {
                problems.push(format!("input `{0}` is required: give it with `--input {0}=…`", input.name));
            }
            None => {}
        }
    }
    if problems.is_empty() { Ok(inputs) } else { Err(list(&problems)) }
}

fn list(problems: &[String]) -> String {
    match problems {
        [only] => only.clone(),
        many => many.iter().fold("the inputs do not fit".to_owned(), |mut out, problem| {
            let _ = write!(out, "\n  - {problem}");
            out
        }),
    }
}

fn from_file(path: &Path, files: &dyn Files, style: Style) -> Result<Map<String, Value>, String> {
    let name = path.display().to_string();
    let bytes =
        files.read(path).map_err(|error| format!("the inputs file `{name}` cannot be read: {error}"))?;
    let mut sources = SourceMap::new();
    let (_, parsed) = parse_bytes(&name, &bytes, &mut sources, &Limits::default());
    if naftiko_diagnostics::has_errors(&parsed.diagnostics) {
        let found = diagnostics(&parsed.diagnostics, &sources, style);
        return Err(format!("the inputs file cannot be understood\n{found}"));
    }
    match parsed.root.map(|root| root.to_json()) {
        Some(Value::Object(inputs)) => Ok(inputs),
        _ => Err(format!("the inputs file `{name}` is not a mapping of names to values")),
    }
}

/// `NAME=VALUE` by name, in order; a name given several times has several texts.
fn by_name(named: &[String], problems: &mut Vec<String>) -> IndexMap<String, Vec<String>> {
    let mut texts: IndexMap<String, Vec<String>> = IndexMap::new();
    for argument in named {
        match argument.split_once('=') {
            Some((name, text)) if !name.is_empty() => {
                texts.entry(name.trim().to_owned()).or_default().push(text.to_owned());
            }
            _ => problems.push(format!("`--input {argument}` is not of the form NAME=VALUE")),
        }
    }
    texts
}

fn unknown(name: &str, plan: &Plan) -> String {
    let names = plan.inputs.iter().map(|input| input.name.as_str());
    match nearest(name, names.clone()) {
        Some(near) => format!("there is no input `{name}`; did you mean `{near}`?"),
        None => {
            let names: Vec<&str> = names.collect();
            let there_are = if names.is_empty() {
                "the composition takes none".to_owned()
            } else {
                format!("there are {}", names.join(", "))
            };
            format!("there is no input `{name}`; {there_are}")
        }
    }
}

/// A value from its texts by the type it is declared to have.
fn value(texts: &[String], schema: &Value) -> Result<Value, String> {
    if schema.get("type").and_then(Value::as_str) == Some("array") {
        return items(texts, schema.get("items").unwrap_or(&Value::Bool(true)));
    }
    match texts {
        [text] => scalar(text, schema),
        _ => Err(format!("it was given {} times and takes one value", texts.len())),
    }
}

fn items(texts: &[String], schema: &Value) -> Result<Value, String> {
    if let [text] = texts
        && text.trim_start().starts_with('[')
    {
        return json(text);
    }
    let separate: Vec<&str> = match texts {
        // An object holds commas of its own.
        [text] if !text.trim_start().starts_with('{') => text.split(',').map(str::trim).collect(),
        texts => texts.iter().map(String::as_str).collect(),
    };
    separate.into_iter().filter(|text| !text.is_empty()).map(|text| scalar(text, schema)).collect()
}

fn scalar(text: &str, schema: &Value) -> Result<Value, String> {
    let kind = schema.get("type").and_then(Value::as_str);
    match kind {
        Some("string") => Ok(Value::String(text.to_owned())),
        Some("integer") => {
            text.trim().parse::<i64>().map(Value::from).map_err(|_| format!("`{text}` is not an integer"))
        }
        Some("number") => {
            let number = text.trim().parse::<f64>().ok().and_then(serde_json::Number::from_f64);
            number.map(Value::Number).ok_or_else(|| format!("`{text}` is not a number"))
        }
        Some("boolean") => match text.trim() {
            "true" => Ok(Value::Bool(true)),
            "false" => Ok(Value::Bool(false)),
            _ => Err(format!("`{text}` is not `true` or `false`")),
        },
        Some("object" | "array") => json(text),
        // Of any type: JSON where it is JSON, a text otherwise.
        _ => Ok(serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.to_owned()))),
    }
}

fn json(text: &str) -> Result<Value, String> {
    serde_json::from_str(text).map_err(|error| format!("`{text}` is not JSON: {error}"))
}

/// What the schema of an input says against a value.
fn misfit(input: &Input, value: &Value) -> Vec<String> {
    let name = &input.name;
    let validator = match jsonschema::options().should_validate_formats(true).build(&input.schema) {
        Ok(validator) => validator,
        Err(error) => return vec![format!("input `{name}`: its schema cannot be read: {error}")],
    };
    let errors = validator.iter_errors(value);
    errors
        .map(|error| {
            let at = error.instance_path().as_str();
            let at = if at.is_empty() { String::new() } else { format!(" at `{at}`") };
            // The message of the library quotes the value.
            if input.sensitive {
                format!("input `{name}`: the value does not fit{at}")
            } else {
                format!("input `{name}`: {error}{at}")
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn texts(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|&text| text.to_owned()).collect()
    }

    #[test]
    fn a_value_is_read_by_its_declared_type() {
        let strings = json!({"type": "array", "items": {"type": "string"}});
        for (given, schema, expected) in [
            (texts(&["42"]), json!({"type": "string"}), json!("42")),
            (texts(&["42"]), json!({"type": "integer"}), json!(42)),
            (texts(&["4.5"]), json!({"type": "number"}), json!(4.5)),
            (texts(&["true"]), json!({"type": "boolean"}), json!(true)),
            (texts(&["a.com, b.com"]), strings.clone(), json!(["a.com", "b.com"])),
            (texts(&["a.com", "b.com"]), strings.clone(), json!(["a.com", "b.com"])),
            (texts(&[r#"["a.com"]"#]), strings.clone(), json!(["a.com"])),
            (texts(&[""]), strings, json!([])),
            (texts(&["1,2"]), json!({"type": "array", "items": {"type": "integer"}}), json!([1, 2])),
            (texts(&[r#"{"a": 1}"#]), json!({"type": "object"}), json!({"a": 1})),
        ] {
            assert_eq!(value(&given, &schema), Ok(expected), "{given:?}");
        }
    }

    #[test]
    fn a_value_of_another_type_is_refused() {
        for (given, kind) in
            [("x", "integer"), ("1.5", "integer"), ("yes", "boolean"), ("{", "object"), ("NaN", "number")]
        {
            assert!(value(&texts(&[given]), &json!({"type": kind})).is_err(), "{given} as {kind}");
        }
        assert!(value(&texts(&["a", "b"]), &json!({"type": "string"})).is_err());
    }
}
