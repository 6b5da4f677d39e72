//! The test environment: roots with values, and roots with types.

use std::fmt::Write as _;

use crate::{Definitions, Environment, Problem, Proof, Root, Scope, Suggestions, Type, Typed};
use serde_json::{Map, Value};

/// Roots by name; every name that is not reserved is a step.
pub(crate) struct World {
    pub(crate) values: Value,
    pub(crate) types: Vec<(String, Typed)>,
    pub(crate) proofs: Vec<Proof>,
    suggestions: Suggestions,
    _definitions: Definitions,
}

impl World {
    pub(crate) fn of_values(values: Value) -> Self {
        Self {
            values,
            types: Vec::new(),
            proofs: Vec::new(),
            suggestions: Suggestions::default(),
            _definitions: Definitions::default(),
        }
    }

    /// Roots by name, each with its schema; `$defs` holds definitions. A root whose name ends in `?` may be absent.
    pub(crate) fn of_schemas(schemas: &Value) -> Self {
        let none = Map::new();
        let definitions =
            Definitions::new(schemas.get("$defs").and_then(Value::as_object).unwrap_or(&none).clone());
        let roots = schemas.as_object().unwrap().iter().filter(|(name, _)| *name != "$defs");
        let types = roots.map(|(name, schema)| {
            let ty = Type::from_schema(schema, &definitions);
            let typed = if name.ends_with('?') { Typed::maybe(ty) } else { Typed::always(ty) };
            (name.trim_end_matches('?').to_owned(), typed)
        });
        let types: Vec<(String, Typed)> = types.collect();
        let names = types.iter().map(|(name, _)| name.clone());
        let steps = names.filter(|name| Root::reserved().all(|root| root.name() != name));
        let inputs = types.iter().filter(|(name, _)| name == "inputs");
        let inputs = inputs.flat_map(|(_, typed)| typed.ty.fields()).map(|(name, _)| name);
        let suggestions = Suggestions::new(steps, inputs);
        Self { values: Value::Null, types, proofs: Vec::new(), suggestions, _definitions: definitions }
    }
}

impl Environment for World {
    fn root(&self, root: &Root) -> Option<&Value> {
        self.values.get(root.name())
    }
}

impl Scope for World {
    fn root(&self, root: &Root) -> Option<Typed> {
        let (_, typed) = self.types.iter().find(|(name, _)| name == root.name())?;
        Some(typed.clone().proved(root, &self.proofs(Some(root))))
    }

    fn suggestions(&self) -> &Suggestions {
        &self.suggestions
    }

    fn proofs(&self, root: Option<&Root>) -> Vec<&Proof> {
        self.proofs.iter().filter(|proof| proof.root() == root).collect()
    }
}

/// A problem as it is shown to people: the source text, the underlined range, and the messages.
pub(crate) fn show(text: &str, problem: &Problem) -> String {
    let start = text.get(..problem.range.start).map_or(0, |before| before.chars().count());
    let length = text.get(problem.range.clone()).map_or(0, |at| at.chars().count()).max(1);
    let mut shown = format!("{}: {}\n", problem.code.id, problem.message);
    writeln!(shown, "  {text}\n  {}{} {}", " ".repeat(start), "^".repeat(length), problem.label).unwrap();
    if let Some(help) = &problem.help {
        writeln!(shown, "help: {help}").unwrap();
    }
    if let Some(replacement) = &problem.replacement {
        let mut fixed = text.to_owned();
        fixed.replace_range(replacement.0.clone(), &replacement.1);
        writeln!(shown, "fixed: {fixed}").unwrap();
    }
    shown
}
