//! The command line.

mod approvals;
mod mocked;
mod read;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use naftiko_text::{Printable, printable, shell_word};

use crate::callback::{Listen, PublicUrl};
use crate::drive::Allowances;

pub(crate) use approvals::{Approvals, ApprovalsCommand};
pub(crate) use mocked::{Mock, Test, TestFormat};
pub(crate) use read::read;

/// Check, plan and run Naftiko capability compositions.
///
/// Exit codes: 0 done, 1 the document has errors, 2 usage, 3 the run failed, 4 the run waits, 5 in doubt,
/// 6 cancelled.
#[derive(Debug, Parser)]
#[command(version, propagate_version = true)]
pub(crate) struct Arguments {
    /// What to do
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
    /// Turn a composition of edition 0.1 into 0.2, with everything that was inferred written down
    Upgrade(crate::upgrade::UpgradeOptions),
    /// Run the tests of compositions, on the mock
    Test(Test),
    /// Stand in for providers over HTTP, as the mock does within a run
    Mock(Mock),
    /// Run a composition
    Run(Box<Run>),
    /// Go on with a run that waits, was stopped or was cut off
    Resume(Resume),
    /// Answer a step that is done outside
    Complete(Complete),
    /// Say whether a call that is in doubt happened
    Resolve(Resolve),
    /// End a run
    Cancel(Cancel),
    /// List the runs that are kept, look at one, or remove some
    Runs(Runs),
    /// List the secrets that are approved for servers, or revoke approvals
    #[command(max_term_width = 80)]
    Approvals(Approvals),
    /// Drive every run that has something to do, until stopped
    Work(Work),
    /// Print a published JSON Schema
    Schema(Schema),
    /// Say what a code means and what to write instead
    Explain(Explain),
    /// List every code that `check` can report
    Codes(Codes),
}

/// Where to look besides the document.
#[derive(Debug, Args)]
pub(crate) struct Lookup {
    /// A capabilities document, or a folder of them, in place of the one the composition finds
    #[arg(long, value_name = "FILE|DIR")]
    pub(crate) capabilities: Option<PathBuf>,
    /// An OpenAPI description, in place of those the capabilities document names; may be repeated
    #[arg(long, value_name = "FILE")]
    pub(crate) openapi: Vec<PathBuf>,
}

/// What documents may have read.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct Readable {
    /// A file, or a folder with all that is below it, that documents may name outside of their own folders; may be repeated
    #[arg(long = "allow-file", value_name = "PATH")]
    pub(crate) allowed_files: Vec<PathBuf>,
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
    pub(crate) fix: crate::fix::FixOptions,
    /// How to write the findings
    #[arg(long, value_enum, default_value_t = CheckFormat::Human)]
    pub(crate) format: CheckFormat,
    /// Treat findings of this code as errors, or all `warnings`; may be repeated
    #[arg(long, value_name = "CODE|warnings")]
    pub(crate) deny: Vec<String>,
    /// Leave out findings of this code, which is no error; may be repeated
    #[arg(long, value_name = "CODE")]
    pub(crate) allow: Vec<String>,
    /// Hold documents to rules that are off by themselves: all of `governance`, or one by its code; may be repeated
    #[arg(long, value_name = "governance|CODE")]
    pub(crate) rules: Vec<String>,
    /// Leave out notes
    #[arg(long, short)]
    pub(crate) quiet: bool,
    /// What `-` is called, and where it looks for other files
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
    /// Of what
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
    /// What `naftiko check --format json` writes
    Findings,
}

#[derive(Debug, Args)]
pub(crate) struct Explain {
    /// A code, as it stands in brackets behind `error`, `warning` or `note`
    #[arg(value_name = "CODE")]
    pub(crate) code: String,
}

#[derive(Debug, Args)]
pub(crate) struct Codes {
    /// Write them as JSON, with the addresses of their pages
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
    /// How to show it
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
    /// An input, read by its declared type; a list by commas, by repetition or as JSON, an object as JSON
    #[arg(long = "input", short, value_name = "NAME=VALUE")]
    pub(crate) inputs: Vec<String>,
    /// A YAML or JSON file of inputs; `--input` goes before it
    #[arg(long = "inputs", value_name = "FILE")]
    pub(crate) inputs_file: Option<PathBuf>,
    /// Send nothing: answer every operation from its response schema
    #[arg(long)]
    pub(crate) mock: bool,
    /// What the mock's answers are made from; the same seed gives the same answers
    #[arg(long, value_name = "NUMBER", requires = "mock")]
    pub(crate) seed: Option<u64>,
    /// A test document for the mock: its `mock` at the top lists answers and the resources that exist
    #[arg(long, value_name = "FILE", requires = "mock")]
    pub(crate) script: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) driving: Driving,
    #[command(flatten)]
    pub(crate) allowances: Allowances,
    #[command(flatten)]
    pub(crate) public_url: PublicUrl,
    /// Send what was inferred without asking
    #[arg(long)]
    pub(crate) accept_inferred: bool,
    /// How long to wait between two polls, in place of 5 s to 60 s
    #[arg(long, value_name = "DURATION")]
    pub(crate) poll_every: Option<String>,
    /// Keep the run and leave it to `naftiko work`
    #[arg(long, conflicts_with = "mock")]
    pub(crate) detach: bool,
    #[command(flatten)]
    pub(crate) state: State,
}

