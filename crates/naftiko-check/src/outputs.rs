//! Outputs: their sources typed, against what they are declared to be.

use std::sync::Arc;

use naftiko_diagnostics::Diagnostic;
use naftiko_expr::{Expression, Type};
use naftiko_spec::Composition;
use serde_json::{Map, json};

use crate::faults;
use crate::scope::Names;

/// The source of every output, in order; nothing where it could not be understood.
pub(crate) fn check(
    composition: &Composition,
    names: &Names<'_>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<Option<Expression>> {
    composition
        .outputs
        .iter()
        .map(|output| {
            let source = output.source.as_ref()?;
            let typed = names.type_of(&source.expression, &source.node, &names.scope(), diagnostics);
            if let Some(declared) = &output.declared {
                let expected = Type::from_schema(&json!({ "type": declared.value }), &Arc::new(Map::new()));
                if !expected.accepts(&typed.ty) {
                    diagnostics
                        .push(faults::wrong_output_type::report(declared, source, &expected, &typed.ty));
                }
            }
            Some(source.expression.clone())
        })
        .collect()
}
