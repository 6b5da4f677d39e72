//! Reports of others about other tools, as cases: each file of `tests/fixtures/cases` is checked, run on the mock, and run
//! against a server that answers by a script. The snapshot shows what each of them comes to, and every request.
//!
//! `README.md` beside the files says which number of the collected reports each of them has.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::Mutex;

use wiremock::matchers::any;
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

use crate::command::{Ended, Folder, workspace};

/// A file of the folder.
struct Case {
    name: String,
    folder: Folder,
    answers: Vec<Answer>,
    /// What is given to `run` beside the document.
    options: Vec<String>,
}

/// One line of the script: what is answered to a request of this method and path.
#[derive(Clone)]
struct Answer {
    request: String,
    status: u16,
    headers: Vec<(String, String)>,
    body: String,
}

fn files() -> Vec<PathBuf> {
    let folder = std::fs::read_dir(workspace().join("tests/fixtures/cases")).unwrap();
    let files = folder.map(|entry| entry.unwrap().path());
    let mut files: Vec<_> = files.filter(|path| path.extension().is_some_and(|end| end == "yaml")).collect();
    files.sort();
    files
}

impl Case {
    fn read(path: &PathBuf) -> Self {
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let text = std::fs::read_to_string(path).unwrap();
        let mut sections = text.split("=== ");
        let folder = Folder::new("0.2", sections.next().unwrap());
        let mut case = Self { name, folder, answers: Vec::new(), options: Vec::new() };
        for section in sections {
            let (title, content) = section.split_once('\n').unwrap();
            case = case.with(title.trim(), content);
        }
        case
    }

    fn with(mut self, title: &str, content: &str) -> Self {
        match title.split_once(' ') {
            Some((key @ ("openapi" | "swagger"), version)) => {
                let description =
                    format!("{key}: '{version}'\ninfo: {{title: Acme, version: '1'}}\n{content}");
                self.described(&description, "acme-openapi.yaml")
            }
            _ if title == "answers" => {
                self.answers = content.lines().filter(|line| !line.is_empty()).map(Answer::read).collect();
                self
            }
            _ if title == "options" => {
                self.options = content.split_whitespace().map(str::to_owned).collect();
                self
            }
            _ if title == "shared/acme-openapi.json" => self.described(content, "acme-openapi.json"),
            _ => Self { folder: self.folder.with(title, content), ..self },
        }
    }

    /// With a description, whose operations are all listed.
    fn described(self, description: &str, file: &str) -> Self {
        let words: Vec<&str> = description.split([' ', ',', '\n', '{', '}', '"']).collect();
        let words: Vec<&str> = words.into_iter().filter(|word| !word.is_empty() && *word != ":").collect();
        let ids = words
            .windows(2)
            .filter(|pair| pair[0].trim_end_matches(':') == "operationId")
            .map(|pair| pair[1]);
        let ids: Vec<&str> = ids.collect();
        let capabilities = format!(
            "specification: Naftiko Capabilities\nspecificationVersion: '0.2'\nproviderId: acme\n\
             baseUrl: https://api.acme.example\nauth: {{type: none}}\nopenapi: {file}\n\
             capabilities: [{{id: all, operationIds: [{}]}}]\n",
            ids.join(", ")
        );
        let folder = self.folder.with("shared/acme.yaml", capabilities);
        Self { folder: folder.with(&format!("shared/{file}"), description), ..self }
    }

    /// What `check`, the mock and a run come to.
    fn told(&self, runtime: &tokio::runtime::Runtime) -> String {
        let mut told = String::new();
        let checked = self.folder.naftiko(&["check", "composition.yaml"]);
        let _ = writeln!(told, "check: {}\n{}{}", checked.code, checked.stdout, checked.stderr);
        if checked.code != 0 {
            return told;
        }
        let mocked = self.run(&["--mock"]);
        let _ = writeln!(told, "mock: {}\n{}", mocked.code, shown(&mocked));
        let server = runtime.block_on(MockServer::start());
        let script = Mock::given(any()).respond_with(Script(Mutex::new(self.answers.clone())));
        runtime.block_on(script.mount(&server));
        let ran = self.run(&["--base-url", &format!("acme={}", server.uri())]);
        let requests = runtime.block_on(server.received_requests()).unwrap();
        let _ = writeln!(told, "run: {}\n{}", ran.code, shown(&ran).replace(&server.uri(), "http://acme"));
        for request in &requests {
            told.push_str(&line(request));
        }
        told
    }

