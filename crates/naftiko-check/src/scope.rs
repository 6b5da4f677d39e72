//! The names that expressions may use, with their types.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use naftiko_diagnostics::{Diagnostic, Span};
use naftiko_expr::{
    Expression, Field, ObjectType, Presence, Problem, Proof, Reference, Root, Scope, Segment, Selector,
    Template, Type, Typed,
};
use naftiko_spec::{Composition, OnFailure, Source, Step, Work, locate};
use naftiko_syntax::Node;
use serde_json::{Map, Value, json};

use crate::resolve::Resolved;

/// Inputs and steps with their types, as every expression of a composition sees them.
pub(crate) struct Names<'a> {
    composition: &'a Composition,
    inputs: Type,
    steps: Vec<Known<'a>>,
    positions: BTreeMap<&'a str, usize>,
    /// What is proved of the steps that are certain to have been done, wherever they are read.
    proofs: Vec<Proof>,
    run: Type,
    /// Whether some external step does not declare its answer.
    pub(crate) has_undeclared: bool,
}

/// What is known of a step.
struct Known<'a> {
    step: &'a Step,
    /// What it gives when it is done once.
    single: Type,
    /// What one of its answers is: a page, where its result is a list that comes in pages.
    answer: Type,
    /// What that is by the status of the answer, where there are several.
    answers: Vec<(String, Type)>,
    /// What others read: with `forEach` a list, and perhaps absent.
    result: Typed,
    /// What `item` is.
    item: Option<Type>,
    /// What its `until` and `expect` prove of what it gives, under its id.
    proofs: Vec<Proof>,
    /// What its `when` proves, to itself.
    given: Vec<Proof>,
    /// Whether one of its conditions is not understood, which has its diagnostic: it may prove more.
    unclear: bool,
}

/// Why something may be absent.
pub(crate) struct WhyAbsent {
    /// Where that is said.
    pub(crate) span: Span,
    /// What is to be seen there.
    pub(crate) why: String,
    /// Whether the step is not done at all, so that nothing proves what it gives.
    pub(crate) is_skipped: bool,
}

/// From where in a composition an expression looks.
#[derive(Debug, Clone, Copy)]
pub(crate) enum View {
    /// From outside of all steps: an output.
    Outside,
    /// From a step before it is decided whether it is done: `when`.
    Before,
    /// From a step that is done, before it is decided how often: `forEach`.
    Listed(usize),
    /// From a step that is done: its arguments.
    Inside(usize),
    /// From a step that has been answered: `until`, `expect`.
    Answered(usize),
    /// From what undoes a step.
    Undoing(usize),
}

/// The names as an expression sees them from its place.
pub(crate) struct StepScope<'a> {
    names: &'a Names<'a>,
    response: Option<Type>,
    item: Option<Type>,
    /// A step that looks different from here.
    own: Option<(&'a str, Typed)>,
    proofs: Cow<'a, [Proof]>,
    /// Whether the answer to an external step without `result` counts as one that may be absent.
    is_wary: bool,
}

impl StepScope<'_> {
    /// The scope in which the answer to an external step without `result` may be absent.
    pub(crate) fn wary(&self) -> Self {
        Self {
            names: self.names,
            response: self.response.clone(),
            item: self.item.clone(),
            own: self.own.clone(),
            proofs: self.proofs.clone(),
            is_wary: true,
        }
    }
}

