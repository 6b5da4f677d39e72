//! A plan survives serialization, and renders its graph.

use std::sync::Arc;

use indexmap::IndexMap;
use jiff::SignedDuration;
use naftiko_adapter::{Method, Operation, Place};
use naftiko_expr::{Expression, Template};
use serde_json::json;

use crate::{
    Action, Argument, Auth, Backoff, Channel, ClientAuth, Compensation, Edge, Embedded, Expiry, External,
    Facts, ForEach, Graph, Input, Invoke, KeyPlace, NextPage, OnDoubt, OnFailure, Origin, Output, Paginate,
    Plan, Poll, Provider, RateLimit, Reason, Retry, RetryOn, SecretName, Slot, Source, Step,
};

fn operation(method: Method) -> Arc<Operation> {
    Arc::new(Operation::new("workos", "create", method, "/organizations"))
}

fn argument(slot: Slot, value: &str, origin: Origin) -> Argument {
    Argument { slot, value: Template::parse_str(value).unwrap(), origin, sensitive: false, optional: false }
}

fn plan(method: Method, origin: Origin) -> Plan {
    let invoke = Invoke {
        capability: Some("manage-organizations".into()),
        operation: "workos/create".into(),
        arguments: vec![
            argument(Slot::Parameter(Place::Query, "limit".into()), "10", Origin::Written),
            argument(Slot::Property("name".into()), "${inputs.name}", origin),
            argument(Slot::Body, "literally $${x} and ${run.id}", Origin::Written),
        ],
        poll: Some(Poll {
            until: Expression::parse("response.body.state == 'active'").unwrap(),
            fail_when: None,
            every: Backoff::default(),
            timeout: SignedDuration::from_hours(24),
            origin: Origin::Written,
        }),
        paginate: None,
        retry: Retry::default(),
        timeout: Some(SignedDuration::from_secs(30)),
        expect: vec![],
        on_doubt: OnDoubt::Ask,
    };
    let with = IndexMap::from([("organization".into(), Template::parse_str("${create.id}").unwrap())]);
    Plan {
        version: Plan::VERSION,
        name: "onboarding".into(),
        sources: vec![Source::new("a.yaml", "abc")],
        providers: IndexMap::from([(
            "workos".into(),
            Provider {
                base_url: Some("https://api.example".into()),
                auth: Auth::Bearer { token: SecretName::EnvVar("KEY".into()) },
                source: "shared/workos.yaml".into(),
                rate_limit: None,
            },
        )]),
        operations: IndexMap::from([("workos/create".into(), operation(method))]),
        facts: IndexMap::new(),
        inputs: vec![Input {
            name: "name".into(),
            schema: json!({"type": "string"}),
            required: true,
            default: None,
            sensitive: true,
            description: None,
        }],
        steps: vec![
            Step::new("create", Action::Invoke(Box::new(invoke))),
            Step {
                description: Some("Tell them.".into()),
                ..Step::new(
                    "tell",
                    Action::External(Box::new(External {
                        with: Some(with),
                        result: Some(json!({"type": "boolean"})),
                        ..External::default()
                    })),
                )
            },
        ],
        edges: vec![Edge { from: 0, to: 1, reason: Reason::Reads }],
        outputs: vec![Output {
            name: "id".into(),
            source: Expression::parse("create.id").unwrap(),
            sensitive: false,
            description: Some("the organization".into()),
        }],
    }
}

#[test]
fn a_plan_that_is_written_and_read_is_the_same() {
    let plan = plan(Method::Post, Origin::Inferred { reason: "it is the only input of that name".into() });
    let text = serde_json::to_string(&plan).unwrap();
    assert_eq!(serde_json::from_str::<Plan>(&text).unwrap(), plan);
}

#[test]
fn a_plan_of_before_clients_could_choose_is_read_as_it_was_meant() {
    let kept = json!({
        "type": "oauth2", "tokenUrl": "https://id.example/token", "clientId": {"envVar": "ID"},
        "clientSecret": {"envVar": "SECRET"}, "scopes": [], "audience": null,
    });
    let Auth::ClientCredentials { client_auth, .. } = serde_json::from_value(kept).unwrap() else {
        panic!("it is oauth2")
    };
    assert_eq!(client_auth, ClientAuth::Basic);
}

