//! How a schema is read.

/// How a schema is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// Which way the value goes.
    pub direction: Direction,
    /// Which formats a text must have.
    pub formats: Formats,
    /// Whether a sloppy description is read as its author must have meant it:
    ///
    /// * `oneOf` accepts a value that fits several branches;
    /// * with a `discriminator`, the branch that the value names decides;
    /// * a schema that is closed (`additionalProperties: false`) allows the properties of the schemas it is combined
    ///   with by `allOf`, and of the branches beside it;
    /// * a value that `enum` or `const` lists is accepted whatever `type` says, and so is its counterpart of that type
    ///   (`1` and `"1"`);
    /// * `nullable: true` accepts null in every version of `OpenAPI`;
    /// * of schemas that `allOf` joins and whose types exclude each other, the first is believed;
    /// * a text that nearly has a format (a date and time without an offset) is accepted.
    ///
    /// Each such use is listed in [`Report::tolerated`](crate::Report::tolerated). Nothing that the schema accepts by
    /// the letter is rejected, except that a named branch decides: schemas under `not`, `if` and a limited `contains` are
    /// always read strictly.
    pub lenient: bool,
    /// Whether the value is written as text when it is sent, as parameters and forms are: then a number and its text
    /// are one.
    pub as_text: bool,
}

impl Options {
    /// The schema to the letter, with every format asserted: for schemas that the author of a composition writes.
    pub const STRICT: Self =
        Self { direction: Direction::Any, formats: Formats::All, lenient: false, as_text: false };

    /// A body that is sent to a service as JSON.
    pub const SENT: Self =
        Self { direction: Direction::Sent, formats: Formats::Common, lenient: true, as_text: false };

    /// A parameter or a form that is sent to a service.
    pub const SENT_AS_TEXT: Self = Self { as_text: true, ..Self::SENT };

    /// An answer of a service. Formats are not asserted: services differ too much in how they write them.
    pub const RECEIVED: Self =
        Self { direction: Direction::Received, formats: Formats::None, lenient: true, as_text: false };
}

/// Which way a value goes. A property that only goes the other way is not required.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// To the service: `readOnly` properties are not required.
    Sent,
    /// From the service: `writeOnly` properties are not required.
    Received,
    /// Neither: the schema is read to the letter.
    Any,
}

impl Direction {
    /// The keyword that marks a property which only goes the other way.
    pub(crate) fn opposite(self) -> Option<&'static str> {
        match self {
            Self::Sent => Some("readOnly"),
            Self::Received => Some("writeOnly"),
            Self::Any => None,
        }
    }
}

/// Which formats a text must have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Formats {
    /// None: `format` is an annotation.
    None,
    /// Those that a text clearly has or has not: `date`, `date-time`, `email`, `ipv4`, `ipv6`, `uri` and `uuid`.
    Common,
    /// Every format of JSON Schema.
    All,
}

/// The formats of [`Formats::Common`].
const COMMON: [&str; 7] = ["date", "date-time", "email", "ipv4", "ipv6", "uri", "uuid"];

impl Formats {
    /// Whether a text must have this format.
    pub(crate) fn asserts(self, name: &str) -> bool {
        match self {
            Self::None => false,
            Self::Common => COMMON.contains(&name),
            Self::All => true,
        }
    }
}
