//! What cannot be run yet is named, all of it, and nothing else is.

use std::sync::Arc;

use jiff::SignedDuration;
use naftiko_plan::{Action, Backoff, Channel, OnDoubt, Plan};

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

#[test]
fn a_plan_that_can_be_run_has_nothing() {
    let plan = plan();
    assert!(named(&plan).is_empty(), "{:?}", named(&plan));
}

#[test]
fn every_key_of_a_step_is_run_and_a_channel_that_is_not_is_named_also_in_a_composition() {
    let hour = SignedDuration::from_hours(1);
    let mut inner = Arc::unwrap_or_clone(composition([external("tell")]).plan());
    let Action::External(told) = &mut inner.steps[0].action else { panic!("it asks") };
    told.channel = Channel::Webhook;
    let every_key = post("all")
        .when("inputs.go")
        .for_each("inputs.list", 2)
        .continues()
        .undone_anyhow_by(post("undo"))
        .on_doubt(OnDoubt::Retry);
    let steps =
        [every_key, external("ask").timeout(hour), external("mail"), embedded("inner", composition([]))];
    let mut plan = Arc::unwrap_or_clone(composition(steps).plan());
    assert_eq!(named(&plan), [""; 0]);
    let Action::External(asked) = &mut plan.steps[2].action else { panic!("it asks") };
    asked.channel = Channel::Email;
    let Action::Composition(embedded) = &mut plan.steps[3].action else { panic!("it runs one") };
    embedded.plan = Arc::new(inner);
    insta::assert_snapshot!(named(&plan).join("\n"), @"
    step `mail`: `channel: email`
    step `tell`: `channel: webhook`
    ");
}
