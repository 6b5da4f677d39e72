//! Authentication of runs, with secrets from every source that a document may name, and the limits of these sources.

use std::os::unix::fs::PermissionsExt as _;

use serde_json::json;
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

use crate::command::{Ended, Folder, end};

const BODY: &str = "steps:
  - {id: list, capability: organizations, operation: listOrganizations, retry: {attempts: 1}}
outputs: [{name: all, source: list.data}]
";

/// A folder whose provider authenticates as `auth` specifies.
fn folder(auth: &str) -> Folder {
    let capabilities = format!(
        "specification: Naftiko Capabilities\nspecificationVersion: '0.2'\nproviderId: acme\nbaseUrl: http://127.0.0.1:9\nauth: {auth}\nopenapi: acme-openapi.yaml\ncapabilities:\n  - {{id: organizations, operationIds: [listOrganizations]}}\n"
    );
    Folder::new("0.2", BODY).with("shared/acme.yaml", capabilities)
}

/// Like [`folder`], with a program that prints a secret and its arguments, and also writes to standard error.
fn with_vault(auth: &str) -> Folder {
    let script = "#!/bin/sh\necho \"not a secret: s3cret-of-vault\" >&2\nprintf 's3cret-of-%s\\n' \"$2\"\nexit ${3:-0}\n";
    let folder = folder(auth).with("bin/vault", script);
    let program = folder.path().join("bin/vault");
    std::fs::set_permissions(program, std::fs::Permissions::from_mode(0o755)).unwrap();
    folder
}

fn run(folder: &Folder, more: &[&str]) -> Ended {
    let mut command = folder.command(&[&["run", "composition.yaml"], more].concat());
    command.env("PATH", format!("{}:/usr/bin:/bin", folder.path().join("bin").display()));
    command.env("ACME_USER", "it@acme").env("ACME_PASSWORD", "p\u{e4}ss word");
    let approved = ["ACME_API_KEY", "ACME_USER", "ACME_PASSWORD", "GONE", "/bin/echo", "nowhere-to-be-found"];
    let approved = [&approved[..], &["vault", "token", "shared/secrets/token", "shared/secrets/password"]];
    command.env("NAFTIKO_ALLOW_SECRETS", approved.concat().join(","));
    end(command)
}

/// The request that a run sends.
async fn request(folder: Folder, more: &'static [&'static str]) -> Request {
    let server = MockServer::start().await;
    let answer = ResponseTemplate::new(200).set_body_json(json!({"data": []}));
    Mock::given(any()).respond_with(answer).mount(&server).await;
    let base_url = format!("acme={}", server.uri());
    let ended = tokio::task::spawn_blocking(move || {
        run(&folder, &[&["--base-url", base_url.as_str()], more].concat())
    });
    let ended = ended.await.unwrap();
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    server.received_requests().await.unwrap().remove(0)
}

fn header<'a>(request: &'a Request, name: &str) -> Option<&'a str> {
    request.headers.get(name).and_then(|value| value.to_str().ok())
}

#[tokio::test]
async fn every_scheme_shows_its_secret_in_its_place() {
    let basic =
        request(folder("{type: basic, usernameEnv: ACME_USER, passwordEnv: ACME_PASSWORD}"), &[]).await;
    assert_eq!(header(&basic, "authorization"), Some("Basic aXRAYWNtZTpww6RzcyB3b3Jk"));
    let pair = folder("{type: basic, file: pair}").with("shared/pair", "Aladdin:open sesame\n");
    let pair = request(pair, &[]).await;
    assert_eq!(header(&pair, "authorization"), Some("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="));
    let key = request(folder("{type: apiKey, in: header, name: X-Key, envVar: ACME_API_KEY}"), &[]).await;
    assert_eq!(header(&key, "x-key"), Some("secret-of-acme"));
    let key = request(folder("{type: apiKey, in: query, name: key, envVar: ACME_API_KEY}"), &[]).await;
    assert_eq!(key.url.query(), Some("key=secret-of-acme"));
    let key = request(folder("{type: apiKey, in: cookie, name: key, envVar: ACME_API_KEY}"), &[]).await;
    assert_eq!(header(&key, "cookie"), Some("key=secret-of-acme"));
}

#[test]
fn a_secret_longer_than_64_kib_is_refused_before_anything_is_sent() {
    let limit = 64 * 1024;
    let file = |length: usize| {
        folder("{type: bearer, file: secrets/token}").with("shared/secrets/token", "a".repeat(length))
    };
    let ended = run(&file(limit + 1), &[]);
    let why = "`shared/secrets/token` is too long for the token of `acme`: a secret has at most 64 KiB";
    assert_eq!((ended.code, ended.stderr.contains(why)), (2, true), "{}", ended.stderr);
    let ended = run(&file(limit), &[]);
    assert!(!ended.stderr.contains("too long"), "{}", ended.stderr);

    let vault = with_vault("{type: bearer, command: [vault, token]}");
    std::fs::write(vault.path().join("bin/vault"), "#!/bin/sh\nhead -c 65537 /dev/zero | tr '\\0' a\n")
        .unwrap();
    let ended = run(&vault, &["--allow-command", "vault"]);
    let why = "`vault token` printed too much for the token of `acme`: a secret has at most 64 KiB";
    assert_eq!((ended.code, ended.stderr.contains(why)), (3, true), "{}", ended.stderr);
    assert!(!ended.stderr.contains("aaaa"), "{}", ended.stderr);
}

