//! The symbol table of a composition: the names that expressions may use, with their types.

mod view;

pub(crate) use view::StepScope;

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::Arc;

use naftiko_adapter::Operation;
use naftiko_diagnostics::{NameIndex, Span, work};
use naftiko_expr::{
    Definitions, Expression, Field, ObjectType, Presence, Proof, Reference, Root, Scope, Segment, Selector,
    Suggestions, Type, Typed,
};
use naftiko_spec::{Composition, OnFailure, Source, Step, Work};
use serde_json::{Map, Value, json};

use self::view::{Proofs, grouped};
use crate::ir::missing_names::NameBudget;
use crate::ir::resolved::Resolved;

/// The maximum number of proofs per step; each path into its result is compared with all of them.
const MAX_PROOFS: usize = 256;
/// The maximum number of references in one expression that are examined for why its value may be absent.
const MAX_REASONS: usize = 16;

/// Inputs and steps with their types, as every expression of a composition sees them.
pub(crate) struct Names<'a> {
    composition: &'a Composition,
    inputs: Type,
    steps: Vec<Known<'a>>,
    positions: BTreeMap<&'a str, usize>,
    input_positions: BTreeMap<&'a str, usize>,
    suggestions: Suggestions,
    step_index: OnceCell<NameIndex<String>>,
    run: Type,
    /// Whether some external step does not declare the type of its answer.
    pub(crate) has_undeclared: bool,
    /// Whether some step may succeed with a null result because its response has no body.
    pub(crate) has_null_without_body: bool,
    /// The missing names that the steps may still list one by one.
    pub(crate) listed: NameBudget,
}

/// The symbol of a step: its types, and the facts that its conditions prove.
struct Known<'a> {
    step: &'a Step,
    /// Whether the step may succeed with a null result because its response has no body.
    is_null_without_body: bool,
    /// The type of the result of one execution, without `forEach`.
    single: Type,
    /// The type of the body of one response; for a paginated list, of a page.
    answer: Type,
    /// The type of the result by the status of the response; empty unless a single response is the result.
    answers: Rc<[(String, Type)]>,
    /// The result as other steps read it: a list with `forEach`, and possibly absent.
    result: Typed,
    /// The type of `item`; `None` without `forEach`.
    item: Option<Type>,
    /// Facts about the result that `until` and `expect` prove, with the id of the step as their root.
    proofs: Vec<Proof>,
    /// Facts that `when` proves within the step.
    given: Proofs,
    /// The steps that `when` proves to have succeeded, out of those that may not have.
    done: BTreeSet<&'a str>,
    /// Facts that `forEach` proves about `item`.
    of_item: Proofs,
    /// Whether a condition of the step has errors, which are reported; the condition may prove more.
    unclear: bool,
}

/// A reason why a value may be absent.
pub(crate) struct WhyAbsent {
    /// The place of the reason.
    pub(crate) span: Span,
    /// The label for that place.
    pub(crate) why: String,
    /// Whether the step itself may be skipped or fail, so that it proves nothing about its result.
    pub(crate) is_skipped: bool,
}

/// The point of evaluation of an expression.
#[derive(Debug, Clone, Copy)]
pub(crate) enum View {
    /// Outside of all steps: an output.
    Outside,
    /// In a step, before it is decided whether it runs: `when`.
    Before,
    /// In a step that runs, before its items are known: `forEach`. With the position of the step.
    Listed(usize),
    /// In a step that runs: its arguments.
    Inside(usize),
    /// In a step that has its response: `until`, `failWhen`, `expect`.
    Answered(usize),
    /// In the compensation of a step.
    Undoing(usize),
}

