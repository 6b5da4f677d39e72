//! Explains the result of a condition: the parts that decided it, with their values.
//!
//! Only this module shows values. The caller's mask decides which part of a value may be shown; a value derived from a
//! partly masked value is not shown at all.

use std::borrow::Cow;

use serde_json::Value;

use crate::ast::{Base, Comparison, Expr, ExprKind, Logical, Path, Selector};
use crate::budget::Budget;
use crate::compare::Comparator;
use crate::evaluate::{Environment, Evaluator};

/// The most parts that are shown.
const MOST_PARTS: usize = 4;

/// The most characters that are shown of one value, or of the source text of one part.
const MOST_OF_A_TEXT: usize = 60;

/// Returns the part of a value that may be shown.
pub(crate) type Mask<'m> = &'m dyn Fn(&Value) -> Value;

/// The deciding parts of a condition as a phrase; empty if the condition itself already says everything.
pub(crate) fn of(root: &Expr, text: &str, env: &dyn Environment, mask: Mask<'_>) -> String {
    let budget = Budget::default();
    let evaluator = Evaluator::new(env, text, &budget);
    let mut evidence = Evidence { evaluator, text, mask, parts: Vec::new() };
    evidence.condition(root);
    // Stating that the false condition is false adds nothing.
    evidence.parts.retain(|(part, value)| part != root_text(root, text) || is_news(value));
    let more = evidence.parts.len().saturating_sub(MOST_PARTS);
    let shown = evidence.parts.iter().take(MOST_PARTS);
    let mut shown: Vec<String> = shown.map(|(part, value)| format!("`{part}` is {value}")).collect();
    if more > 0 {
        shown.push(format!("and {more} more"));
    }
    shown.join(", ")
}

fn root_text<'t>(root: &Expr, text: &'t str) -> &'t str {
    text.get(root.range.clone()).unwrap_or_default()
}

fn is_news(value: &str) -> bool {
    !matches!(value, "true" | "false")
}

struct Evidence<'e> {
    evaluator: Evaluator<'e>,
    text: &'e str,
    mask: Mask<'e>,
    /// The source text of each part and its masked value.
    parts: Vec<(String, String)>,
}

impl Evidence<'_> {
    /// Collects the deciding parts of a condition.
    fn condition(&mut self, expr: &Expr) {
        match &expr.kind {
            ExprKind::Not(inner) => self.condition(inner),
            // A value that equals a literal needs no explanation.
            ExprKind::Comparison(comparison) if self.says_all(expr, comparison) => {}
            ExprKind::Comparison(comparison) => {
                self.operand(&comparison.left);
                self.operand(&comparison.right);
            }
            ExprKind::Logical(operator @ (Logical::And | Logical::Or), operands) => {
                // The result is decided by one operand or by all of them.
                let decisive = Some(Value::Bool(*operator == Logical::Or));
                let deciding = operands.iter().find(|operand| {
                    let value = self.evaluator.value(operand);
                    value.as_ref().ok() == Some(&decisive) || !matches!(value, Ok(Some(Value::Bool(_))))
                });
                match deciding {
                    Some(operand) => self.condition(operand),
                    None => operands.iter().for_each(|operand| self.condition(operand)),
                }
            }
            ExprKind::Call(call) => call.arguments.iter().for_each(|argument| self.operand(argument)),
            ExprKind::Logical(Logical::Coalesce, operands) => {
                for operand in operands {
                    self.operand(operand);
                }
            }
            ExprKind::Literal(_) | ExprKind::List(_) | ExprKind::Path(_) => self.operand(expr),
        }
    }

    fn says_all(&self, expr: &Expr, comparison: &Comparison) -> bool {
        let is_literal = |side: &Expr| matches!(side.kind, ExprKind::Literal(_));
        comparison.comparator == Comparator::Equal
            && (is_literal(&comparison.left) || is_literal(&comparison.right))
            && self.evaluator.value(expr) == Ok(Some(Value::Bool(true)))
    }

    /// Adds an operand with its value, and the values that filters in it read.
    fn operand(&mut self, expr: &Expr) {
        let mut references = Vec::new();
        expr.collect_references(&mut references);
        if references.is_empty() {
            return;
        }
        match &expr.kind {
            ExprKind::Comparison(_) | ExprKind::Not(_) => return self.condition(expr),
            _ => self.part(root_text(expr, self.text), expr),
        }
        self.filtered(expr);
    }

    /// Adds the values that the predicates in an operand read of every item; they show why an item was left out.
    fn filtered(&mut self, expr: &Expr) {
        match &expr.kind {
            ExprKind::Path(path) => {
                if let Base::Value(inner) = &path.base {
                    self.filtered(inner);
                }
                for (at, (selector, _)) in path.selectors.iter().enumerate() {
                    if let Selector::Filter(predicate) = selector {
                        let before = path.selectors.get(..at).unwrap_or_default();
                        self.looked_at(path, before, predicate);
                    }
                }
            }
            _ => expr.children().into_iter().for_each(|child| self.filtered(child)),
        }
    }

    fn looked_at(&mut self, path: &Path, before: &[(Selector, std::ops::Range<usize>)], predicate: &Expr) {
        let mut read = Vec::new();
        of_the_item(predicate, &mut read);
        for selectors in read {
            let mut all = before.to_vec();
            if !selectors.is_empty() {
                all.push((Selector::All, 0..0));
                all.extend_from_slice(selectors);
            }
            let path = Path { base: path.base.clone(), selectors: all };
            let expr = Expr { range: 0..0, kind: ExprKind::Path(path) };
            self.part(&expr.to_string(), &expr);
        }
    }

    fn part(&mut self, text: &str, expr: &Expr) {
        let text = cut(&text.split_whitespace().collect::<Vec<_>>().join(" ")).into_owned();
        if self.parts.iter().any(|(known, _)| *known == text) {
            return;
        }
        let value = match self.evaluator.value(expr) {
            Ok(None) => "absent".to_owned(),
            Err(error) if error.is_unresolved() => "absent".to_owned(),
            // Any other error is reported as the failure itself.
            Err(_) => return,
            Ok(Some(value)) if self.may_be_shown(expr) => cut(&(self.mask)(&value).to_string()).into_owned(),
            Ok(Some(_)) => "not shown".to_owned(),
        };
        self.parts.push((text, value));
    }

    /// Whether it is enough to mask the value: not if it is derived from a value that is partly masked.
    fn may_be_shown(&self, expr: &Expr) -> bool {
        let mut made_of = Vec::new();
        changed(expr, &mut made_of);
        made_of.into_iter().all(|source| match self.evaluator.value(source) {
            Ok(Some(value)) => (self.mask)(&value) == value,
            _ => true,
        })
    }
}