#[tokio::test]
async fn a_program_that_is_allowed_prints_a_secret_without_a_shell() {
    let vault = with_vault("{type: bearer, command: [vault, read, '$(touch made) acme']}");
    let made = vault.path().join("made");
    let request = request(vault, &["--allow-command", "vault"]).await;
    assert_eq!(header(&request, "authorization"), Some("Bearer s3cret-of-$(touch made) acme"));
    assert!(!made.exists());
}

#[test]
fn a_program_that_is_not_allowed_is_not_run() {
    let vault = with_vault("{type: bearer, command: [vault, read, acme]}");
    for more in [&[][..], &["--allow-command", "op"], &["--allow-command", "./vault"]] {
        let ended = run(&vault, more);
        assert_eq!((ended.code, ended.stdout.as_str()), (2, ""));
        insta::allow_duplicates! {
            insta::assert_snapshot!(ended.stderr, @"error: `vault` is not allowed: allow documents to run it \
                                                    with `--allow-command vault`");
        }
    }
}

#[test]
fn a_program_that_fails_is_named_with_its_complaint_and_shows_no_secret() {
    let vault = with_vault("{type: bearer, command: [vault, read, vault, '3']}");
    let ended = run(&vault, &["--allow-command", "vault"]);
    assert_eq!((ended.code, ended.stdout.as_str()), (3, ""));
    assert!(ended.stderr.contains("`vault` ended with code 3: not a secret: ***"), "{}", ended.stderr);
    assert!(!ended.stderr.contains("s3cret"), "{}", ended.stderr);
    let ended = run(
        &folder("{type: bearer, command: [nowhere-to-be-found]}"),
        &["--allow-command", "nowhere-to-be-found"],
    );
    assert_eq!(ended.code, 3);
    assert!(ended.stderr.contains("`nowhere-to-be-found` cannot be run"), "{}", ended.stderr);
    let silent = folder("{type: bearer, command: [/bin/echo]}");
    let ended = run(&silent, &["--allow-command", "/bin/echo"]);
    assert!(ended.stderr.contains("`/bin/echo` printed nothing"), "{}", ended.stderr);
}

#[test]
fn a_secret_that_is_missing_is_named_before_anything_begins() {
    let check = |auth: &str, expected: &str| {
        let ended = run(&folder(auth), &[]);
        assert_eq!((ended.code, ended.stdout.as_str()), (2, ""));
        assert_eq!(ended.stderr, format!("error: {expected}\n"));
    };
    check(
        "{type: oauth2, grant: client_credentials, tokenUrl: /token, clientIdEnv: ACME_USER, clientSecretEnv: GONE}",
        "environment variable `GONE` is not set; it holds the secret of the client of provider `acme`",
    );
    check(
        "{type: basic, usernameEnv: ACME_USER, password: {file: secrets/password}}",
        "`shared/secrets/password` cannot be read or is empty; it holds the password of provider `acme`",
    );
    check(
        "{type: basic, envVar: ACME_API_KEY}",
        "the credential for `acme` cannot be used: the credentials are not of the form `user:password`",
    );
}

#[test]
fn a_token_may_be_in_a_file() {
    let missing = folder("{type: bearer, file: secrets/token}");
    let ended = run(&missing, &[]);
    assert_eq!((ended.code, ended.stdout.as_str()), (2, ""));
    insta::assert_snapshot!(ended.stderr, @"error: `shared/secrets/token` cannot be read or is empty; it \
                                            holds the token of provider `acme`");
    let ended = run(&missing.with("shared/secrets/token", "s3cret\n"), &[]);
    assert_eq!(ended.code, 3, "{}", ended.stderr);
    assert!(ended.stderr.contains("did not reach the provider"), "{}", ended.stderr);
    assert!(!ended.stderr.contains("s3cret"), "{}", ended.stderr);
}

#[test]
fn a_document_has_no_file_read_outside_of_its_folder_unless_that_is_allowed() {
    let outside = tempfile::tempdir().unwrap();
    let token = outside.path().join("token");
    std::fs::write(&token, "s3cret-outside\n").unwrap();
    let absolute = folder(&format!("{{type: bearer, file: {}}}", token.display()));
    let above = folder("{type: bearer, file: ../token}").with("token", "s3cret-above");
    let linked = folder("{type: bearer, file: token}");
    std::os::unix::fs::symlink(&token, linked.path().join("shared/token")).unwrap();
    let allowed = outside.path().display().to_string();
    for (folder, also) in [(absolute, allowed.as_str()), (above, "token"), (linked, allowed.as_str())] {
        let ended = run(&folder, &[]);
        assert_eq!((ended.code, ended.stdout.as_str()), (2, ""));
        assert!(
            ended.stderr.contains("is not below the folder of the document that names it"),
            "{}",
            ended.stderr
        );
        assert!(
            ended.stderr.contains("--allow-file") && !ended.stderr.contains("s3cret"),
            "{}",
            ended.stderr
        );
        let ended = run(&folder, &["--allow-file", also, "--allow-secret", &token.display().to_string()]);
        assert_eq!(ended.code, 3, "{}", ended.stderr);
        assert!(ended.stderr.contains("did not reach the provider"), "{}", ended.stderr);
    }
}

