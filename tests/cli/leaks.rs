//! No output of the process contains a secret, in any spelling, whatever a hostile server does with the secrets it
//! receives.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Map, Value, json};
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

use crate::command::{Ended, Folder, end};

const TOKEN: &str = r#"B3arer/tok+en="<&>'\~end"#;
const KEY: &str = "k3y &/+=\"\u{e9}<end";
const PASSWORD: &str = "p4ss \"w\u{f6}rd\\/+<&";
const CLIENT_SECRET: &str = "cl13nt/s3cret+=\"< end";
const ACCESS_TOKEN: &str = r#"acc3ss/of+oauth="<&\"#;
const INPUT: &str = "s3nsitive \"inp\u{fc}t/+<&\\";
const SECRETS: [&str; 6] = [TOKEN, KEY, PASSWORD, CLIENT_SECRET, ACCESS_TOKEN, INPUT];

/// The behaviors of the server, selected by the id of the requested organization.
const SCENES: [&str; 7] = ["ok", "fails", "denied", "page", "garbled", "packed", "moved"];

/// The kinds of authentication, by provider.
const PROVIDERS: [(&str, &str); 5] = [
    ("bearer", "{type: bearer, file: token}"),
    ("key", "{type: apiKey, in: query, name: key, command: [vault, key]}"),
    ("basic", "{type: basic, usernameEnv: ACME_USER, password: {file: password}}"),
    (
        "oauth",
        "{type: oauth2, grant: client_credentials, tokenUrl: /token, clientIdEnv: ACME_USER, clientSecret: {command: [vault, client]}}",
    ),
    (
        "turned-away",
        "{type: oauth2, grant: client_credentials, tokenUrl: /no-token, clientIdEnv: ACME_USER, clientSecret: {command: [vault, client]}, clientAuth: form}",
    ),
];

/// The secret with every byte percent-encoded that is not unreserved.
fn percent(secret: &str, upper: bool) -> String {
    let encode = |byte: u8| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
        _ if upper => format!("%{byte:02X}"),
        _ => format!("%{byte:02x}"),
    };
    secret.bytes().map(encode).collect()
}

fn html(secret: &str) -> String {
    let escape = |character: char| match character {
        '&' => "&amp;".to_owned(),
        '<' => "&lt;".to_owned(),
        '>' => "&gt;".to_owned(),
        '"' => "&quot;".to_owned(),
        '\'' | '/' | '=' => format!("&#x{:X};", u32::from(character)),
        other => other.to_string(),
    };
    secret.chars().map(escape).collect()
}

fn json_escaped(secret: &str) -> String {
    json!(secret).to_string().trim_start_matches('"').strip_suffix('"').unwrap().to_owned()
}

/// The secret in form encoding.
fn form(secret: &str) -> String {
    percent(secret, true).replace("%20", "+")
}

/// Every spelling of a secret that the server uses.
fn spellings(secret: &str) -> Vec<String> {
    vec![
        secret.to_owned(),
        percent(secret, true),
        percent(secret, false),
        html(secret),
        json_escaped(secret),
        json_escaped(&json_escaped(secret)),
        secret.replace('/', "\\/"),
        percent(&percent(secret, true), true),
        form(secret),
        STANDARD.encode(secret),
        URL_SAFE_NO_PAD.encode(secret),
    ]
}

/// Every text that is searched for.
fn needles(secret: &str) -> Vec<String> {
    let mut spellings = spellings(secret);
    // The base64 of a longer text that contains the secret. The digits at both ends depend on adjacent text, so they
    // are cut off.
    for text in [secret, &form(secret)] {
        for offset in 0..3 {
            let longer = format!("{}{text}", "x".repeat(offset));
            for encoded in [STANDARD.encode(&longer), URL_SAFE_NO_PAD.encode(&longer)] {
                let core = encoded.trim_end_matches('=');
                spellings.push(core[offset.div_ceil(3) * 4..core.len() - 1].to_owned());
            }
        }
    }
    spellings
}

/// A server for all providers that responds with every secret it has received so far, in every spelling and in every
/// place.
#[derive(Default)]
struct Traitor {
    heard: Mutex<BTreeSet<&'static str>>,
}

