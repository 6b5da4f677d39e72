//! Determines which values of a run are sensitive, and from when on.

use std::collections::HashSet;
use std::sync::Arc;

use naftiko_adapter::{self as adapter, Call, Mask};
use naftiko_expr::{Expression, Root, Selector, Template, copied};
use naftiko_journal::{Event, Record, Ruling};
use naftiko_plan::{Argument, Facts, Plan};
use serde_json::Value;

use super::close::Closing as Attempt;
use super::redact::AnswerMask;
use super::scope::{Answer, View};
use super::task::{Inside, Role, Task};
use super::{Run, pages};

impl Run {
    /// The redacted form of a record, the latest or an earlier one: every sensitive value is `***`, also where a
    /// provider echoed it.
    ///
    /// The values of sensitive inputs are sensitive, and so are the arguments derived from them and the values that
    /// sensitive outputs read. A value of fewer than four characters is masked only where it is a whole value, and a
    /// value from a response that has fewer than eight is not searched for in other responses.
    #[must_use]
    pub fn shown(&self, record: &Record) -> Record {
        let answer = self.redaction.of_answer(&self.sensitive_in_event(&record.event));
        Record {
            run: record.run.clone(),
            seq: record.seq,
            at: record.at,
            event: self.redaction.event(record.event.clone(), &answer),
        }
    }

    /// Redacts these credentials in everything that is shown from now on.
    pub fn hide_credentials(&mut self, credentials: &Mask) {
        self.redaction.hide_credentials(credentials);
    }

    /// The redacted form of a call.
    #[must_use]
    pub fn shown_call(&self, call: &Call) -> Call {
        let mut shown = call.clone();
        shown.arguments.parameters.values_mut().for_each(|value| *value = self.redaction.value(value));
        shown.arguments.body = shown.arguments.body.map(|body| self.redaction.value(&body));
        shown
    }

    /// The redacted outcome of a step's call, once it is recorded.
    ///
    /// # Errors
    /// The redacted failure, if that is the outcome.
    pub fn shown_answer(
        &self,
        step: &str,
        answer: Result<adapter::Response, adapter::Failure>,
    ) -> Result<adapter::Response, adapter::Failure> {
        let facts = self.task_of(step).and_then(|at| self.facts_of(self.tasks.get(at)?));
        let values = match (facts, &answer) {
            (Some(facts), Ok(answer)) => sensitive_in(facts, &Answer::new(answer.clone())),
            _ => Vec::new(),
        };
        let mask = self.redaction.of_answer(&values);
        match answer {
            Ok(response) => Ok(mask.response(response)),
            Err(failure) => Err(mask.failure(&failure)),
        }
    }

    /// Redacts the sensitive arguments of a task from now on, because a provider may echo them.
    pub(super) fn hide_arguments(&mut self, at: usize) {
        let found = self.tasks.get(at).and_then(|task| Some((task, self.view(task)?, self.invoke_of(task)?)));
        let Some((task, view, (_, invoke))) = found else { return };
        let (mut given, mut answered) = (Vec::new(), Vec::new());
        for argument in invoke.arguments.iter().filter(|argument| argument.sensitive) {
            let made_of_inputs = self.made_of_sensitive_inputs(task.frame, argument);
            if made_of_inputs.is_empty() {
                answered.extend(argument.value.evaluate(&view).ok());
            }
            given.extend(made_of_inputs.into_iter().filter_map(|string| string.evaluate(&view).ok()));
        }
        self.redaction.hide_given(&given);
        self.redaction.hide_answered(&answered);
    }

    /// Redacts the sensitive values in the result of a task that has just succeeded: those marked in the capabilities,
    /// and those read by sensitive outputs.
    pub(super) fn hide_result(&mut self, at: usize) {
        let Some(task) = self.tasks.get(at) else { return };
        let mut values = self.result(task).map_or_else(Vec::new, |result| self.sensitive_of(task, result));
        values.extend(self.read_by_sensitive_outputs(task, None));
        self.redaction.hide_answered(&values);
    }

