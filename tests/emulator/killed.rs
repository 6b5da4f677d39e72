//! The onboarding again, while its process is killed at random moments. In every case the customer gets exactly one
//! organization.
//!
//! A moment is a number of printed events and a short time after the last of them, so every process is killed before
//! its work is done. `NAFTIKO_E2E_SEED` repeats the moments of an earlier run of the test, as far as timing allows.

use std::hash::{BuildHasher, RandomState};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::RecvTimeoutError;
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{Emulator, KEY, Lines, PATIENCE, end, ready};

const ROUNDS: u32 = 20;
/// The number of kills per customer.
const DEATHS: usize = 3;
/// The maximum number of events that a process prints before it is killed; three times this is less than an onboarding
/// has.
const EVENTS: u64 = 4;
/// The maximum time after the last of these events, in milliseconds. A call takes less.
const AFTER: u64 = 12;

#[test]
fn a_customer_gets_one_organization_whenever_the_run_is_killed() {
    let Some(binary) = ready() else { return };
    let seed = std::env::var("NAFTIKO_E2E_SEED").ok().and_then(|seed| seed.parse().ok());
    let seed: u64 = seed.unwrap_or_else(|| RandomState::new().hash_one(0) >> 32);
    eprintln!("seed: NAFTIKO_E2E_SEED={seed}");
    let mut chance = Chance(seed | 1);
    let mut emulator = Emulator::start();
    let mut tally = (0, 0);
    for round in 0..ROUNDS {
        let mut customer = Customer::new(&binary, emulator.port, format!("Acme {round}"));
        customer.is_onboarded(&mut emulator, &mut chance);
        tally = (tally.0 + customer.deaths, tally.1 + customer.doubts);
    }
    eprintln!("{ROUNDS} customers onboarded, {} processes killed, {} calls in doubt", tally.0, tally.1);
    assert_eq!(tally.0, ROUNDS as usize * DEATHS, "every customer's run is killed as often as it should be");
}

/// A deterministic random number generator.
struct Chance(u64);

impl Chance {
    /// A number from 0 to `most`.
    fn draw(&mut self, most: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % (most + 1)
    }
}

/// The moment at which a process is killed.
#[derive(Clone, Copy, Debug)]
struct Moment {
    events: u64,
    after: Duration,
}

impl Moment {
    fn draw(chance: &mut Chance) -> Self {
        Self { events: 1 + chance.draw(EVENTS - 1), after: Duration::from_millis(chance.draw(AFTER)) }
    }
}

/// The onboarding of a customer, by as many processes as necessary.
struct Customer<'a> {
    binary: &'a Path,
    port: u64,
    name: String,
    /// The folder with its stored run.
    place: TempDir,
    has_connection: bool,
    has_directory: bool,
    deaths: usize,
    doubts: usize,
    story: String,
}

/// The result of a process.
enum Ended {
    Killed,
    Code(i32, Value),
}

impl<'a> Customer<'a> {
    fn new(binary: &'a Path, port: u64, name: String) -> Self {
        let place = TempDir::new().unwrap();
        let story = String::new();
        Self {
            binary,
            port,
            name,
            place,
            has_connection: false,
            has_directory: false,
            deaths: 0,
            doubts: 0,
            story,
        }
    }

    fn is_onboarded(&mut self, emulator: &mut Emulator, chance: &mut Chance) {
        let outcome = loop {
            let death = (self.deaths < DEATHS).then(|| Moment::draw(chance));
            let ended = match self.run() {
                None => self.drive(self.begins(), death, emulator),
                Some(run) => self.drive(self.goes_on(&run), death, emulator),
            };
            match ended {
                Ended::Killed => self.deaths += 1,
                Ended::Code(5, outcome) => self.resolve(&outcome, emulator),
                Ended::Code(0, outcome) => break outcome,
                Ended::Code(code, outcome) => panic!("it ended with {code}: {outcome}\n{}", self.story),
            }
        };
        let organizations = self.organizations(emulator);
        assert_eq!(organizations.len(), 1, "{}", self.story);
        assert_eq!(outcome["outputs"]["organization_id"], organizations[0]["id"], "{}", self.story);
    }

    fn begins(&self) -> Vec<String> {
        let composition =
            concat!(env!("CARGO_MANIFEST_DIR"), "/../specs/workos/b2b-enterprise-onboarding.yaml");
        let base_url = format!("workos=http://127.0.0.1:{}", self.port);
        let name = format!("organization_name={}", self.name);
        let fixed = ["run", composition, "--accept-inferred", "--base-url", &base_url, "--input", &name];
        let more =
            ["--input", "domains=acme.com", "--input", "admin_email=it@acme.com", "--poll-every", "50ms"];
        fixed.into_iter().chain(more).map(str::to_owned).collect()
    }

