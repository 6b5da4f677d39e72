//! The command line.

mod answers;
mod approvals;
mod mocked;
mod read;
mod rewrite;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use naftiko_text::{Printable, printable, shell_word};

use crate::allowances::{Allowances, Readable};

pub(crate) use answers::{Listen, PublicUrl};
pub(crate) use approvals::{Approvals, ApprovalsCommand};
pub(crate) use mocked::{Mock, Test, TestFormat};
pub(crate) use read::read;
pub(crate) use rewrite::{FixOptions, UpgradeOptions};

/// Check, plan and run Naftiko capability compositions.
///
/// Exit codes: 0 done, 1 the document has errors, 2 usage, 3 the run failed, 4 the run waits, 5 in doubt,
/// 6 cancelled.
#[derive(Debug, Parser)]
#[command(version, propagate_version = true)]
pub(crate) struct Arguments {
    /// The command to run
    #[command(subcommand)]
    pub(crate) command: Command,
    /// When to use color
    #[arg(long, global = true, value_enum, default_value_t = Color::Auto)]
    pub(crate) color: Color,
}

/// When to use color.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Color {
    /// In a terminal, unless `NO_COLOR` is set
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Find every mistake before anything is sent
    Check(Check),
    /// Show what would be sent where, with what, and why
    Plan(Plan),
    /// Translate a composition of edition 0.1 to 0.2, with all inferences written out
    Upgrade(UpgradeOptions),
    /// Run the tests of compositions, on the mock
    Test(Test),
    /// Simulate providers over HTTP, with the mock that runs use
    Mock(Mock),
    /// Run a composition
    Run(Box<Run>),
    /// Continue a run that waits, was stopped or was interrupted
    Resume(Resume),
    /// Answer a step that is done outside
    Complete(Complete),
    /// State whether a call that is in doubt happened
    Resolve(Resolve),
    /// End a run
    Cancel(Cancel),
    /// List the stored runs, look at one, or remove some
    Runs(Runs),
    /// List the secrets that are approved for servers, or revoke approvals
    #[command(max_term_width = 80)]
    Approvals(Approvals),
    /// Drive every run that is due, until stopped
    Work(Work),
    /// Print a published JSON Schema
    Schema(Schema),
    /// Explain a code and what to write instead
    Explain(Explain),
    /// List every code that `check` can report
    Codes(Codes),
}

/// Replacements for the documents that a composition finds on its own.
#[derive(Debug, Args)]
pub(crate) struct Lookup {
    /// A capabilities document, or a folder of them, in place of the one the composition finds
    #[arg(long, value_name = "FILE|DIR")]
    pub(crate) capabilities: Option<PathBuf>,
    /// An OpenAPI description, in place of those the capabilities document names; may be repeated
    #[arg(long, value_name = "FILE")]
    pub(crate) openapi: Vec<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct Check {
    /// Compositions and capabilities documents; folders of them; patterns in quotes, such as 'specs/**/*.yaml'; pipes; `-`
    /// for standard input
    #[arg(required = true, value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) lookup: Lookup,
    #[command(flatten)]
    pub(crate) readable: Readable,
    #[command(flatten)]
    pub(crate) fix: FixOptions,
    /// How to write the findings
    #[arg(long, value_enum, default_value_t = CheckFormat::Human)]
    pub(crate) format: CheckFormat,
    /// Treat findings of this code as errors, or all `warnings`; may be repeated
    #[arg(long, value_name = "CODE|warnings")]
    pub(crate) deny: Vec<String>,
    /// Leave out findings of this code, which must not be an error; may be repeated
    #[arg(long, value_name = "CODE")]
    pub(crate) allow: Vec<String>,
    /// Apply rules that are off by default: all of `governance`, or one by its code; may be repeated
    #[arg(long, value_name = "governance|CODE")]
    pub(crate) rules: Vec<String>,
    /// Leave out notes
    #[arg(long, short)]
    pub(crate) quiet: bool,
    /// The name to report for `-`; other files are looked for from its folder
    #[arg(long, value_name = "FILE", default_value = "<stdin>")]
    pub(crate) stdin_name: PathBuf,
    /// Check again whenever something that was read changes
    #[arg(long)]
    pub(crate) watch: bool,
}

/// How to write findings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum CheckFormat {
    /// For people: drawn in a terminal, lines elsewhere
    Human,
    /// For programs; `naftiko schema findings` prints the schema
    Json,
    /// For code scanning: SARIF 2.1.0
    Sarif,
    /// For CI that shows test results: `JUnit` XML
    Junit,
    /// For GitHub Actions: annotations
    Github,
}

#[derive(Debug, Args)]
pub(crate) struct Schema {
    /// The schema to print
    #[arg(value_enum, value_name = "NAME")]
    pub(crate) name: SchemaName,
}

