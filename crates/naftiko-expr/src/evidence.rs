//! Why a condition came to what it came to: the parts of it that decided, with their values.
//!
//! The only place that shows values. Whoever asks says what may be shown of one; what is made of a value of which not
//! all may be shown is not shown at all.

use std::borrow::Cow;

use serde_json::Value;

use crate::ast::{Base, Comparator, Comparison, Expr, ExprKind, Logical, Path, Selector};
use crate::budget::Budget;
use crate::evaluate::{Environment, Evaluator};

/// How many parts are shown.
const MOST_PARTS: usize = 4;

/// How much is shown of one value, or of the text of one part, in characters.
const MOST_OF_A_TEXT: usize = 60;

/// What may be shown of a value.
pub(crate) type Mask<'m> = &'m dyn Fn(&Value) -> Value;

/// The parts of a condition that decided, as a phrase; empty where the condition says all there is to say.
pub(crate) fn of(root: &Expr, text: &str, env: &dyn Environment, mask: Mask<'_>) -> String {
    let budget = Budget::default();
    let evaluator = Evaluator::new(env, text, &budget);
    let mut evidence = Evidence { evaluator, text, mask, parts: Vec::new() };
    evidence.condition(root);
    // That a condition that is false is false is no news.
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
    /// What was looked at, with its value as it may be shown.
    parts: Vec<(String, String)>,
}

impl Evidence<'_> {
    /// A part that is true or false.
    fn condition(&mut self, expr: &Expr) {
        match &expr.kind {
            ExprKind::Not(inner) => self.condition(inner),
            // What equals a literal is that literal.
            ExprKind::Comparison(comparison) if self.says_all(expr, comparison) => {}
            ExprKind::Comparison(comparison) => {
                self.operand(&comparison.left);
                self.operand(&comparison.right);
            }
            ExprKind::Logical(operator @ (Logical::And | Logical::Or), operands) => {
                // One operand decides, or all of them do.
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

    /// A part with a value, and what the lists in it were filtered by.
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

    /// What the predicates in a part look at, of every item: that tells why an item was not kept.
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
            // Another fault is the failure itself.
            Err(_) => return,
            Ok(Some(value)) if self.may_be_shown(expr) => cut(&(self.mask)(&value).to_string()).into_owned(),
            Ok(Some(_)) => "not shown".to_owned(),
        };
        self.parts.push((text, value));
    }

    /// Whether masking a value is enough: not if something sensitive was made into something else.
    fn may_be_shown(&self, expr: &Expr) -> bool {
        let mut made_of = Vec::new();
        changed(expr, &mut made_of);
        made_of.into_iter().all(|source| match self.evaluator.value(source) {
            Ok(Some(value)) => (self.mask)(&value) == value,
            _ => true,
        })
    }
}

/// Adds the paths whose values are made into something else in the value of an expression.
fn changed<'e>(expr: &'e Expr, found: &mut Vec<&'e Expr>) {
    match &expr.kind {
        ExprKind::Call(call) => match call.function.name() {
            // They only tell something of it.
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
        // A path has its own value, and the rest is true or false.
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

/// Adds what a predicate reads of the item it looks at, each once: nothing for the item itself.
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

/// The beginning of a text that is long.
fn cut(text: &str) -> Cow<'_, str> {
    match text.char_indices().nth(MOST_OF_A_TEXT) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()).into(),
        None => text.into(),
    }
}
