//! Redaction of sensitive values in everything that is shown.
//!
//! Results and outputs are recorded in full, because other steps read them; [`Run::shown`] returns the form of a record
//! that people and programs may see. Everything else is redacted before it is recorded.

use std::sync::Arc;

use naftiko_adapter::{self as adapter, Mask, Response};
use naftiko_expr::copied;
use naftiko_journal::{Departure, Event, Failure, Ruling};
use naftiko_plan::Plan;
use serde_json::{Map, Value};

pub(super) use naftiko_adapter::MASK;

/// A shorter value occurs by chance in much that is not sensitive: it is masked only where it is a whole value.
const SHORTEST_INSIDE: usize = 4;
/// A shorter value from a response is not searched for in other responses at all, because it may occur in many of them.
const SHORTEST_IN_OTHER_ANSWERS: usize = 8;

/// The values to redact.
#[derive(Debug, Clone, Default)]
pub(super) struct Redaction {
    /// Masks every sensitive value in the run's own texts.
    all: Arc<Mask>,
    /// Masks sensitive values in responses that do not mark them as sensitive.
    in_answers: Arc<Mask>,
}

impl Redaction {
    /// Redacts the values of sensitive inputs.
    pub(super) fn of_inputs(plan: &Plan, inputs: &Map<String, Value>) -> Self {
        let mut redaction = Self::default();
        redaction.hide_inputs(plan, inputs);
        redaction
    }

    /// Redacts the values of the sensitive inputs of a further plan.
    pub(super) fn hide_inputs(&mut self, plan: &Plan, inputs: &Map<String, Value>) {
        let sensitive = plan.inputs.iter().filter(|input| input.sensitive);
        let values: Vec<&Value> = sensitive.filter_map(|input| inputs.get(&input.name)).collect();
        self.hide_given(values);
    }

    /// Redacts given values and values derived from them, including nested ones.
    pub(super) fn hide_given<'v>(&mut self, values: impl IntoIterator<Item = &'v Value>) {
        let texts = texts(values);
        let texts = || texts.iter().map(|text| (text.as_str(), SHORTEST_INSIDE));
        Arc::make_mut(&mut self.all).hide_each(texts());
        Arc::make_mut(&mut self.in_answers).hide_each(texts());
    }

    /// Redacts values from a response, including nested ones.
    pub(super) fn hide_answered<'v>(&mut self, values: impl IntoIterator<Item = &'v Value>) {
        let texts = texts(values);
        Arc::make_mut(&mut self.all).hide_each(texts.iter().map(|text| (text.as_str(), SHORTEST_INSIDE)));
        let is_long = |text: &&String| text.chars().count() >= SHORTEST_IN_OTHER_ANSWERS;
        Arc::make_mut(&mut self.in_answers)
            .hide_each(texts.iter().filter(is_long).map(|text| (text.as_str(), SHORTEST_INSIDE)));
    }

    /// Redacts credentials.
    pub(super) fn hide_credentials(&mut self, credentials: &Mask) {
        Arc::make_mut(&mut self.all).hide_all_of(credentials);
        Arc::make_mut(&mut self.in_answers).hide_all_of(credentials);
    }

    /// A mask for a response: the values hidden in any response, and these values of this one.
    pub(super) fn of_answer(&self, values: &[Value]) -> AnswerMask {
        AnswerMask::new(&self.in_answers, values)
    }

    /// A mask for every sensitive value, and these values of one response.
    pub(super) fn of_all_and(&self, values: &[Value]) -> AnswerMask {
        AnswerMask::new(&self.all, values)
    }

    /// The text with every sensitive value masked, in every encoding.
    pub(super) fn text(&self, text: &str) -> String {
        self.all.text(text)
    }

    /// The value with every sensitive value masked, including keys.
    pub(super) fn value(&self, value: &Value) -> Value {
        self.all.value(value.clone())
    }

    /// Masks values but not their names, which an author chose.
    fn named<'v>(&self, values: impl Iterator<Item = &'v mut Value>) {
        for value in values {
            *value = self.all.value(std::mem::take(value));
        }
    }

    /// Redacts an event. `answer` masks values that came from outside.
    pub(super) fn event(&self, mut event: Event, answer: &AnswerMask) -> Event {
        match &mut event {
            Event::RunStarted { inputs, .. } => self.named(inputs.values_mut()),
            Event::AttemptStarted { request, .. } => self.named(request.arguments.values_mut()),
            Event::MessageStarted { message, .. } => {
                message.to = self.text(&message.to);
                self.named(message.with.values_mut());
            }
            Event::StepSucceeded { result, departures, .. } => {
                answer.mask_shared(result);
                answer.depart(departures);
            }
            Event::DoubtResolved { ruling: Ruling::Happened { result }, .. } => answer.mask(result),
            Event::PageReceived { items, next, departures, .. } => {
                answer.depart(departures);
                if items.iter().any(|item| answer.0.is_in(item)) {
                    *items = Arc::new(items.iter().map(|item| answer.value(copied(item))).collect());
                }
                next.values_mut().for_each(|value| answer.mask(value));
            }
            Event::StepDelayed { failure: Some(failure), .. }
            | Event::StepFailed { failure, .. }
            | Event::StepInDoubt { failure, .. } => answer.fail(failure),
            Event::RunFinished { outputs, failure, .. } => {
                for output in outputs.values_mut().filter(|output| self.all.is_in(output)) {
                    *output = Arc::new(self.all.value(copied(output)));
                }
                if let Some(failure) = failure {
                    answer.fail(failure);
                }
            }
            Event::StepDelayed { failure: None, .. }
            | Event::DoubtResolved { ruling: Ruling::DidNotHappen | Ruling::HandedOver { .. }, .. }
            | Event::StepAsked { .. }
            | Event::StepSkipped { .. }
            | Event::StepOpened { .. }
            | Event::RunCancelled { .. } => {}
        }
        event
    }
}