/// Adds the paths whose values are transformed in the value of an expression.
fn changed<'e>(expr: &'e Expr, found: &mut Vec<&'e Expr>) {
    match &expr.kind {
        ExprKind::Call(call) => match call.function.name() {
            // The result of these functions reveals only a property of the argument.
            "len" | "exists" | "contains" | "startsWith" | "endsWith" | "matches" => {}
            "first" | "last" => call.arguments.iter().for_each(|argument| changed(argument, found)),
            _ => call.arguments.iter().for_each(|argument| sources(argument, found)),
        },
        ExprKind::Path(Path { base: Base::Value(inner), .. }) => changed(inner, found),
        ExprKind::List(items) | ExprKind::Logical(Logical::Coalesce, items) => {
            for item in items {
                changed(item, found);
            }
        }
        // A path has its own value, and all other expressions are true or false.
        _ => {}
    }
}

/// Adds the paths that a value is read from.
fn sources<'e>(expr: &'e Expr, found: &mut Vec<&'e Expr>) {
    match &expr.kind {
        ExprKind::Path(Path { base: Base::Root(..), .. }) => found.push(expr),
        ExprKind::Path(Path { base: Base::Value(inner), .. }) => sources(inner, found),
        ExprKind::Path(_) => {}
        _ => expr.children().into_iter().for_each(|child| sources(child, found)),
    }
}

/// Adds the selectors that a predicate reads of its item, each once; empty for the item itself.
fn of_the_item<'e>(expr: &'e Expr, found: &mut Vec<&'e [(Selector, std::ops::Range<usize>)]>) {
    if let ExprKind::Path(Path { base, selectors }) = &expr.kind {
        match base {
            Base::Current(_) => {
                let fixed = selectors.iter().take_while(|(it, _)| !matches!(it, Selector::Filter(_)));
                let fixed = selectors.get(..fixed.count()).unwrap_or_default();
                if !found.contains(&fixed) {
                    found.push(fixed);
                }
            }
            Base::Value(inner) => of_the_item(inner, found),
            Base::Root(..) => {}
        }
        return;
    }
    expr.children().into_iter().for_each(|child| of_the_item(child, found));
}

/// Shortens a long text.
fn cut(text: &str) -> Cow<'_, str> {
    match text.char_indices().nth(MOST_OF_A_TEXT) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()).into(),
        None => text.into(),
    }
}