impl<'a> Names<'a> {
    pub(crate) fn new(composition: &'a Composition, steps: &[Resolved]) -> Self {
        let none = Arc::new(Map::new());
        let known: Vec<Known<'a>> =
            composition.steps.iter().zip(steps).map(|(step, resolved)| Known::new(step, resolved)).collect();
        let mut positions = BTreeMap::new();
        for (position, step) in composition.steps.iter().enumerate() {
            positions.entry(step.id.value.as_str()).or_insert(position);
        }
        let certain = known.iter().filter(|known| known.result.presence == Presence::Always);
        let proofs = certain.flat_map(|known| known.shared_proofs().to_vec()).collect();
        let has_undeclared = known.iter().any(Known::lacks_result);
        let mut names = Self {
            composition,
            has_undeclared,
            inputs: if composition.inputs_are_known {
                Type::from_own_schema(&inputs(composition))
            } else {
                Type::Any
            },
            steps: known,
            positions,
            proofs,
            run: Type::from_schema(&run(), &none),
        };
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

    /// Whether something is wrong with a condition of a step.
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

    /// Whether it cannot be said that what `step`, or an output, reads may be absent: a condition that may prove it is
    /// not understood, and one mistake is reported once.
    pub(crate) fn may_be_proved(&self, expression: &Expression, step: Option<&Step>) -> bool {
        let unclear = |id: &str| self.known(id).is_some_and(|known| known.unclear);
        let read = |root: &Root| matches!(root, Root::Step(id) if unclear(id));
        step.is_some_and(|step| unclear(&step.id.value))
            || expression.references().iter().any(|reference| read(&reference.root))
    }

    /// What `item` is in a step with `forEach`.
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

    /// Whether what is read is of an input that a run need not be given.
    pub(crate) fn may_lack_input(&self, reference: &Reference) -> bool {
        let path = reference.fixed_path();
        let Some(Segment::Field(name)) = path.first() else { return false };
        reference.root == Root::Inputs
            && self.input(name).is_some_and(|input| input.presence != Presence::Always)
    }

    /// The names as they are seen from a place.
    pub(crate) fn scope(&self, view: View) -> StepScope<'_> {
        let scope = StepScope {
            names: self,
            response: None,
            item: None,
            own: None,
            proofs: Cow::Borrowed(self.proofs.as_slice()),
            is_wary: false,
        };
        let (View::Listed(at) | View::Inside(at) | View::Answered(at) | View::Undoing(at)) = view else {
            return scope;
        };
        let Some(known) = self.steps.get(at) else { return scope };
        let mut scope = scope;
        let mut more = self.proofs_given(known);
        if !matches!(view, View::Listed(_)) {
            scope.item.clone_from(&known.item);
            let list = known.step.clauses.for_each.iter();
            more.extend(list.flat_map(|list| list.expression.item_proofs()));
        }
        match view {
            View::Answered(_) => scope.response = Some(response(&known.answer)),
            View::Undoing(_) => {
                let undo = known.step.clauses.compensate.as_ref();
                let after_failure = undo.is_some_and(|undo| undo.after_failure);
                let ty = known.single.clone();
                let typed = if after_failure { Typed::maybe(ty) } else { Typed::always(ty) };
                scope.own = Some((known.step.id.value.as_str(), typed));
                if !after_failure {
                    more.extend(known.proofs.iter().cloned());
                }
            }
            _ => {}
        }
        if !more.is_empty() {
            scope.proofs.to_mut().extend(more);
        }
        scope
    }

    /// What the `when` of a step proves to it: that, and what is proved of steps that it proves to have been done.
    fn proofs_given(&self, known: &Known<'_>) -> Vec<Proof> {
        let mut proofs = known.given.clone();
        for proof in &known.given {
            let Some(Root::Step(id)) = proof.root() else { continue };
            let Some(other) = self.known(id) else { continue };
            if other.result.presence != Presence::Always {
                proofs.extend(other.shared_proofs().iter().cloned());
            }
        }
        proofs
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

    /// Whether a step can prove something of what it gives: not of a list that it makes of several answers.
    pub(crate) fn can_prove(&self, id: &str) -> bool {
        let makes_list = |known: &Known<'_>| {
            let is_paged = matches!(&known.step.work, Work::Invoke(invoke) if invoke.paginate.is_some());
            is_paged || known.step.clauses.for_each.is_some()
        };
        !self.known(id).is_some_and(makes_list)
    }

