//! Keeping what is sensitive out of everything that is shown.
//!
//! Results and outputs are recorded in full, because other steps read them; [`Run::shown`] is what people and programs
//! may see of a record. Everything else is free of secrets before it is recorded.

use std::borrow::Cow;
use std::collections::HashSet;
use std::sync::Arc;

use indexmap::IndexMap;
use naftiko_adapter::{self as adapter, Call, Mask};
use naftiko_expr::{Expression, Root, Selector, Template};
use naftiko_journal::{Departure, Event, Failure, Record, Ruling};
use naftiko_plan::{Argument, Facts, Plan};
use serde_json::{Map, Value};

use super::close::Closing as Attempt;
use super::scope::{Answer, View};
use super::task::{Role, Task};
use super::{Run, pages};

pub(super) use naftiko_adapter::MASK;

/// A shorter secret turns up by chance in much that is not secret: it is masked only where it is all there is.
const SHORTEST_INSIDE: usize = 4;

/// The texts that must not be shown.
#[derive(Debug, Clone, Default)]
pub(super) struct Redaction(Mask);

impl Redaction {
    /// Hides the values of sensitive inputs.
    pub(super) fn of_inputs(plan: &Plan, inputs: &Map<String, Value>) -> Self {
        let mut redaction = Self::default();
        redaction.hide_inputs(plan, inputs);
        redaction
    }

    /// Hides the values of the sensitive inputs of a plan too.
    pub(super) fn hide_inputs(&mut self, plan: &Plan, inputs: &Map<String, Value>) {
        for input in plan.inputs.iter().filter(|input| input.sensitive) {
            if let Some(value) = inputs.get(&input.name) {
                self.hide(value);
            }
        }
    }

    /// Hides a value too, and all that is in it. Booleans and null say nothing and stay.
    pub(super) fn hide(&mut self, value: &Value) {
        match value {
            Value::Null | Value::Bool(_) => {}
            Value::Number(number) => self.hide_text(&number.to_string()),
            Value::String(text) => self.hide_text(text),
            Value::Array(items) => items.iter().for_each(|item| self.hide(item)),
            Value::Object(fields) => fields.values().for_each(|field| self.hide(field)),
        }
    }

    /// The text with every secret in it masked, in every spelling.
    pub(super) fn text(&self, text: &str) -> String {
        self.0.text(text)
    }

    /// The value with every secret in it masked, in keys too.
    pub(super) fn value(&self, value: &Value) -> Value {
        self.0.value(value.clone())
    }

    /// Masks every secret in a value where it is, in keys too.
    fn mask(&self, value: &mut Value) {
        *value = self.0.value(std::mem::take(value));
    }

    /// The same of a value that is shared. It is copied only if there is a secret in it.
    fn mask_shared(&self, value: &mut Arc<Value>) {
        if self.0.is_in(value) {
            self.mask(Arc::make_mut(value));
        }
    }

    /// The values without what is secret, under the names they have: an author chose those.
    fn named(&self, values: &IndexMap<String, Value>) -> IndexMap<String, Value> {
        values.iter().map(|(name, value)| (name.clone(), self.value(value))).collect()
    }

    fn failure(&self, failure: &Failure) -> Failure {
        Failure {
            cause: failure.cause,
            message: self.text(&failure.message),
            status: failure.status,
            body: failure.body.as_ref().map(|body| self.value(body)),
        }
    }

