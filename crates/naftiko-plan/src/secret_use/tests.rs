//! The pairs of secrets and servers, for plans written in JSON.

use std::collections::BTreeMap;

use serde_json::json;

use super::*;

/// A plan with these providers, an operation and a step for each, and more steps.
fn plan(providers: &Value, steps: &Value) -> Plan {
    let ids: Vec<&String> = providers.as_object().unwrap().keys().collect();
    let operation = |id: &String| {
        let operation =
            naftiko_adapter::Operation::new(id.as_str(), "get", naftiko_adapter::Method::Get, "/x");
        (id.clone(), serde_json::to_value(operation).unwrap())
    };
    let invoke = |id: &String| {
        let invoke = json!({"capability": null, "operation": id, "arguments": [], "poll": null,
            "retry": serde_json::to_value(crate::Retry::default()).unwrap(), "timeout": null});
        json!({"id": format!("call-{id}"), "description": null, "action": {"invoke": invoke}})
    };
    let calls = ids.iter().map(|id| invoke(id));
    let steps: Vec<Value> = calls.chain(steps.as_array().unwrap().iter().cloned()).collect();
    let operations: Map<String, Value> = ids.iter().map(|id| operation(id)).collect();
    let provider = |(id, provider): (&String, &Value)| {
        let mut provider = provider.clone();
        provider["source"] = json!("acme.yaml");
        (id.clone(), provider)
    };
    let providers: Map<String, Value> = providers.as_object().unwrap().iter().map(provider).collect();
    serde_json::from_value(json!({"version": 1, "name": "p", "sources": [], "providers": providers,
        "operations": operations, "inputs": [], "steps": steps, "edges": [], "outputs": []}))
    .unwrap()
}

fn webhook(id: &str, url: &str) -> Value {
    let external = json!({"channel": "webhook", "settings": {"url": url}, "with": {}, "result": null});
    json!({"id": id, "description": null, "action": {"external": external}})
}

fn documented(_: &str, provider: &Provider) -> Option<Url> {
    provider.base_url.as_deref()?.parse().ok()
}

/// The pairs of a plan with their users, one a line.
fn lines(plan: &Plan, setting: &Setting<'_>) -> Vec<String> {
    let uses = secret_uses(plan, setting);
    let line = |it: SecretUse| {
        let target = match it.target {
            SecretTarget::Server(origin) => origin.to_string(),
            SecretTarget::Unknown(who) => format!("? {who}"),
        };
        let users = it.users.into_iter().map(|user| match user {
            SecretUser::Provider(id) | SecretUser::Step(id) => id,
        });
        format!("{} → {target} ({})", it.secret, users.collect::<Vec<_>>().join(", "))
    };
    uses.into_iter().map(line).collect()
}

fn check(plan: &Plan, expected: &[&str]) {
    let setting = Setting { base_url: &documented, inputs: None, is_settled: &|_| false };
    assert_eq!(lines(plan, &setting), expected);
}

fn provider(base_url: &str, auth: &Value) -> Value {
    json!({"acme": {"baseUrl": base_url, "auth": auth}})
}

#[test]
fn every_scheme_lists_each_of_its_secrets() {
    let at = "https://API.acme.example:443/v1";
    let of = |auth: Value| plan(&provider(at, &auth), &json!([]));
    check(&of(json!({"type": "none"})), &[]);
    let pair = "KEY → https://api.acme.example (acme)";
    check(&of(json!({"type": "bearer", "token": {"envVar": "KEY"}})), &[pair]);
    check(&of(json!({"type": "apiKey", "in": "query", "name": "k", "key": {"envVar": "KEY"}})), &[pair]);
    check(&of(json!({"type": "basicPair", "credentials": {"envVar": "KEY"}})), &[pair]);
    check(
        &of(
            json!({"type": "basic", "username": {"file": "me"}, "password": {"command": ["op", "read", "x"]}}),
        ),
        &["me → https://api.acme.example (acme)", "op read x → https://api.acme.example (acme)"],
    );
}

#[test]
fn a_token_counts_as_the_secret_that_it_was_fetched_with() {
    let of = |token_url: &str| {
        let auth = json!({"type": "oauth2", "tokenUrl": token_url, "clientId": {"envVar": "ID"},
            "clientSecret": {"envVar": "SECRET"}, "scopes": [], "audience": null});
        plan(&provider("https://api.acme.example", &auth), &json!([]))
    };
    let elsewhere = [
        "ID → https://id.acme.example (acme)",
        "SECRET → https://id.acme.example (acme)",
        "SECRET → https://api.acme.example (acme)",
    ];
    check(&of("https://id.acme.example/token"), &elsewhere);
    let here = ["ID → https://api.acme.example (acme)", "SECRET → https://api.acme.example (acme)"];
    check(&of("/token"), &here);
    // The operator overrides the provider's URL, and the token endpoint moves along.
    let moved = |_: &str, _: &Provider| Some("http://127.0.0.1:9/v2".parse().unwrap());
    let setting = Setting { base_url: &moved, inputs: None, is_settled: &|_| false };
    let here = ["ID → http://127.0.0.1:9 (acme)", "SECRET → http://127.0.0.1:9 (acme)"];
    assert_eq!(lines(&of("https://api.acme.example/token"), &setting), here);
    let apart = "SECRET → https://id.acme.example (acme)";
    assert!(lines(&of("https://id.acme.example/token"), &setting).contains(&apart.to_owned()));
}

