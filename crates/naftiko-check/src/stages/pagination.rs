//! Paginated lists: the author's declarations, checked against the description, and the description's own hints where
//! the author declares nothing.

use naftiko_adapter::Place;
use naftiko_diagnostics::{Diagnostic, Spanned};
use naftiko_expr::{Expression, Root, Selector, Type};
use naftiko_plan::{NextPage, Origin, Paginate, Slot};
use naftiko_spec::{Composition, Invoke, ResponsePath, Work};
use serde_json::Value;

use crate::analyses::placement::goals;
use crate::analyses::symbols::{Answer, response};
use crate::codes::{inferred_pages, repeated_effect, unclear_pages, unfit_pages};
use crate::ir::paged::{Paged, Pages};
use crate::ir::resolved::{Resolution, Resolved};
use crate::ir::resource::fold;
use crate::ir::slots::Parameter;

/// The default maximum number of items.
const MAX: u32 = 10_000;

/// The folded names of query parameters that take the cursor of the next page. Other cursors lead backwards.
const FORWARD: [&str; 9] = [
    "after",
    "cursor",
    "pagetoken",
    "nexttoken",
    "nextcursor",
    "startingafter",
    "continuationtoken",
    "marker",
    "pagecursor",
];

/// Resolves the pagination of every step with `paginate`.
pub(crate) fn settle(composition: &Composition, steps: &mut [Resolved], diagnostics: &mut Vec<Diagnostic>) {
    for (step, resolved) in composition.steps.iter().zip(steps) {
        let (Work::Invoke(invoke), Resolved::Operation(resolution)) = (&step.work, resolved) else {
            continue;
        };
        let Some(said) = &invoke.paginate else { continue };
        let mut search = Search { invoke, said, resolution, how: Vec::new() };
        resolution.pages = match search.pages() {
            _ if said.is_unclear => Paged::Unclear,
            Ok(pages) => {
                if !search.how.is_empty() {
                    diagnostics.push(inferred_pages::report(
                        &step.id.value,
                        said,
                        &search.how.join(", and "),
                    ));
                }
                Paged::Pages(Box::new(pages))
            }
            Err(found) => {
                diagnostics.extend(found);
                Paged::Unclear
            }
        };
    }
}

/// The reasons why the pagination cannot be resolved.
type Faults = Vec<Diagnostic>;

struct Search<'a> {
    invoke: &'a Invoke,
    said: &'a naftiko_spec::Paginate,
    resolution: &'a Resolution,
    /// The choices that were taken from the description, in words.
    how: Vec<String>,
}

impl<'a> Search<'a> {
    fn pages(&mut self) -> Result<Pages, Faults> {
        if !self.resolution.operation.is_safe() {
            return Err(vec![repeated_effect::paged(self.said, &self.resolution.operation)]);
        }
        let next = self.next()?;
        self.hides_nothing(&next)?;
        let (items, item) = self.items()?;
        let first = self.first(&next)?;
        let origin = match self.how.as_slice() {
            [] => Origin::Written,
            how => Origin::Inferred { reason: format!("by the description, {}", how.join(", and ")) },
        };
        let max = self.said.max.as_ref().map_or(MAX, |max| max.value);
        Ok(Pages { paginate: Paginate { items, next, max, origin }, item, first })
    }

    /// The fields that lead to the list in a response, and the type of its items.
    fn items(&mut self) -> Result<(Vec<String>, Type), Faults> {
        if let Some(said) = &self.said.items {
            let path = fields(&said.expression).ok_or_else(|| vec![unfit_pages::no_place(said)])?;
            let ty = self.typed(said)?;
            let is_list = Type::list(Type::Any).accepts(&ty) && !ty.is_nothing();
            return match ty.items().filter(|_| is_list) {
                Some(item) => Ok((path, item)),
                None => Err(vec![unfit_pages::no_list(said, &ty)]),
            };
        }
        let (body, _) = self.resolution.result.split_null();
        let of = |ty: &Type| (!matches!(ty, Type::Any)).then(|| ty.items()).flatten();
        if let Some(item) = of(&body) {
            return Ok((Vec::new(), item));
        }
        let lists = body.fields().into_iter().filter_map(|(name, field)| {
            let item = of(&field.ty.split_null().0)?;
            Some((name, item))
        });
        let lists: Vec<(String, Type)> = lists.collect();
        if let [(name, item)] = lists.as_slice() {
            self.how.push(format!("its items are in `{name}`"));
            return Ok((vec![name.clone()], item.clone()));
        }
        let names: Vec<String> = lists.into_iter().map(|(name, _)| name).collect();
        Err(vec![unclear_pages::no_list(self.said, self.resolution, &names)])
    }

