//! Parses inputs, given by name or in a file, according to their declared types.

use std::path::Path;

use indexmap::IndexMap;
use naftiko_diagnostics::{Diagnostic, Severity, SourceMap, nearest};
use naftiko_plan::{Input, Plan};
use naftiko_report::{Style, diagnostics};
use naftiko_spec::Files;
use naftiko_syntax::{Limits, keeps_digits, parse_bytes};
use naftiko_text::{Printable, printable, shell_word};
use serde::de::IgnoredAny;
use serde_json::{Map, Number, Value};

use crate::numbers::{ROUNDED, is_integer, rounded_number};

/// The inputs given by the operator, and the problems found so far.
#[derive(Debug, Default)]
pub(crate) struct Given {
    values: Map<String, Value>,
    problems: Vec<String>,
}

impl Given {
    /// Reads the inputs from the file; those given by name take precedence.
    ///
    /// # Errors
    /// If the file cannot be read or parsed.
    pub(crate) fn read(
        plan: &Plan,
        named: &[String],
        file: Option<&Path>,
        files: &dyn Files,
        style: Style,
    ) -> Result<Self, Printable> {
        let mut problems = Vec::new();
        let mut values = match file {
            Some(path) => from_file(path, files, plan, style)?,
            None => Map::new(),
        };
        for (name, texts) in by_name(named, plan, &mut problems) {
            match plan.inputs.iter().find(|input| input.name == name) {
                Some(input) => match value(&texts, &input.schema) {
                    Ok(value) => {
                        values.insert(name, value);
                    }
                    Err(misread) => {
                        problems.push(format!("input `{name}`: {}", misread.told(input.sensitive)));
                    }
                },
                None => problems.push(unknown(&name, plan)),
            }
        }
        let is_known = |name: &String| plan.inputs.iter().any(|input| input.name == *name);
        problems.extend(values.keys().filter(|name| !is_known(name)).map(|name| unknown(name, plan)));
        Ok(Self { values, problems })
    }

    /// The inputs to ask for at the terminal: those that are required, sensitive and not given. Empty if there is any
    /// other problem.
    pub(crate) fn missing_secrets<'p>(&self, plan: &'p Plan) -> Vec<&'p Input> {
        let missing = plan.inputs.iter().filter(|input| {
            input.required && input.default.is_none() && !self.values.contains_key(&input.name)
        });
        let missing: Vec<&Input> = missing.collect();
        let is_all = self.problems.is_empty() && missing.iter().all(|input| input.sensitive);
        if is_all { missing } else { Vec::new() }
    }

    /// The inputs known so far, with defaults, before validation.
    pub(crate) fn known(&self, plan: &Plan) -> Map<String, Value> {
        let default = |input: &Input| Some((input.name.clone(), input.default.clone()?));
        let mut known: Map<String, Value> = plan.inputs.iter().filter_map(default).collect();
        known.extend(self.values.clone());
        known
    }

    /// Adds one input.
    pub(crate) fn give(&mut self, name: &str, value: Value) {
        self.values.insert(name.to_owned(), value);
    }

    /// The validated inputs of a run, with defaults.
    ///
    /// # Errors
    /// All problems, one per line.
    pub(crate) fn complete(mut self, plan: &Plan) -> Result<Map<String, Value>, Printable> {
        let mut inputs = Map::new();
        for input in &plan.inputs {
            let name = &input.name;
            match self.values.remove(name).or_else(|| input.default.clone()) {
                Some(value) => {
                    self.problems.extend(misfit(input, &value));
                    inputs.insert(name.clone(), value);
                }
                None if input.required && !self.is_told_of(name) => {
                    let word = shell_word(name);
                    let problem = format!("input `{name}` is required: give it with `--input {word}=…`");
                    self.problems.push(problem);
                }
                None => {}
            }
        }
        if self.problems.is_empty() { Ok(inputs) } else { Err(list(&self.problems)) }
    }

    /// Whether a problem with this input has been reported already.
    fn is_told_of(&self, name: &str) -> bool {
        self.problems.iter().any(|problem| problem.contains(&format!("input `{name}`")))
    }
}

