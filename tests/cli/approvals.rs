//! No document sends a secret to a server that the operator has not approved. Questions at a terminal are tested in
//! `approvals_at_a_terminal`.

use std::os::unix::fs::PermissionsExt as _;

use naftiko_journal::Store;
use naftiko_journal::store::Approval;
use serde_json::{Value, json};
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::command::{Ended, Folder, end};

/// A composition that only reads, so that only secrets need approval.
pub(crate) const READS: &str = "steps:
  - {id: list, capability: organizations, operation: listOrganizations, retry: {attempts: 1}}
outputs: [{name: all, source: list.data}]
";

/// A composition that waits for a person before it reads.
pub(crate) const WAITS: &str = "steps:
  - {id: ask, description: Wait, external: {with: {}}}
  - {id: list, capability: organizations, operation: listOrganizations, dependsOn: [ask], retry: {attempts: 1}}
";

pub(crate) const BEARER: &str = "{type: bearer, envVar: ACME_API_KEY}";

/// A capabilities document of the provider at `base_url`.
pub(crate) fn capabilities(base_url: &str, auth: &str) -> String {
    format!(
        "specification: Naftiko Capabilities\nspecificationVersion: '0.2'\nproviderId: acme\nbaseUrl: {base_url}\nauth: {auth}\nopenapi: acme-openapi.yaml\ncapabilities:\n  - {{id: organizations, operationIds: [listOrganizations, createOrganization]}}\n"
    )
}

/// A folder whose provider is at `base_url` and authenticates as `auth` specifies.
pub(crate) fn folder(body: &str, base_url: &str, auth: &str) -> Folder {
    Folder::new("0.2", body).with("shared/acme.yaml", capabilities(base_url, auth))
}

/// A provider that issues a token on request, and otherwise responds with a list.
pub(crate) async fn server() -> MockServer {
    let server = MockServer::start().await;
    let answer = json!({"data": [], "access_token": "a-token", "expires_in": 3600});
    Mock::given(any()).respond_with(ResponseTemplate::new(200).set_body_json(answer)).mount(&server).await;
    server
}

/// The number of requests that a provider has received.
pub(crate) async fn seen(server: &MockServer) -> usize {
    server.received_requests().await.unwrap().len()
}

/// Runs a blocking test on another thread, so that the servers can run.
pub(crate) async fn off_thread<T: Send + 'static>(test: impl FnOnce() -> T + Send + 'static) -> T {
    tokio::task::spawn_blocking(test).await.unwrap()
}

pub(crate) fn run(folder: &Folder, more: &[&str]) -> Ended {
    folder.naftiko(&[&["run", "composition.yaml"], more].concat())
}

/// The options that an error message names, as separate arguments.
fn flags(ended: &Ended) -> Vec<String> {
    let line =
        ended.stderr.lines().find(|line| line.starts_with("  --")).expect("the error names the options");
    line.split_whitespace().map(|word| word.trim_matches('\'').to_owned()).collect()
}

pub(crate) fn only_run(folder: &Folder) -> String {
    let listed = folder.naftiko(&["runs", "--json"]).stdout;
    let run: Value = serde_json::from_str(listed.lines().next().unwrap()).unwrap();
    run["run"].as_str().unwrap().to_owned()
}

pub(crate) fn state(folder: &Folder) -> std::path::PathBuf {
    folder.path().join("state/naftiko")
}

/// Stores an approval, as a confirmation at a terminal would.
pub(crate) fn approve(folder: &Folder, kind: &str, name: &str, origin: &str) {
    let (kind, name, origin) = (kind.to_owned(), name.to_owned(), origin.to_owned());
    let at = "2026-01-15T12:00:00Z".parse().unwrap();
    Store::open(&state(folder)).unwrap().approve(&[Approval { kind, name, origin, at }]).unwrap();
}

