//! Types the sources of the outputs, and checks them against the declared types.

use naftiko_diagnostics::Diagnostic;
use naftiko_expr::{Definitions, Expression, Field, ObjectType, Presence, Type};
use naftiko_spec::{Composition, Edition};
use serde_json::json;

use crate::analyses::symbols::{Names, View};
use crate::codes;
use crate::codes::possibly_absent::{self, Needed};
use crate::codes::{null_without_body, undeclared_answer};
use crate::stages::typing;

/// An output with a readable source.
pub(crate) struct Checked {
    /// The expression of the source.
    pub(crate) source: Expression,
    /// The type of the value.
    ty: Type,
}

/// Types every output, in order; `None` for an output without a readable source.
pub(crate) fn check(
    composition: &Composition,
    names: &Names<'_>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<Option<Checked>> {
    let scope = names.scope(View::Outside);
    let strict = composition.edition == Edition::V0_2;
    composition
        .outputs
        .iter()
        .map(|output| {
            let source = output.source.as_ref()?;
            let known = diagnostics.len();
            let typed = typing::expression(names, &source.expression, &source.node, &scope, diagnostics);
            let declared = output.declared.as_ref().map(|declared| {
                (declared, Type::from_schema(&json!({ "type": declared.value }), &Definitions::default()))
            });
            if let Some((declared, expected)) = declared.filter(|(_, expected)| !expected.accepts(&typed.ty))
            {
                diagnostics.push(codes::wrong_output_type::report(declared, source, &expected, &typed.ty));
            } else if strict
                && typed.presence != Presence::Always
                && diagnostics.len() == known
                && !names.may_be_proved(&source.expression, None)
            {
                let span = source.node.span;
                let needed = Needed::Output;
                let fault = possibly_absent::report(&source.expression, span, typed.presence, needed, names);
                diagnostics.push(fault);
            } else if strict && typed.presence == Presence::Always && diagnostics.len() == known {
                let span = source.node.span;
                diagnostics.extend(undeclared_answer::of_value(&source.expression, span, &scope, names));
            }
            let locate = |range| naftiko_spec::locate(&source.node, range);
            diagnostics.extend(null_without_body::find(&source.expression, names, &locate));
            Some(Checked { source: source.expression.clone(), ty: typed.ty })
        })
        .collect()
}

/// The type of all outputs as one object. A run in which an output is absent fails, so all fields are present.
pub(crate) fn result(composition: &Composition, outputs: &[Option<Checked>]) -> Type {
    let field = |ty: Type| Field { ty, presence: Presence::Always };
    let fields = composition.outputs.iter().zip(outputs).map(|(output, checked)| {
        let ty = checked.as_ref().map_or(Type::Any, |checked| checked.ty.clone());
        (output.name.value.clone(), field(ty))
    });
    Type::Object(ObjectType::of(fields))
}