/// A provider for every authentication scheme.
fn providers() -> [(String, Provider); 4] {
    [
        (
            "key",
            Auth::ApiKey { place: KeyPlace::Query, name: "k".into(), key: SecretName::File("key".into()) },
        ),
        (
            "basic",
            Auth::Basic {
                username: SecretName::EnvVar("U".into()),
                password: SecretName::EnvVar("P".into()),
            },
        ),
        ("pair", Auth::BasicPair { credentials: SecretName::EnvVar("UP".into()) }),
        (
            "oauth",
            Auth::ClientCredentials {
                token_url: "https://id.example/token".into(),
                client_id: SecretName::EnvVar("ID".into()),
                client_secret: SecretName::Command(vec!["vault".into(), "read".into()]),
                client_auth: ClientAuth::Form,
                scopes: vec!["read".into()],
                audience: Some("api".into()),
            },
        ),
    ]
    .map(|(id, auth)| {
        let rate_limit = Some(RateLimit { requests: 5, per: SignedDuration::from_secs(2) });
        (id.to_owned(), Provider { base_url: None, auth, source: String::new(), rate_limit })
    })
}

/// A plan without any default value.
fn full() -> Plan {
    let mut inner = plan(Method::Post, Origin::Written);
    inner.providers.extend(providers());
    let mut outer = inner.clone();
    let Action::Invoke(invoke) = &mut outer.steps[0].action else { panic!("it invokes") };
    invoke.expect = vec![Expression::parse("response.status == 201").unwrap()];
    invoke.on_doubt = OnDoubt::Retry;
    invoke.paginate = Some(Paginate {
        items: vec!["data".into()],
        next: NextPage::Cursor {
            path: Expression::parse("response.body.after").unwrap(),
            parameter: "after".into(),
        },
        max: 100,
        origin: Origin::Inferred { reason: "the description says so".into() },
    });
    invoke.retry.on = vec![RetryOn::Status(409), RetryOn::Class(5), RetryOn::Timeout, RetryOn::Connect];
    let undo = Compensation { invoke: (**invoke).clone(), after_failure: true };
    outer.facts.insert(
        "workos/create".into(),
        Facts {
            rate_limit: Some(RateLimit { requests: 10, per: SignedDuration::from_secs(1) }),
            sensitive: vec![Expression::parse("response.body.token").unwrap()],
            expires: vec![Expiry {
                path: Expression::parse("response.body.link").unwrap(),
                after: SignedDuration::from_mins(5),
            }],
        },
    );
    outer.steps[0].compensate = Some(undo);
    outer.steps[0].on_failure = OnFailure::Continue;
    outer.steps[1].action = Action::External(Box::new(External {
        channel: Channel::Email,
        settings: IndexMap::from([("to".into(), Template::parse_str("${inputs.name}").unwrap())]),
        timeout: Some(SignedDuration::from_hours(24)),
        ..External::default()
    }));
    outer.steps.push(Step {
        when: Some(Expression::parse("exists(create)").unwrap()),
        for_each: Some(ForEach { list: Expression::parse("create.domains").unwrap(), concurrency: 4 }),
        ..Step::new("each", running(inner))
    });
    outer
}

/// Runs a composition with an optional input.
fn running(inner: Plan) -> Action {
    Action::Composition(Embedded {
        plan: std::sync::Arc::new(inner),
        inputs: IndexMap::from([("name".into(), Template::parse_str("${item}").unwrap())]),
        optional: vec!["name".into()],
    })
}

#[test]
fn what_an_author_can_say_survives_being_written_down() {
    let plan = full();
    let text = serde_json::to_string(&plan).unwrap();
    assert_eq!(serde_json::from_str::<Plan>(&text).unwrap(), plan);
}

#[test]
fn a_plan_of_before_these_keys_is_still_read() {
    let plan = plan(Method::Post, Origin::Written);
    let mut value = serde_json::to_value(&plan).unwrap();
    assert!(value.get("facts").is_none(), "what has its default is not written");
    let invoke = &mut value["steps"][0]["action"]["invoke"];
    invoke["retry"].as_object_mut().unwrap().remove("on").unwrap();
    assert_eq!(serde_json::from_value::<Plan>(value).unwrap(), plan);
}

#[test]
fn chance_takes_no_more_than_its_share_of_a_wait() {
    let retry = Retry::default();
    let wait = |chance| retry.backoff.wait_with(1, chance).as_millis();
    assert_eq!([wait(1.0), wait(0.5), wait(0.0), wait(f64::NAN), wait(7.0)], [1000, 750, 500, 1000, 1000]);
    assert_eq!(Backoff::default().wait_with(1, 0.0), SignedDuration::from_secs(5));
}

#[test]
fn a_retry_covers_statuses_and_classes() {
    let retry = Retry { on: vec![RetryOn::Status(409), RetryOn::Class(5)], ..Retry::default() };
    assert_eq!(
        [409, 429, 500, 599, 499].map(|status| retry.covers_status(status)),
        [true, false, true, true, false]
    );
}

#[test]
fn an_expression_that_does_not_parse_is_refused_when_a_plan_is_read() {
    let text = serde_json::to_string(&plan(Method::Post, Origin::Written)).unwrap();
    let broken = text.replace("create.id\"", "create.[\"");
    assert_ne!(text, broken);
    assert!(serde_json::from_str::<Plan>(&broken).is_err());
}