    /// Redacts the sensitive values on a page of a list from now on.
    pub(super) fn hide_page(&mut self, at: usize, items: &[Value]) {
        let values = self.tasks.get(at).map_or_else(Vec::new, |task| self.sensitive_on_page(task, items));
        self.redaction.hide_answered(&values);
    }

    fn sensitive_on_page(&self, task: &Task, items: &[Value]) -> Vec<Value> {
        let mut values = match self.facts_of(task) {
            Some(_) => self.sensitive_of(task, &items.iter().map(copied).collect()),
            None => Vec::new(),
        };
        let frame = self.frames.get(task.frame);
        let is_read = frame
            .zip(self.step_of(task))
            .is_some_and(|(frame, step)| frame.sensitive_outputs.contains_key(&step.id));
        // A sensitive output may read the list by position. Only then is the whole list inspected for every page.
        if is_read {
            let so_far = Arc::new(task.progress.pages.so_far());
            values.extend(self.read_by_sensitive_outputs(task, Some(&so_far)));
        }
        values
    }

    /// The sensitive values in the response that an event records.
    fn sensitive_in_event(&self, event: &Event) -> Vec<Value> {
        let task = || event.step().and_then(|step| self.task_of(step)).and_then(|at| self.tasks.get(at));
        match (event, task()) {
            (Event::StepSucceeded { result, .. }, Some(task)) => self.sensitive_in_result(task, result),
            (Event::DoubtResolved { ruling: Ruling::Happened { result }, .. }, Some(task)) => {
                self.sensitive_in_result(task, result)
            }
            (Event::PageReceived { items, .. }, Some(task)) => self.sensitive_on_page(task, items),
            _ => Vec::new(),
        }
    }

    /// The sensitive values in the result of a task, including those that sensitive outputs read.
    fn sensitive_in_result(&self, task: &Task, result: &Value) -> Vec<Value> {
        let mut values = self.sensitive_in_parts(task, result);
        values.extend(self.read_by_sensitive_outputs(task, None));
        values
    }

    /// The sensitive values in the result of a task, which may be combined from the results of its parts.
    fn sensitive_in_parts(&self, task: &Task, result: &Value) -> Vec<Value> {
        match (&task.inside, result) {
            (Inside::Items(items), Value::Array(results)) => {
                let parts = self.tasks.get(items.tasks()).unwrap_or_default();
                parts
                    .iter()
                    .zip(results)
                    .flat_map(|(part, result)| self.sensitive_in_parts(part, result))
                    .collect()
            }
            (Inside::Frame(frame), Value::Object(outputs)) => {
                let Some(frame) = self.frames.get(*frame) else { return Vec::new() };
                let secret = self.secret_outputs(&frame.plan, frame.owner);
                let names = secret.iter().filter_map(|&at| Some(&frame.plan.outputs.get(at)?.name));
                names.filter_map(|name| outputs.get(name).cloned()).collect()
            }
            _ => self.sensitive_of(task, result),
        }
    }

    /// The values in the result of a task that the capabilities mark as sensitive.
    fn sensitive_of(&self, task: &Task, result: &Value) -> Vec<Value> {
        let Some((facts, (_, invoke))) = self.facts_of(task).zip(self.invoke_of(task)) else {
            return Vec::new();
        };
        sensitive_in(facts, &Answer::of_body(pages::as_body(invoke, result)))
    }

    /// Whether a response to a task may contain sensitive values, which can only be located in a readable response.
    pub(super) fn may_answer_sensitively(&self, task: &Task) -> bool {
        let frame = self.frames.get(task.frame).zip(self.step_of(task));
        let is_read = frame.is_some_and(|(frame, step)| frame.sensitive_outputs.contains_key(&step.id));
        is_read || self.facts_of(task).is_some()
    }

