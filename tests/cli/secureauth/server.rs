//! A small simulation of a SecureAuth tenant: tokens for clients, and organizations created from a template.
//!
//! Tokens and the creation of organizations follow SecureAuth's guide, and errors of tokens follow RFC 6749. The guide
//! does not describe reading, deleting, pools, errors and limits; these are our own, as in `specs/secureauth`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard};

use serde_json::{Value, json};
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

pub(super) const TENANT: &str = "your-tenant";
pub(super) const CLIENT: &str = "onboarding-client";
pub(super) const SECRET: &str = "s3cret/of+the client=";
pub(super) const TEMPLATE: &str = "b2b-customer-template";

/// Deviations from the usual behavior.
#[derive(Default)]
pub(super) struct Odds {
    /// The number of requests for which a token is valid.
    pub(super) token_lasts: Option<usize>,
    /// The number of reads that are first rejected, with a time to retry after.
    pub(super) turned_away: usize,
    /// The template lacks its passkeys.
    pub(super) without_passkeys: bool,
}

#[derive(Default)]
struct State {
    odds: Odds,
    /// The number of uses of each token.
    tokens: BTreeMap<String, usize>,
    organizations: BTreeMap<String, Value>,
    deleted: BTreeSet<String>,
    /// The requests with their statuses, one per line, without tokens and secrets.
    log: Vec<String>,
}

/// The tenant, stopped with the test.
pub(super) struct Tenant {
    server: MockServer,
    state: Arc<Mutex<State>>,
}

impl Tenant {
    pub(super) async fn start(odds: Odds) -> Self {
        let state = Arc::new(Mutex::new(State { odds, ..State::default() }));
        let server = MockServer::start().await;
        Mock::given(any()).respond_with(Desk(Arc::clone(&state))).mount(&server).await;
        Self { server, state }
    }

    pub(super) fn base_url(&self) -> String {
        format!("secureauth={}", self.server.uri())
    }

    pub(super) fn log(&self) -> Vec<String> {
        self.state().log.clone()
    }

    /// The organizations that exist.
    pub(super) fn organizations(&self) -> Vec<Value> {
        self.state().organizations.values().cloned().collect()
    }

    /// Every token that was issued.
    pub(super) fn tokens(&self) -> Vec<String> {
        self.state().tokens.keys().cloned().collect()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }
}

struct Desk(Arc<Mutex<State>>);

impl Respond for Desk {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let mut state = self.0.lock().unwrap();
        let path = request.url.path().to_owned();
        let answer = if path == format!("/{TENANT}/system/oauth2/token") {
            token(&mut state, request)
        } else {
            serve(&mut state, request, &path)
        };
        let (status, body) = match &answer {
            Ok((status, body)) | Err((status, body)) => (*status, body),
        };
        state.log.push(format!("{} {path} {status}", request.method));
        let template = ResponseTemplate::new(status);
        match (status, body) {
            (204, _) => template,
            (429, _) => template.insert_header("retry-after", "3").set_body_json(body),
            _ => template.set_body_json(body),
        }
    }
}

type Answer = Result<(u16, Value), (u16, Value)>;

fn refused(status: u16, error: &str, message: &str) -> Answer {
    Err((status, json!({"error": error, "message": message})))
}

/// `POST {Token URL}`: a form with the client's id and secret.
fn token(state: &mut State, request: &Request) -> Answer {
    let form: BTreeMap<String, String> = url_form(&request.body);
    let field = |name: &str| form.get(name).map(String::as_str);
    let refused = |status, error: &str, description: &str| {
        Err((status, json!({"error": error, "error_description": description})))
    };
    let content_type = request.headers.get("content-type").and_then(|value| value.to_str().ok());
    if request.method.as_str() != "POST" || content_type != Some("application/x-www-form-urlencoded") {
        return refused(400, "invalid_request", "a form has to be posted");
    }
    if field("grant_type") != Some("client_credentials") {
        return refused(400, "unsupported_grant_type", "only client_credentials");
    }
    if (field("client_id"), field("client_secret")) != (Some(CLIENT), Some(SECRET)) {
        let shown = field("client_secret").unwrap_or_default();
        return refused(401, "invalid_client", &format!("no client {CLIENT} with the secret {shown}"));
    }
    if field("scope") != Some("manage_organizations") {
        return refused(400, "invalid_scope", "the client may only manage_organizations");
    }
    let token = format!("eyJhbGciOiJub25lIn0.dG9rZW4.{:04}", state.tokens.len() + 1);
    state.tokens.insert(token.clone(), 0);
    // The lifetime is a string, as in the guide.
    let scope = "manage_organizations";
    Ok((200, json!({"access_token": token, "expires_in": "3600", "scope": scope, "token_type": "Bearer"})))
}

