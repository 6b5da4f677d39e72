//! A plan survives being written down, and draws itself.

use std::sync::Arc;

use indexmap::IndexMap;
use jiff::SignedDuration;
use naftiko_adapter::{Method, Operation, Place};
use naftiko_expr::{Expression, Template};
use serde_json::{Map, json};

use crate::{
    Action, Argument, Auth, Backoff, Edge, External, Graph, Input, Invoke, Origin, Output, Plan, Poll,
    Provider, Reason, Retry, SecretName, Slot, Source, Step,
};

fn operation(method: Method) -> Arc<Operation> {
    Arc::new(Operation {
        provider: "workos".into(),
        id: "create".into(),
        method,
        path: "/organizations".into(),
        parameters: Vec::new(),
        body: None,
        responses: IndexMap::new(),
        definitions: Map::new(),
        idempotency_key: None,
        deprecated: false,
    })
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
            every: Backoff::default(),
            timeout: SignedDuration::from_hours(24),
            origin: Origin::Written,
        }),
        retry: Retry::default(),
        timeout: Some(SignedDuration::from_secs(30)),
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
            },
        )]),
        operations: IndexMap::from([("workos/create".into(), operation(method))]),
        inputs: vec![Input {
            name: "name".into(),
            schema: json!({"type": "string"}),
            required: true,
            default: None,
            sensitive: true,
            description: None,
        }],
        steps: vec![
            Step { id: "create".into(), description: None, action: Action::Invoke(invoke) },
            Step {
                id: "tell".into(),
                description: Some("Tell them.".into()),
                action: Action::External(External {
                    with: Some(with),
                    result: Some(json!({"type": "boolean"})),
                }),
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
      s1["say #quot;hi#quot; \"]
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