/// Reads the inputs that are not stored with a run and must be given again. Returns their values, and the names of
/// those that are missing. Stored inputs must not be given.
///
/// # Errors
/// All problems, one per line.
pub(crate) fn withheld(
    plan: &Plan,
    names: &[String],
    named: &[String],
    file: Option<&Path>,
    files: &dyn Files,
    style: Style,
) -> Result<(Map<String, Value>, Vec<String>), Printable> {
    let only = Plan {
        inputs: plan
            .inputs
            .iter()
            .filter(|input| names.contains(&input.name))
            .map(|input| Input { required: false, default: None, ..input.clone() })
            .collect(),
        ..plan.clone()
    };
    let kept =
        |name: &&str| plan.inputs.iter().any(|it| it.name == **name) && !names.iter().any(|it| it == *name);
    let said = named.iter().filter_map(|argument| argument.split_once('=')).map(|(name, _)| name.trim());
    if let Some(name) = said.into_iter().find(|name| kept(name)) {
        return Err(printable!("the input `{}` is stored with the run and cannot be changed", name));
    }
    let given = Given::read(&only, named, file, files, style)?.complete(&only)?;
    let missing = names.iter().filter(|name| !given.contains_key(*name)).cloned().collect();
    Ok((given, missing))
}

/// Parses and validates the value of an input typed at the terminal.
///
/// # Errors
/// If the value does not fit.
pub(crate) fn typed(input: &Input, text: String) -> Result<Value, Printable> {
    let value = value(&[text], &input.schema)
        .map_err(|misread| printable!("input `{}`: {}", input.name, misread.told(input.sensitive)))?;
    let problems = misfit(input, &value);
    if problems.is_empty() { Ok(value) } else { Err(list(&problems)) }
}

fn list(problems: &[String]) -> Printable {
    match problems {
        [only] => printable!("{}", only),
        many => {
            let lines: Printable = many.iter().map(|problem| printable!("\n  - {}", problem)).collect();
            printable!("the inputs do not fit{}", lines)
        }
    }
}

fn from_file(
    path: &Path,
    files: &dyn Files,
    plan: &Plan,
    style: Style,
) -> Result<Map<String, Value>, Printable> {
    let name = path.display().to_string();
    let bytes = files
        .read(path)
        .map_err(|error| printable!("the inputs file `{}` cannot be read: {}", path, error))?;
    let mut sources = SourceMap::new();
    let (_, parsed) = parse_bytes(&name, &bytes, &mut sources, &Limits::default());
    if naftiko_diagnostics::has_errors(&parsed.diagnostics) {
        // If the file cannot be parsed, it is unknown which of its values are sensitive, so only positions are
        // reported.
        let found = if takes_secrets(plan) {
            places(&parsed.diagnostics, &sources)
        } else {
            diagnostics(&parsed.diagnostics, &sources, Style { color: false, ..style })
        };
        return Err(printable!("the inputs file cannot be parsed\n{}", found).trimmed_end());
    }
    let inexact = parsed.diagnostics.iter().filter(|found| found.code.id == "inexact-number");
    let mut rounded = inexact.filter(|found| !is_integer(sources.text(found.primary.span)));
    if let Some(found) = rounded.next().map(|found| found.primary.span) {
        let line = sources.file(found.file).map_or(0, |file| file.line_column(found.range().start).line);
        return Err(printable!("the inputs file `{}`: a number in line {} {}", name, line, ROUNDED));
    }
    match parsed.root.map(|root| root.to_json()) {
        Some(Value::Object(inputs)) => Ok(inputs),
        _ => Err(printable!("the inputs file `{}` is not a mapping of names to values", path)),
    }
}

fn takes_secrets(plan: &Plan) -> bool {
    plan.inputs.iter().any(|input| input.sensitive)
}

/// The position and code of each error, one per line, without any text of the file.
fn places(found: &[Diagnostic], sources: &SourceMap) -> Printable {
    let errors = found.iter().filter(|diagnostic| diagnostic.severity() == Severity::Error);
    errors.fold(Printable::new(), |mut out, diagnostic| {
        let span = diagnostic.primary.span;
        if let Some(file) = sources.file(span.file) {
            let at = file.line_column(span.range().start);
            let (name, code) = (file.name(), diagnostic.code.id);
            out.push(&printable!("{}:{}:{}: error[{}]\n", name, at.line, at.column, code));
        }
        out
    })
}