/// Masks the sensitive values of one response.
pub(super) struct AnswerMask(Mask);

impl AnswerMask {
    fn new(mask: &Arc<Mask>, values: &[Value]) -> Self {
        let own = texts(values);
        let mut mask = Mask::over(Arc::clone(mask));
        mask.hide_each(own.iter().map(|text| (text.as_str(), SHORTEST_INSIDE)));
        Self(mask)
    }

    /// The text with all sensitive values masked.
    pub(super) fn text(&self, text: &str) -> String {
        self.0.text(text)
    }

    /// The failure with all sensitive values in its message masked.
    pub(super) fn failure(&self, failure: &adapter::Failure) -> adapter::Failure {
        self.0.failure(failure)
    }

    /// The value with all sensitive values masked, including keys.
    pub(super) fn value(&self, value: Value) -> Value {
        self.0.value(value)
    }

    /// The response with all sensitive values masked, including headers.
    pub(super) fn response(&self, response: Response) -> Response {
        self.0.response(response)
    }

    fn mask(&self, value: &mut Value) {
        *value = self.value(std::mem::take(value));
    }

    /// Masks a shared value, which is copied only if it contains a sensitive value.
    fn mask_shared(&self, value: &mut Arc<Value>) {
        if self.0.is_in(value) {
            *value = Arc::new(self.value(copied(value)));
        }
    }

    fn fail(&self, failure: &mut Failure) {
        failure.message = self.text(&failure.message);
        failure.body = failure.body.take().map(|body| self.value(body));
    }

    fn depart(&self, departures: &mut [Departure]) {
        // Field names come from the response too.
        for departure in departures {
            departure.pointer = self.text(&departure.pointer);
            departure.expected = self.text(&departure.expected);
        }
    }
}

/// The strings in values, and their numbers as strings. Booleans and null reveal nothing.
fn texts<'v>(values: impl IntoIterator<Item = &'v Value>) -> Vec<String> {
    let mut open: Vec<&Value> = values.into_iter().collect();
    let mut texts = Vec::new();
    while let Some(value) = open.pop() {
        match value {
            Value::Null | Value::Bool(_) => {}
            Value::Number(number) => texts.push(number.to_string()),
            Value::String(text) => texts.push(text.clone()),
            Value::Array(items) => open.extend(items),
            Value::Object(fields) => open.extend(fields.values()),
        }
    }
    texts
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn hiding(secrets: &[Value]) -> Redaction {
        let mut redaction = Redaction::default();
        redaction.hide_given(secrets);
        redaction
    }

    #[test]
    fn no_tail_of_a_secret_shows_when_another_is_its_prefix_or_overlaps_it() {
        let redaction = hiding(&[json!("hunter"), json!("hunter22"), json!("22x9")]);
        assert_eq!(redaction.text("a hunter22 b hunter c hunter22x9"), "a *** b *** c ***");
        assert_eq!(hiding(&[json!("aaaa")]).text("baaaaab"), "b***b");
    }

    #[test]
    fn encoded_forms_are_secrets_too() {
        let redaction = hiding(&[json!("pä \"ß&"), json!("multi\nline")]);
        assert_eq!(redaction.text("?q=p%C3%A4%20%22%C3%9F%26&r=p%C3%A4+%22%C3%9F%26"), "?q=***&r=***");
        assert_eq!(redaction.text(r#"{"x": "multi\nline"}"#), r#"{"x": "***"}"#);
    }

    #[test]
    fn what_is_inside_a_sensitive_value_is_sensitive() {
        let redaction = hiding(&[json!({"pin": 4711, "on": true, "words": ["blue moon"]})]);
        let shown = redaction.value(&json!({"said": ["a blue moon", 4711, true], "blue moon": 1}));
        assert_eq!(shown, json!({"said": ["a ***", "***", true], "***": 1}));
    }

    #[test]
    fn a_short_secret_is_masked_only_where_it_is_a_whole_value() {
        let redaction = hiding(&[json!("a"), json!(7), json!("abc")]);
        let shown =
            redaction.value(&json!({"id": "a7", "said": "abcd", "pin": 7, "is": ["a", "abc"], "a": 70}));
        assert_eq!(shown, json!({"id": "a7", "said": "abcd", "pin": "***", "is": ["***", "***"], "***": 70}));
        assert_eq!(redaction.text("an a and abc"), "an a and abc");
        assert_eq!(hiding(&[json!("abcd")]).text("xabcdx"), "x***x");
    }

    #[test]
    fn without_secrets_nothing_changes() {
        assert_eq!(Redaction::default().text("as it is"), "as it is");
        assert_eq!(hiding(&[json!("")]).text("as it is"), "as it is");
    }

    #[test]
    fn a_short_value_of_an_answer_is_not_looked_for_in_other_answers() {
        let mut redaction = Redaction::default();
        redaction.hide_answered(&[json!("active"), json!(1), json!("t0ps3cret")]);
        let other = json!({"state": "active", "n": 1, "said": "t0ps3cret!"});
        let shown = redaction.of_answer(&[]).value(other.clone());
        assert_eq!(shown, json!({"state": "active", "n": 1, "said": "***!"}));
        assert_eq!(redaction.value(&other), json!({"state": "***", "n": "***", "said": "***!"}));
        let own = redaction.of_answer(&[json!("active")]).value(other);
        assert_eq!(own, json!({"state": "***", "n": 1, "said": "***!"}));
    }
}