#[test]
fn a_provider_that_nothing_says_the_place_of_is_listed_without_one() {
    let auth = json!({"type": "bearer", "token": {"envVar": "KEY"}});
    check(&plan(&provider("/v1", &auth), &json!([])), &["KEY → ? --base-url acme=URL (acme)"]);
}

#[test]
fn a_provider_that_no_step_calls_is_not_listed_and_one_within_a_composition_is() {
    let auth = json!({"type": "bearer", "token": {"envVar": "KEY"}});
    let inner = plan(
        &provider("https://api.acme.example", &auth),
        &json!([webhook("tell", "https://hooks.example/x")]),
    );
    let embedded = json!([{"id": "onboard", "description": null,
        "action": {"composition": {"plan": serde_json::to_value(&inner).unwrap(), "inputs": {}}}}]);
    let mut outer = plan(&json!({}), &embedded);
    let unused = json!({"baseUrl": "https://other.example", "source": "o.yaml",
        "auth": {"type": "bearer", "token": {"envVar": "OTHER"}}});
    outer.providers.insert("other".to_owned(), serde_json::from_value(unused).unwrap());
    check(
        &outer,
        &["KEY → https://api.acme.example (acme)", "NAFTIKO_WEBHOOK_SECRET → https://hooks.example (tell)"],
    );
}

#[test]
fn one_pair_is_listed_once_with_everything_that_uses_it() {
    let at = |url: &str| json!({"baseUrl": url, "auth": {"type": "bearer", "token": {"envVar": "KEY"}}});
    let providers = json!({"a": at("https://api.example/a"), "b": at("https://api.example./b"), "c": at("https://c.example")});
    check(
        &plan(&providers, &json!([])),
        &["KEY → https://api.example (a, b)", "KEY → https://c.example (c)"],
    );
}

#[test]
fn the_host_of_a_webhook_is_known_if_it_is_written_or_made_of_inputs() {
    let hosts = BTreeMap::from([
        ("https://hooks.example/${inputs.path}", "https://hooks.example"),
        ("${inputs.url}", "https://given.example"),
        ("https://${inputs.host}/x", "https://given.example"),
        // The text before the `@` is not a host.
        ("https://hooks.example${inputs.tail}", "https://evil.example"),
        ("${inputs.missing ?? 'https://default.example'}", "https://default.example"),
        ("${call.url}", "? call.url"),
        ("${call.url ?? 'https://default.example'}", "? call.url ?? 'https://default.example'"),
        ("${item}", "? item"),
        ("${inputs.missing}", "? inputs.missing"),
    ]);
    let inputs = json!({"path": "a", "url": "https://given.example/b", "host": "given.example",
        "tail": "@evil.example/"});
    let inputs = inputs.as_object().unwrap();
    for (url, expected) in hosts {
        let plan = plan(&json!({}), &json!([webhook("tell", url)]));
        let setting = Setting { base_url: &documented, inputs: Some(inputs), is_settled: &|_| false };
        let expected = format!("NAFTIKO_WEBHOOK_SECRET → {expected} (tell)");
        assert_eq!(lines(&plan, &setting), [expected]);
    }
}

#[test]
fn a_message_that_is_not_sent_any_more_needs_no_secret() {
    let plan = plan(
        &json!({}),
        &json!([webhook("sent", "https://a.example/"), webhook("open", "https://b.example/")]),
    );
    let setting = Setting { base_url: &documented, inputs: None, is_settled: &|step| step == "sent" };
    assert_eq!(lines(&plan, &setting), ["NAFTIKO_WEBHOOK_SECRET → https://b.example (open)"]);
}

#[test]
fn the_settings_of_naftiko_are_told_from_other_variables() {
    for (variable, expected) in [
        ("NAFTIKO_SMTP_URL", true),
        ("naftiko_x", true),
        ("NAFTIKO_", true),
        ("NAFTIKO", false),
        ("MY_NAFTIKO_X", false),
        ("", false),
        ("NAFTIKÖ_", false),
    ] {
        assert_eq!(is_setting(variable), expected, "{variable}");
    }
}
