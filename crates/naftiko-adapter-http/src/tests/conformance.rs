//! Runs the conformance kit on the HTTP adapter, over real sockets.

use std::io::Read as _;
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use naftiko_adapter::async_trait;
use naftiko_adapter::conformance::{Law, Scene, Stage, Subject, Verdict, examine};
use naftiko_adapter::{Call, Method, Place};
use serde_json::{Value, json};
use wiremock::matchers::any as anything;
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

use super::wire::{builder, decoded};
use super::{arguments, call, json_body, operation, parameter};
use crate::Credential;

const TOKEN: &str = "sk_conformance/+42";

#[tokio::test]
async fn it_keeps_every_law() {
    let report = examine(&Examined).await;
    let held = report.verdicts().iter().filter(|(_, verdict)| *verdict == Verdict::Held).count();
    assert_eq!(held, Law::ALL.len(), "{report}");
}

struct Examined;

#[async_trait]
impl Subject for Examined {
    async fn stage(&self, scene: &Scene) -> Option<Stage> {
        let taken = Arc::new(AtomicUsize::new(0));
        let address = other_side(scene.clone(), &taken).await;
        let adapter = builder(&address, Credential::Bearer(TOKEN.into())).build().ok()?;
        let text = if let Scene::Echoes(text) = scene { text } else { "text" };
        Some(Stage {
            adapter: Arc::new(adapter),
            call: carrying(text),
            taken: Arc::new(move || taken.load(Ordering::SeqCst)),
            secrets: vec![TOKEN.to_owned()],
        })
    }
}

/// A call that carries the text in its path, its query and its body.
fn carrying(text: &str) -> Call {
    let mut operation = operation(
        Method::Post,
        "/things/{p}/parts",
        vec![parameter(Place::Path, "p"), parameter(Place::Query, "q")],
    );
    operation.body = Some(json_body(true));
    let mut arguments = arguments([(Place::Path, "p", json!(text)), (Place::Query, "q", json!(text))]);
    arguments.body = Some(json!({ "text": text }));
    call(operation, arguments)
}

/// The base URL of the server for a scene.
async fn other_side(scene: Scene, taken: &Arc<AtomicUsize>) -> String {
    match scene {
        Scene::IsAbsent => {
            let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
            let address = listener.local_addr().expect("a bound address");
            drop(listener);
            format!("http://{address}")
        }
        Scene::IsSilent | Scene::BreaksOff => taking(scene == Scene::IsSilent, Arc::clone(taken)),
        scene => {
            let server = MockServer::start().await;
            let taken = Arc::clone(taken);
            let answer = move |request: &Request| {
                taken.fetch_add(1, Ordering::SeqCst);
                answer(&scene, request)
            };
            Mock::given(anything()).respond_with(answer).mount(&server).await;
            let address = server.uri();
            // The server lives until the process ends.
            std::mem::forget(server);
            address
        }
    }
}

/// A server that reads a request and sends no response: it waits, or closes the connection.
fn taking(waits: bool, taken: Arc<AtomicUsize>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("a bound address");
    std::thread::spawn(move || {
        let mut silent = Vec::new();
        while let Ok((mut stream, _)) = listener.accept() {
            let mut request = [0; 4096];
            if stream.read(&mut request).is_ok_and(|read| read > 0) {
                taken.fetch_add(1, Ordering::SeqCst);
            }
            silent.extend(waits.then_some(stream));
        }
    });
    format!("http://{address}")
}

fn answer(scene: &Scene, request: &Request) -> ResponseTemplate {
    match scene {
        Scene::Declines => ResponseTemplate::new(404),
        Scene::Fails => ResponseTemplate::new(500),
        Scene::Babbles => ResponseTemplate::new(200).set_body_raw("{\"id\": ", "application/json"),
        Scene::Echoes(_) => {
            let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
            let path = request.url.path().split('/').nth(2).map(decoded);
            let query: Vec<String> = request.url.query_pairs().map(|(_, value)| value.into_owned()).collect();
            ResponseTemplate::new(200).set_body_json(json!([path, query.first(), body["text"]]))
        }
        Scene::Betrays => {
            let shown = format!("{:?}", request.headers);
            ResponseTemplate::new(401).insert_header("x-shown", TOKEN).set_body_json(json!({"error": shown}))
        }
        _ => ResponseTemplate::new(200).set_body_json(json!({})),
    }
}
