//! Builds the request or question of a step that can start.

use std::collections::HashMap;
use std::sync::Arc;

use indexmap::IndexMap;
use jiff::{SignedDuration, Timestamp};
use naftiko_adapter::{Arguments, Call, Operation};
use naftiko_expr::{Budget, Expression, Root, Segment, Template};
use naftiko_journal::{Cause, Event, Failure, Phase, Request};
use naftiko_plan::{Action, Argument, Invoke, Plan, Slot};
use serde_json::{Map, Value};

use super::close::deadline;
use super::pages::Turned;
use super::redact::{MASK, Redaction};
use super::scope::View;
use super::task::Task;
use super::{Command, Run, failure};

/// The least time granted to the poll at the deadline.
const LAST_ROUND: SignedDuration = SignedDuration::from_secs(1);
/// Our adapters limit an attempt to this time on their own: if more is left, their limit is the lower one.
const ADAPTERS_LIMIT: SignedDuration = SignedDuration::from_secs(30);

impl Run {
    /// The command that makes an attempt of a task, or puts its question; if a required value is absent, its failure.
    pub(super) fn attempt(&self, at: usize, attempt: u32, now: Timestamp) -> Command {
        let found = self.tasks.get(at).and_then(|task| Some((task, self.step_of(task)?, self.view(task)?)));
        let Some((task, step, view)) = found else {
            let failure = failure::of(Cause::Refused, "the plan has no such step");
            return Command::Record(Event::StepFailed { step: String::new(), attempt: None, failure });
        };
        let begun = match (self.invoke_of(task), &step.action) {
            (Some((plan, invoke)), _) => self.call(task, plan, invoke, view, attempt),
            (None, Action::External(external)) => self.put(task, step, external, view, (attempt, now)),
            (None, _) => Err(failure::of(Cause::Refused, "the step has parts and no attempt of its own")),
        };
        begun.unwrap_or_else(|failure| Self::fails(task, failure))
    }

    fn call(
        &self,
        task: &Task,
        plan: &Plan,
        invoke: &Invoke,
        view: View<'_>,
        attempt: u32,
    ) -> Result<Command, Failure> {
        let operation = plan.operation(invoke).ok_or_else(|| {
            failure::of(Cause::Refused, format!("the plan has no operation `{}`", invoke.operation))
        })?;
        let mut values = self.argument_values(invoke, operation, view)?;
        let turned = Turned::of(task);
        turned.replace(&mut values, invoke, operation);
        let intent = Event::AttemptStarted {
            step: task.name.clone(),
            attempt,
            request: shown(operation, &values, &self.redaction),
        };
        let call = Call {
            step: task.name.clone(),
            attempt,
            operation: Arc::clone(operation),
            arguments: placed(values, operation)?,
            timeout: limit(task, invoke).and_then(|limit| limit.try_into().ok()),
            // The pages of a list are different requests.
            idempotency_key: self.idempotency_key(task, operation).filter(|_| invoke.paginate.is_none()),
        };
        Ok(Command::Invoke { intent, call: Box::new(call) })
    }

    /// The key that lets the provider recognize a repeat: equal for all attempts of a task.
    fn idempotency_key(&self, task: &Task, operation: &Operation) -> Option<String> {
        operation.idempotency_key.as_ref()?;
        Some(format!("{}:{}", self.id()?, task.name))
    }

    fn argument_values<'a>(
        &self,
        invoke: &'a Invoke,
        operation: &Operation,
        view: View<'_>,
    ) -> Result<Vec<(&'a Argument, Value)>, Failure> {
        let budget = Budget::default();
        let evaluate = |argument: &'a Argument| match argument.value.evaluate_within(&view, &budget) {
            Ok(value) => Some(Ok((argument, value))),
            Err(error) if argument.optional && failure::cause(&error) == Cause::Unresolved => None,
            Err(error) => {
                let message =
                    format!("argument `{}` of `{}`: {error}", argument.slot.name(), name(operation));
                Some(Err(failure::of(failure::cause(&error), self.redaction.text(&message))))
            }
        };
        invoke.arguments.iter().filter_map(evaluate).collect()
    }

    /// The values that edition 0.1 shows: all that expressions can read, by name and redacted.
    pub(super) fn all_so_far(&self, task: &Task, view: View<'_>) -> Map<String, Value> {
        let mut shown = Map::new();
        let Some(frame) = self.frames.get(task.frame) else { return shown };
        let inputs: Map<_, _> =
            frame.scope.inputs().map(|(name, value)| (name.clone(), value.clone())).collect();
        shown.insert("inputs".into(), masked_inputs(&frame.plan, inputs).into());
        for (position, step) in frame.plan.steps.iter().enumerate() {
            if let Some(result) = frame.scope.result(position) {
                shown.entry(step.id.clone()).or_insert_with(|| self.redaction.value(result));
            }
        }
        // Identifies the item that the question is about.
        if let Some((item, index)) = view.item {
            shown.insert("item".into(), self.redaction.value(item));
            shown.insert("index".into(), index.clone());
        }
        shown
    }

    /// Whether a template reads a sensitive input, or all inputs if one of them is sensitive.
    pub(super) fn reads_sensitive_input(&self, frame: usize, template: &Template) -> bool {
        let inputs = self.frames.get(frame).map(|frame| frame.plan.inputs.as_slice()).unwrap_or_default();
        let sensitive: Vec<_> =
            inputs.iter().filter(|input| input.sensitive).map(|input| input.name.as_str()).collect();
        if sensitive.is_empty() {
            return false;
        }
        template.expressions().into_iter().flat_map(Expression::references).any(|reference| {
            reference.root == Root::Inputs
                && match reference.fixed_path().first() {
                    Some(Segment::Field(name)) => sensitive.contains(&name.as_str()),
                    _ => true,
                }
        })
    }
}