    fn run(&self, more: &[&str]) -> Ended {
        let options = self.options.iter().map(String::as_str);
        let fixed = ["run", "composition.yaml", "--accept-inferred"];
        let all: Vec<&str> = fixed.into_iter().chain(options).chain(more.iter().copied()).collect();
        self.folder.naftiko(&all)
    }
}

impl Answer {
    /// Reads `GET /a 200 [name: value] body`.
    fn read(line: &str) -> Self {
        let mut words = line.splitn(4, ' ');
        let request = format!("{} {}", words.next().unwrap(), words.next().unwrap());
        let status = words.next().unwrap().parse().unwrap();
        let mut body = words.next().unwrap_or_default();
        let mut headers = Vec::new();
        while let Some((header, rest)) = body.strip_prefix('[').and_then(|rest| rest.split_once("] ")) {
            let Some((name, value)) = header.split_once(": ") else { break };
            headers.push((name.to_owned(), value.to_owned()));
            body = rest;
        }
        Self { request, status, headers, body: body.to_owned() }
    }

    fn template(&self) -> ResponseTemplate {
        let template = ResponseTemplate::new(self.status);
        let said = self.headers.iter().find(|(name, _)| name == "content-type");
        let media_type = said.map_or("application/json", |(_, value)| value.as_str());
        if self.body == "(png)" {
            return template.set_body_raw(b"\x89PNG\r\n\x1a\n".to_vec(), "image/png");
        }
        let body =
            self.body.replace("(nested 150 times)", &format!("{}{}", "[".repeat(150), "]".repeat(150)));
        let template = if body.is_empty() { template } else { template.set_body_raw(body, media_type) };
        let others = self.headers.iter().filter(|(name, _)| name != "content-type");
        others.fold(template, |template, (name, value)| template.insert_header(name.as_str(), value.as_str()))
    }
}

/// The answers of a server, in their order; the last one for a request is repeated.
struct Script(Mutex<Vec<Answer>>);

impl Respond for Script {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let asked = format!("{} {}", request.method, request.url.path());
        let mut answers = self.0.lock().unwrap();
        let Some(at) = answers.iter().position(|answer| answer.request == asked) else {
            return ResponseTemplate::new(204);
        };
        let is_last = !answers.iter().skip(at + 1).any(|answer| answer.request == asked);
        if is_last { answers[at].template() } else { answers.remove(at).template() }
    }
}

/// What a run says of its steps and its end, without what differs from run to run. `check` says the findings.
fn shown(ended: &Ended) -> String {
    let mut shown = String::new();
    let begins = ["done", "failed", "skipped", "succeeded", "error"];
    for line in ended.stderr.lines().filter(|line| begins.iter().any(|word| line.starts_with(word))) {
        let line = line.split(" attempts in ").next().unwrap_or(line);
        let _ = writeln!(shown, "{line}");
    }
    shown + &ended.stdout
}

/// A request: method, path, query, the headers that arguments can have, and the body.
fn line(request: &Request) -> String {
    let query = request.url.query().map(|query| format!("?{query}")).unwrap_or_default();
    let mut line = format!("{} {}{query}", request.method, request.url.path());
    for (name, value) in &request.headers {
        let usual = ["accept", "accept-encoding", "content-length", "host"];
        let is_own = name != "user-agent" || !value.to_str().unwrap().starts_with("naftiko/");
        if is_own && !usual.contains(&name.as_str()) {
            let _ = write!(line, " [{name}: {}]", value.to_str().unwrap());
        }
    }
    let body = request
        .body
        .escape_ascii()
        .to_string()
        .replace("\\\"", "\"")
        .replace("\\r\\n", "\n")
        .replace("\\n", "\n");
    if !body.is_empty() {
        let _ = write!(line, " {body}");
    }
    line + "\n"
}

#[test]
fn every_case_comes_to_what_its_report_asks_for() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let files = files();
    for path in &files {
        let case = Case::read(path);
        insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false, snapshot_path => "../fixtures/cases/snapshots" }, {
            insta::assert_snapshot!(case.name.clone(), case.told(&runtime));
        });
    }
}

#[test]
fn every_file_is_listed_beside_its_number() {
    let listed = std::fs::read_to_string(workspace().join("tests/fixtures/cases/README.md")).unwrap();
    for path in files() {
        let text = std::fs::read_to_string(&path).unwrap();
        let name = path.file_stem().unwrap().to_str().unwrap();
        let first = text.lines().next().unwrap();
        let numbers = first.strip_prefix("# case ").unwrap_or_else(|| panic!("{name} has no number"));
        let row = format!("| {numbers} | `{name}` |");
        assert!(listed.contains(&row), "{row}");
    }
}