fn url_form(body: &[u8]) -> BTreeMap<String, String> {
    let body = format!("http://form/?{}", String::from_utf8_lossy(body));
    let url: reqwest::Url = body.parse().unwrap();
    url.query_pairs().map(|(name, value)| (name.into_owned(), value.into_owned())).collect()
}

fn serve(state: &mut State, request: &Request, path: &str) -> Answer {
    let shown = request.headers.get("authorization").and_then(|value| value.to_str().ok());
    let lasts = state.odds.token_lasts.unwrap_or(usize::MAX);
    let token = shown.and_then(|shown| state.tokens.get_mut(shown.strip_prefix("Bearer ")?));
    let Some(uses) = token.filter(|uses| **uses < lasts) else {
        return refused(401, "unauthorized", &format!("`{}` lets nobody in", shown.unwrap_or_default()));
    };
    *uses += 1;
    let below =
        path.strip_prefix(&format!("/api/system/{TENANT}/organizations")).unwrap_or("/nowhere/at/all");
    let parts: Vec<&str> = below.split('/').skip(1).collect();
    match (request.method.as_str(), parts.as_slice()) {
        ("POST", []) => create(state, request),
        ("GET", [_] | [_, "pools"]) if state.odds.turned_away > 0 => {
            state.odds.turned_away -= 1;
            refused(429, "too_many_requests", "come back later")
        }
        ("GET", [id]) => found(state, id).map(|organization| (200, organization)),
        ("GET", [id, "pools"]) => {
            found(state, id)?;
            let ways = if state.odds.without_passkeys {
                json!(["password"])
            } else {
                json!(["password", "passkey"])
            };
            let pool = json!({"id": "pool-1", "name": "Users", "authentication_mechanisms": ways});
            Ok((200, json!({ "pools": [pool] })))
        }
        ("DELETE", [id]) => {
            found(state, id)?;
            state.organizations.remove(*id);
            state.deleted.insert((*id).to_owned());
            Ok((204, Value::Null))
        }
        _ => refused(404, "not_found", "there is no such thing"),
    }
}

fn found(state: &State, id: &str) -> Result<Value, (u16, Value)> {
    let missing = || (404, json!({"error": "not_found", "message": "there is no such organization"}));
    state.organizations.get(id).cloned().ok_or_else(missing)
}

fn create(state: &mut State, request: &Request) -> Answer {
    let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
    let Some(name) = body["name"].as_str().filter(|name| !name.is_empty()) else {
        return refused(400, "invalid_request", "name is missing");
    };
    if state.organizations.values().any(|other| other["name"] == name) {
        return refused(409, "conflict", "there is an organization of that name");
    }
    if body["template_id"] != TEMPLATE {
        return refused(404, "not_found", "there is no such template");
    }
    let schema = json!({
        "description": "B2B Customer Organization Attributes", "type": "object", "additionalProperties": false,
        "properties": {
            "orgEntitlements": {"type": "array", "items": {"type": "string"}},
            "region": {"type": "string"},
            "salesforceId": {"type": "string", "maxLength": 18},
        },
    });
    let payload = &body["metadata"]["payload"];
    if let Err(error) = jsonschema::validate(&schema, payload) {
        return refused(422, "invalid_metadata", &error.to_string());
    }
    let id =
        format!("c74c00101ecf45c6a08e5f4a370bd7{:02}", state.organizations.len() + state.deleted.len() + 1);
    let organization = json!({
        "id": id, "name": name, "displayName": body["displayName"], "description": body["description"],
        "parent_id": "", "color": "", "metadata": {"payload": payload, "schema": schema},
        "domains": null, "authentication_mechanisms": null, "deactivated": false,
        "issuer_url": format!("https://{TENANT}.us.secureauth.com/{TENANT}/{id}"), "theme_id": null,
        "subject_format": "", "subject_identifier_algorithm_salt": "", "template": false,
        "number_of_child_organizations": 0,
    });
    state.organizations.insert(id, organization.clone());
    Ok((201, organization))
}