    /// The values that sensitive outputs read from the result of a task, or from the partial result `so_far`.
    fn read_by_sensitive_outputs(&self, task: &Task, so_far: Option<&Arc<Value>>) -> Vec<Value> {
        let found = self.frames.get(task.frame).and_then(|frame| {
            let step = frame.plan.steps.get(task.position)?;
            Some((frame, step, frame.sensitive_outputs.get(&step.id)?))
        });
        let Some((frame, step, readers)) = found else { return Vec::new() };
        // An item is shown before the list of results exists, so the result is placed at its position in a list.
        let so_far = match (&task.role, so_far.or(task.result.as_ref())) {
            (Role::Step, so_far) => so_far.cloned(),
            (Role::Item { index, .. }, Some(result)) => {
                let before = index.as_u64().and_then(|index| usize::try_from(index).ok()).unwrap_or_default();
                let mut list = vec![Value::Null; before];
                list.push(copied(result));
                Some(Arc::new(Value::Array(list)))
            }
            (Role::Item { .. } | Role::Compensation { .. }, _) => return Vec::new(),
        };
        let own = so_far.as_ref().map(|list| (step.id.as_str(), Some(&**list)));
        let view = View { scope: &frame.scope, item: None, undone: own, response: None };
        let outputs = readers.iter().filter_map(|&position| frame.plan.outputs.get(position));
        let values = outputs.map(|output| match output.source.evaluate(&view) {
            // The budget is exhausted, so any part of the result may be read.
            Err(error) if error.is_exhausted() => so_far.as_deref().cloned(),
            value => value.ok().flatten(),
        });
        values.flatten().collect()
    }

    /// The positions of the sensitive outputs of a composition: those marked as sensitive, and those that a sensitive
    /// output of the outer composition reads.
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

    /// Masks the sensitive values of a response in everything that shows it.
    pub(super) fn mask_of_answer(&self, task: &Task, response: &Answer) -> AnswerMask {
        let facts = self.facts_of(task);
        self.redaction.of_answer(&facts.map(|facts| sensitive_in(facts, response)).unwrap_or_default())
    }

    /// Masks every sensitive value in messages about a response that has not become a result, including the values that
    /// sensitive outputs would have read.
    pub(super) fn mask_of_evidence(&self, closing: &Attempt<'_>, answer: &Answer) -> AnswerMask {
        let facts = self.facts_of(closing.task);
        let mut values = facts.map(|facts| sensitive_in(facts, answer)).unwrap_or_default();
        values.extend(self.read_by_sensitive_outputs(closing.task, Some(&closing.result_of(answer))));
        self.redaction.of_all_and(&values)
    }

    /// The redacted form of a value of this run, including its outputs.
    #[must_use]
    pub fn shown_value(&self, value: &Value) -> Value {
        let outputs = self.outputs();
        let sensitive = self.plan.outputs.iter().filter(|output| output.sensitive);
        let values: Vec<Value> =
            sensitive.filter_map(|output| outputs.get(&output.name).map(|value| copied(value))).collect();
        self.redaction.of_all_and(&values).value(value.clone())
    }

    fn facts_of(&self, task: &Task) -> Option<&Facts> {
        let (plan, invoke) = self.invoke_of(task)?;
        plan.facts.get(&invoke.operation).filter(|facts| !facts.sensitive.is_empty())
    }

    /// The strings of an argument that are derived from sensitive inputs.
    fn made_of_sensitive_inputs<'a>(&self, frame: usize, argument: &'a Argument) -> Vec<&'a Template> {
        let strings = argument.value.strings().into_iter().map(|(_, string)| string);
        strings.filter(|string| self.reads_sensitive_input(frame, string)).collect()
    }
}

fn as_field(selector: Selector) -> Option<String> {
    match selector {
        Selector::Field(name) => Some(name),
        Selector::Index(_) | Selector::All | Selector::Filter(_) => None,
    }
}

/// The sensitive values in a response.
fn sensitive_in(facts: &Facts, answer: &Answer) -> Vec<Value> {
    let values = facts.sensitive.iter().map(|path| match path.evaluate(answer) {
        // The budget is exhausted, so any part of it may be sensitive.
        Err(error) if error.is_exhausted() => Some(answer.to_value()),
        value => value.ok().flatten(),
    });
    values.flatten().collect()
}
