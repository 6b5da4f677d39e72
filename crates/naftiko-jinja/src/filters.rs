//! The filters of a template: the names allowed after `|`. They are those that texts need; each is limited in
//! computation and in the size of its results.

mod apply;

use std::fmt;

use serde_json::Value;

use crate::meter::Meter;
use crate::problem::Failure;
use crate::value::Val;

/// A filter.
pub struct Filter {
    name: &'static str,
    parameters: &'static [Parameter],
    summary: &'static str,
    apply: for<'v> fn(&Use<'v, '_>) -> Result<Val<'v>, Failure>,
}

/// A parameter of a filter.
#[derive(Debug)]
pub(crate) struct Parameter {
    pub(crate) name: &'static str,
    pub(crate) is_required: bool,
    /// Whether it must be given by name.
    pub(crate) is_named: bool,
}

/// An application of a filter.
pub(crate) struct Use<'v, 'u> {
    pub(crate) value: Val<'v>,
    /// The arguments, in the order of the filter's parameters.
    pub(crate) arguments: &'u [Option<Val<'v>>],
    pub(crate) meter: &'u Meter,
}

const fn required(name: &'static str) -> Parameter {
    Parameter { name, is_required: true, is_named: false }
}

const fn optional(name: &'static str) -> Parameter {
    Parameter { name, is_required: false, is_named: false }
}

macro_rules! filters {
    ($($name:literal($($parameter:expr),*) = $apply:expr, $summary:literal;)*) => {
        /// All filters, ordered by name.
        pub static FILTERS: &[Filter] =
            &[$(Filter { name: $name, parameters: &[$($parameter),*], summary: $summary, apply: $apply }),*];
    };
}

filters! {
    "abs"() = apply::abs, "a number without its sign";
    "capitalize"() = apply::capitalize, "a text whose first letter is upper case, and the others lower case";
    "count"() = apply::length, "as `length`";
    "d"(optional("value"), optional("boolean")) = apply::default, "as `default`";
    "default"(optional("value"), optional("boolean")) = apply::default,
        "another value for one that is missing; with `true`, also for one that is empty";
    "first"() = apply::first, "the first item of a list, or the first character of a text";
    "float"(optional("default")) = apply::float, "a number with a fraction";
    "indent"(optional("width"), optional("first"), optional("blank")) = apply::indent,
        "a text whose lines begin with spaces";
    "int"(optional("default")) = apply::int, "a whole number";
    "items"() = apply::items, "the names of an object, each with its value";
    "join"(optional("d"), optional("attribute")) = apply::join, "the items of a list as one text";
    "last"() = apply::last, "the last item of a list, or the last character of a text";
    "length"() = apply::length, "how many items, fields or characters there are";
    "lines"() = apply::lines, "the lines of a text, as a list";
    "list"() = apply::list, "the items of a list, the names of an object or the characters of a text, as a list";
    "lower"() = apply::lower, "a text in lower case";
    "map"(Parameter { name: "attribute", is_required: true, is_named: true }) = apply::map,
        "a field of each item, as a list: `map(attribute='name')`";
    "max"() = apply::max, "the greatest item of a list";
    "min"() = apply::min, "the least item of a list";
    "replace"(required("old"), required("new")) = apply::replace, "a text with something else for a part of it";
    "reverse"() = apply::reverse, "a list or a text from its end to its beginning";
    "round"(optional("precision")) = apply::round, "a number, rounded to so many digits";
    "sort"(optional("reverse"), optional("case_sensitive"), optional("attribute")) = apply::sort,
        "a list, sorted";
    "split"(optional("separator")) = apply::split, "the parts of a text between separators, as a list";
    "string"() = apply::string, "a value as a text";
    "sum"() = apply::sum, "the sum of a list of numbers";
    "title"() = apply::title, "a text whose words begin with an upper case letter";
    "tojson"(optional("indent")) = apply::tojson, "a value as JSON";
    "trim"(optional("chars")) = apply::trim, "a text without white space, or these characters, at its ends";
    "unique"() = apply::unique, "a list without repetitions";
    "upper"() = apply::upper, "a text in upper case";
}

/// The filter with this name.
pub(crate) fn find(name: &str) -> Option<&'static Filter> {
    FILTERS.iter().find(|filter| filter.name == name)
}

impl Filter {
    /// The name.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// The result, in words.
    pub fn summary(&self) -> &'static str {
        self.summary
    }

    /// The signature: `replace(old, new)`.
    pub fn signature(&self) -> String {
        let parameter = |parameter: &Parameter| match parameter {
            Parameter { name, is_named: true, .. } => format!("{name}=…"),
            Parameter { name, is_required: true, .. } => (*name).to_owned(),
            Parameter { name, .. } => format!("[{name}]"),
        };
        let parameters: Vec<String> = self.parameters.iter().map(parameter).collect();
        if parameters.is_empty() {
            self.name.to_owned()
        } else {
            format!("{}({})", self.name, parameters.join(", "))
        }
    }

    pub(crate) fn parameters(&self) -> &'static [Parameter] {
        self.parameters
    }

    /// Whether it accepts a missing value, which its first argument replaces.
    pub(crate) fn takes_missing(&self) -> bool {
        matches!(self.name, "default" | "d")
    }

    pub(crate) fn apply<'v>(&self, of: &Use<'v, '_>) -> Result<Val<'v>, Failure> {
        (self.apply)(of)
    }
}

impl fmt::Debug for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

impl<'v> Use<'v, '_> {
    /// The value of an argument, if it is given.
    pub(crate) fn argument(&self, at: usize) -> Option<&Value> {
        self.arguments.get(at)?.as_ref().map(Val::get)
    }

    /// An argument to pass on, if it is given.
    pub(crate) fn given(&self, at: usize) -> Option<Val<'v>> {
        self.arguments.get(at)?.clone()
    }
}
