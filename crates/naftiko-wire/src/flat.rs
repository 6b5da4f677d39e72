//! Flat values: a scalar, a list of scalars, or an object of scalars.

use serde_json::Value;

use crate::number::number_text;
use crate::refusal::Problem;

/// A flat value whose scalars are converted to text.
pub(crate) enum Flat {
    One(String),
    List(Vec<String>),
    Map(Vec<(String, String)>),
}

impl Flat {
    /// Converts a value to texts; `name` names it in messages. Rejects null, nested values, and empty lists and
    /// objects.
    pub(crate) fn of(name: &str, value: &Value) -> Result<Self, Problem> {
        match value {
            Value::Array(items) if items.is_empty() => Err(empty(name)),
            Value::Object(entries) if entries.is_empty() => Err(empty(name)),
            Value::Array(items) => {
                let items = items.iter().enumerate();
                let texts = items.map(|(at, item)| text(name, item).map_err(|problem| problem.within(at)));
                texts.collect::<Result<_, _>>().map(Self::List)
            }
            Value::Object(entries) => {
                let texts = entries.iter().map(|(key, entry)| {
                    let text = text(name, entry).map_err(|problem| problem.within(key))?;
                    Ok((key.clone(), text))
                });
                texts.collect::<Result<_, _>>().map(Self::Map)
            }
            scalar => text(name, scalar).map(Self::One),
        }
    }

    pub(crate) fn is_one(&self) -> bool {
        matches!(self, Self::One(_))
    }

    /// Each text with the reference token of its entry; the key of an entry comes before its value. The token of a
    /// scalar is empty.
    pub(crate) fn texts(&self) -> Vec<(String, &str)> {
        match self {
            Self::One(text) => vec![(String::new(), text)],
            Self::List(items) => {
                items.iter().enumerate().map(|(at, item)| (at.to_string(), item.as_str())).collect()
            }
            Self::Map(entries) => entries
                .iter()
                .flat_map(|(key, item)| [(key.clone(), key.as_str()), (key.clone(), item.as_str())])
                .collect(),
        }
    }

    /// The texts joined by a separator. The entries of an object are `key=value` if exploded; otherwise keys and values
    /// alternate.
    pub(crate) fn joined(&self, explode: bool, separator: &str, write: &dyn Fn(&str) -> String) -> String {
        let texts: Vec<String> = match self {
            Self::Map(entries) if explode => {
                entries.iter().map(|(key, item)| format!("{}={}", write(key), write(item))).collect()
            }
            _ => self.texts().iter().map(|(_, text)| write(text)).collect(),
        };
        texts.join(separator)
    }
}

/// The text of a scalar; `name` names it in messages.
pub(crate) fn text(name: &str, value: &Value) -> Result<String, Problem> {
    match value {
        Value::String(text) => Ok(text.clone()),
        Value::Number(number) => Ok(number_text(number)),
        Value::Bool(truth) => Ok(truth.to_string()),
        Value::Null => Err(Problem::new(format!("`{name}` is or contains null, which cannot be serialized"))),
        Value::Array(_) | Value::Object(_) => Err(Problem::new(format!(
            "`{name}` contains a nested list or object, which cannot be serialized"
        ))),
    }
}

/// The problem of an empty list or object. It is not left out, since without a filter a provider could return
/// everything, and without a change do nothing: the author has to decide.
pub(crate) fn empty(name: &str) -> Problem {
    Problem::new(format!("`{name}` is empty, which cannot be serialized"))
}