impl<'a> Names<'a> {
    pub(crate) fn new(composition: &'a Composition, steps: &[Resolved]) -> Self {
        let none = Definitions::default();
        let known: Vec<Known<'a>> =
            composition.steps.iter().zip(steps).map(|(step, resolved)| Known::new(step, resolved)).collect();
        let mut positions = BTreeMap::new();
        for (position, step) in composition.steps.iter().enumerate() {
            positions.entry(step.id.value.as_str()).or_insert(position);
        }
        let has_undeclared = known.iter().any(Known::lacks_result);
        let mut input_positions = BTreeMap::new();
        for (position, input) in composition.inputs.iter().enumerate() {
            input_positions.entry(input.name.value.as_str()).or_insert(position);
        }
        let ids = composition.steps.iter().map(|step| step.id.value.clone());
        let inputs = composition.inputs.iter().filter(|_| composition.inputs_are_known);
        let suggestions = Suggestions::new(ids, inputs.map(|input| input.name.value.clone()));
        let has_null_without_body = known.iter().any(|known| known.is_null_without_body);
        let mut names = Self {
            composition,
            has_undeclared,
            has_null_without_body,
            inputs: if composition.inputs_are_known {
                Type::from_own_schema(&self::inputs(composition))
            } else {
                Type::Any
            },
            steps: known,
            positions,
            input_positions,
            suggestions,
            step_index: OnceCell::new(),
            run: Type::from_schema(&run(), &none),
            listed: NameBudget::default(),
        };
        let done: Vec<BTreeSet<&str>> = names.steps.iter().map(|known| names.proved_done(known)).collect();
        for (known, done) in names.steps.iter_mut().zip(done) {
            known.done = done;
        }
        let items: Vec<Option<Type>> = (0..names.steps.len()).map(|position| names.item(position)).collect();
        for (known, item) in names.steps.iter_mut().zip(items) {
            known.item = item;
        }
        let unclear: Vec<bool> =
            (0..names.steps.len()).map(|position| names.conditions_are_unclear(position)).collect();
        for (known, unclear) in names.steps.iter_mut().zip(unclear) {
            known.unclear = unclear;
        }
        names
    }

    /// Whether a condition or list of a step has errors.
    fn conditions_are_unclear(&self, position: usize) -> bool {
        let Some(known) = self.steps.get(position) else { return false };
        let clauses = &known.step.clauses;
        let wrong = |condition: &Source, view| {
            let (_, problems) = condition.expression.condition_in(&self.scope(view));
            !problems.is_empty()
        };
        clauses.conditions_are_unclear
            || clauses.for_each_is_unclear
            || clauses.when.iter().any(|when| wrong(when, View::Before))
            || proving(known.step).any(|condition| wrong(condition, View::Answered(position)))
    }

    /// Whether an absence must not be reported: a condition of `step`, or of a step that the expression reads, has
    /// errors and might have proved the value present. One mistake is reported once.
    pub(crate) fn may_be_proved(&self, expression: &Expression, step: Option<&Step>) -> bool {
        let unclear = |id: &str| self.known(id).is_some_and(|known| known.unclear);
        let read = |root: &Root| matches!(root, Root::Step(id) if unclear(id));
        step.is_some_and(|step| unclear(&step.id.value))
            || expression.references().iter().any(|reference| read(&reference.root))
    }

    /// The type of `item` in a step with `forEach`.
    fn item(&self, position: usize) -> Option<Type> {
        let clauses = &self.steps.get(position)?.step.clauses;
        if clauses.for_each_is_unclear {
            return Some(Type::Any);
        }
        let list = clauses.for_each.as_ref()?;
        let (typed, _) = list.expression.type_in(&self.scope(View::Listed(position)));
        Some(typed.without_null().ty.items().unwrap_or(Type::Any))
    }

    /// The type of an input.
    pub(crate) fn input(&self, name: &str) -> Option<Typed> {
        self.inputs.field(name)
    }

    /// Whether a reference reads an input that a run may omit.
    pub(crate) fn may_lack_input(&self, reference: &Reference) -> bool {
        let path = reference.fixed_path();
        let Some(Segment::Field(name)) = path.first() else { return false };
        reference.root == Root::Inputs
            && self.input(name).is_some_and(|input| input.presence != Presence::Always)
    }

