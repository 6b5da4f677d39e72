//! Pagination: evaluates a page, and builds the request for the next one.
//!
//! Every page is a record of its own, so a page that was received is never requested again. The list is read to its
//! last page, or the step fails: a result is never a partial list.

use std::collections::BTreeSet;
use std::sync::Arc;

use naftiko_adapter::{Operation, Place};
use naftiko_expr::{Template, copied};
use naftiko_journal::{Cause, Departure, Event, Failure};
use naftiko_plan::{Argument, Invoke, NextPage, Origin, Paginate, Slot};
use serde_json::{Map, Value};

use super::close::Closing;
use super::scope::{Answer, View};
use super::task::Task;
use super::{failure, link, request};

/// The state of a list while its pages arrive.
#[derive(Debug, Clone, Default)]
pub(super) struct Pages {
    /// The items of the pages so far, each page as it was recorded.
    lists: Vec<Arc<Vec<Value>>>,
    /// The number of items so far.
    total: usize,
    /// The number of pages so far.
    count: u32,
    /// The query parameters of the next page; `None` for the first page, which is requested as the author wrote it.
    next: Option<Map<String, Value>>,
    /// The query parameters of all requested pages, as text.
    asked: BTreeSet<String>,
    /// The places where the pages deviated from their description, each once.
    departures: Vec<Departure>,
}

impl Pages {
    /// Adds a page.
    pub(super) fn add(
        &mut self,
        items: &Arc<Vec<Value>>,
        next: &Map<String, Value>,
        departures: &[Departure],
    ) {
        self.departures = self.with(departures);
        self.lists.push(Arc::clone(items));
        self.total = self.total.saturating_add(items.len());
        self.count = self.count.saturating_add(1);
        self.asked.insert(as_text(next));
        self.next = Some(next.clone());
    }

    /// The list so far.
    pub(super) fn so_far(&self) -> Value {
        Value::Array(self.followed_by(Vec::new()))
    }

    /// The items so far, followed by those of one more page.
    fn followed_by(&self, page: Vec<Value>) -> Vec<Value> {
        let mut all = Vec::with_capacity(self.total.saturating_add(page.len()));
        all.extend(self.lists.iter().flat_map(|list| list.iter()).map(copied));
        all.extend(page);
        all
    }

    /// The deviations so far, and those of one more page.
    fn with(&self, departures: &[Departure]) -> Vec<Departure> {
        let mut all = self.departures.clone();
        all.extend(departures.iter().filter(|it| !self.departures.contains(it)).cloned());
        all
    }

    fn latest(&self) -> &[Value] {
        self.lists.last().map(|list| list.as_slice()).unwrap_or_default()
    }
}

fn as_text(next: &Map<String, Value>) -> String {
    Value::Object(next.clone()).to_string()
}

/// Wraps a result, or the items of a page, in the body structure of a response.
pub(super) fn as_body(invoke: &Invoke, result: &Value) -> Arc<Value> {
    let path = invoke.paginate.as_ref().map(|paginate| paginate.items.as_slice()).unwrap_or_default();
    let within = |inner, field: &String| Value::Object(Map::from_iter([(field.clone(), inner)]));
    Arc::new(path.iter().rfold(copied(result), within))
}

/// The arguments of the next page that replace those of the author.
pub(super) struct Turned {
    arguments: Vec<Argument>,
    values: Vec<Value>,
}

impl Turned {
    /// Empty for the first page.
    pub(super) fn of(task: &Task) -> Self {
        let next = task.progress.pages.next.iter().flatten();
        let (arguments, values) = next
            .map(|(name, value)| {
                let argument = Argument {
                    slot: Slot::Parameter(Place::Query, name.clone()),
                    value: Template::literal(value.clone()),
                    origin: Origin::Written,
                    sensitive: false,
                    optional: false,
                };
                (argument, value.clone())
            })
            .unzip();
        Self { arguments, values }
    }

