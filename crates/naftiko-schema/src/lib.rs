//! Validates JSON values against JSON Schemas, and explains in plain words why a value does not fit.
//!
//! `check`, the mock and `run` use this module for every value that meets a schema, so that they give one verdict.
//! Schemas are JSON Schema 2020-12; an `OpenAPI` description of an older version is translated before it comes here.
//!
//! * [`Schema::compile`] turns a schema into a graph: each schema object is one node, and a `$ref` is an edge. Whatever
//!   the schema is, compiling succeeds; a keyword that cannot be used is left out and listed in [`Schema::defects`].
//! * [`Schema::examine`] walks pairs of a node and a part of the value. The verdict of a pair is computed once, so the
//!   work is linear in the size of the value, however often schemas refer to each other. Each step is counted against a
//!   budget of [`STEPS_PER_PART`] for each part of the value and of the schema; when the budget is used up, the
//!   [`Report`] is [`exhausted`](Report::exhausted) and says nothing else about the value.
//! * A verdict has three values. [`Verdict::Unknown`] is the verdict on a part that the caller does not know yet and for a
//!   pattern that could not be decided.
//! * With [`Options::lenient`] a sloppy description does not keep a real service from being called: see there.
//!
//! The module never reads files, never resolves a reference outside the schema, and never panics on any input.

mod cause;
mod choice;
mod compile;
mod defect;
mod evaluate;
mod evaluated;
mod explain;
mod family;
mod format;
mod graph;
mod instance;
mod kin;
mod leaf;
mod list;
mod number;
mod object;
mod opposite;
mod options;
mod place;
mod reference;
mod report;
mod rules;
mod tolerate;
mod verdict;
mod words;

/// The reference tokens of JSON pointers (RFC 6901).
pub mod token {
    pub use crate::place::{escaped, unescaped};
}

use serde_json::{Map, Value};

pub use compile::is_beyond_types;
pub use defect::Defect;
pub use evaluate::STEPS_PER_PART;
pub use list::canonical_text;
pub use options::{Direction, Formats, Options};
pub use report::{Report, Rule, Tolerance, Tolerated, Violation};
pub use verdict::Verdict;
pub use words::{Kind, Types, of_format, on_a_line, plain, several, type_phrase};

use evaluate::Evaluator;
use graph::Graph;

/// A compiled JSON Schema.
#[derive(Debug)]
pub struct Schema {
    graph: Graph,
    options: Options,
    defects: Vec<Defect>,
}

impl Schema {
    /// Compiles `schema`, whose `$ref: '#/$defs/NAME'` lead to `definitions`, and other references into the schema.
    ///
    /// Only what the schema can reach is compiled, each part once. Patterns are compiled when they are first needed.
    pub fn compile(schema: &Value, definitions: &Map<String, Value>, options: Options) -> Self {
        let (graph, defects) = compile::compile(schema, definitions, options);
        Self { graph, options, defects }
    }

    /// The keywords that cannot be used, in the order of the schema; patterns that are no regular expressions included.
    pub fn defects(&self) -> Vec<Defect> {
        self.defects.iter().cloned().chain(defect::unusable_patterns(&self.graph)).collect()
    }

    /// Whether a value fits. [`Verdict::Unknown`]: the budget was used up, or a pattern could not be decided.
    pub fn verdict(&self, value: &Value) -> Verdict {
        Evaluator::new(&self.graph, self.options, value, &[]).verdict()
    }

    /// Everything that a value breaks, up to `most` violations.
    pub fn examine(&self, value: &Value, most: usize) -> Report {
        self.examine_known(value, &[], most)
    }

    /// Examines a value of which the parts at the JSON pointers `unknown` are not known yet; these parts are ignored.
    pub fn examine_known(&self, value: &Value, unknown: &[String], most: usize) -> Report {
        Evaluator::new(&self.graph, self.options, value, unknown).report(most)
    }
}

#[cfg(test)]
mod tests;