    /// The names as seen from a point of evaluation.
    pub(crate) fn scope(&self, view: View) -> StepScope<'_> {
        StepScope::new(self, view)
    }

    /// The steps that the `when` of a step proves to have succeeded, out of those that may not have.
    fn proved_done(&self, known: &Known<'a>) -> BTreeSet<&'a str> {
        let proved = known.given.values().flatten().filter_map(Proof::root);
        let steps = proved.filter_map(|root| match root {
            Root::Step(id) => self.known(id),
            _ => None,
        });
        let uncertain = steps.filter(|other| other.result.presence != Presence::Always);
        uncertain.map(|other| other.step.id.value.as_str()).collect()
    }

    /// The first step without a declared answer that an expression reads.
    pub(crate) fn undeclared(&self, expression: &Expression) -> Option<&'a Step> {
        if !self.has_undeclared {
            return None;
        }
        expression.references().iter().find_map(|reference| match &reference.root {
            Root::Step(id) => self.known(id).filter(|known| known.lacks_result()).map(|known| known.step),
            _ => None,
        })
    }

    /// The place of a step whose result may be null because its response has no body.
    pub(crate) fn null_without_body(&self, id: &str) -> Option<Span> {
        self.known(id).filter(|known| known.is_null_without_body).map(|known| known.step.id.span)
    }

    /// Whether conditions of a step can prove facts about its result; not about a list of several results.
    pub(crate) fn can_prove(&self, id: &str) -> bool {
        let makes_list = |known: &Known<'_>| {
            let is_paged = matches!(&known.step.work, Work::Invoke(invoke) if invoke.paginate.is_some());
            is_paged || known.step.clauses.for_each.is_some()
        };
        !self.known(id).is_some_and(makes_list)
    }

    /// An index of the ids of steps, for suggestions.
    pub(crate) fn step_index(&self) -> &NameIndex<String> {
        self.step_index
            .get_or_init(|| NameIndex::new(self.composition.steps.iter().map(|step| step.id.value.clone())))
    }

    /// Whether there is a step with this id.
    pub(crate) fn has_step(&self, id: &str) -> bool {
        self.positions.contains_key(id)
    }

    /// The place of a step.
    pub(crate) fn step_span(&self, id: &str) -> Option<Span> {
        self.known(id).map(|known| known.step.id.span)
    }

    fn known(&self, id: &str) -> Option<&Known<'a>> {
        self.steps.get(*self.positions.get(id)?)
    }

    /// The reason why a value that an expression reads may be absent, if the document contains one.
    pub(crate) fn why_absent(&self, expression: &Expression) -> Option<WhyAbsent> {
        let skipped = |span, why| Some(WhyAbsent { span, why, is_skipped: true });
        let plain = |span, why| Some(WhyAbsent { span, why, is_skipped: false });
        // The type of the whole expression may be computed once per reference.
        expression.references().iter().take(MAX_REASONS).find_map(|reference| match &reference.root {
            Root::Step(id) => {
                let known = self.known(id)?;
                let clauses = &known.step.clauses;
                if let Some(when) = &clauses.when {
                    return skipped(when.node.span, format!("`{id}` is skipped unless this is true"));
                }
                if let Some(goes_on) =
                    clauses.on_failure.as_ref().filter(|it| it.value == OnFailure::Continue)
                {
                    return skipped(goes_on.span, format!("the run continues without `{id}` if it fails"));
                }
                let Work::Invoke(invoke) = &known.step.work else { return None };
                let statuses = self.answers_without(expression, known)?;
                plain(invoke.operation.span, format!("not in its response with status {statuses}"))
            }
            Root::Inputs => {
                let Some(Segment::Field(name)) = reference.fixed_path().first().cloned() else { return None };
                let input = self.composition.inputs.get(*self.input_positions.get(name.as_str())?)?;
                if input.is_always_given {
                    return None;
                }
                plain(input.name.span, "not required, and without a default".to_owned())
            }
            _ => None,
        })
    }

    /// The statuses of those responses of a step in which the value of an expression may be absent; `None` if that
    /// holds for all of them or for none.
    fn answers_without(&self, expression: &Expression, known: &Known<'a>) -> Option<String> {
        let lacks = |ty: &Type| {
            let own = Some((known.step.id.value.as_str(), Typed::always(ty.clone())));
            let scope = StepScope::without_proofs(self, own);
            let (typed, problems) = expression.type_in(&scope);
            work::add(expression.references().len());
            typed.presence != Presence::Always || !problems.is_empty()
        };
        let without: Vec<&str> =
            known.answers.iter().filter(|(_, ty)| lacks(ty)).map(|(status, _)| status.as_str()).collect();
        (!without.is_empty() && without.len() < known.answers.len()).then(|| without.join(" or "))
    }

    /// The place of an input.
    pub(crate) fn input_span(&self, name: &str) -> Option<Span> {
        Some(self.composition.inputs.get(*self.input_positions.get(name)?)?.name.span)
    }
}