/// The texts of `NAME=VALUE` arguments by name; a name that is given several times has several texts.
fn by_name(named: &[String], plan: &Plan, problems: &mut Vec<String>) -> IndexMap<String, Vec<String>> {
    let mut texts: IndexMap<String, Vec<String>> = IndexMap::new();
    for (number, argument) in (1..).zip(named) {
        match argument.split_once('=') {
            Some((name, text)) if !name.is_empty() => {
                texts.entry(name.trim().to_owned()).or_default().push(text.to_owned());
            }
            // Without a name it is unknown whether the value is sensitive.
            _ if takes_secrets(plan) => {
                problems.push(format!("`--input` number {number} is not of the form NAME=VALUE"));
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

/// The error for a text that is not a value of its type. The text is separate from the reason, since it may be
/// sensitive.
#[derive(Debug, PartialEq)]
struct Misread {
    /// The text; `None` if the error does not concern a single text.
    text: Option<String>,
    /// The reason, phrased to follow the text.
    why: String,
}

impl Misread {
    fn new(text: &str, why: impl Into<String>) -> Self {
        Self { text: Some(text.to_owned()), why: why.into() }
    }

    fn told(&self, sensitive: bool) -> String {
        match &self.text {
            Some(text) if !sensitive => format!("`{text}` {}", self.why),
            Some(_) => format!("the value {}", self.why),
            None => self.why.clone(),
        }
    }
}

/// Parses a value from its texts, according to its declared type.
fn value(texts: &[String], schema: &Value) -> Result<Value, Misread> {
    if schema.get("type").and_then(Value::as_str) == Some("array") {
        return items(texts, schema.get("items").unwrap_or(&Value::Bool(true)));
    }
    match texts {
        [text] => scalar(text, schema),
        _ => {
            let why = format!("it takes one value and was given {} times", texts.len());
            Err(Misread { text: None, why })
        }
    }
}

fn items(texts: &[String], schema: &Value) -> Result<Value, Misread> {
    let mut items = Vec::new();
    for text in texts {
        if text.trim_start().starts_with('[') {
            match json(text)? {
                Value::Array(more) => items.extend(more),
                other => items.push(other),
            }
            continue;
        }
        let separate: Vec<&str> = match texts {
            // Objects contain commas of their own, and so may values given by repetition.
            [text] if !text.trim_start().starts_with('{') => text.split(',').map(str::trim).collect(),
            _ => vec![text],
        };
        for text in separate.into_iter().filter(|text| !text.is_empty()) {
            items.push(scalar(text, schema)?);
        }
    }
    Ok(items.into())
}

fn scalar(text: &str, schema: &Value) -> Result<Value, Misread> {
    let kind = schema.get("type").and_then(Value::as_str);
    match kind {
        Some("string") => Ok(Value::String(text.to_owned())),
        Some("integer") => integer(text),
        Some("number") if is_integer(text.trim()) => integer(text),
        Some("number") => number(text),
        Some("boolean") => match text.trim() {
            "true" => Ok(Value::Bool(true)),
            "false" => Ok(Value::Bool(false)),
            _ => Err(Misread::new(text, "is not `true` or `false`")),
        },
        Some("object" | "array") => json(text),
        // Without a declared type: JSON if it parses, else a text.
        _ if serde_json::from_str::<IgnoredAny>(text).is_ok() => json(text),
        _ => Ok(Value::String(text.to_owned())),
    }
}

/// The reason for rejecting an integer that could only be stored rounded.
const TOO_LARGE: &str = "is not in the range of integers: -9223372036854775808 to 18446744073709551615";

fn integer(text: &str) -> Result<Value, Misread> {
    let digits = text.trim();
    let small = digits.parse::<i64>().map(Value::from);
    let value = small.or_else(|_| digits.parse::<u64>().map(Value::from));
    value.map_err(|_| Misread::new(text, if is_integer(digits) { TOO_LARGE } else { "is not an integer" }))
}

fn number(text: &str) -> Result<Value, Misread> {
    if !is_integer(text.trim()) && !keeps_digits(text.trim()) {
        return Err(Misread::new(text, ROUNDED));
    }
    let written = serde_json::from_str::<Number>(text.trim()).ok();
    let number = written.or_else(|| text.trim().parse().ok().and_then(Number::from_f64));
    number.map(Value::Number).ok_or_else(|| Misread::new(text, "is not a number"))
}

fn json(text: &str) -> Result<Value, Misread> {
    let value =
        serde_json::from_str(text).map_err(|error| Misread::new(text, format!("is not JSON: {error}")))?;
    if let Some(written) = rounded_number(text) {
        return Err(Misread::new(written, if is_integer(written) { TOO_LARGE } else { ROUNDED }));
    }
    Ok(value)
}

/// The violations of an input's schema by a value.
fn misfit(input: &Input, value: &Value) -> Vec<String> {
    let name = &input.name;
    let objections = input.objections(value).into_iter();
    objections
        .map(|objection| {
            // The reason quotes the value and the pointer contains its keys, so neither is shown.
            if input.sensitive {
                return format!("input `{name}`: the value does not fit its schema");
            }
            let at = match objection.pointer.as_str() {
                "" => String::new(),
                pointer => format!(" at `{pointer}`"),
            };
            format!("input `{name}`{at}: {}", objection.reason)
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
    fn a_number_that_would_be_rounded_is_rejected() {
        for text in ["0.1234567890123456789", "1e-400", "-3.14159265358979323846"] {
            assert!(number(text).is_err() && json(&format!("[{text}]")).is_err(), "{text}");
        }
        assert!(number("0.1").is_ok() && json("[\"0.1234567890123456789\", 0.1]").is_ok());
    }

    #[test]
    fn a_value_is_read_by_its_declared_type() {
        let strings = json!({"type": "array", "items": {"type": "string"}});
        let strings_too = strings.clone();
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
            (texts(&["5"]), json!({"type": "number"}), json!(5)),
            (texts(&["0.10000000000000001"]), json!({"type": "number"}), json!(0.1)),
            (texts(&["-1.50"]), json!({"type": "number"}), json!(-1.5)),
            (texts(&[".5"]), json!({"type": "number"}), json!(0.5)),
            (texts(&["9007199254740993"]), json!({"type": "number"}), json!(9_007_199_254_740_993_i64)),
            (texts(&["18446744073709551615"]), json!({"type": "integer"}), json!(u64::MAX)),
            (texts(&["18446744073709551615"]), json!({}), json!(u64::MAX)),
            (texts(&["x, y"]), json!({}), json!("x, y")),
            (texts(&[r#"["a,b"]"#, "c", "d,e"]), strings_too, json!(["a,b", "c", "d,e"])),
            (
                texts(&[r#"["123456789012345678901 \" 123456789012345678901", 1e30]"#]),
                json!({"type": "array"}),
                json!(["123456789012345678901 \" 123456789012345678901", 1e30]),
            ),
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

    #[test]
    fn an_integer_that_could_only_be_rounded_is_refused() {
        let large = "123456789012345678901";
        let told = |text: &str, schema| value(&texts(&[text]), &schema).unwrap_err().told(false);
        for kind in ["integer", "number"] {
            assert_eq!(told(large, json!({ "type": kind })), format!("`{large}` {TOO_LARGE}"));
        }
        for (text, schema) in [
            (format!("[1, {large}]"), json!({"type": "array"})),
            (format!(r#"{{"a\\\"": "\\", "b": {large}}}"#), json!({"type": "object"})),
            (large.to_owned(), json!({})),
        ] {
            assert_eq!(told(&text, schema), format!("`{large}` {TOO_LARGE}"));
        }
    }

    #[test]
    fn what_is_wrong_with_a_sensitive_value_does_not_show_it() {
        for (text, kind) in [
            ("s3cret", "integer"),
            ("s3cret", "number"),
            ("s3cret", "boolean"),
            ("{s3cret", "object"),
            ("[s3cret", "array"),
        ] {
            let told = value(&texts(&[text]), &json!({ "type": kind })).unwrap_err().told(true);
            assert!(told.starts_with("the value is not ") && !told.contains("s3cret"), "{told}");
        }
    }
}