    fn event(&self, event: &Event) -> Event {
        let mut event = event.clone();
        match &mut event {
            Event::RunStarted { inputs, .. } => {
                inputs.iter_mut().for_each(|(_, value)| self.mask(value));
            }
            Event::AttemptStarted { request, .. } => request.arguments = self.named(&request.arguments),
            Event::MessageStarted { message, .. } => {
                message.to = self.text(&message.to);
                message.with = self.named(&message.with);
            }
            Event::StepSucceeded { result, departures, .. } => {
                self.mask_shared(result);
                self.depart(departures);
            }
            Event::DoubtResolved { ruling: Ruling::Happened { result }, .. } => {
                self.mask(result);
            }
            Event::PageReceived { items, next, departures, .. } => {
                self.depart(departures);
                if items.iter().any(|item| self.0.is_in(item)) {
                    for item in Arc::make_mut(items) {
                        self.mask(item);
                    }
                }
                next.iter_mut().for_each(|(_, value)| self.mask(value));
            }
            Event::StepDelayed { failure: Some(failure), .. }
            | Event::StepFailed { failure, .. }
            | Event::StepInDoubt { failure, .. } => *failure = self.failure(failure),
            Event::RunFinished { outputs, failure, .. } => {
                *outputs = self.named(outputs);
                *failure = failure.as_ref().map(|failure| self.failure(failure));
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

    fn depart(&self, departures: &mut [Departure]) {
        // Names of fields come from the answer too.
        for departure in departures {
            departure.pointer = self.text(&departure.pointer);
            departure.expected = self.text(&departure.expected);
        }
    }

    fn hide_text(&mut self, text: &str) {
        self.0.hide(text, SHORTEST_INSIDE);
    }
}

impl Run {
    /// A record, the latest or an earlier one, in a form that may be shown: whatever is sensitive is `***`, also where
    /// a provider quoted it.
    ///
    /// The values of sensitive inputs are sensitive, and so are the arguments made from them and what sensitive outputs
    /// read. A value of fewer than four characters is masked only where it is a whole value.
    #[must_use]
    pub fn shown(&self, record: &Record) -> Record {
        Record {
            run: record.run.clone(),
            seq: record.seq,
            at: record.at,
            event: self.redaction.event(&record.event),
        }
    }

    /// A call in a form that may be shown.
    #[must_use]
    pub fn shown_call(&self, call: &Call) -> Call {
        let mut shown = call.clone();
        shown.arguments.parameters.values_mut().for_each(|value| *value = self.redaction.value(value));
        shown.arguments.body = shown.arguments.body.map(|body| self.redaction.value(&body));
        shown
    }

    /// The outcome of a step's call in a form that may be shown, once it is recorded.
    ///
    /// # Errors
    /// The failure, where that is the outcome.
    pub fn shown_answer(
        &self,
        step: &str,
        answer: Result<adapter::Response, adapter::Failure>,
    ) -> Result<adapter::Response, adapter::Failure> {
        let task = self.task_of(step).and_then(|at| self.tasks.get(at));
        let body = |answer: &adapter::Response| Answer::of_body(Arc::clone(&answer.body));
        let redaction = match (task, &answer) {
            (Some(task), Ok(answer)) => self.redaction_with(task, &body(answer)),
            _ => Cow::Borrowed(&self.redaction),
        };
        match answer {
            Ok(response) => Ok(redaction.0.response(response)),
            Err(failure) => Err(redaction.0.failure(&failure)),
        }
    }

    /// From now on hides what the sensitive arguments of a task are: an attempt begins, and they may come back.
    pub(super) fn hide_arguments(&mut self, at: usize) {
        let found = self.tasks.get(at).and_then(|task| Some((task, self.view(task)?, self.invoke_of(task)?)));
        let Some((task, view, (_, invoke))) = found else { return };
        let sensitive = invoke.arguments.iter().filter(|argument| argument.sensitive);
        let values: Vec<Value> =
            sensitive.flat_map(|argument| self.sensitive_values(task.frame, argument, view)).collect();
        for value in &values {
            self.redaction.hide(value);
        }
    }

    /// From now on hides what is sensitive in the result of a task that has just succeeded: what the capabilities say
    /// is, and what sensitive outputs read.
    pub(super) fn hide_result(&mut self, at: usize) {
        let Some(task) = self.tasks.get(at) else { return };
        let mut values = self.result(task).map_or_else(Vec::new, |result| self.sensitive_of(task, result));
        values.extend(self.read_by_sensitive_outputs(task, None));
        for value in &values {
            self.redaction.hide(value);
        }
    }

    /// The same of what is on a page of a list.
    pub(super) fn hide_page(&mut self, at: usize, items: &[Value]) {
        let Some(task) = self.tasks.get(at) else { return };
        let mut values = match self.facts_of(task) {
            Some(_) => self.sensitive_of(task, &Arc::new(Value::Array(items.to_vec()))),
            None => Vec::new(),
        };
        let frame = self.frames.get(task.frame);
        let is_read = frame
            .zip(self.step_of(task))
            .is_some_and(|(frame, step)| frame.sensitive_outputs.contains_key(&step.id));
        // They may read it by its place in the list. Only then is all of that looked at for every page.
        if is_read {
            let so_far = Arc::new(task.progress.pages.so_far());
            values.extend(self.read_by_sensitive_outputs(task, Some(&so_far)));
        }
        for value in &values {
            self.redaction.hide(value);
        }
    }

    /// What the capabilities say is sensitive in the result of a task.
    fn sensitive_of(&self, task: &Task, result: &Arc<Value>) -> Vec<Value> {
        let Some((facts, (_, invoke))) = self.facts_of(task).zip(self.invoke_of(task)) else {
            return Vec::new();
        };
        sensitive_in(facts, &Answer::of_body(pages::as_body(invoke, result)))
    }

    /// Whether an answer to a task may have something sensitive in it, which is only known of what can be read.
    pub(super) fn may_answer_sensitively(&self, task: &Task) -> bool {
        let frame = self.frames.get(task.frame).zip(self.step_of(task));
        let is_read = frame.is_some_and(|(frame, step)| frame.sensitive_outputs.contains_key(&step.id));
        is_read || self.facts_of(task).is_some()
    }

    /// What sensitive outputs read of the result of a task, or of what is there of it so far.
    fn read_by_sensitive_outputs(&self, task: &Task, so_far: Option<&Arc<Value>>) -> Vec<Value> {
        let found = self.frames.get(task.frame).and_then(|frame| {
            let step = frame.plan.steps.get(task.position)?;
            Some((frame, step, frame.sensitive_outputs.get(&step.id)?))
        });
        let Some((frame, step, readers)) = found else { return Vec::new() };
        // An item is shown before the list of results that it becomes part of is there: its place in it is read.
        let so_far = match (&task.role, so_far.or(task.result.as_ref())) {
            (Role::Step, so_far) => so_far.cloned(),
            (Role::Item { index, .. }, Some(result)) => {
                let before = index.as_u64().and_then(|index| usize::try_from(index).ok()).unwrap_or_default();
                let mut list = vec![Value::Null; before];
                list.push((**result).clone());
                Some(Arc::new(Value::Array(list)))
            }
            (Role::Item { .. } | Role::Compensation { .. }, _) => return Vec::new(),
        };
        let own = so_far.as_ref().map(|list| (step.id.as_str(), Some(&**list)));
        let view = View { scope: &frame.scope, item: None, undone: own, response: None };
        let outputs = readers.iter().filter_map(|&position| frame.plan.outputs.get(position));
        outputs.filter_map(|output| output.source.evaluate(&view).ok().flatten()).collect()
    }

    /// The positions of the outputs of a composition that must not be shown: those that say so, and those that a
    /// sensitive output of the composition around it reads.
    pub(super) fn secret_outputs(&self, plan: &Plan, owner: Option<usize>) -> Vec<usize> {
        let outer = owner.and_then(|owner| self.tasks.get(owner)).and_then(|owner| {
            let frame = self.frames.get(owner.frame)?;
            let step = frame.plan.steps.get(owner.position)?;
            Some((frame, step.id.as_str(), frame.sensitive_outputs.get(&step.id)?))
        });
        let mut read: HashSet<String> = HashSet::new();
        let mut reads_all = false;
        if let Some((frame, id, readers)) = outer {
            let sources =
                readers.iter().filter_map(|&position| Some(&frame.plan.outputs.get(position)?.source));
            for reference in sources.flat_map(Expression::references) {
                if reference.root == Root::Step(id.to_owned()) {
                    match reference.segments.into_iter().find_map(|(selector, _)| as_field(selector)) {
                        Some(name) => drop(read.insert(name)),
                        None => reads_all = true,
                    }
                }
            }
        }
        let outputs = plan.outputs.iter().enumerate();
        let secret =
            outputs.filter(|(_, output)| output.sensitive || reads_all || read.contains(&output.name));
        secret.map(|(position, _)| position).collect()
    }

    /// What hides the secrets of the run, and what is sensitive in an answer.
    pub(super) fn redaction_with(&self, task: &Task, response: &Answer) -> Cow<'_, Redaction> {
        let values = self.facts_of(task).map(|facts| sensitive_in(facts, response)).unwrap_or_default();
        if values.is_empty() {
            return Cow::Borrowed(&self.redaction);
        }
        let mut redaction = self.redaction.clone();
        for value in &values {
            redaction.hide(value);
        }
        Cow::Owned(redaction)
    }

    /// The same of an answer that is shown though it has not become a result: it hides what sensitive outputs would
    /// have read of it too.
    pub(super) fn redaction_of_answer(&self, closing: &Attempt<'_>, answer: &Answer) -> Redaction {
        let mut redaction = self.redaction_with(closing.task, answer).into_owned();
        for value in self.read_by_sensitive_outputs(closing.task, Some(&closing.result_of(answer))) {
            redaction.hide(&value);
        }
        redaction
    }

    /// A value as it may be shown, of this run and whatever came of it: of outputs too.
    #[must_use]
    pub fn shown_value(&self, value: &Value) -> Value {
        let mut redaction = Cow::Borrowed(&self.redaction);
        for output in self.plan.outputs.iter().filter(|output| output.sensitive) {
            if let Some(value) = self.outputs().get(&output.name) {
                redaction.to_mut().hide(value);
            }
        }
        redaction.value(value)
    }

    fn facts_of(&self, task: &Task) -> Option<&Facts> {
        let (plan, invoke) = self.invoke_of(task)?;
        plan.facts.get(&invoke.operation).filter(|facts| !facts.sensitive.is_empty())
    }

    /// The strings of an argument that hold something sensitive, with their values; all of it if none is known to.
    fn sensitive_values(&self, frame: usize, argument: &Argument, view: View<'_>) -> Vec<Value> {
        let strings = argument.value.strings().into_iter().map(|(_, string)| string);
        let mut sensitive: Vec<&Template> =
            strings.filter(|string| self.reads_sensitive_input(frame, string)).collect();
        if sensitive.is_empty() {
            sensitive.push(&argument.value);
        }
        sensitive.into_iter().filter_map(|string| string.evaluate(&view).ok()).collect()
    }
}

fn as_field(selector: Selector) -> Option<String> {
    match selector {
        Selector::Field(name) => Some(name),
        Selector::Index(_) | Selector::All | Selector::Filter(_) => None,
    }
}

/// What of an answer is sensitive.
fn sensitive_in(facts: &Facts, answer: &Answer) -> Vec<Value> {
    facts.sensitive.iter().filter_map(|path| path.evaluate(answer).ok().flatten()).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn hiding(secrets: &[Value]) -> Redaction {
        let mut redaction = Redaction::default();
        for secret in secrets {
            redaction.hide(secret);
        }
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
}