    fn known(&self, id: &str) -> Option<&Known<'a>> {
        self.steps.get(*self.positions.get(id)?)
    }

    /// The type of an expression, and what is wrong with it.
    pub(crate) fn type_of(
        &self,
        expression: &Expression,
        node: &Node,
        scope: &StepScope<'_>,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Typed {
        let (typed, problems) = expression.type_in(scope);
        self.report(problems, node, diagnostics);
        typed
    }

    /// Whether a condition has an answer, and what is wrong with it.
    pub(crate) fn condition(
        &self,
        condition: &Source,
        scope: &StepScope<'_>,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Presence {
        let (presence, problems) = condition.expression.condition_in(scope);
        self.report(problems, &condition.node, diagnostics);
        presence
    }

    /// The type of a scalar with templates, and what is wrong with it.
    pub(crate) fn type_of_template(
        &self,
        template: &Template,
        node: &Node,
        scope: &StepScope<'_>,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Typed {
        let (typed, problems) = template.type_in(scope);
        self.report(problems, node, diagnostics);
        typed
    }

    fn report(&self, problems: Vec<Problem>, node: &Node, diagnostics: &mut Vec<Diagnostic>) {
        let located =
            problems.into_iter().map(|problem| problem.into_diagnostic(&|range| locate(node, range)));
        diagnostics.extend(located.map(|diagnostic| self.related(diagnostic)));
    }

    /// Why what an expression reads may be absent, where the document says so.
    pub(crate) fn why_absent(&self, expression: &Expression) -> Option<WhyAbsent> {
        let skipped = |span, why| Some(WhyAbsent { span, why, is_skipped: true });
        let plain = |span, why| Some(WhyAbsent { span, why, is_skipped: false });
        expression.references().iter().find_map(|reference| match &reference.root {
            Root::Step(id) => {
                let known = self.known(id)?;
                let clauses = &known.step.clauses;
                if let Some(when) = &clauses.when {
                    return skipped(when.node.span, format!("`{id}` is skipped unless this holds"));
                }
                if let Some(goes_on) =
                    clauses.on_failure.as_ref().filter(|it| it.value == OnFailure::Continue)
                {
                    return skipped(goes_on.span, format!("the run goes on without `{id}` when it fails"));
                }
                let Work::Invoke(invoke) = &known.step.work else { return None };
                let statuses = self.answers_without(expression, known)?;
                plain(invoke.operation.span, format!("not in its answer of status {statuses}"))
            }
            Root::Inputs => {
                let Some(Segment::Field(name)) = reference.fixed_path().first().cloned() else { return None };
                let input = self.composition.inputs.iter().find(|input| input.name.value == name)?;
                if input.is_always_given {
                    return None;
                }
                plain(input.name.span, "not required, and without a default".to_owned())
            }
            _ => None,
        })
    }

    /// The statuses of a step's answers in which what an expression reads need not be; `None` if that is so in all
    /// of them.
    fn answers_without(&self, expression: &Expression, known: &Known<'_>) -> Option<String> {
        let lacks = |ty: &Type| {
            let own = Some((known.step.id.value.as_str(), Typed::always(ty.clone())));
            let scope = StepScope { own, proofs: Cow::Borrowed(&[]), ..self.scope(View::Outside) };
            let (typed, problems) = expression.type_in(&scope);
            typed.presence != Presence::Always || !problems.is_empty()
        };
        let without: Vec<&str> =
            known.answers.iter().filter(|(_, ty)| lacks(ty)).map(|(status, _)| status.as_str()).collect();
        (!without.is_empty() && without.len() < known.answers.len()).then(|| without.join(" or "))
    }

    fn input_span(&self, name: &str) -> Option<Span> {
        self.composition.inputs.iter().find(|input| input.name.value == name).map(|input| input.name.span)
    }

    /// Shows where the inputs or steps are that an unknown name could have meant.
    fn related(&self, diagnostic: Diagnostic) -> Diagnostic {
        let Some(fix) = &diagnostic.fix else { return diagnostic };
        let Some(meant) = fix.edits.first().map(|edit| edit.replacement.clone()) else { return diagnostic };
        let place = match diagnostic.code.id {
            "unknown-step" => match meant.strip_prefix("inputs.") {
                Some(input) => self.input_span(input),
                None => self.known(&meant).map(|known| known.step.id.span),
            },
            "unknown-input" => self.input_span(&meant),
            _ => None,
        };
        match place {
            Some(span) => diagnostic.with_related(span, format!("`{meant}` is here")),
            None => diagnostic,
        }
    }
}

