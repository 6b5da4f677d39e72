//! Tasks of this workspace, started by `cargo xtask`.
//!
//! What a person or a CI job does here beyond `cargo build` and `cargo test` is a task, so that it is the same
//! everywhere. A task prints what it does and ends with 1 when something is wrong. Nothing that ships depends on
//! this crate.
#![expect(clippy::print_stdout, reason = "a task speaks to whoever started it")]
#![expect(clippy::disallowed_methods, reason = "a task reads files, the environment and the clock itself")]

mod callgrind;
mod ci;
mod codegen;
mod e2e;
mod faults;
mod fuzz;
mod pages;
mod tidy;
mod workspace;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use workspace::{Workspace, carry_out};

/// Tasks of this workspace.
#[derive(Debug, Parser)]
#[command(bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Debug, Clone, Subcommand)]
enum Task {
    /// Refuse what the architecture and the house rules forbid.
    Tidy,
    /// Write what is generated: the JSON Schemas in `schemas/`, and the tables of the codes and their pages.
    Codegen {
        /// Write nothing; fail if what is there differs.
        #[arg(long)]
        check: bool,
    },
    /// Run the onboarding composition against the `WorkOS` emulator; needs Node.
    E2e,
    /// Print how many of the mistakes in `tests/faults` are found, and where.
    Faults,
    /// Try what holds for every document on documents that a fuzzer makes up; needs cargo-fuzz.
    Fuzz {
        /// What to try; without it everything, one after the other.
        target: Option<fuzz::Target>,
        /// How long each is tried.
        #[arg(long, default_value_t = 60)]
        seconds: u32,
    },
    /// Measure what checks and journals cost, how fast a run is resumed, and how many runs one process drives.
    Bench {
        /// Count the instructions of `check` and `test` instead of measuring times; needs valgrind.
        #[arg(long)]
        callgrind: bool,
        /// Count those of this binary, not of a release build of the workspace.
        #[arg(long, value_name = "PATH", requires = "callgrind")]
        binary: Option<PathBuf>,
        /// Compare with an earlier binary; fail where a count is more than 5 % above its own.
        #[arg(long, value_name = "PATH", requires = "callgrind")]
        against: Option<PathBuf>,
    },
    /// Everything that has to hold before a change goes in; stops at the first failure.
    Ci,
}

fn main() -> ExitCode {
    match run(Arguments::parse().task) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            println!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(task: Task) -> anyhow::Result<()> {
    let workspace = Workspace::find()?;
    match task {
        Task::Tidy => tidy::run(&workspace),
        Task::Codegen { check: false } => codegen::write(&workspace),
        Task::Codegen { check: true } => codegen::check(&workspace),
        Task::E2e => e2e::run(&workspace),
        Task::Faults => faults::run(),
        Task::Fuzz { target, seconds } => fuzz::run(&workspace, target, seconds),
        Task::Bench { callgrind: true, binary, against } => {
            callgrind::run(&workspace, binary.as_deref(), against.as_deref())
        }
        Task::Bench { .. } => carry_out(&mut workspace.cargo(&["bench", "-p", "naftiko", "--bench", "runs"])),
        Task::Ci => ci::run(&workspace),
    }
}