    /// Replaces the author's arguments.
    pub(super) fn replace<'a>(
        &'a self,
        values: &mut Vec<(&'a Argument, Value)>,
        invoke: &Invoke,
        operation: &Operation,
    ) {
        if self.arguments.is_empty() {
            return;
        }
        // A link is a complete query, so parameters that it omits are removed, except for those that a link cannot
        // express.
        let is_link = invoke.paginate.as_ref().is_some_and(|paginate| paginate.next == NextPage::Link);
        values.retain(|(argument, _)| {
            let is_replaced = self.arguments.iter().any(|turned| turned.slot == argument.slot);
            let is_of_link = is_link
                && matches!(&argument.slot, Slot::Parameter(Place::Query, name) if link::says(operation, name));
            !is_replaced && !is_of_link
        });
        values.extend(self.arguments.iter().zip(self.values.iter().cloned()));
    }
}

impl Closing<'_> {
    /// The event of a page: the next page is requested, or the list is complete.
    pub(super) fn paged(mut self, paginate: &Paginate, status: u16, answer: Answer) -> Event {
        if let Some(failure) = self.unexpected(&answer) {
            return self.failed(failure);
        }
        let read = self.cursor(paginate, &answer).and_then(|cursor| {
            let link = match &paginate.next {
                NextPage::Link => link::next(&self, &answer)?,
                _ => None,
            };
            // The items are moved out, not copied.
            let mut body = Arc::unwrap_or_clone(answer.into_body());
            let items = self.items(paginate, &mut body)?;
            let next = self.next_page(paginate, cursor, link, &items)?;
            Ok((items, next))
        });
        match read {
            Ok((items, Some(next))) => {
                let departures = self.departures;
                let step = self.task.name.clone();
                Event::PageReceived { step, attempt: self.attempt, items: Arc::new(items), next, departures }
            }
            Ok((items, None)) => {
                let all = self.pages().followed_by(items);
                // The deviations of a list are those of its pages.
                self.departures = self.pages().with(&self.departures);
                self.succeeded(status, Arc::new(Value::Array(all)))
            }
            Err(failure) => self.failed(failure),
        }
    }

    fn pages(&self) -> &Pages {
        &self.task.progress.pages
    }

    /// The result if this response were the last page.
    pub(super) fn result_of(&self, answer: &Answer) -> Arc<Value> {
        let Some(paginate) = &self.invoke.paginate else { return Arc::clone(answer.body()) };
        let page = self.items(paginate, &mut (**answer.body()).clone()).unwrap_or_default();
        Arc::new(Value::Array(self.pages().followed_by(page)))
    }

    /// The items on this page. A missing list and null count as empty, because many providers use them so.
    fn items(&self, paginate: &Paginate, body: &mut Value) -> Result<Vec<Value>, Failure> {
        let mut place = Some(body);
        for field in &paginate.items {
            place = match place {
                Some(Value::Object(fields)) => fields.get_mut(field),
                Some(Value::Null) | None => None,
                Some(_) => return Err(self.broken(&format!("`{field}` cannot be read"))),
            };
        }
        match place.map(Value::take) {
            Some(Value::Array(items)) => Ok(items),
            Some(Value::Null) | None => Ok(Vec::new()),
            Some(_) => Err(self.broken("its items are not a list")),
        }
    }

    /// The cursor in a page; `None` if there is none.
    fn cursor(&self, paginate: &Paginate, answer: &Answer) -> Result<Option<Value>, Failure> {
        let NextPage::Cursor { path, .. } = &paginate.next else { return Ok(None) };
        match path.evaluate_bounded(&View { response: Some(answer), ..self.view }, answer.size()) {
            Ok(None | Some(Value::Null)) => Ok(None),
            Ok(Some(Value::String(text))) if text.is_empty() => Ok(None),
            Ok(Some(cursor @ (Value::String(_) | Value::Number(_)))) => Ok(Some(cursor)),
            Ok(Some(_)) => Err(self.broken(&format!("`{path}` is neither a text nor a number"))),
            Err(error) if failure::cause(&error) == Cause::Unresolved => Ok(None),
            Err(_) => Err(self.broken(&format!("`{path}` cannot be read"))),
        }
    }

    /// The query parameters of the next page; `None` after the last page.
    fn next_page(
        &self,
        paginate: &Paginate,
        cursor: Option<Value>,
        link: Option<Map<String, Value>>,
        items: &[Value],
    ) -> Result<Option<Map<String, Value>>, Failure> {
        let total = self.pages().total.saturating_add(items.len());
        let max = usize::try_from(paginate.max).unwrap_or(usize::MAX);
        if total > max {
            return Err(self.more_than(&format!("{max} items")));
        }
        let one = |name: &String, value: Value| Map::from_iter([(name.clone(), value)]);
        let next = match &paginate.next {
            NextPage::Cursor { parameter, .. } => cursor.map(|cursor| one(parameter, cursor)),
            NextPage::Number { .. } | NextPage::Offset { .. } if items.is_empty() => None,
            NextPage::Number { parameter } => Some(one(parameter, self.counted(parameter, 1)?)),
            NextPage::Offset { parameter } => Some(one(parameter, self.counted(parameter, items.len())?)),
            NextPage::Link => link,
        };
        let Some(next) = next else { return Ok(None) };
        self.leads_on(&next, items)?;
        // Empty pages may lead on as well, so the number of pages is limited too.
        if self.pages().count >= paginate.max {
            return Err(self.more_than(&format!("{max} pages")));
        }
        Ok(Some(next))
    }

    /// Checks that the next page differs from all earlier ones.
    fn leads_on(&self, next: &Map<String, Value>, items: &[Value]) -> Result<(), Failure> {
        let is_asked = |(name, value): (&String, &Value)| self.asked_for(name).as_ref() == Some(value);
        if self.pages().asked.contains(&as_text(next)) || next.iter().all(is_asked) {
            return Err(self.broken("its next page was already read"));
        }
        // The first page has no predecessor to compare with.
        if !items.is_empty() && self.pages().count > 0 && self.pages().latest() == items {
            return Err(self.broken("the page equals the previous page"));
        }
        Ok(())
    }

    /// The value of a query parameter in this attempt.
    fn asked_for(&self, name: &str) -> Option<Value> {
        if let Some(next) = &self.pages().next {
            return next.get(name).cloned();
        }
        let is_it = |argument: &&Argument| matches!(&argument.slot, Slot::Parameter(Place::Query, known) if known == name);
        self.invoke.arguments.iter().find(is_it)?.value.evaluate(&self.view).ok()
    }

    /// The number of the next page, or the number of items before it.
    fn counted(&self, parameter: &str, more: usize) -> Result<Value, Failure> {
        let asked = self.asked_for(parameter);
        let number = asked.as_ref().and_then(|asked| match asked {
            Value::String(text) => text.parse().ok(),
            other => other.as_u64(),
        });
        let next = number.zip(u64::try_from(more).ok()).and_then(|(number, more)| number.checked_add(more));
        next.map(Value::from).ok_or_else(|| {
            let name = request::name(self.operation);
            let message = format!("`{name}`: `{parameter}` of the first page is not a number");
            failure::of(Cause::Unresolved, message)
        })
    }

    fn more_than(&self, limit: &str) -> Failure {
        let name = request::name(self.operation);
        failure::of(Cause::Condition, format!("`{name}` has more than {limit}, the limit of `max`"))
    }

    /// The failure of a page that does not lead to the next one properly.
    pub(super) fn broken(&self, why: &str) -> Failure {
        failure::of(Cause::Condition, format!("`{}` responded, but {why}", request::name(self.operation)))
    }
}