    /// How the next page is requested.
    fn next(&mut self) -> Result<NextPage, Faults> {
        let said = self.said;
        let mut ways = [
            said.cursor.as_ref().map(|cursor| cursor.span),
            said.page.as_ref().map(|page| page.span),
            said.offset.as_ref().map(|offset| offset.span),
            said.link,
        ]
        .into_iter()
        .flatten();
        if let (Some(first), Some(second)) = (ways.next(), ways.next()) {
            return Err(vec![unclear_pages::contradicted(second, first)]);
        }
        match (&said.cursor, &said.page, &said.offset, said.link) {
            (Some(cursor), ..) => self.by_cursor(cursor),
            (_, Some(page), ..) => Ok(NextPage::Number { parameter: self.counting(page)? }),
            (_, _, Some(offset), _) => Ok(NextPage::Offset { parameter: self.counting(offset)? }),
            (.., Some(_)) => Ok(NextPage::Link),
            _ => self.described(),
        }
    }

    /// Rejects a sensitive cursor: a cursor goes into URLs, which are logged.
    fn hides_nothing(&self, next: &NextPage) -> Result<(), Faults> {
        let NextPage::Cursor { path, .. } = next else { return Ok(()) };
        let mut sensitive = self.resolution.facts.sensitive.iter();
        let declared = sensitive.find(|declared| {
            let (declared, path) = (fields(&declared.expression), fields(path));
            declared.zip(path).is_some_and(|(declared, path)| path.starts_with(&declared))
        });
        let place = self.said.cursor.as_ref().map_or(self.said.key, |cursor| cursor.span);
        declared.map_or(Ok(()), |declared| Err(vec![unfit_pages::sensitive_cursor(place, declared.span)]))
    }

    fn by_cursor(&mut self, cursor: &ResponsePath) -> Result<NextPage, Faults> {
        let ty = self.typed(cursor)?;
        let is_scalar = |ty: &Type| matches!(ty, Type::Any | Type::String(_) | Type::Integer | Type::Number);
        if !ty.members().iter().any(is_scalar) && !ty.is_nothing() {
            return Err(vec![unfit_pages::no_cursor(cursor, &ty)]);
        }
        let path = cursor.expression.clone();
        if let Some(named) = &self.said.parameter {
            return Ok(NextPage::Cursor { path, parameter: self.query_parameter(named)?.to_owned() });
        }
        let last = fields(&path).and_then(|fields| fields.last().map(|last| fold(last))).unwrap_or_default();
        let names = self.query_names();
        let takes = names.iter().find(|name| is_cursor_of(&last, name));
        match takes {
            Some(parameter) => {
                self.how.push(format!("`{parameter}` takes the cursor"));
                Ok(NextPage::Cursor { path, parameter: (*parameter).to_owned() })
            }
            None => Err(vec![unclear_pages::no_parameter(cursor.span, self.resolution, &names)]),
        }
    }

    /// Infers from the description how the next page is requested.
    fn described(&mut self) -> Result<NextPage, Faults> {
        if let Some(named) = &self.said.parameter {
            let parameter = self.query_parameter(named)?;
            let mut cursors = self.cursors(parameter);
            return match (cursors.pop(), cursors.is_empty()) {
                (Some(path), true) => Ok(self.led_by(&path, parameter)),
                _ => Err(vec![unclear_pages::no_cursor(named.span, parameter, self.resolution)]),
            };
        }
        let names = self.query_names();
        let forward = names.iter().filter(|name| FORWARD.contains(&fold(name).as_str()));
        let cursors: Vec<(String, &str)> =
            forward.flat_map(|name| self.cursors(name).into_iter().map(|path| (path, *name))).collect();
        match cursors.as_slice() {
            [(path, parameter)] => return Ok(self.led_by(path, parameter)),
            [] => {}
            several => {
                let ways: Vec<String> = several.iter().map(|(path, _)| format!("cursor: {path}")).collect();
                return Err(vec![unclear_pages::several_ways(self.said, self.resolution, &ways)]);
            }
        }
        let counts = |wanted: &str| {
            let mut slots = self.resolution.slots.iter();
            slots
                .find(|slot| is_query(slot, wanted) && slot.ty.accepts(&Type::Integer))
                .map(|_| wanted.to_owned())
        };
        if let Some(parameter) = counts("offset") {
            self.how.push("`offset` is the number of items before a page".to_owned());
            return Ok(NextPage::Offset { parameter });
        }
        if let Some(parameter) = counts("page") {
            self.how.push("`page` is the number of a page".to_owned());
            return Ok(NextPage::Number { parameter });
        }
        Err(vec![unclear_pages::no_way(self.said, self.resolution)])
    }

    fn led_by(&mut self, path: &str, parameter: &str) -> NextPage {
        self.how.push(format!("`{parameter}` of the next is `{path}`"));
        let path = Expression::path(
            &Root::Response,
            &std::iter::once("body")
                .chain(path.split('.'))
                .map(|field| naftiko_expr::Segment::Field(field.to_owned()))
                .collect::<Vec<_>>(),
        );
        NextPage::Cursor { path, parameter: parameter.to_owned() }
    }