impl<'a> Known<'a> {
    fn new(step: &'a Step, resolved: &Resolved) -> Self {
        let clauses = &step.clauses;
        let operation = resolved.operation();
        let body = [Selector::Field("body".to_owned())];
        let is_paged = matches!(&step.work, Work::Invoke(invoke) if invoke.paginate.is_some());
        // Facts proved of every page are not proved of the list.
        let proofs =
            || proving(step).filter(|_| !is_paged).flat_map(|condition| condition.expression.proofs());
        let single = match operation {
            Some(operation) if proofs().any(|proof| proof.gives(&Root::Response, &body)) => {
                operation.result.split_null().0
            }
            _ => resolved.result(),
        };
        let ty = match &clauses.for_each {
            _ if clauses.for_each_is_unclear => Type::Any,
            Some(_) => Type::list(single.clone()),
            None => single.clone(),
        };
        let goes_on = clauses.on_failure.as_ref().is_some_and(|it| it.value == OnFailure::Continue);
        let certain = clauses.when.is_none() && !goes_on;
        let own = Root::Step(step.id.value.clone());
        let is_single = clauses.for_each.is_none() && !is_paged;
        let is_null =
            |operation: &Operation| operation.answers_without_body(None) && operation.is_null_without_body();
        Self {
            step,
            is_null_without_body: is_single && operation.is_some_and(|it| is_null(&it.operation)),
            result: if certain { Typed::always(ty) } else { Typed::maybe(ty) },
            answer: operation.map_or_else(|| single.clone(), |operation| operation.result.clone()),
            single,
            answers: operation
                .filter(|_| !is_paged)
                .map_or_else(|| Rc::from([]), |resolution| Rc::clone(&resolution.answers)),
            item: None,
            proofs: first(proofs().filter_map(|proof| proof.rebased(&Root::Response, &body, &own))),
            given: grouped(clauses.when.iter().flat_map(|when| when.expression.proofs())),
            done: BTreeSet::new(),
            of_item: grouped(clauses.for_each.iter().flat_map(|list| list.expression.item_proofs())),
            unclear: false,
        }
    }

    /// Whether the step is external, without `forEach`, and has no `result` that declares the type of its answer.
    fn lacks_result(&self) -> bool {
        let is_undeclared = matches!(&self.step.work, Work::External(external) if external.result.is_none());
        is_undeclared && self.step.clauses.for_each.is_none()
    }

    /// The facts about the result as other steps read it; none about a list of results.
    fn shared_proofs(&self) -> &[Proof] {
        if self.step.clauses.for_each.is_some() { &[] } else { &self.proofs }
    }
}

/// The first distinct proofs, at most [`MAX_PROOFS`].
fn first(proofs: impl Iterator<Item = Proof>) -> Vec<Proof> {
    let mut seen = BTreeSet::new();
    proofs.filter(|proof| seen.insert(proof.to_string())).take(MAX_PROOFS).collect()
}

/// The conditions that hold for the response of a step that has succeeded.
fn proving(step: &Step) -> impl Iterator<Item = &Source> {
    let until = match &step.work {
        Work::Invoke(invoke) => invoke.poll.as_ref().and_then(|poll| poll.until.as_ref()),
        _ => None,
    };
    until.into_iter().chain(&step.clauses.expect)
}

/// The schema of `inputs`.
fn inputs(composition: &Composition) -> Value {
    // Of two inputs with one name the first counts; the second has its diagnostic.
    let mut properties: Map<String, Value> = Map::new();
    for input in &composition.inputs {
        properties.entry(input.name.value.clone()).or_insert_with(|| input.schema.clone());
    }
    let required: Vec<&str> = composition
        .inputs
        .iter()
        .filter(|input| input.is_always_given)
        .map(|input| input.name.value.as_str())
        .collect();
    json!({"type": "object", "properties": properties, "required": required, "additionalProperties": false})
}

/// The schema of `run`.
fn run() -> Value {
    json!({
        "type": "object",
        "properties": {"id": {"type": "string"}, "startedAt": {"type": "string"}},
        "required": ["id", "startedAt"],
        "additionalProperties": false,
    })
}

/// The type of `response`: status, headers by lower-case name, body.
pub(crate) fn response(body: &Type) -> Type {
    let always = |name: &str, ty: Type| (name.to_owned(), Field { ty, presence: Presence::Always });
    let headers = ObjectType { additional: Some(Arc::new(Type::string())), ..ObjectType::default() };
    let fields = [
        always("status", Type::Integer),
        always("headers", Type::Object(headers)),
        always("body", body.clone()),
    ];
    Type::Object(ObjectType::of(fields))
}

/// A scope in which only `response` is defined, with this type.
pub(crate) struct Answer(pub(crate) Type);

impl Scope for Answer {
    fn root(&self, root: &Root) -> Option<Typed> {
        (*root == Root::Response).then(|| Typed::always(self.0.clone()))
    }

    fn suggestions(&self) -> &Suggestions {
        static NOTHING: std::sync::LazyLock<Suggestions> = std::sync::LazyLock::new(Suggestions::default);
        &NOTHING
    }
}