/// A provider with a token URL, which issues a new token each time.
async fn giving_tokens() -> MockServer {
    let server = MockServer::start().await;
    let given = std::sync::atomic::AtomicUsize::new(0);
    let answer = move |request: &Request| {
        if request.url.path() == "/oauth2/token" {
            let number = given.fetch_add(1, std::sync::atomic::Ordering::SeqCst) + 1;
            let token = json!({"access_token": format!("token-{number}"), "expires_in": 3600});
            return ResponseTemplate::new(200).set_body_json(token);
        }
        ResponseTemplate::new(200).set_body_json(json!({"data": []}))
    };
    Mock::given(any()).respond_with(answer).mount(&server).await;
    server
}

const OAUTH: &str = "{type: oauth2, grant: client_credentials, tokenUrl: /oauth2/token, clientIdEnv: ACME_USER, clientSecretEnv: ACME_PASSWORD}";

/// The paths of the requests that a provider received, sorted.
async fn paths(server: &MockServer) -> Vec<String> {
    let mut paths: Vec<String> = server
        .received_requests()
        .await
        .unwrap()
        .iter()
        .map(|request| request.url.path().to_owned())
        .collect();
    paths.sort();
    paths
}

#[tokio::test]
async fn all_runs_that_one_process_drives_share_a_token() {
    let server = giving_tokens().await;
    let base_url = format!("acme={}", server.uri());
    let folder = folder(OAUTH);
    let other = std::fs::read_to_string(folder.path().join("composition.yaml")).unwrap();
    let folder =
        folder.with("other.yaml", other.replace("id: list", "id: again").replace("list.data", "again.data"));
    let ended = tokio::task::spawn_blocking(move || {
        for composition in ["composition.yaml", "composition.yaml", "other.yaml"] {
            let mut command = folder.command(&["run", composition, "--detach", "--base-url", &base_url]);
            command.env("ACME_USER", "client").env("ACME_PASSWORD", "p4ss");
            assert_eq!(end(command).code, 4);
        }
        let mut command = folder.command(&["work", "--once"]);
        command.env("ACME_USER", "client").env("ACME_PASSWORD", "p4ss");
        end(command)
    });
    let ended = ended.await.unwrap();
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    assert_eq!(paths(&server).await, ["/oauth2/token", "/organizations", "/organizations", "/organizations"]);
}

#[tokio::test]
async fn fifty_steps_at_once_fetch_one_token() {
    let server = giving_tokens().await;
    let steps: Vec<String> = (0..50)
        .map(|number| format!("  - {{id: s{number}, capability: organizations, operation: listOrganizations, dependsOn: []}}\n"))
        .collect();
    let outputs: Vec<String> =
        (0..50).map(|number| format!("  - {{name: o{number}, source: s{number}.data}}\n")).collect();
    let text = format!(
        "name: Test\nspecification: Naftiko Capability Composition\nspecificationVersion: '0.2'\nproviderId: acme\nsteps:\n{}outputs:\n{}",
        steps.concat(),
        outputs.concat()
    );
    let base_url = format!("acme={}", server.uri());
    let folder = folder(OAUTH).with("composition.yaml", text);
    let ended = tokio::task::spawn_blocking(move || run(&folder, &["--base-url", &base_url, "--jobs", "50"]));
    let ended = ended.await.unwrap();
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    let paths = paths(&server).await;
    assert_eq!(paths.iter().filter(|path| *path == "/oauth2/token").count(), 1);
    assert_eq!(paths.len(), 51);
}

#[test]
fn a_plan_says_where_credentials_come_from_and_go_to() {
    let line = |auth: &str| {
        let planned = folder(auth).naftiko(&["plan", "composition.yaml"]);
        assert_eq!(planned.code, 0, "{}", planned.stderr);
        planned.stdout.lines().take_while(|line| !line.is_empty()).skip(1).collect::<Vec<_>>().join(" ")
    };
    let client = "{type: oauth2, grant: client_credentials, tokenUrl: 'https://id.acme.example/t', clientIdEnv: ID, clientSecret: {command: [op, read, x]}}";
    insta::assert_snapshot!(line(client), @"acme at http://127.0.0.1:9, with a token from \
                                            https://id.acme.example/t for the output of `op read x` (from \
                                            shared/acme.yaml)");
    insta::assert_snapshot!(line("{type: basic, username: {file: user}, password: {file: secrets/password}}"), @"acme at http://127.0.0.1:9, with the content of shared/secrets/password (from shared/acme.yaml)");
}
