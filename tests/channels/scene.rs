//! A composition with an external step, and a run of it.

use std::process::Command;

use serde_json::Value;

use crate::process::{Ended, Place, Running};

/// The key with which messages are signed.
pub(crate) const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// A composition with a step `tell` with these settings; its answer is the output.
pub(crate) fn asking(settings: &str) -> String {
    format!(
        "inputs: [{{name: who, type: string, default: Jane Doe}}]
steps:
  - id: tell
    description: Ask the IT admin to open the portal.
    external:
      {settings}
      with: {{organization: 'Acme & Co', who: '${{inputs.who}}'}}
      result: {{type: object, required: [contacted], properties: {{contacted: {{type: boolean}}}}}}
      timeout: 14d
outputs: [{{name: contacted, source: tell.contacted}}]
"
    )
}

/// A place, and the environment variables of its commands.
pub(crate) struct Scene {
    pub(crate) place: Place,
    environment: Vec<(&'static str, String)>,
}

impl Scene {
    pub(crate) fn new(composition: &str) -> Self {
        let place = Place::new(composition, None);
        let key = "NAFTIKO_WEBHOOK_SECRET";
        Self { place, environment: vec![(key, SECRET.to_owned()), ("NAFTIKO_ALLOW_SECRETS", key.to_owned())] }
    }

    pub(crate) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.environment.push((name, value.into()));
        self
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.place.command(arguments);
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command
    }

    pub(crate) fn start(&self, arguments: &[&str]) -> Running {
        Running::start(self.command(arguments))
    }

    pub(crate) fn naftiko(&self, arguments: &[&str]) -> Ended {
        self.start(arguments).end()
    }

    /// Starts a run that is killed once the record with this number is committed.
    pub(crate) fn killed_after(&self, arguments: &[&str], seq: u64) -> Ended {
        let mut command = self.command(arguments);
        command.env("NAFTIKO_TEST_HALT_AFTER", seq.to_string());
        Running::start(command).end()
    }

    pub(crate) fn run_id(&self) -> String {
        self.place.run().expect("it has begun").id
    }

    /// Resumes the run.
    pub(crate) fn resume(&self) -> Ended {
        self.naftiko(&["resume", &self.run_id()])
    }

    /// Answers the step, and resumes the run until it ends.
    pub(crate) fn answered(&self) {
        let id = self.run_id();
        let ended = self.naftiko(&["complete", &id, "tell", "--result", r#"{"contacted": true}"#]);
        assert_eq!(ended.code, Some(0), "{}", ended.told());
        let ended = self.resume();
        assert_eq!((ended.code, ended.stdout.as_str()), (Some(0), "contacted: true\n"), "{}", ended.stderr);
    }

    /// The names of the events of the step.
    pub(crate) fn events(&self) -> Vec<&'static str> {
        let records = self.place.records(&self.run_id());
        records.iter().filter(|it| it.event.step() == Some("tell")).map(|it| it.event.name()).collect()
    }

    pub(crate) fn shown(&self) -> String {
        self.naftiko(&["runs", "show", &self.run_id()]).stdout
    }

    pub(crate) fn shown_json(&self) -> Value {
        serde_json::from_str(&self.naftiko(&["runs", "show", &self.run_id(), "--json"]).stdout).unwrap()
    }
}
