//! What cannot be run yet is named, all of it, and nothing else is.

use std::sync::Arc;

use jiff::SignedDuration;
use naftiko_expr::Expression;
use naftiko_plan::{Auth, Backoff, Channel, Facts, OnDoubt, Plan, Provider, RateLimit, SecretName};

use super::draft::{composition, embedded, external, get, post};
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
fn every_key_of_a_step_and_every_channel_is_run() {
    let hour = SignedDuration::from_hours(1);
    let every_key = post("all")
        .when("inputs.go")
        .for_each("inputs.list", 2)
        .continues()
        .undone_anyhow_by(post("undo"))
        .on_doubt(OnDoubt::Retry);
    let mail = external("mail").tells(Channel::Email, "to", "it@acme.example");
    let inner = composition([external("tell").tells(Channel::Webhook, "url", "https://acme.example/")]);
    let steps = [every_key, external("ask").timeout(hour), mail, embedded("inner", inner)];
    assert_eq!(named(&composition(steps).plan()), [""; 0]);
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
    provider `acme`: authentication of type `basic`
    ");
}