impl Respond for Traitor {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let path = request.url.path();
        let told = told(request, &mut self.heard.lock().unwrap());
        if path.ends_with("/token") && !path.ends_with("/no-token") {
            let extra = json!({"access_token": ACCESS_TOKEN, "expires_in": "3600", "refresh_token": told});
            return ResponseTemplate::new(200).set_body_json(extra);
        }
        if path.ends_with("/no-token") {
            let body = json!({"error": &told[..80], "error_description": format!("{CLIENT_SECRET} {told}"), "told": told});
            return ResponseTemplate::new(400).set_body_json(body);
        }
        let scene = path.rsplit('/').next().unwrap_or_default();
        let mut keys = Map::new();
        for word in told.split('\n') {
            keys.insert(word.to_owned(), json!([word, {"nested": format!("({word})")}]));
        }
        let body = json!({"id": "org_1", "name": told, "state": "active", "told": keys, "message": told, "error": told});
        let loud = |status| ResponseTemplate::new(status).insert_header("x-told", ascii(&told).as_str());
        match scene {
            "fails" => loud(500).set_body_json(body),
            "denied" => {
                loud(401).insert_header("www-authenticate", ascii(&told).as_str()).set_body_json(body)
            }
            "page" => loud(200).set_body_raw(format!("<html>{}\n{told}</html>", html(&told)), "text/html"),
            "garbled" => loud(200).set_body_raw(format!("{{\"message\": \"{told}"), "application/json"),
            "packed" => {
                loud(200).insert_header("content-encoding", ascii(&told).as_str()).set_body_string(told)
            }
            "moved" => {
                loud(302).insert_header("location", format!("/{}", ascii(&told)).as_str()).set_body_json(body)
            }
            _ => loud(200).set_body_json(body),
        }
    }
}

/// The content of a request, and all secrets received so far in all spellings, one per line.
fn told(request: &Request, heard: &mut BTreeSet<&'static str>) -> String {
    let mut lines =
        vec![request.url.as_str().to_owned(), String::from_utf8_lossy(&request.body).into_owned()];
    for (name, value) in &request.headers {
        lines.push(format!("{name}: {}", String::from_utf8_lossy(value.as_bytes())));
    }
    let authorization = request.headers.get("authorization").and_then(|value| value.to_str().ok());
    if let Some(pair) = authorization.and_then(|value| value.strip_prefix("Basic ")) {
        lines.push(String::from_utf8(STANDARD.decode(pair).unwrap()).unwrap());
    }
    let shown = lines.join("\n");
    for secret in SECRETS {
        if spellings(secret).iter().any(|spelling| shown.contains(spelling.as_str())) {
            heard.insert(secret);
        }
    }
    for secret in heard.iter() {
        lines.extend(spellings(secret).into_iter().map(|spelling| format!("you said {spelling}!")));
        for offset in 0..3 {
            lines.push(STANDARD.encode(format!("{}{secret}, and more", "u".repeat(offset))));
        }
    }
    lines.join("\n")
}

/// The part of a text that is possible in a header.
fn ascii(text: &str) -> String {
    text.chars().filter(|c| matches!(c, ' '..='~')).take(6000).collect()
}

fn add(text: &mut String, more: &str) {
    text.push_str(more);
}

/// Calls every provider in every scene, with one step each; the last step decides how the run ends.
fn folder() -> Folder {
    let mut body = "capabilities: [bearer.yaml, key.yaml, basic.yaml, oauth.yaml, turned-away.yaml]\ninputs:\n  - {name: pw, type: string, required: true, sensitive: true}\n  - {name: finish, type: string, default: ok}\nsteps:\n".to_owned();
    body.push_str(
        "  - {id: create, capability: bearer, operation: createOrganization, with: {name: '${inputs.pw}'}}\n",
    );
    let mut outputs = "outputs:\n  - {name: created, source: create.name}\n".to_owned();
    for (provider, _) in PROVIDERS {
        for scene in SCENES {
            add(
                &mut body,
                &format!(
                    "  - {{id: {provider}-{scene}, capability: {provider}, operation: getOrganization, with: {{id: {scene}}}, dependsOn: [create], retry: {{attempts: 1}}, onFailure: continue}}\n"
                ),
            );
            add(
                &mut outputs,
                &format!("  - {{name: {provider}-{scene}, source: \"{provider}-{scene}.name ?? ''\"}}\n"),
            );
        }
    }
    body.push_str("  - {id: finish, capability: oauth, operation: getOrganization, with: {id: '${inputs.finish}'}, retry: {attempts: 1}}\n");
    outputs.push_str("  - {name: finished, source: finish.name}\n");
    let mut folder = Folder::new("0.2", &body);
    let text = fs::read_to_string(folder.path().join("composition.yaml")).unwrap() + &outputs;
    folder = folder.with("composition.yaml", text.replace("providerId: acme\n", ""));
    for (provider, auth) in PROVIDERS {
        let document = format!(
            "specification: Naftiko Capabilities\nspecificationVersion: '0.2'\nproviderId: {provider}\nbaseUrl: http://127.0.0.1:9\nauth: {auth}\nopenapi: shared/acme-openapi.yaml\ncapabilities:\n  - {{id: {provider}, operationIds: [createOrganization, getOrganization]}}\n"
        );
        folder = folder.with(&format!("{provider}.yaml"), document);
    }
    let script = format!(
        "#!/bin/sh\ncase \"$1\" in\nkey) cat <<'EOF'\n{KEY}\nEOF\n;;\nclient) cat <<'EOF'\n{CLIENT_SECRET}\nEOF\n;;\nesac\n"
    );
    let folder =
        folder.with("token", TOKEN).with("password", format!("{PASSWORD}\n")).with("bin/vault", script);
    fs::set_permissions(folder.path().join("bin/vault"), fs::Permissions::from_mode(0o755)).unwrap();
    folder
}

