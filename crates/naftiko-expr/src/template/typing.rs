//! Typing of templates.

use super::Template;
use crate::Expression;
use crate::problem::{Problem, TYPE_MISMATCH};
use crate::types::{Field, ObjectType, Presence, Type, Typed};
use crate::typing::Scope;

impl Template {
    /// The type of its value in `scope`, and its problems. Ranges are bytes of the string that contains the problem: if
    /// there are several strings, type each of the [`strings`](Self::strings).
    pub fn type_in(&self, scope: &dyn Scope) -> (Typed, Vec<Problem>) {
        let mut problems = Vec::new();
        let typed = self.typed(scope, &mut problems);
        (typed, problems)
    }

    fn typed(&self, scope: &dyn Scope, problems: &mut Vec<Problem>) -> Typed {
        match self {
            Self::Literal(value) => Typed::always(Type::of_value(value)),
            Self::Whole(expression) => typed_at(expression, 2, scope, problems),
            Self::Text(_) => {
                let mut presence = Presence::Always;
                for (offset, expression) in self.placed_expressions() {
                    let found = typed_at(expression, offset, scope, problems).without_null();
                    presence = presence.and(text_presence(expression, offset, &found, problems));
                }
                Typed { ty: Type::string(), presence }
            }
            Self::List(items) => {
                let items: Vec<Typed> = items.iter().map(|item| item.typed(scope, problems)).collect();
                let presence = items.iter().map(|item| item.presence).fold(Presence::Always, Presence::and);
                Typed { ty: Type::list(Type::union(items.into_iter().map(|item| item.ty))), presence }
            }
            Self::Object(fields) => {
                let mut presence = Presence::Always;
                let mut known = Vec::with_capacity(fields.len());
                for (name, field) in fields {
                    let typed = field.typed(scope, problems);
                    presence = presence.and(typed.presence);
                    known.push((name.clone(), Field { ty: typed.ty, presence: Presence::Always }));
                }
                Typed { ty: Type::Object(ObjectType::of(known)), presence }
            }
        }
    }
}

fn typed_at(expression: &Expression, offset: usize, scope: &dyn Scope, problems: &mut Vec<Problem>) -> Typed {
    let (typed, found) = expression.type_in(scope);
    problems.extend(found.into_iter().map(|problem| problem.shifted(offset)));
    typed
}

/// The presence of a value that is inserted into a text. Reports a type that can never be inserted.
fn text_presence(
    expression: &Expression,
    offset: usize,
    found: &Typed,
    problems: &mut Vec<Problem>,
) -> Presence {
    let scalar = Type::union([Type::string(), Type::Number, Type::Boolean]);
    if !found.ty.is_nothing() && !scalar.overlaps(&found.ty) {
        let range = offset..offset + expression.text().len();
        problems.push(
            Problem::new(&TYPE_MISMATCH, range, format!("a text cannot contain {}", found.ty))
                .with_label(found.ty.to_string())
                .with_help("read a field or an item of it, or write `toString(…)` for its JSON"),
        );
    }
    if scalar.accepts(&found.ty) { found.presence } else { found.presence.and(Presence::Maybe) }
}
