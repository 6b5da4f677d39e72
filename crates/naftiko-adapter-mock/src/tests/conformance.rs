//! Runs the conformance kit on the mock, as far as its scenes apply without a network connection.

use std::sync::atomic::{AtomicUsize, Ordering};

use std::sync::Arc;

use naftiko_adapter::conformance::{Law, Scene, Stage, Subject, Verdict, examine};
use naftiko_adapter::{Adapter, Call, Failure, Method, Operation, Response, async_trait};
use serde_json::{Value, json};

use super::{operation, with_body};
use crate::{MockAdapter, Script};

#[tokio::test]
async fn it_keeps_every_law_that_needs_no_wire() {
    let report = examine(&Examined).await;
    let of = |is: &dyn Fn(&Verdict) -> bool| -> Vec<Law> {
        report.verdicts().iter().filter(|(_, verdict)| is(verdict)).map(|(law, _)| *law).collect()
    };
    assert!(report.is_conforming(), "{report}");
    let not_staged = of(&|verdict| *verdict == Verdict::NotStaged);
    let wire = [
        Law::KnowsWhatWasNotSent,
        Law::AdmitsNotKnowing,
        Law::EndsInTime,
        Law::KnowsWhatWasUnreadable,
        Law::Discreet,
    ];
    assert_eq!(not_staged, wire, "{report}");
}

/// The mock with a counter of the calls that it received.
struct Counted {
    mock: MockAdapter,
    taken: AtomicUsize,
}

#[async_trait]
impl Adapter for Counted {
    async fn invoke(&self, call: &Call) -> Result<Response, Failure> {
        let outcome = self.mock.invoke(call).await;
        self.taken.fetch_add(usize::from(outcome.is_ok()), Ordering::SeqCst);
        outcome
    }
}

struct Examined;

#[async_trait]
impl Subject for Examined {
    async fn stage(&self, scene: &Scene) -> Option<Stage> {
        let call = match scene {
            Scene::Answers => creating("a name"),
            Scene::Echoes(text) => creating(text),
            // The script lists all resources that exist.
            Scene::Declines => super::call(&finding(), &[("id", json!(0))], None),
            _ => return None,
        };
        let mut script = Script::default();
        if *scene == Scene::Declines {
            script.seeds.push((Arc::new(finding()), vec![json!({"id": 7})]));
        }
        let counted = Counted { mock: MockAdapter::with_script(0, &script), taken: AtomicUsize::new(0) };
        let counted = Arc::new(counted);
        let adapter: Arc<dyn Adapter> = match scene {
            Scene::Echoes(_) => Arc::new(Named(Arc::clone(&counted))),
            _ => Arc::<Counted>::clone(&counted),
        };
        let taken = Arc::new(move || counted.taken.load(Ordering::SeqCst));
        Some(Stage { adapter, call, taken, secrets: Vec::new() })
    }
}

/// An adapter that reduces the body of each response to the name in it.
struct Named(Arc<Counted>);

#[async_trait]
impl Adapter for Named {
    async fn invoke(&self, call: &Call) -> Result<Response, Failure> {
        let response = self.0.invoke(call).await?;
        Ok(Response { body: json!([response.body["name"]]).into(), ..response })
    }
}

fn creating(name: &str) -> Call {
    let create = operation(Method::Post, "/things", "201", Some(thing()));
    super::call(&with_body(create, json!({"type": "object"})), &[], Some(json!({ "name": name })))
}

fn finding() -> Operation {
    operation(Method::Get, "/things/{id}", "200", Some(thing()))
}

fn thing() -> Value {
    json!({"type": "object", "required": ["id", "name"], "properties": {
        "id": {"type": "integer", "minimum": 1}, "name": {"type": "string"},
    }})
}