#[tokio::test]
async fn without_a_terminal_nothing_is_sent_and_the_error_names_the_options_to_add() {
    let server = server().await;
    let uri = server.uri();
    let [refused, accepted, allowed] = off_thread(move || {
        let folder = folder(READS, &uri, BEARER);
        let refused = run(&folder, &[]);
        let accepted = run(&folder, &["--accept-inferred"]);
        let flags = flags(&refused);
        let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
        let allowed = run(&folder, &flags);
        // The options hold for that process only.
        let again = run(&folder, &[]);
        assert_eq!((again.code, &again.stderr), (2, &refused.stderr));
        assert_eq!(folder.naftiko(&["approvals"]).stdout, "");
        [refused, accepted, allowed]
    })
    .await;
    let uri = server.uri();
    assert_eq!((refused.code, refused.stdout.as_str()), (2, ""));
    insta::assert_snapshot!(refused.stderr.replace(&uri, "URI"), @"
    error: these secrets would be sent to servers that are not approved:
      ACME_API_KEY → URI
    review them with `naftiko plan`; approve them at a terminal, or add
      --allow-secret ACME_API_KEY=URI
    ");
    assert_eq!((accepted.code, &accepted.stderr), (2, &refused.stderr));
    assert_eq!((allowed.code, allowed.stdout.as_str()), (0, "all: []\n"), "{}", allowed.stderr);
    assert_eq!(seen(&server).await, 1);
}

#[tokio::test]
async fn an_option_or_the_setting_allows_what_it_names_and_nothing_else() {
    let server = server().await;
    let uri = server.uri();
    off_thread(move || {
        let folder = folder(READS, &uri, BEARER);
        let exact = format!("ACME_API_KEY={uri}");
        let upper = format!("ACME_API_KEY={}/", uri.replace("http", "HTTP"));
        let port = format!("ACME_API_KEY={}", uri.replace("http:", "https:"));
        let several = format!("OTHER, {exact} MORE=https://api.acme.example");
        for (allowed, code) in [
            ("ACME_API_KEY", 0),
            (exact.as_str(), 0),
            (upper.as_str(), 0),
            (port.as_str(), 2),
            ("ACME_API_KEY=http://127.0.0.1", 2),
            ("ACME_API_KEY=https://api.acme.example", 2),
            ("ACME_API", 2),
            ("acme_api_key", 2),
            ("*", 2),
        ] {
            let by_option = run(&folder, &["--allow-secret", allowed]);
            assert_eq!(by_option.code, code, "{allowed}: {}", by_option.stderr);
            let mut by_setting = folder.command(&["run", "composition.yaml"]);
            by_setting.env("NAFTIKO_ALLOW_SECRETS", allowed);
            assert_eq!(end(by_setting).code, code, "{allowed}");
        }
        let mut by_setting = folder.command(&["run", "composition.yaml"]);
        by_setting.env("NAFTIKO_ALLOW_SECRETS", several);
        assert_eq!(end(by_setting).code, 0);
    })
    .await;
    assert_eq!(seen(&server).await, 7);
}

#[test]
fn an_option_or_a_setting_that_allows_no_secret_is_a_usage_error() {
    let folder = folder(READS, "https://api.acme.example", BEARER);
    for allowed in
        ["KEY=api.acme.example", "KEY=https://api.acme.example/v1", "=https://api.acme.example", ""]
    {
        let by_option = run(&folder, &["--allow-secret", allowed]);
        assert_eq!(by_option.code, 2, "{allowed}");
        assert!(by_option.stderr.contains("is not of the form NAME or NAME=ORIGIN"), "{}", by_option.stderr);
    }
    let mut by_setting = folder.command(&["run", "composition.yaml"]);
    by_setting.env("NAFTIKO_ALLOW_SECRETS", "ACME_API_KEY KEY=api.acme.example");
    let ended = end(by_setting);
    assert_eq!(ended.code, 2);
    insta::assert_snapshot!(ended.stderr, @"error: the environment variable `NAFTIKO_ALLOW_SECRETS`: `KEY=api.acme.example` is not of the form NAME or NAME=ORIGIN; an origin is written like `https://api.example.com`");
}

#[tokio::test]
async fn no_secret_is_read_and_no_program_is_run_before_it_is_approved() {
    let server = server().await;
    let uri = server.uri();
    off_thread(move || {
        // A missing variable or file would be reported if it were looked up.
        for (auth, name) in [
            ("{type: bearer, envVar: GONE}", "GONE"),
            ("{type: bearer, file: gone}", "shared/gone"),
            ("{type: basic, usernameEnv: GONE, password: {file: gone}}", "GONE"),
        ] {
            let ended = run(&folder(READS, &uri, auth), &[]);
            assert_eq!(ended.code, 2);
            assert!(ended.stderr.contains(&format!("  {name} → {uri}\n")), "{}", ended.stderr);
            assert!(!ended.stderr.contains("is not set") && !ended.stderr.contains("cannot be read"));
        }
        let folder = folder(READS, &uri, "{type: bearer, command: [./vault, read]}")
            .with("vault", "#!/bin/sh\ntouch ran\nenv > environment\necho s3cret\n");
        let program = folder.path().join("vault");
        std::fs::set_permissions(program, std::fs::Permissions::from_mode(0o755)).unwrap();
        let ended = run(&folder, &["--allow-command", "./vault"]);
        assert_eq!(ended.code, 2);
        assert!(ended.stderr.contains(&format!("--allow-secret ./vault={uri}")), "{}", ended.stderr);
        assert!(!folder.path().join("ran").exists());
        // After approval the program runs, without the settings of `naftiko`.
        let allowed = ["run", "composition.yaml", "--allow-command", "./vault", "--allow-secret", "./vault"];
        let mut allowed = folder.command(&allowed);
        allowed.env("NAFTIKO_WEBHOOK_SECRET", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
        assert_eq!(end(allowed).code, 0);
        let environment = std::fs::read_to_string(folder.path().join("environment")).unwrap();
        assert!(environment.contains("ACME_API_KEY") && !environment.contains("NAFTIKO_"), "{environment}");
    })
    .await;
    assert_eq!(seen(&server).await, 1);
}

#[tokio::test]
async fn every_secret_of_a_scheme_needs_an_approval_for_every_server_it_goes_to() {
    let (api, id) = (server().await, server().await);
    let (api_uri, id_uri) = (api.uri(), id.uri());
    off_thread(move || {
        let oauth = format!(
            "{{type: oauth2, grant: client_credentials, tokenUrl: '{id_uri}/token', clientIdEnv: CLIENT, clientSecretEnv: SECRET}}"
        );
        let folder = folder(READS, &api_uri, &oauth);
        let run = |flags: &[String]| {
            let flags: Vec<&str> = flags.iter().flat_map(|flag| ["--allow-secret", flag]).collect();
            let mut command = folder.command(&[&["run", "composition.yaml"], &flags[..]].concat());
            command.env("CLIENT", "me").env("SECRET", "s3cret");
            end(command)
        };
        let all = [format!("CLIENT={id_uri}"), format!("SECRET={id_uri}"), format!("SECRET={api_uri}")];
        let none = run(&[]);
        let expected: Vec<String> = all.iter().flat_map(|flag| ["--allow-secret".to_owned(), flag.clone()]).collect();
        assert_eq!(flags(&none), expected);
        for missing in 0..all.len() {
            let mut others = all.to_vec();
            let left_out = others.remove(missing);
            let ended = run(&others);
            assert_eq!((ended.code, flags(&ended)), (2, vec!["--allow-secret".to_owned(), left_out]));
        }
        let ended = run(&all);
        assert_eq!(ended.code, 0, "{}", ended.stderr);
    })
    .await;
    assert_eq!((seen(&id).await, seen(&api).await), (1, 1));
}

#[tokio::test]
async fn a_server_that_was_typed_is_approved_for_its_run_whoever_continues_it() {
    let (api, id) = (server().await, server().await);
    let (uri, id_uri) = (api.uri(), id.uri());
    off_thread(move || {
        let base_url = format!("acme={uri}");
        let detached = folder(READS, "https://api.acme.example", BEARER);
        let ended = run(&detached, &["--detach", "--base-url", &base_url]);
        assert_eq!(ended.code, 4, "{}", ended.stderr);
        let ended = detached.naftiko(&["work", "--once"]);
        assert!(ended.stderr.contains("succeeded"), "{}", ended.stderr);

        let waiting = folder(WAITS, "https://api.acme.example", BEARER);
        assert_eq!(run(&waiting, &["--base-url", &base_url]).code, 4);
        let ended = waiting.naftiko(&["resume", &only_run(&waiting), "--answer", "ask=null"]);
        assert_eq!(ended.code, 0, "{}", ended.stderr);

        // The option has the same effect when the run is resumed.
        let waiting = folder(WAITS, "https://api.acme.example", BEARER);
        assert_eq!(run(&waiting, &["--allow-secret", "ACME_API_KEY"]).code, 4);
        let again = ["resume", &only_run(&waiting), "--answer", "ask=null", "--base-url", &base_url];
        assert_eq!(waiting.naftiko(&again).code, 0);
        assert_eq!(waiting.naftiko(&["approvals"]).stdout, "");

        // The server of the token URL was not given on the command line.
        let oauth = format!(
            "{{type: oauth2, grant: client_credentials, tokenUrl: '{id_uri}/token', clientIdEnv: ACME_API_KEY, clientSecretEnv: ACME_API_KEY}}"
        );
        let elsewhere = folder(READS, "https://api.acme.example", &oauth);
        let ended = run(&elsewhere, &["--base-url", &base_url]);
        assert_eq!(ended.code, 2);
        assert_eq!(flags(&ended), ["--allow-secret".to_owned(), format!("ACME_API_KEY={id_uri}")]);
    })
    .await;
    assert_eq!((seen(&api).await, seen(&id).await), (3, 0));
}

#[tokio::test]
async fn a_worker_leaves_an_unapproved_run_alone_and_reports_it_once_with_the_options() {
    let server = server().await;
    let uri = server.uri();
    off_thread(move || {
        let folder = folder(READS, &uri, BEARER);
        let ended = run(&folder, &["--detach", "--allow-secret", "ACME_API_KEY"]);
        assert_eq!(ended.code, 4, "{}", ended.stderr);
        let id = only_run(&folder);
        let left = folder.naftiko(&["work", "--once"]);
        assert_eq!(left.code, 0);
        insta::assert_snapshot!(left.stderr.replace(&uri, "URI").replace(&id, "ID"), @"error: run `ID` is \
            not driven: not approved: `ACME_API_KEY → URI`; approve with `naftiko resume ID`, or add \
            `--allow-secret ACME_API_KEY=URI`");
        // A cancelled run needs no secret.
        let other = run(&folder, &["--detach", "--allow-secret", "ACME_API_KEY"]);
        let other = other.stdout.trim().to_owned();
        assert_eq!(folder.naftiko(&["cancel", &other]).code, 0);
        let worked = folder.naftiko(&["work", "--once", "--allow-secret", "ACME_API_KEY"]);
        assert!(worked.stderr.contains(&format!("{id}  succeeded")), "{}", worked.stderr);
    })
    .await;
    assert_eq!(seen(&server).await, 1);
}

#[tokio::test]
async fn a_worker_takes_a_run_up_with_the_setting_and_with_a_stored_approval() {
    let server = server().await;
    let uri = server.uri();
    off_thread(move || {
        let by_setting = folder(READS, &uri, BEARER);
        assert_eq!(run(&by_setting, &["--detach", "--allow-secret", "ACME_API_KEY"]).code, 4);
        let mut work = by_setting.command(&["work", "--once"]);
        work.env("NAFTIKO_ALLOW_SECRETS", "ACME_API_KEY");
        assert!(end(work).stderr.contains("succeeded"));

        let stored = folder(READS, &uri, BEARER);
        assert_eq!(run(&stored, &["--detach", "--allow-secret", "ACME_API_KEY"]).code, 4);
        approve(&stored, "variable", "ACME_API_KEY", &uri);
        assert!(stored.naftiko(&["work", "--once"]).stderr.contains("succeeded"));
    })
    .await;
    assert_eq!(seen(&server).await, 2);
}

#[tokio::test]
async fn resuming_needs_the_approval_again_and_changed_documents_need_a_new_one() {
    let (first, second) = (server().await, server().await);
    let (uri, other) = (first.uri(), second.uri());
    off_thread(move || {
        let folder = folder(WAITS, &uri, BEARER);
        assert_eq!(run(&folder, &["--allow-secret", "ACME_API_KEY"]).code, 4);
        let id = only_run(&folder);
        let before = folder.naftiko(&["runs", "events", &id]).stdout;
        let refused = folder.naftiko(&["resume", &id, "--answer", "ask=null"]);
        assert_eq!(
            (refused.code, flags(&refused)),
            (2, vec!["--allow-secret".to_owned(), format!("ACME_API_KEY={uri}")])
        );
        assert_eq!(folder.naftiko(&["runs", "events", &id]).stdout, before);

        // The current documents name another server, which needs an approval of its own.
        approve(&folder, "variable", "ACME_API_KEY", &uri);
        let folder = folder.with("shared/acme.yaml", capabilities(&other, BEARER));
        let adopting = folder.naftiko(&["resume", &id, "--answer", "ask=null", "--adopt-changes"]);
        assert_eq!(
            (adopting.code, flags(&adopting)),
            (2, vec!["--allow-secret".to_owned(), format!("ACME_API_KEY={other}")])
        );
        assert!(folder.naftiko(&["work", "--once"]).stderr.is_empty(), "it waits for a person");
        // Changes that were refused are not adopted: the plan is still that of the first server.
        let shown = folder.naftiko(&["resume", &id]);
        assert!(!shown.stderr.contains(&other) && shown.code == 4, "{}", shown.stderr);
        let adopting = ["resume", &id, "--answer", "ask=null", "--allow-secret", "ACME_API_KEY"];
        let allowed = folder.naftiko(&[&adopting[..], &["--adopt-changes"]].concat());
        assert_eq!(allowed.code, 0, "{}", allowed.stderr);
    })
    .await;
    assert_eq!((seen(&first).await, seen(&second).await), (0, 1));
}

#[tokio::test]
async fn a_stored_approval_holds_for_every_document_and_for_no_other_server() {
    let (first, second) = (server().await, server().await);
    let (uri, other) = (first.uri(), second.uri());
    off_thread(move || {
        let folder = folder(READS, &uri, BEARER);
        approve(&folder, "variable", "ACME_API_KEY", &uri);
        assert_eq!(run(&folder, &[]).code, 0);
        let text = std::fs::read_to_string(folder.path().join("composition.yaml")).unwrap();
        let folder = folder
            .with("another.yaml", text.replace("id: list", "id: again").replace("list.data", "again.data"));
        assert_eq!(folder.naftiko(&["run", "another.yaml"]).code, 0);
        // A program and a file of that name are different secrets.
        let folder =
            folder.with("shared/acme.yaml", capabilities(&uri, "{type: bearer, file: ACME_API_KEY}"));
        assert_eq!(run(&folder, &[]).code, 2);
        let folder = folder.with("shared/acme.yaml", capabilities(&other, BEARER));
        let ended = run(&folder, &[]);
        assert_eq!(
            (ended.code, flags(&ended)),
            (2, vec!["--allow-secret".to_owned(), format!("ACME_API_KEY={other}")])
        );
    })
    .await;
    assert_eq!((seen(&first).await, seen(&second).await), (2, 0));
}

#[tokio::test]
async fn a_file_is_approved_by_the_one_path_that_it_has() {
    let server = server().await;
    let uri = server.uri();
    off_thread(move || {
        let folder = folder(READS, &uri, "{type: bearer, file: token}").with("shared/token", "s3cret");
        let ended = run(&folder, &[]);
        assert_eq!(flags(&ended), ["--allow-secret".to_owned(), format!("shared/token={uri}")]);
        let path = std::fs::canonicalize(folder.path()).unwrap().join("shared/token");
        let absolute = path.display().to_string();
        for allowed in ["shared/token", "./shared/../shared/token", &absolute] {
            assert_eq!(run(&folder, &["--allow-secret", allowed]).code, 0, "{allowed}");
        }
        assert_eq!(run(&folder, &["--allow-secret", "token"]).code, 2);
        approve(&folder, "file", &absolute, &uri);
        assert_eq!(run(&folder, &[]).code, 0);
        // A link to another file is another secret.
        let folder = folder.with("shared/other", "s3cret-too");
        std::fs::remove_file(&path).unwrap();
        std::os::unix::fs::symlink("other", &path).unwrap();
        assert_eq!(run(&folder, &[]).code, 2);
    })
    .await;
    assert_eq!(seen(&server).await, 4);
}

#[tokio::test]
async fn a_file_that_is_another_one_when_it_is_read_is_another_secret() {
    let server = server().await;
    let uri = server.uri();
    let ended = off_thread(move || {
        let body = "steps:
  - {id: swap, description: Swap, external: {channel: command, command: ./swap, with: {}}}
  - {id: list, capability: organizations, operation: listOrganizations, dependsOn: [swap], retry: {attempts: 1}}
";
        let folder = folder(body, &uri, "{type: bearer, file: token}")
            .with("shared/token", "s3cret")
            .with("shared/other", "s3cret-too")
            .with("swap", "#!/bin/sh\nln -sf other shared/token\necho null\n");
        let program = folder.path().join("swap");
        std::fs::set_permissions(program, std::fs::Permissions::from_mode(0o755)).unwrap();
        run(&folder, &["--allow-command", "./swap", "--allow-secret", "shared/token"])
    })
    .await;
    assert_eq!(ended.code, 3, "{}", ended.stderr);
    assert!(ended.stderr.contains("`shared/token` is not approved for"), "{}", ended.stderr);
    assert_eq!(seen(&server).await, 0);
}

#[tokio::test]
async fn the_secrets_of_a_composition_within_are_listed_too() {
    let server = server().await;
    let uri = server.uri();
    let ended = off_thread(move || {
        let inner = format!(
            "name: Inner\nspecification: Naftiko Capability Composition\nspecificationVersion: '0.2'\ncapabilities: [shared/acme.yaml]\n{READS}"
        );
        let outer = "steps: [{id: inner, composition: inner.yaml}]\n";
        let folder = folder(outer, &uri, "{type: apiKey, in: query, name: key, envVar: INNER_KEY}").with("inner.yaml", inner);
        run(&folder, &[])
    })
    .await;
    assert_eq!(ended.code, 2, "{}", ended.stderr);
    assert!(ended.stderr.contains(&format!("INNER_KEY → {}", server.uri())), "{}", ended.stderr);
    assert_eq!(seen(&server).await, 0);
}

#[test]
fn what_sends_nothing_reads_no_secret_and_needs_no_approval() {
    let folder = folder(READS, "https://api.acme.example", "{type: bearer, envVar: GONE}").with(
        "composition.test.yaml",
        "specification: Naftiko Composition Test\nspecificationVersion: '0.2'\ncomposition: composition.yaml\ntests:\n  - {name: it lists, expect: {outcome: succeeded}}\n",
    );
    for arguments in [
        &["check", "composition.yaml"][..],
        &["plan", "composition.yaml"],
        &["run", "composition.yaml", "--mock"],
        &["test"],
    ] {
        let ended = folder.naftiko(arguments);
        assert_eq!(ended.code, 0, "{arguments:?}: {}", ended.stderr);
    }
    assert!(!state(&folder).exists());
}

#[test]
fn a_plan_lists_the_pairs() {
    let oauth = "{type: oauth2, grant: client_credentials, tokenUrl: 'https://ID.acme.example:443/t', clientIdEnv: CLIENT, clientSecret: {command: [op, read, x]}}";
    let body = READS.replace(
        "outputs:",
        "  - {id: tell, description: Tell, external: {channel: webhook, url: 'https://hooks.acme.example/x', with: {}}}\noutputs:",
    );
    let folder = folder(&body, "https://api.acme.example", oauth);
    let planned = folder.naftiko(&["plan", "composition.yaml"]);
    assert_eq!(planned.code, 0, "{}", planned.stderr);
    let (_, secrets) = planned.stdout.split_once("\nsecrets\n").unwrap();
    let (secrets, _) = secrets.split_once("\n\n").unwrap();
    insta::assert_snapshot!(secrets, @"
    CLIENT → https://id.acme.example  (acme)
    op → https://id.acme.example  (acme)
    op → https://api.acme.example  (acme)
    NAFTIKO_WEBHOOK_SECRET → https://hooks.acme.example  (tell)
    ");
    let planned = folder.naftiko(&["plan", "composition.yaml", "--format", "json"]);
    let plan: Value = serde_json::from_str(&planned.stdout).unwrap();
    assert_eq!(
        plan["secrets"][0],
        json!({"secret": {"envVar": "CLIENT"}, "target": {"server": "https://id.acme.example"}, "users": [{"provider": "acme"}]})
    );
}

#[tokio::test]
async fn a_plan_of_an_earlier_version_that_names_a_setting_is_not_continued() {
    let server = server().await;
    let uri = server.uri();
    off_thread(move || {
        let folder = folder(WAITS, &uri, BEARER);
        assert_eq!(run(&folder, &["--allow-secret", "ACME_API_KEY"]).code, 4);
        let id = only_run(&folder);
        let store = Store::open(&state(&folder)).unwrap();
        let plan = store.plan(&id).unwrap().replace("ACME_API_KEY", "NAFTIKO_WEBHOOK_SECRET");
        store.adopt_plan(&id, &plan, "2026-01-15T12:00:00Z".parse().unwrap()).unwrap();
        drop(store);
        let resume = ["resume", &id, "--answer", "ask=null", "--allow-secret", "NAFTIKO_WEBHOOK_SECRET"];
        let mut resume = folder.command(&resume);
        resume.env("NAFTIKO_WEBHOOK_SECRET", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
        let ended = end(resume);
        assert_eq!(ended.code, 2, "{}", ended.stderr);
        assert!(
            ended.stderr.contains("`NAFTIKO_WEBHOOK_SECRET` is a setting of `naftiko` and is never sent"),
            "{}",
            ended.stderr
        );
    })
    .await;
    assert_eq!(seen(&server).await, 0);
}

#[test]
fn a_name_from_a_document_is_escaped_and_cannot_look_like_a_pair() {
    let sly = "token → https://api.acme.example\\u001b[2K\\u202e";
    let folder = folder(READS, "https://evil.example", &format!("{{type: bearer, file: \"{sly}\"}}"));
    let ended = run(&folder, &[]);
    assert_eq!(ended.code, 2);
    assert!(!ended.stderr.contains(['\u{1b}', '\u{202e}']), "{}", ended.stderr);
    insta::assert_snapshot!(ended.stderr, @r"
    error: these secrets would be sent to servers that are not approved:
      $'shared/token → https://api.acme.example\033[2K\342\200\256' → https://evil.example
    review them with `naftiko plan`; approve them at a terminal, or add
      --allow-secret $'shared/token → https://api.acme.example\033[2K\342\200\256=https://evil.example'
    ");
    let planned = folder.naftiko(&["plan", "composition.yaml"]).stdout;
    assert!(!planned.contains(['\u{1b}', '\u{202e}']) && planned.contains("'shared/token →"), "{planned}");
}

#[test]
fn nobody_is_asked_for_what_no_approval_could_permit() {
    for (base_url, auth, expected) in [
        ("http://169.254.169.254", BEARER, "allow it with `--allow-host 169.254.169.254`"),
        ("https://api.acme.example", "{type: bearer, command: [vault]}", "`--allow-command vault`"),
        (
            "https://api.acme.example",
            "{type: bearer, file: ../../token}",
            "`--allow-file shared/../../token`",
        ),
    ] {
        let ended = run(&folder(READS, base_url, auth), &[]);
        assert_eq!(ended.code, 2);
        assert!(
            ended.stderr.contains(expected) && !ended.stderr.contains("--allow-secret"),
            "{}",
            ended.stderr
        );
    }
}
