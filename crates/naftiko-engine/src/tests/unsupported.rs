//! What cannot be run yet is named, all of it, and nothing else is.

use std::sync::Arc;

use indexmap::IndexMap;
use jiff::SignedDuration;
use naftiko_expr::Expression;
use naftiko_plan::{
    Action, Auth, Backoff, Channel, Compensation, Embedded, Facts, ForEach, OnDoubt, OnFailure, Plan,
    Provider, RateLimit, SecretName,
};

use super::draft::{composition, external, get, keyed, post};
use crate::unsupported;

fn named(plan: &Plan) -> Vec<String> {
    unsupported(plan).iter().map(ToString::to_string).collect()
}

fn plan() -> Plan {
    let hour = SignedDuration::from_hours(1);
    let polled =
        get("poll").until("response.body.done", hour).fails_when("response.body.bad", Backoff::default());
    let plan =
        composition([polled.expects("response.status == 200").timeout(hour), external("ask"), post("other")]);
    Arc::unwrap_or_clone(plan.plan())
}

fn provider(auth: Auth) -> Provider {
    Provider { base_url: None, auth, source: String::new() }
}

#[test]
fn a_plan_that_can_be_run_has_nothing() {
    let mut plan = plan();
    plan.providers.insert("acme".into(), provider(Auth::Bearer { token: SecretName::EnvVar("T".into()) }));
    assert!(named(&plan).is_empty(), "{:?}", named(&plan));
}

#[test]
fn every_key_that_cannot_be_run_is_named_with_its_step() {
    let mut plan = plan();
    let undo = keyed("undo");
    let inner = Arc::unwrap_or_clone(composition([undo]).plan());
    let Action::Invoke(invoke) = inner.steps[0].action.clone() else { panic!("it invokes") };
    plan.steps[0].when = Some(Expression::parse("inputs.go").unwrap());
    plan.steps[0].for_each =
        Some(ForEach { list: Expression::parse("inputs.list").unwrap(), concurrency: 1 });
    plan.steps[0].on_failure = OnFailure::Continue;
    plan.steps[0].compensate = Some(Compensation { invoke: *invoke, after_failure: false });
    let Action::Invoke(polled) = &mut plan.steps[0].action else { panic!("it invokes") };
    polled.on_doubt = OnDoubt::Retry;
    let Action::External(asked) = &mut plan.steps[1].action else { panic!("it asks") };
    asked.channel = Channel::Email;
    asked.timeout = Some(SignedDuration::from_hours(1));
    plan.steps[2].action = Action::Composition(Embedded { plan: Box::new(inner), inputs: IndexMap::new() });
    insta::assert_snapshot!(named(&plan).join("\n"), @"
    step `poll`: `when`
    step `poll`: `forEach`
    step `poll`: `onFailure: continue`
    step `poll`: `compensate`
    step `poll`: `onDoubt: retry`
    step `ask`: `channel: email`
    step `ask`: `external.timeout`
    step `other`: `composition`
    ");
}

#[test]
fn what_is_known_of_operations_and_providers_counts_where_they_are_used() {
    let mut plan = plan();
    let limit = RateLimit { requests: 1, per: SignedDuration::from_secs(1) };
    let facts = Facts {
        rate_limit: Some(limit),
        sensitive: vec![Expression::parse("response.body.token").unwrap()],
        expires: vec![],
    };
    plan.facts.insert("poll".into(), facts.clone());
    plan.facts.insert("elsewhere".into(), facts);
    let key = SecretName::EnvVar("K".into());
    plan.providers.insert("acme".into(), provider(Auth::BasicPair { credentials: key.clone() }));
    plan.providers.insert("unused".into(), provider(Auth::BasicPair { credentials: key }));
    insta::assert_snapshot!(named(&plan).join("\n"), @"
    operation `poll`: `rateLimit`
    operation `poll`: `sensitive`
    provider `acme`: authentication of type `basic`
    ");
}