impl<'a> Known<'a> {
    fn new(step: &'a Step, resolved: &Resolved) -> Self {
        let clauses = &step.clauses;
        let operation = resolved.operation();
        let body = [Selector::Field("body".to_owned())];
        let is_paged = matches!(&step.work, Work::Invoke(invoke) if invoke.paginate.is_some());
        // What is proved of every page is not proved of the list.
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
        Self {
            step,
            result: if certain { Typed::always(ty) } else { Typed::maybe(ty) },
            answer: operation.map_or_else(|| single.clone(), |operation| operation.result.clone()),
            single,
            answers: operation
                .filter(|_| !is_paged)
                .map(|resolution| resolution.answers.clone())
                .unwrap_or_default(),
            item: None,
            proofs: proofs().filter_map(|proof| proof.rebased(&Root::Response, &body, &own)).collect(),
            given: clauses.when.as_ref().map(|when| when.expression.proofs()).unwrap_or_default(),
            unclear: false,
        }
    }

    /// Whether it asks outside, once, without a `result` that says what an answer is.
    fn lacks_result(&self) -> bool {
        let is_undeclared = matches!(&self.step.work, Work::External(external) if external.result.is_none());
        is_undeclared && self.step.clauses.for_each.is_none()
    }

    /// What is proved of the result as others read it: of a list of results, nothing.
    fn shared_proofs(&self) -> &[Proof] {
        if self.step.clauses.for_each.is_some() { &[] } else { &self.proofs }
    }
}

/// The conditions that hold of the response of a step that has succeeded.
fn proving(step: &Step) -> impl Iterator<Item = &Source> {
    let until = match &step.work {
        Work::Invoke(invoke) => invoke.poll.as_ref().and_then(|poll| poll.until.as_ref()),
        _ => None,
    };
    until.into_iter().chain(&step.clauses.expect)
}

/// The schema of `inputs`.
fn inputs(composition: &Composition) -> Value {
    // Of two inputs of one name the first counts; the second has its diagnostic.
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
    let headers = ObjectType { additional: Some(Box::new(Type::string())), ..ObjectType::default() };
    let fields = [
        always("status", Type::Integer),
        always("headers", Type::Object(headers)),
        always("body", body.clone()),
    ];
    Type::Object(ObjectType { fields: fields.into(), ..ObjectType::default() })
}

impl Scope for StepScope<'_> {
    fn root(&self, root: &Root) -> Option<Typed> {
        match root {
            Root::Inputs => Some(Typed::always(self.names.inputs.clone())),
            Root::Run => Some(Typed::always(self.names.run.clone())),
            Root::Response => Some(Typed::always(self.response.clone()?)),
            Root::Item => Some(Typed::always(self.item.clone()?)),
            Root::Index => self.item.as_ref().map(|_| Typed::always(Type::Integer)),
            Root::Step(id) => match &self.own {
                Some((own, typed)) if own == id => Some(typed.clone()),
                _ => {
                    let known = self.names.known(id)?;
                    let Typed { ty, presence } = known.result.clone();
                    let may_lack = self.is_wary && known.lacks_result();
                    Some(Typed {
                        ty,
                        presence: if may_lack { presence.and(Presence::Maybe) } else { presence },
                    })
                }
            },
        }
    }

    fn step_ids(&self) -> Vec<String> {
        self.names.steps.iter().map(|known| known.step.id.value.clone()).collect()
    }

    fn proofs(&self) -> &[Proof] {
        &self.proofs
    }
}
