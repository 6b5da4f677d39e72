//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

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
    /// Run a composition
    Run(Box<Run>),
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

#[derive(Debug, Args)]
pub(crate) struct Check {
    /// Compositions or capabilities documents
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) lookup: Lookup,
}

#[derive(Debug, Args)]
pub(crate) struct Plan {
    /// A composition
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    #[command(flatten)]
    pub(crate) lookup: Lookup,
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
    #[arg(long, value_name = "NUMBER", default_value_t = 0, requires = "mock")]
    pub(crate) seed: u64,
    /// Where a provider is, in place of what its documents say
    #[arg(long, value_name = "PROVIDER=URL")]
    pub(crate) base_url: Vec<String>,
    /// Send what was inferred without asking
    #[arg(long)]
    pub(crate) accept_inferred: bool,
    /// The answer to an external step
    #[arg(long = "answer", value_name = "STEP=JSON")]
    pub(crate) answers: Vec<String>,
    /// How long to wait between two polls, in place of 5 s to 60 s
    #[arg(long, value_name = "DURATION")]
    pub(crate) poll_every: Option<String>,
    /// Write one event a line, and last the outcome with its outputs
    #[arg(long)]
    pub(crate) json: bool,
}