    fn goes_on(&self, run: &str) -> Vec<String> {
        vec!["resume".to_owned(), run.to_owned()]
    }

    fn command(&self, arguments: &[String]) -> Command {
        let mut command = Command::new(self.binary);
        command.args(arguments).arg("--state").arg(self.place.path().join("state"));
        command.env("WORKOS_API_KEY", KEY).env("NO_PROXY", "127.0.0.1").current_dir(self.place.path());
        command.stdin(Stdio::null()).stderr(Stdio::null());
        command
    }

    /// The run, once it has started.
    fn run(&self) -> Option<String> {
        let output = self.command(&["runs".to_owned(), "--json".to_owned()]).output().unwrap();
        let runs = String::from_utf8(output.stdout).unwrap();
        let runs = runs.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        let begun = runs.into_iter().find(|run| run["events"] != 0)?;
        begun["run"].as_str().map(str::to_owned)
    }

    /// Runs a command, and kills it at its moment. At the same time, the IT admin acts.
    fn drive(&mut self, mut arguments: Vec<String>, death: Option<Moment>, emulator: &mut Emulator) -> Ended {
        arguments.extend(["--answer", r#"send-portal-link={"sent":true}"#, "--json"].map(str::to_owned));
        let mut child = self.command(&arguments).stdout(Stdio::piped()).spawn().unwrap();
        let lines = Lines::of(child.stdout.take().unwrap());
        self.story.push_str(&format!("$ naftiko {} ({death:?})\n", arguments.join(" ")));
        let mut told = 0;
        let mut last = Value::Null;
        loop {
            match lines.0.recv_timeout(PATIENCE) {
                Ok(line) => {
                    self.story.push_str(&format!("{line}\n"));
                    last = serde_json::from_str(&line).unwrap();
                    self.admin_acts(&last, emulator);
                }
                Err(RecvTimeoutError::Timeout) => panic!("nothing was said for {PATIENCE:?}\n{}", self.story),
                Err(RecvTimeoutError::Disconnected) => return Ended::Code(code(&mut child), last),
            }
            // The outcome alone is not counted: it means that the process has no work left.
            told += u64::from(last["outcome"].is_null());
            if let Some(moment) = death.filter(|moment| moment.events == told) {
                std::thread::sleep(moment.after);
                end(&mut child);
                return Ended::Killed;
            }
        }
    }

    /// The IT admin sets up the object that the run waits for.
    fn admin_acts(&mut self, event: &Value, emulator: &mut Emulator) {
        if event["event"] != "stepDelayed" || !event["failure"].is_null() {
            return;
        }
        let order = match event["step"].as_str() {
            Some("poll-connection-active") if !std::mem::replace(&mut self.has_connection, true) => {
                "createConnection"
            }
            Some("verify-directory") if !std::mem::replace(&mut self.has_directory, true) => "linkDirectory",
            _ => return,
        };
        let organization = self.organizations(emulator)[0]["id"].clone();
        emulator.ask(&json!({"do": order, "organization": organization}));
    }

    /// Looks up at the provider whether the call happened, and resolves the doubt.
    fn resolve(&mut self, outcome: &Value, emulator: &mut Emulator) {
        self.doubts += 1;
        let step = outcome["step"].as_str().unwrap();
        let made = if step == "create-organization" { self.organizations(emulator).pop() } else { None };
        let path = made.map(|made| format!("/organizations/{}", made["id"].as_str().unwrap()));
        let made = path.map(|path| emulator.ask(&json!({"do": "get", "path": path})));
        let mut arguments =
            vec!["resolve".to_owned(), outcome["run"].as_str().unwrap().to_owned(), step.to_owned()];
        match made {
            // The emulator returns `null` where the description has a string.
            Some(made) => {
                arguments.extend(["--happened".to_owned(), made.to_string(), "--as-is".to_owned()]);
            }
            // A portal link cannot be looked up; if it was created, it was never seen and has no effect.
            None => arguments.push("--did-not-happen".to_owned()),
        }
        self.story.push_str(&format!("$ naftiko {}\n", arguments.join(" ")));
        let resolved = self.command(&arguments).stderr(Stdio::piped()).output().unwrap();
        let said = String::from_utf8_lossy(&resolved.stderr);
        assert!(resolved.status.success(), "{said}\n{}", self.story);
    }

    fn organizations(&self, emulator: &mut Emulator) -> Vec<Value> {
        let all = emulator.ask(&json!({"do": "list", "what": "organizations"}));
        all.as_array().unwrap().iter().filter(|one| one["name"] == self.name.as_str()).cloned().collect()
    }
}

fn code(child: &mut Child) -> i32 {
    child.wait().unwrap().code().expect("it ended by itself")
}