fn masked_inputs(plan: &Plan, mut inputs: Map<String, Value>) -> Map<String, Value> {
    for input in plan.inputs.iter().filter(|input| input.sensitive) {
        if let Some(value) = inputs.get_mut(&input.name) {
            *value = MASK.into();
        }
    }
    inputs
}

/// The time limit of an attempt: that of the author, and for a poll at most the time left until its deadline. `None`
/// leaves it to the adapter.
fn limit(task: &Task, invoke: &Invoke) -> Option<SignedDuration> {
    let Some(poll) = &invoke.poll else { return invoke.timeout };
    let left = match task.phase {
        Phase::Delayed { until, .. } => deadline(&task.progress, poll, until).duration_since(until),
        _ => poll.timeout,
    };
    let left = left.max(LAST_ROUND);
    match invoke.timeout {
        Some(timeout) => Some(timeout.min(left)),
        None => (left < ADAPTERS_LIMIT).then_some(left),
    }
}

/// The name of an operation in messages: its method and path.
pub(super) fn name(operation: &Operation) -> String {
    format!("{} {}", operation.method.as_str(), operation.path)
}

/// The redacted request for the record.
fn shown(operation: &Operation, values: &[(&Argument, Value)], redaction: &Redaction) -> Request {
    let mut uses: HashMap<&str, u32> = HashMap::new();
    for (argument, _) in values {
        *uses.entry(argument.slot.name()).or_default() += 1;
    }
    let mut arguments = IndexMap::with_capacity(values.len());
    for (argument, value) in values {
        let name = argument.slot.name();
        let key = if uses.get(name) == Some(&1) { name.to_owned() } else { qualified(&argument.slot) };
        let value = if argument.sensitive { MASK.into() } else { redaction.value(value) };
        arguments.insert(key, value);
    }
    Request {
        operation: operation.id.clone(),
        method: operation.method.as_str().to_owned(),
        path: operation.path.clone(),
        arguments,
    }
}

/// The name with its place, as in documents where one name occurs in two places.
fn qualified(slot: &Slot) -> String {
    match slot {
        Slot::Parameter(place, name) => format!("{}.{name}", place.as_str()),
        Slot::Property(name) => format!("body.{name}"),
        Slot::Body => "body".to_owned(),
    }
}

/// The arguments by their places. A required body without any fields is an empty object.
fn placed(mut values: Vec<(&Argument, Value)>, operation: &Operation) -> Result<Arguments, Failure> {
    // The whole body goes first, because properties are inserted into it.
    values.sort_by_key(|(argument, _)| argument.slot != Slot::Body);
    let mut arguments = Arguments::default();
    for (argument, value) in values {
        match &argument.slot {
            Slot::Parameter(place, name) => {
                arguments.parameters.insert((*place, name.clone()), value);
            }
            Slot::Body => arguments.body = Some(value),
            Slot::Property(name) => {
                let body = arguments.body.get_or_insert_with(|| Map::new().into());
                let Some(fields) = body.as_object_mut() else {
                    let message = format!("the body is not an object, so `{name}` cannot be set in it");
                    return Err(failure::of(Cause::Type, message));
                };
                fields.insert(name.clone(), value);
            }
        }
    }
    if operation.body.as_ref().is_some_and(|spec| spec.required) {
        arguments.body.get_or_insert_with(|| Map::new().into());
    }
    Ok(arguments)
}