fn naftiko(folder: &Folder, arguments: &[&str]) -> Ended {
    let mut command = folder.command(arguments);
    command.env("PATH", format!("{}:/usr/bin:/bin", folder.path().join("bin").display()));
    end(command.env("ACME_USER", "it@acme").pipe())
}

/// Converts a command built by reference into an owned one.
trait Pipe {
    fn pipe(&mut self) -> std::process::Command;
}

impl Pipe for std::process::Command {
    fn pipe(&mut self) -> std::process::Command {
        std::mem::replace(self, Self::new("true"))
    }
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap().flatten() {
        if entry.path().is_dir() { files(&entry.path(), found) } else { found.push(entry.path()) }
    }
}

/// Fails if these bytes contain a secret.
fn search(place: &str, bytes: &[u8]) {
    for secret in SECRETS {
        for spelling in needles(secret) {
            let needle = spelling.as_bytes();
            let at = bytes.windows(needle.len()).position(|window| window == needle);
            let around = at.map(|at| {
                String::from_utf8_lossy(
                    &bytes[at.saturating_sub(60)..(at + needle.len() + 20).min(bytes.len())],
                )
            });
            assert_eq!(around, None, "{place} holds `{secret}` as `{spelling}`");
        }
    }
}

/// All output of a run, and of the commands that show it.
fn run_and_look(server: &str, more: &[&str]) -> Vec<Ended> {
    let folder = folder();
    let urls: Vec<String> =
        PROVIDERS.iter().map(|(provider, _)| format!("--base-url={provider}={server}")).collect();
    let input = format!("pw={INPUT}");
    let mut arguments = vec!["run", "composition.yaml", "--allow-command", "vault", "--input", &input];
    arguments.extend(urls.iter().map(String::as_str));
    arguments.extend(more);
    let mut all = vec![naftiko(&folder, &arguments)];
    let list = naftiko(&folder, &["runs", "--json"]);
    let run: Value = serde_json::from_str(list.stdout.lines().next().expect("a run")).unwrap();
    let id = run["run"].as_str().or(run["id"].as_str()).expect("its id").to_owned();
    all.push(list);
    for look in [
        &["runs", "show", &id][..],
        &["runs", "show", &id, "--json"],
        &["runs", "events", &id],
        &["runs", "events", &id, "--json"],
        &["runs", "verify"],
        &["plan", "composition.yaml"],
    ] {
        all.push(naftiko(&folder, look));
    }
    for (number, ended) in all.iter().enumerate() {
        search(&format!("standard output of command {number}"), ended.stdout.as_bytes());
        search(&format!("standard error of command {number}"), ended.stderr.as_bytes());
    }
    let mut kept = Vec::new();
    files(&folder.path().join("state"), &mut kept);
    assert!(kept.iter().any(|path| fs::read(path).unwrap().starts_with(b"SQLite format 3")), "{kept:?}");
    for path in kept {
        search(&path.display().to_string(), &fs::read(&path).unwrap());
    }
    all
}

async fn check(more: &'static [&'static str], code: i32) {
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(Traitor::default()).mount(&server).await;
    let uri = server.uri();
    let all = tokio::task::spawn_blocking(move || run_and_look(&uri, more)).await.unwrap();
    assert_eq!(all[0].code, code, "{}", all[0].stderr);
    for ended in &all[1..] {
        assert_eq!(ended.code, 0, "{}", ended.stderr);
    }
    // The server received every secret, and its echo was masked.
    let requests = server.received_requests().await.unwrap();
    let shown: Vec<String> = requests.iter().map(|request| told(request, &mut BTreeSet::new())).collect();
    for secret in SECRETS {
        assert!(shown.iter().any(|shown| shown.contains(secret)), "`{secret}` was never shown");
    }
    assert!(all[4].stdout.contains("you said ***!"), "{}", all[4].stdout);
}

#[tokio::test]
async fn a_run_that_succeeds_writes_no_secret() {
    check(&["--verbose"], 0).await;
}

#[tokio::test]
async fn a_run_that_fails_writes_no_secret() {
    check(&["--input", "finish=denied", "--json", "--verbose"], 3).await;
}
