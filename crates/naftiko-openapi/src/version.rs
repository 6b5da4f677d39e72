//! The `OpenAPI` version of a description.

use std::fmt;

use naftiko_diagnostics::{Code, Diagnostic, Severity};
use naftiko_syntax::{Node, Value};

pub(crate) static NOT_OPENAPI: Code = Code {
    id: "not-openapi",
    severity: Severity::Error,
    summary: "a document is not a supported OpenAPI description",
};

pub(crate) static UNKNOWN_OPENAPI_VERSION: Code = Code {
    id: "unknown-openapi-version",
    severity: Severity::Warning,
    summary: "the version of an OpenAPI description is newer than the supported ones",
};

/// A version of `OpenAPI`; patch versions are not distinguished.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Version {
    /// Not an API description: the catalogue is empty.
    Unknown,
    /// 2.0, once called Swagger.
    V2_0,
    /// 3.0.x: schemas are a dialect of their own.
    V3_0,
    /// 3.1.x: schemas are JSON Schema.
    V3_1,
    /// 3.2.x and newer.
    V3_2,
}

impl Version {
    /// Whether schemas have the older dialect, in which keywords beside a `$ref` are ignored and null is not a type.
    pub(crate) fn is_before_json_schema(self) -> bool {
        self < Self::V3_1
    }

    /// The version that a description declares.
    pub(crate) fn of(root: &Node) -> (Self, Option<Diagnostic>) {
        let Some(node) = root.get("openapi").or_else(|| root.get("swagger")) else {
            let message = match root.as_mapping() {
                Some(_) => {
                    "expected an OpenAPI description, found neither `openapi` nor `swagger`".to_owned()
                }
                None => format!("expected an OpenAPI description, found {}", root.kind()),
            };
            let diagnostic = Diagnostic::new(&NOT_OPENAPI, root.span, message)
                .with_help("an OpenAPI description begins with `openapi: 3.…` or `swagger: '2.0'`");
            return (Self::Unknown, Some(diagnostic));
        };
        let text = match &node.value {
            Value::String(text) => text.as_str().to_owned(),
            Value::Number(number) => number.to_string(),
            _ => String::new(),
        };
        match (Self::named(&text), root.get("openapi")) {
            (Some(version), _) => (version, None),
            (None, Some(_)) if text.starts_with("3.") => {
                let message = format!("OpenAPI `{text}` is not known and is read as 3.2");
                (Self::V3_2, Some(Diagnostic::new(&UNKNOWN_OPENAPI_VERSION, node.span, message)))
            }
            _ => {
                let diagnostic =
                    Diagnostic::new(&NOT_OPENAPI, node.span, "this version of OpenAPI cannot be read")
                        .with_help("convert the description to 2.0, 3.0, 3.1 or 3.2");
                (Self::Unknown, Some(diagnostic))
            }
        }
    }

    fn named(text: &str) -> Option<Self> {
        let mut numbers = text.trim().split('.');
        match (numbers.next()?, numbers.next().unwrap_or("0")) {
            ("2", "0") => Some(Self::V2_0),
            ("3", "0") => Some(Self::V3_0),
            ("3", "1") => Some(Self::V3_1),
            ("3", "2") => Some(Self::V3_2),
            _ => None,
        }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unknown => "unknown",
            Self::V2_0 => "2.0",
            Self::V3_0 => "3.0",
            Self::V3_1 => "3.1",
            Self::V3_2 => "3.2",
        })
    }
}
