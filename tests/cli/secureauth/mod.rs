//! The onboarding of `specs/secureauth`, end to end, against a simulated tenant on a real socket.

mod server;

use std::sync::Arc;

use serde_json::{Value, json};

use crate::command::{Ended, command, end, workspace};
use crate::shipped::killed;
use server::{CLIENT, Odds, SECRET, TEMPLATE, TENANT, Tenant};

const COMPOSITION: &str = "specs/secureauth/b2b-organization-onboarding.yaml";
const INPUTS: &str = "specs/secureauth/acme.inputs.yaml";

/// Runs the onboarding against the tenant, on another thread, so that the server can run. Asserts that the output
/// contains no secret.
async fn onboard(tenant: &Arc<Tenant>, secret: &'static str, more: &'static [&'static str]) -> Ended {
    let base_url = tenant.base_url();
    let ended = tokio::task::spawn_blocking(move || {
        let state = tempfile::tempdir().unwrap();
        let fixed = ["run", COMPOSITION, "--inputs", INPUTS, "--base-url", &base_url];
        let mut command = command(&[&fixed, more].concat());
        command.current_dir(workspace()).env("XDG_STATE_HOME", state.path());
        end_with(command, secret)
    });
    let ended = ended.await.unwrap();
    let told = format!("{}{}", ended.stdout, ended.stderr);
    assert!(!told.contains(secret), "{told}");
    assert!(tenant.tokens().iter().all(|token| !told.contains(token)), "{told}");
    ended
}

fn end_with(mut command: std::process::Command, secret: &str) -> Ended {
    command.env("SECUREAUTH_CLIENT_ID", CLIENT).env("SECUREAUTH_CLIENT_SECRET", secret);
    end(command)
}

async fn tenant(odds: Odds) -> Arc<Tenant> {
    Arc::new(Tenant::start(odds).await)
}

/// The log of the tenant, without the common parts of the paths.
fn log(tenant: &Tenant) -> Vec<String> {
    let organizations = format!("/api/system/{TENANT}/organizations");
    let short = |line: String| {
        line.replace(&format!("/{TENANT}/system/oauth2/token"), "token")
            .replace(&organizations, "organizations")
            .replace("c74c00101ecf45c6a08e5f4a370bd7", "")
    };
    let mut lines: Vec<String> = tenant.log().into_iter().map(short).collect();
    // The verifying requests run concurrently, so their order varies.
    if let Some(at) = lines.iter().position(|line| line.starts_with("GET")) {
        lines[at..].sort();
    }
    lines
}

#[tokio::test]
async fn a_customer_has_an_organization_with_all_that_the_template_has() {
    let tenant = tenant(Odds::default()).await;
    let ended = onboard(&tenant, SECRET, &[]).await;
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    insta::assert_snapshot!(ended.stdout, @"
    organization_id: c74c00101ecf45c6a08e5f4a370bd701
    issuer_url: >-
      https://your-tenant.us.secureauth.com/your-tenant/c74c00101ecf45c6a08e5f4a370bd701
    identity_pool_id: pool-1
    ");
    let expected = [
        "POST token 200",
        "POST organizations 201",
        "GET organizations/01 200",
        "GET organizations/01/pools 200",
    ];
    assert_eq!(log(&tenant), expected);
    let made = tenant.organizations().remove(0);
    assert_eq!((&made["name"], &made["displayName"]), (&json!("acme-corp-001"), &json!("ACME Corporation")));
    let attributes = json!({
        "salesforceId": "001xx000003DGb2AAG", "orgEntitlements": ["premium", "analytics"], "region": "North America",
    });
    assert_eq!(made["metadata"]["payload"], attributes);
}

#[tokio::test]
async fn a_run_that_is_killed_once_the_organization_is_made_makes_no_second_one() {
    let tenant = tenant(Odds::default()).await;
    let base_url = tenant.base_url();
    let ended = tokio::task::spawn_blocking(move || {
        let state = tempfile::tempdir().unwrap();
        let naftiko = |arguments: &[&str]| {
            let mut command = command(&[arguments, &["--json"]].concat());
            command.current_dir(workspace()).env("XDG_STATE_HOME", state.path());
            command.env("SECUREAUTH_CLIENT_ID", CLIENT).env("SECUREAUTH_CLIENT_SECRET", SECRET);
            command
        };
        // The third record says that the organization was created.
        let run = killed(naftiko(&["run", COMPOSITION, "--inputs", INPUTS, "--base-url", &base_url]), "3");
        end(naftiko(&["resume", &run]))
    });
    let ended = ended.await.unwrap();
    assert_eq!(ended.code, 0, "{}{}", ended.stdout, ended.stderr);
    let log = log(&tenant);
    let times = |what: &str| log.iter().filter(|line| *line == what).count();
    // The token was lost with the process that was killed.
    assert_eq!((times("POST token 200"), times("POST organizations 201")), (2, 1), "{log:?}");
    assert_eq!(
        (times("GET organizations/01 200"), times("GET organizations/01/pools 200")),
        (1, 1),
        "{log:?}"
    );
    assert_eq!(tenant.organizations().len(), 1);
}

#[tokio::test]
async fn a_token_that_ends_in_the_middle_is_replaced_and_nothing_is_made_twice() {
    let tenant = tenant(Odds { token_lasts: Some(1), ..Odds::default() }).await;
    let ended = onboard(&tenant, SECRET, &["--jobs", "1"]).await;
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    assert_eq!(log(&tenant).iter().filter(|line| *line == "POST organizations 201").count(), 1);
    let tried: Vec<String> = tenant.log().into_iter().filter(|line| line.ends_with("401")).collect();
    // Each read used an expired token once, and succeeded with the next one.
    assert_eq!((tried.len(), tenant.tokens().len()), (2, 3), "{:?}", tenant.log());
    assert_eq!(tenant.organizations().len(), 1);
}

#[tokio::test]
async fn an_organization_that_has_not_inherited_everything_is_removed_again() {
    let tenant = tenant(Odds { without_passkeys: true, ..Odds::default() }).await;
    let ended = onboard(&tenant, SECRET, &[]).await;
    assert_eq!((ended.code, ended.stdout.as_str()), (3, ""), "{}", ended.stderr);
    assert!(
        ended.stderr.contains("verify-sign-in") && ended.stderr.contains("'passkey')` is false"),
        "{}",
        ended.stderr
    );
    assert!(ended.stderr.contains("was compensated"), "{}", ended.stderr);
    assert_eq!(tenant.organizations(), Vec::<Value>::new());
    assert_eq!(tenant.log().last().unwrap().split(' ').next(), Some("DELETE"));
}

#[tokio::test]
async fn who_asks_too_often_comes_back_when_told() {
    let tenant = tenant(Odds { turned_away: 2, ..Odds::default() }).await;
    let ended = onboard(&tenant, SECRET, &["--json"]).await;
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    let events: Vec<Value> = ended.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let delayed: Vec<&Value> = events.iter().filter(|event| event["event"] == "stepDelayed").collect();
    assert_eq!(delayed.len(), 2, "{}", ended.stdout);
    for event in delayed {
        let at = |value: &Value| value.as_str().unwrap().parse::<jiff::Timestamp>().unwrap();
        let waits = at(&event["until"]).duration_since(at(&event["at"]));
        assert!(
            waits >= jiff::SignedDuration::from_secs(1),
            "not before the second that was asked for: {event}"
        );
    }
    assert_eq!(tenant.log().iter().filter(|line| line.ends_with("429")).count(), 2);
}

#[tokio::test]
async fn a_client_that_is_not_known_is_told_so_and_nothing_else_is_sent() {
    let tenant = tenant(Odds::default()).await;
    let ended = onboard(&tenant, "wr0ng/secret+of nobody", &[]).await;
    assert_eq!((ended.code, ended.stdout.as_str()), (3, ""));
    assert!(
        ended.stderr.contains("gave no token and responded 401: `invalid_client`: no client onboarding-client with the secret ***"),
        "{}",
        ended.stderr
    );
    assert_eq!(log(&tenant), ["POST token 401"]);
}

#[tokio::test]
async fn attributes_that_the_template_does_not_have_are_refused_before_anything_is_sent() {
    let tenant = tenant(Odds::default()).await;
    let ended = onboard(
        &tenant,
        SECRET,
        &["--input", r#"attributes={"salesforceId": "001xx000003DGb2AAG-too-long"}"#],
    )
    .await;
    assert_eq!((ended.code, ended.stdout.as_str()), (2, ""));
    insta::assert_snapshot!(ended.stderr, @"error: input `attributes` at `/salesforceId`: expected at most 18 characters, found 27 characters");
    let ended = onboard(&tenant, SECRET, &["--input", "name=Acme Corp"]).await;
    assert_eq!((ended.code, ended.stdout.as_str()), (2, ""));
    assert_eq!(log(&tenant), [""; 0]);
}

#[tokio::test]
async fn what_the_tenant_refuses_is_told_in_its_words() {
    let tenant = tenant(Odds::default()).await;
    let ended = onboard(&tenant, SECRET, &["--input", "template_id=nowhere"]).await;
    assert_eq!(ended.code, 3);
    assert!(ended.stderr.contains("there is no such template"), "{}", ended.stderr);
    assert_ne!(TEMPLATE, "nowhere");
    assert_eq!(onboard(&tenant, SECRET, &[]).await.code, 0);
    let again = onboard(&tenant, SECRET, &[]).await;
    assert_eq!(again.code, 3);
    assert!(again.stderr.contains("there is an organization of that name"), "{}", again.stderr);
    assert_eq!(tenant.organizations().len(), 1);
}

#[test]
fn it_runs_on_the_mock() {
    let mut command = command(&["run", COMPOSITION, "--inputs", INPUTS, "--mock"]);
    command.current_dir(workspace());
    let ended = end(command);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    insta::assert_snapshot!(ended.stderr);
    insta::assert_snapshot!(ended.stdout);
}
