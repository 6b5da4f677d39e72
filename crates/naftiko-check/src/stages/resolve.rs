//! Resolves steps to operations, external steps and sub-compositions.

use std::cell::OnceCell;
use std::rc::Rc;
use std::sync::Arc;

use naftiko_adapter::{Operation, ResponseSpec};
use naftiko_diagnostics::{Diagnostic, Spanned};
use naftiko_expr::{Definitions, ObjectType, Presence, Type};
use naftiko_plan::Slot;
use naftiko_schema::{Options, Schema};
use naftiko_spec::{Capability, Composition, Facts, Step, Work};
use serde_json::Value;

use crate::codes;
use crate::ir::directory::Directory;
use crate::ir::provider::{Found, Provider};
use crate::ir::resource::Resource;
use crate::ir::schema;
use crate::ir::slots::Slots;
use crate::stages::operation_match::Known;
use crate::stages::pagination::Paged;
use crate::stages::sub_composition::Embedded;

/// The result of resolving a step.
pub(crate) enum Resolved {
    /// A described operation.
    Operation(Box<Resolution>),
    /// An external step, with the type of its answer.
    External(Type),
    /// A sub-composition.
    Composition(Rc<Embedded>),
    /// Unknown: there is a diagnostic, or no description.
    Unknown,
}

/// A described operation. Clones share their parts with the original: many steps use one operation.
#[derive(Clone)]
pub(crate) struct Resolution {
    /// The operation, self-contained.
    pub(crate) operation: Arc<Operation>,
    /// The type of the body of a success response, as a union over all success responses; null for one without a
    /// body.
    pub(crate) result: Type,
    /// The types of the step's result by the status of the success response, as the description writes it. A response
    /// without a body usually gives an object without fields.
    pub(crate) answers: Rc<[(String, Type)]>,
    /// The slots that arguments can be bound to.
    pub(crate) slots: Rc<Slots>,
    /// The definitions of the schemas, for requests.
    pub(crate) sent: Definitions,
    /// Whether a call without a body is rejected.
    pub(crate) needs_body: bool,
    /// The additions of the capabilities document.
    pub(crate) facts: Rc<Facts>,
    /// Whether and how the responses are pages.
    pub(crate) pages: Paged,
    /// The resource that the response is or lists, computed on first use.
    resource: Rc<OnceCell<Option<Rc<Resource>>>>,
    /// The definitions of the schemas, for responses; they own the cache of the response types.
    _answered: Definitions,
}

/// A slot of an operation: a parameter, a top-level property of the body, or the whole body.
pub(crate) struct Parameter {
    /// The slot.
    pub(crate) slot: Slot,
    /// The type of the value.
    pub(crate) ty: Type,
    /// The JSON Schema of the value; `None` for a property of a body, which the schema of the body covers.
    pub(crate) schema: Option<Value>,
    /// Whether a call without it is rejected.
    pub(crate) required: bool,
}

impl Parameter {
    /// Whether the slot is the body or a property of it.
    pub(crate) fn is_in_body(&self) -> bool {
        !matches!(self.slot, Slot::Parameter(..))
    }
}

/// The union of the types of several responses; *any* if no success response is described.
fn any_of(answers: &[(String, Type)]) -> Type {
    if answers.is_empty() { Type::Any } else { Type::union(answers.iter().map(|(_, ty)| ty.clone())) }
}

impl Resolved {
    /// The type of the step's result.
    pub(crate) fn result(&self) -> Type {
        match self {
            Self::Operation(resolution) => match &resolution.pages {
                Paged::Not => any_of(&resolution.answers),
                Paged::Unclear => Type::Any,
                Paged::Pages(pages) => Type::list(pages.item.clone()),
            },
            Self::External(result) => result.clone(),
            Self::Composition(embedded) => embedded.result.clone(),
            Self::Unknown => Type::Any,
        }
    }

    /// The operation, if the step was resolved to one.
    pub(crate) fn operation(&self) -> Option<&Resolution> {
        match self {
            Self::Operation(resolution) => Some(resolution),
            _ => None,
        }
    }
}