/// A published JSON Schema.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum SchemaName {
    /// Compositions of edition 0.1
    #[value(name = "composition-0.1")]
    Composition01,
    /// Compositions of edition 0.2
    #[value(name = "composition-0.2")]
    Composition02,
    /// Capabilities documents of edition 0.1
    #[value(name = "capabilities-0.1")]
    Capabilities01,
    /// Capabilities documents of edition 0.2
    #[value(name = "capabilities-0.2")]
    Capabilities02,
    /// Tests of a composition
    #[value(name = "test-0.2", alias = "test")]
    Test02,
    /// The output of `naftiko check --format json`
    Findings,
}

#[derive(Debug, Args)]
pub(crate) struct Explain {
    /// A code, as shown in brackets after `error`, `warning` or `note`
    #[arg(value_name = "CODE")]
    pub(crate) code: String,
}

#[derive(Debug, Args)]
pub(crate) struct Codes {
    /// Write JSON, with the addresses of the pages
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Plan {
    /// A composition
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    #[command(flatten)]
    pub(crate) lookup: Lookup,
    #[command(flatten)]
    pub(crate) readable: Readable,
    /// How to show the plan
    #[arg(long, value_enum, default_value_t = PlanFormat::Text)]
    pub(crate) format: PlanFormat,
}

/// How to show a plan.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum PlanFormat {
    /// For people
    Text,
    /// The plan itself
    Json,
    /// The graph, for Graphviz
    Dot,
    /// The graph, as a Mermaid flowchart
    Mermaid,
}

#[derive(Debug, Args)]
pub(crate) struct Run {
    /// A composition
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    #[command(flatten)]
    pub(crate) lookup: Lookup,
    /// An input, parsed by its declared type; a list with commas, by repetition or as JSON, an object as JSON
    #[arg(long = "input", short, value_name = "NAME=VALUE")]
    pub(crate) inputs: Vec<String>,
    /// A YAML or JSON file of inputs; `--input` takes precedence
    #[arg(long = "inputs", value_name = "FILE")]
    pub(crate) inputs_file: Option<PathBuf>,
    /// Send nothing: answer every operation from its response schema
    #[arg(long)]
    pub(crate) mock: bool,
    /// The seed of the mock's responses; equal seeds give equal responses
    #[arg(long, value_name = "NUMBER", requires = "mock")]
    pub(crate) seed: Option<u64>,
    /// A test document for the mock: `mock` at its top lists responses and the resources that exist
    #[arg(long, value_name = "FILE", requires = "mock")]
    pub(crate) script: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) driving: Driving,
    #[command(flatten)]
    pub(crate) allowances: Allowances,
    #[command(flatten)]
    pub(crate) public_url: PublicUrl,
    /// Send inferred arguments without asking
    #[arg(long)]
    pub(crate) accept_inferred: bool,
    /// How long to wait between two polls, in place of 5 s to 60 s
    #[arg(long, value_name = "DURATION")]
    pub(crate) poll_every: Option<String>,
    /// Store the run and leave it to `naftiko work`
    #[arg(long, conflicts_with = "mock")]
    pub(crate) detach: bool,
    #[command(flatten)]
    pub(crate) state: State,
}

/// Parses a number above 0.
fn positive(text: &str) -> Result<usize, String> {
    text.parse().ok().filter(|number| *number > 0).ok_or_else(|| "it is not a number above 0".to_owned())
}

/// The folder of the stored runs.
#[derive(Debug, Args)]
pub(crate) struct State {
    /// The folder in which runs are stored, in place of `$XDG_STATE_HOME/naftiko`
    #[arg(long, value_name = "DIR", global = true)]
    pub(crate) state: Option<PathBuf>,
}

impl State {
    /// The `--state` flag to repeat in a suggested command; empty for the default folder.
    pub(crate) fn again(&self) -> Printable {
        let state = self.state.as_ref();
        state.map(|folder| printable!(" --state {}", shell_word(folder))).unwrap_or_default()
    }
}