/// Where runs are kept.
#[derive(Debug, Args)]
pub(crate) struct State {
    /// The folder that runs are kept in, in place of `$XDG_STATE_HOME/naftiko`
    #[arg(long, value_name = "DIR", global = true)]
    pub(crate) state: Option<PathBuf>,
}

impl State {
    /// The flag as the next command needs it too; nothing where runs are where they usually are.
    pub(crate) fn again(&self) -> Printable {
        let state = self.state.as_ref();
        state.map(|folder| printable!(" --state {}", shell_word(folder))).unwrap_or_default()
    }
}

/// How a run is driven.
#[derive(Debug, Args)]
pub(crate) struct Driving {
    /// Where a provider is, in place of what its documents say
    #[arg(long, value_name = "PROVIDER=URL")]
    pub(crate) base_url: Vec<String>,
    /// The answer to an external step
    #[arg(long = "answer", value_name = "STEP=JSON")]
    pub(crate) answers: Vec<String>,
    /// How many calls may be under way at once, in all or to one provider; 8 in all by default
    #[arg(long, value_name = "N|PROVIDER=N")]
    pub(crate) jobs: Vec<String>,
    /// Write one event a line, and last the outcome with its outputs
    #[arg(long)]
    pub(crate) json: bool,
    /// Write every request and every answer to standard error, without credentials and with what is sensitive masked
    #[arg(long, short)]
    pub(crate) verbose: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Resume {
    /// The run, by its id or how that begins
    #[arg(value_name = "RUN")]
    pub(crate) run: String,
    /// A sensitive input, which is never kept
    #[arg(long = "input", short, value_name = "NAME=VALUE")]
    pub(crate) inputs: Vec<String>,
    /// A YAML or JSON file of sensitive inputs
    #[arg(long = "inputs", value_name = "FILE")]
    pub(crate) inputs_file: Option<PathBuf>,
    /// A sensitive input that has another value now than when the run began; may be repeated
    #[arg(long, value_name = "NAME")]
    pub(crate) replaced: Vec<String>,
    #[command(flatten)]
    pub(crate) driving: Driving,
    #[command(flatten)]
    pub(crate) allowances: Allowances,
    #[command(flatten)]
    pub(crate) public_url: PublicUrl,
    /// Go on with the documents as they are now, in place of the plan the run was begun with
    #[arg(long)]
    pub(crate) adopt_changes: bool,
    #[command(flatten)]
    pub(crate) state: State,
}

#[derive(Debug, Args)]
pub(crate) struct Complete {
    /// The run, by its id or how that begins
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
    /// The run, by its id or how that begins
    #[arg(value_name = "RUN")]
    pub(crate) run: String,
    /// The step that is in doubt
    #[arg(value_name = "STEP")]
    pub(crate) step: String,
    /// It happened, and this is what it answered; of what undoes a step nothing need be said; of a message without JSON:
    /// it arrived, and its answer is still to come
    #[arg(long, value_name = "JSON", group = "ruling", num_args = 0..=1, default_missing_value = "")]
    pub(crate) happened: Option<String>,
    /// It did not happen: it is made again when the run goes on
    #[arg(long, group = "ruling")]
    pub(crate) did_not_happen: bool,
    /// Take what it answered although it does not fit the description of the operation
    #[arg(long, requires = "happened")]
    pub(crate) as_is: bool,
    #[command(flatten)]
    pub(crate) state: State,
}

#[derive(Debug, Args)]
pub(crate) struct Cancel {
    /// The run, by its id or how that begins
    #[arg(value_name = "RUN")]
    pub(crate) run: String,
    /// Undo what was done, when the run goes on
    #[arg(long)]
    pub(crate) compensate: bool,
    #[command(flatten)]
    pub(crate) state: State,
}

#[derive(Debug, Args)]
pub(crate) struct Runs {
    #[command(subcommand)]
    pub(crate) command: Option<RunsCommand>,
    /// Write JSON, a line each
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) state: State,
}

#[derive(Debug, Subcommand)]
pub(crate) enum RunsCommand {
    /// Show how a run stands, step by step
    Show {
        /// The run, by its id or how that begins
        #[arg(value_name = "RUN")]
        run: String,
        /// Write it as one line of JSON
        #[arg(long)]
        json: bool,
    },
    /// Show everything that happened in a run
    Events {
        /// The run, by its id or how that begins
        #[arg(value_name = "RUN")]
        run: String,
        /// Write JSON, an event a line
        #[arg(long)]
        json: bool,
    },
    /// Find whatever in the journal is not as it was written
    Verify,
    /// Remove runs with all that is known of them
    #[command(group = clap::ArgGroup::new("which").required(true))]
    Prune {
        /// These runs
        #[arg(value_name = "RUN", group = "which")]
        runs: Vec<String>,
        /// The runs that have been over for so long
        #[arg(long, value_name = "DURATION", group = "which")]
        older_than: Option<String>,
        /// Remove a run that is not over too: nobody can go on with it, or undo it, then
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
    #[arg(long, value_name = "N", default_value_t = 64)]
    pub(crate) runs: usize,
    /// Write one event a line
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