#[test]
fn what_a_person_should_look_at_is_inferred_and_not_safe() {
    let inferred = Origin::Inferred { reason: "it has that name".into() };
    let looked_at =
        |plan: &Plan| plan.inferred_effects().map(|(step, _)| step.id.clone()).collect::<Vec<_>>();
    assert_eq!(looked_at(&plan(Method::Post, inferred.clone())), ["create"]);
    assert!(looked_at(&plan(Method::Post, Origin::Written)).is_empty());
    assert!(looked_at(&plan(Method::Get, inferred)).is_empty());
}

#[test]
fn a_source_is_known_by_its_hash() {
    let hash = Source::new("a.yaml", "abc").sha256;
    assert_eq!(hash, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

fn drawn() -> Graph {
    let edge = |from, to, reason| Edge { from, to, reason };
    Graph::new(
        vec!["create".into(), "say \"hi\" \\".into(), "end".into()],
        vec![
            edge(0, 1, Reason::Order),
            edge(1, 2, Reason::DependsOn),
            edge(0, 2, Reason::Order),
            edge(0, 2, Reason::Reads),
            edge(2, 9, Reason::Reads),
        ],
    )
}

#[test]
fn of_several_edges_the_strongest_stays_and_one_to_nowhere_does_not() {
    let edges: Vec<_> = drawn().edges().into_iter().map(|edge| (edge.from, edge.to, edge.reason)).collect();
    assert_eq!(edges, [(0, 1, Reason::Order), (0, 2, Reason::Reads), (1, 2, Reason::DependsOn)]);
}

#[test]
fn dot() {
    insta::assert_snapshot!(drawn().to_dot(), @r#"
    digraph composition {
      rankdir=LR;
      node [shape=box];
      s0 [label="create"];
      s1 [label="say \"hi\" \\"];
      s2 [label="end"];
      s0 -> s1 [style=dashed];
      s0 -> s2;
      s1 -> s2;
    }
    "#);
}

#[test]
fn mermaid() {
    insta::assert_snapshot!(drawn().to_mermaid(), @r#"
    flowchart LR
      s0["create"]
      s1["say #34;hi#34; #92;"]
      s2["end"]
      s0 -.-> s1
      s0 --> s2
      s1 --> s2
    "#);
}

#[test]
fn waits_grow_to_the_longest_and_never_break() {
    let seconds = |backoff: &Backoff| [1, 2, 3, 4, 5, u32::MAX].map(|n| backoff.wait(n).as_secs());
    assert_eq!(seconds(&Backoff::default()), [5, 10, 20, 40, 60, 60]);
    assert_eq!(seconds(&Backoff::fixed(SignedDuration::from_secs(3))), [3; 6]);
    for factor in [-2.0, f64::NAN, f64::INFINITY, 0.0, f64::MIN] {
        for n in [0, 1, 2, 3, 1000, u32::MAX] {
            let wait = Backoff { factor, ..Backoff::default() }.wait(n);
            assert!(
                wait >= SignedDuration::ZERO && wait <= SignedDuration::from_secs(60),
                "{factor} {n}: {wait}"
            );
        }
    }
}

#[test]
fn an_input_says_what_of_a_value_does_not_fit() {
    let said = |schema, value| {
        let input = Input {
            name: "it".into(),
            schema,
            required: true,
            default: None,
            sensitive: false,
            description: None,
        };
        let objections = input.objections(&value).into_iter();
        let lines = objections.map(|it| format!("{} | {} | {}", it.pointer, it.reason, it.masked));
        lines.collect::<Vec<_>>().join("\n")
    };
    let email = json!({"type": "string", "format": "email"});
    assert_eq!(said(email.clone(), json!("it@acme.example")), "");
    insta::assert_snapshot!(said(email, json!("nobody")), @" | expected an e-mail address, found `nobody` | expected an e-mail address");
    let list = json!({"type": "array", "items": {"type": "string", "pattern": "^(?!x)[a-z]+$", "enum": ["a", "x", "B"]}});
    insta::assert_snapshot!(said(list, json!(["a", "x", "B", 4711])), @r"
    /1 | expected a text that matches `^(?!x)[a-z]+$`, found `x` | expected a text that matches `^(?!x)[a-z]+$`
    /2 | expected a text that matches `^(?!x)[a-z]+$`, found `B` | expected a text that matches `^(?!x)[a-z]+$`
    /3 | expected a string, found a number | expected a string, found a number
    ");
    insta::assert_snapshot!(said(json!({"pattern": "("}), json!("x")), @" | its schema cannot be read: `(` is not a regular expression | its schema cannot be read: `(` is not a regular expression");
}