/// The options that `run` and `resume` share: how a run is driven.
#[derive(Debug, Args)]
pub(crate) struct Driving {
    /// The base URL of a provider, in place of the one in its documents
    #[arg(long, value_name = "PROVIDER=URL")]
    pub(crate) base_url: Vec<String>,
    /// The answer to an external step
    #[arg(long = "answer", value_name = "STEP=JSON")]
    pub(crate) answers: Vec<String>,
    /// How many calls may be under way at once, in all or to one provider; 8 in all by default
    #[arg(long, value_name = "N|PROVIDER=N")]
    pub(crate) jobs: Vec<String>,
    /// Write one event per line, and last the outcome with its outputs
    #[arg(long)]
    pub(crate) json: bool,
    /// Write every request and every response to standard error, without credentials and with sensitive values masked
    #[arg(long, short)]
    pub(crate) verbose: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Resume {
    /// The id of the run, or its beginning
    #[arg(value_name = "RUN")]
    pub(crate) run: String,
    /// A sensitive input, which is never stored
    #[arg(long = "input", short, value_name = "NAME=VALUE")]
    pub(crate) inputs: Vec<String>,
    /// A YAML or JSON file of sensitive inputs
    #[arg(long = "inputs", value_name = "FILE")]
    pub(crate) inputs_file: Option<PathBuf>,
    /// A sensitive input whose value has changed since the run began; may be repeated
    #[arg(long, value_name = "NAME")]
    pub(crate) replaced: Vec<String>,
    #[command(flatten)]
    pub(crate) driving: Driving,
    #[command(flatten)]
    pub(crate) allowances: Allowances,
    #[command(flatten)]
    pub(crate) public_url: PublicUrl,
    /// Continue with the documents as they are now, in place of the plan that the run was started with
    #[arg(long)]
    pub(crate) adopt_changes: bool,
    #[command(flatten)]
    pub(crate) state: State,
}

#[derive(Debug, Args)]
pub(crate) struct Complete {
    /// The id of the run, or its beginning
    #[arg(value_name = "RUN")]
    pub(crate) run: String,
    /// The step that waits
    #[arg(value_name = "STEP")]
    pub(crate) step: String,
    /// The answer
    #[arg(long, value_name = "JSON")]
    pub(crate) result: String,
    #[command(flatten)]
    pub(crate) state: State,
}

#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("ruling").required(true))]
pub(crate) struct Resolve {
    /// The id of the run, or its beginning
    #[arg(value_name = "RUN")]
    pub(crate) run: String,
    /// The step that is in doubt
    #[arg(value_name = "STEP")]
    pub(crate) step: String,
    /// The call happened, with this response; JSON may be left out for a compensation, and for a message that was
    /// delivered but not answered yet
    #[arg(long, value_name = "JSON", group = "ruling", num_args = 0..=1, default_missing_value = "")]
    pub(crate) happened: Option<String>,
    /// The call did not happen: it is retried when the run continues
    #[arg(long, group = "ruling")]
    pub(crate) did_not_happen: bool,
    /// Accept the response although it does not fit the description of the operation
    #[arg(long, requires = "happened")]
    pub(crate) as_is: bool,
    #[command(flatten)]
    pub(crate) state: State,
}

#[derive(Debug, Args)]
pub(crate) struct Cancel {
    /// The id of the run, or its beginning
    #[arg(value_name = "RUN")]
    pub(crate) run: String,
    /// Compensate what was done, when the run continues
    #[arg(long)]
    pub(crate) compensate: bool,
    #[command(flatten)]
    pub(crate) state: State,
}

#[derive(Debug, Args)]
pub(crate) struct Runs {
    #[command(subcommand)]
    pub(crate) command: Option<RunsCommand>,
    /// Write JSON, one run per line
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) state: State,
}

#[derive(Debug, Subcommand)]
pub(crate) enum RunsCommand {
    /// Show the state of a run, step by step
    Show {
        /// The id of the run, or its beginning
        #[arg(value_name = "RUN")]
        run: String,
        /// Write it as one line of JSON
        #[arg(long)]
        json: bool,
    },
    /// Show every event of a run
    Events {
        /// The id of the run, or its beginning
        #[arg(value_name = "RUN")]
        run: String,
        /// Write JSON, one event per line
        #[arg(long)]
        json: bool,
    },
    /// Report every part of the journal that is not as it was written
    Verify,
    /// Remove runs with all their records
    #[command(group = clap::ArgGroup::new("which").required(true))]
    Prune {
        /// The ids of the runs
        #[arg(value_name = "RUN", group = "which")]
        runs: Vec<String>,
        /// The runs that ended at least this long ago
        #[arg(long, value_name = "DURATION", group = "which")]
        older_than: Option<String>,
        /// Also remove runs that have not ended; they can no longer be continued or compensated
        #[arg(long)]
        force: bool,
    },
}

#[derive(Debug, Args)]
pub(crate) struct Work {
    /// Stop once nothing is due
    #[arg(long)]
    pub(crate) once: bool,
    /// How many runs may be driven at once
    #[arg(long, value_name = "N", default_value_t = 64, value_parser = positive)]
    pub(crate) runs: usize,
    /// Write one event per line
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) allowances: Allowances,
    #[command(flatten)]
    pub(crate) listen: Listen,
    #[command(flatten)]
    pub(crate) public_url: PublicUrl,
    #[command(flatten)]
    pub(crate) state: State,
}