    /// The fields of a response, and of the objects directly in it, whose names match a cursor parameter. Fields with
    /// the prefix `next` take precedence.
    fn cursors(&self, parameter: &str) -> Vec<String> {
        let (body, _) = self.resolution.result.split_null();
        let mut found = Vec::new();
        for (name, field) in body.fields() {
            let ty = field.ty.split_null().0;
            // A name with a dot would not be found again by its path.
            found.extend(is_text(&ty).then(|| name.clone()).filter(|name| !name.contains('.')));
            let inner = ty.fields().into_iter().filter(|(_, field)| is_text(&field.ty.split_null().0));
            found.extend(inner.map(|(inner, _)| format!("{name}.{inner}")));
        }
        let last = |path: &String| fold(path.rsplit('.').next().unwrap_or_default());
        let parameter = fold(parameter);
        let (next, same): (Vec<String>, Vec<String>) = found
            .into_iter()
            .filter(|path| is_cursor_of(&last(path), &parameter))
            .partition(|path| last(path) != parameter);
        if next.is_empty() { same } else { next }
    }

    /// The query parameter that the author names.
    fn query_parameter<'n>(&self, named: &'n Spanned<String>) -> Result<&'n str, Faults> {
        if self.resolution.slots.iter().any(|slot| is_query(slot, &named.value)) {
            return Ok(&named.value);
        }
        Err(vec![unfit_pages::no_parameter(named, self.resolution, &self.query_names())])
    }

    /// Like `query_parameter`, for a parameter that has to accept integers.
    fn counting(&self, named: &Spanned<String>) -> Result<String, Faults> {
        let name = self.query_parameter(named)?;
        let mut slots = self.resolution.slots.iter();
        match slots.find(|slot| is_query(slot, name)).filter(|slot| !slot.ty.accepts(&Type::Integer)) {
            Some(slot) => Err(vec![unfit_pages::no_number(named, &slot.ty)]),
            None => Ok(name.to_owned()),
        }
    }

    fn query_names(&self) -> Vec<&'a str> {
        let resolution: &'a Resolution = self.resolution;
        let slots = resolution.slots.iter();
        slots
            .filter_map(|slot| match &slot.slot {
                Slot::Parameter(Place::Query, name) => Some(name.as_str()),
                _ => None,
            })
            .collect()
    }

    /// The argument for the first page, if pages are counted and the author wrote none.
    fn first(&mut self, next: &NextPage) -> Result<Option<(String, u64, String)>, Faults> {
        let (NextPage::Number { parameter } | NextPage::Offset { parameter }) = next else { return Ok(None) };
        let slot = Slot::Parameter(Place::Query, parameter.clone());
        let goals = |argument| goals(argument, self.resolution);
        if self.invoke.arguments.iter().flat_map(goals).any(|parameter| parameter.slot == slot) {
            return Ok(None);
        }
        if matches!(next, NextPage::Offset { .. }) {
            return Ok(Some((parameter.clone(), 0, "nothing comes before the first page".to_owned())));
        }
        let mut slots = self.resolution.slots.iter();
        let slot = slots.find(|slot| is_query(slot, parameter));
        let schema = slot.and_then(|slot| self.resolution.operation.resolve(slot.schema.as_ref()?));
        let number = |keyword: &str| schema?.get(keyword).and_then(Value::as_u64);
        let (first, reason) = match (number("default"), number("minimum")) {
            (Some(default), _) => (default, "pages begin with the default"),
            (None, Some(minimum @ (0 | 1))) => (minimum, "no page has a lower number"),
            _ => {
                let place = self.said.page.as_ref().map_or(self.said.key, |page| page.span);
                return Err(vec![unclear_pages::no_first(place, parameter, self.resolution)]);
            }
        };
        Ok(Some((parameter.clone(), first, reason.to_owned())))
    }

    /// The type at a path in the response, without null.
    fn typed(&self, path: &ResponsePath) -> Result<Type, Faults> {
        let (typed, problems) = path.expression.type_in(&Answer(response(&self.resolution.result)));
        if problems.is_empty() {
            return Ok(typed.without_null().ty);
        }
        // The path is written without `response.body`, so that no part of it can be located or replaced.
        let told = problems.into_iter().map(|problem| {
            let mut diagnostic = problem.into_diagnostic(&|_| path.span);
            diagnostic.fix = None;
            diagnostic
        });
        Err(told.collect())
    }
}

/// Whether the name of a field matches a parameter: it is equal, or has the prefix `next`.
fn is_cursor_of(field: &str, parameter: &str) -> bool {
    let parameter = fold(parameter);
    field == parameter || field.strip_prefix("next").is_some_and(|rest| rest == parameter)
}

/// Whether a field may hold a cursor, by its type.
fn is_text(ty: &Type) -> bool {
    ty.members().iter().any(|member| matches!(member, Type::String(_)))
}

fn is_query(slot: &Parameter, name: &str) -> bool {
    matches!(&slot.slot, Slot::Parameter(Place::Query, known) if known == name)
}

/// The fields below the body on a path; `None` if the path does anything but select fields.
fn fields(path: &Expression) -> Option<Vec<String>> {
    let reference = path.references().into_iter().next()?;
    let fields = reference.segments.into_iter().map(|(selector, _)| match selector {
        Selector::Field(name) => Some(name),
        Selector::Index(_) | Selector::All | Selector::Filter(_) => None,
    });
    fields.skip(1).collect()
}