/// Resolves every step, in order.
pub(crate) fn steps(
    composition: &Composition,
    directory: &Directory<'_>,
    embedded: &[Option<Rc<Embedded>>],
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<Resolved> {
    let undescribed = directory.providers().iter();
    diagnostics.extend(undescribed.filter_map(|provider| provider.undescribed(composition.header)));
    let steps = composition.steps.iter().zip(embedded);
    steps.map(|(step, embedded)| resolve(step, directory, embedded.as_ref(), diagnostics)).collect()
}

/// Resolves the operation that compensates each step, in order; `Unknown` for a step without one.
pub(crate) fn undoings(
    composition: &Composition,
    directory: &Directory<'_>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<Resolved> {
    let undoing = |step: &Step| match &step.clauses.compensate {
        Some(undo) => invoked(undo.capability.as_ref(), &undo.operation, directory, diagnostics),
        None => Resolved::Unknown,
    };
    composition.steps.iter().map(undoing).collect()
}

fn resolve(
    step: &Step,
    directory: &Directory<'_>,
    embedded: Option<&Rc<Embedded>>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Resolved {
    match &step.work {
        Work::External(external) => Resolved::External(match &external.result {
            Some(schema) => Type::from_own_schema(schema),
            None => Type::Any,
        }),
        Work::Unclear => Resolved::Unknown,
        Work::Composition(_) => embedded.map_or(Resolved::Unknown, |it| Resolved::Composition(Rc::clone(it))),
        Work::Invoke(invoke) => {
            invoked(invoke.capability.as_ref(), &invoke.operation, directory, diagnostics)
        }
    }
}

fn invoked(
    capability: Option<&Spanned<String>>,
    name: &Spanned<String>,
    directory: &Directory<'_>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Resolved {
    // No capabilities document could be read, which has its diagnostic.
    if directory.providers().is_empty() {
        return Resolved::Unknown;
    }
    match provider_of(capability, name, directory) {
        Ok((provider, capability)) => operation(name, provider, capability, diagnostics),
        Err(diagnostic) => {
            diagnostics.push(*diagnostic);
            Resolved::Unknown
        }
    }
}

/// The provider with the step's capability; without a capability, the provider with its operation.
fn provider_of<'a>(
    capability: Option<&Spanned<String>>,
    name: &Spanned<String>,
    directory: &Directory<'a>,
) -> Result<(&'a Provider, Option<&'a Capability>), Box<Diagnostic>> {
    let Some(named) = capability else {
        return match directory.with_operation(&name.value) {
            Some(provider) => Ok((provider, None)),
            None => Err(Box::new(codes::unknown_capability::report(name, directory))),
        };
    };
    match directory.with_capability(&named.value) {
        Some((provider, capability)) => Ok((provider, Some(capability))),
        None => Err(Box::new(codes::unknown_capability::report(named, directory))),
    }
}

fn operation(
    name: &Spanned<String>,
    provider: &Provider,
    capability: Option<&Capability>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Resolved {
    let listed = capability.and_then(|capability| provider.names().listed(capability, &name.value));
    match provider.operation(&name.value) {
        Found::Undescribed => {
            report_unlisted(name, listed, capability, provider, diagnostics);
            Resolved::Unknown
        }
        Found::Missing { mapping: Some(mapping), sought } => {
            let near = provider.nearest(sought);
            diagnostics.push(codes::unknown_operation::mapped(&name.value, mapping, &near));
            Resolved::Unknown
        }
        Found::Missing { mapping: None, .. } => {
            let meant = codes::unknown_operation::meant(name, listed, capability, provider);
            let used = || codes::unknown_operation::used(name, listed, capability, provider);
            diagnostics.push(meant.unwrap_or_else(used));
            Resolved::Unknown
        }
        Found::Operation { catalogue, entry, mapping } => {
            report_unlisted(name, listed, capability, provider, diagnostics);
            let known = Known { name, listed, mapping, catalogue, entry };
            diagnostics.extend(known.doubts(provider));
            let (resolution, found) = provider.resolution(catalogue, entry, mapping);
            diagnostics.extend(found);
            Resolved::Operation(Box::new(resolution))
        }
    }
}

fn report_unlisted(
    name: &Spanned<String>,
    listed: Option<&Spanned<String>>,
    capability: Option<&Capability>,
    provider: &Provider,
    diagnostics: &mut Vec<Diagnostic>,
) {
    if let (None, Some(capability)) = (listed, capability) {
        diagnostics.push(codes::unlisted_operation::report(name, capability, provider));
    }
}

impl Resolution {
    /// The description of the parameter for a slot outside the body.
    pub(crate) fn parameter(&self, slot: &Slot) -> Option<&naftiko_adapter::Parameter> {
        // Parameters come before the properties of the body, in the order of the operation.
        self.operation.parameters.get(self.slots.position(slot)?)
    }

    /// The options for validating a value bound to a slot, as `run` uses them before it sends the value.
    pub(crate) fn options(&self, slot: &Slot) -> Options {
        let body = || Some(self.operation.body.as_ref()?.content_type.as_str());
        naftiko_wire::options_for(match slot {
            Slot::Parameter(..) => self.parameter(slot).and_then(|it| it.content_type.as_deref()),
            Slot::Property(_) | Slot::Body => body(),
        })
    }

    /// The compiled schema of a slot, shared by all steps that use the operation; `None` for a slot without a schema.
    pub(crate) fn compiled(&self, parameter: &Parameter, options: Options) -> Option<Rc<Schema>> {
        self.slots.compiled(parameter, self.sent.schemas(), options)
    }

    /// Whether the schema of a slot says more than its type does.
    pub(crate) fn has_limits(&self, parameter: &Parameter) -> bool {
        self.slots.has_limits(parameter, self.sent.schemas())
    }

    pub(crate) fn new(mut operation: Operation, facts: &Facts) -> Self {
        operation.idempotency_key.clone_from(&facts.idempotency_key);
        let answered = Definitions::new(operation.definitions.clone());
        let bodies = bodies(&operation, &answered);
        let (result, answers) = (any_of(&bodies), given(&operation, &bodies).into());
        let sent = Definitions::new(schema::sent_all(&operation));
        Self {
            slots: Rc::new(Slots::new(slots(&operation, &sent))),
            result,
            answers,
            sent,
            _answered: answered,
            needs_body: operation.body.as_ref().is_some_and(|body| body.required),
            operation: Arc::new(operation),
            facts: Rc::new(facts.clone()),
            pages: Paged::Not,
            resource: Rc::default(),
        }
    }

    /// The resource that a single response is or lists, before pages are joined.
    pub(crate) fn resource(&self) -> Option<Rc<Resource>> {
        self.resource.get_or_init(|| Resource::of(&self.result).map(Rc::new)).clone()
    }
}

/// The type of the body of every success response, by its status; null for a response without a body.
fn bodies(operation: &Operation, definitions: &Definitions) -> Vec<(String, Type)> {
    let body = |answer: &ResponseSpec| match &answer.schema {
        Some(schema) => Type::from_schema(schema, definitions),
        None if answer.is_without_body() => Type::Null,
        None => Type::Any,
    };
    let successes = operation.successes().into_iter();
    successes.map(|(status, answer)| (status.to_owned(), body(answer))).collect()
}

/// The type of a step's result for each of these responses. A response without a body gives an object without fields;
/// it gives null where the operation [is null without a body](Operation::is_null_without_body).
fn given(operation: &Operation, bodies: &[(String, Type)]) -> Vec<(String, Type)> {
    let successes = operation.successes();
    let has_never_a_body = successes.iter().all(|(_, answer)| answer.is_without_body());
    let given = |answer: &ResponseSpec, body: &Type| match () {
        () if !answer.is_without_body() => body.clone(),
        () if has_never_a_body => Type::empty_object(),
        () if operation.is_null_without_body() => Type::Null,
        // Reading a field that no response has is a mistake, even if some responses have no body.
        () => Type::Object(ObjectType::default()),
    };
    let all = successes.iter().zip(bodies);
    all.map(|((_, answer), (status, body))| (status.clone(), given(answer, body))).collect()
}

/// The slots of an operation: the parameters, the properties of the body, and the whole body. `definitions` are those
/// for requests.
fn slots(operation: &Operation, definitions: &Definitions) -> Vec<Parameter> {
    let parameters = operation.parameters.iter().map(|parameter| Parameter {
        slot: Slot::Parameter(parameter.place, parameter.name.clone()),
        ty: Type::from_schema(&schema::sent(operation, &parameter.schema), definitions),
        schema: Some(parameter.schema.clone()),
        required: parameter.required,
    });
    let mut slots: Vec<Parameter> = parameters.collect();
    let Some(body) = &operation.body else { return slots };
    let schema = schema::sent(operation, &body.schema);
    let ty = Type::from_schema(&schema, definitions);
    let fields = ty.fields();
    // A body with named properties is required through them.
    let required = body.required && fields.is_empty();
    // A read-only property is not sent by the caller (OpenAPI 3.0, "readOnly").
    let read_only = schema::read_only(operation, &body.schema);
    let sent = fields.into_iter().filter(|(name, _)| !read_only.contains(name.as_str()));
    slots.extend(sent.map(|(name, field)| Parameter {
        slot: Slot::Property(name),
        required: field.presence == Presence::Always,
        ty: field.ty,
        schema: None,
    }));
    slots.push(Parameter { slot: Slot::Body, ty, schema: Some(schema), required });
    slots
}
