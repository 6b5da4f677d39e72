//! `naftiko`: checks, plans and runs capability compositions.
//!
//! This crate parses arguments, wires the other crates together and chooses the exit code. Files, the environment, the
//! clock and the terminal are accessed through [`world`] only.

mod allowances;
mod approvals;
mod args;
mod callback;
mod changes;
mod check;
mod diff;
mod documents;
mod drive;
mod exit;
mod explain;
mod fix;
mod intervene;
mod listener;
mod marks;
mod mock;
mod numbers;
mod pages;
mod parallel;
mod plan;
mod planning;
mod post;
mod reading;
mod resume;
mod run;
mod runs;
mod schema;
mod screen;
mod state;
mod steps;
mod strictness;
mod test;
mod upgrade;
mod watch;
mod work;
mod world;

use std::process::ExitCode;

use crate::args::Command;
use crate::exit::Exit;
use crate::screen::Screen;

fn main() -> ExitCode {
    // The TLS implementation of all connections of this process.
    let _already_installed = rustls::crypto::ring::default_provider().install_default();
    world::escape_panics();
    let arguments = match args::read() {
        Ok(arguments) => arguments,
        Err(code) => return code,
    };
    let mut screen = Screen::new(arguments.color);
    let outcome = match arguments.command {
        Command::Check(arguments) => check::check(&arguments, &mut screen),
        Command::Plan(arguments) => plan::plan(&arguments, &mut screen),
        Command::Explain(arguments) => explain::explain(&arguments, &mut screen),
        Command::Codes(arguments) => explain::codes(&arguments, &mut screen),
        Command::Upgrade(arguments) => upgrade::upgrade(&arguments, &mut screen),
        Command::Run(arguments) => run::run(&arguments, &mut screen),
        Command::Resume(arguments) => resume::resume(&arguments, &mut screen),
        Command::Complete(arguments) => intervene::complete(&arguments, &mut screen),
        Command::Resolve(arguments) => intervene::resolve(&arguments, &mut screen),
        Command::Cancel(arguments) => intervene::cancel(&arguments, &mut screen),
        Command::Runs(arguments) => runs::runs(&arguments, &mut screen),
        Command::Approvals(arguments) => approvals::approvals(&arguments, &mut screen),
        Command::Work(arguments) => work::work(arguments, &mut screen),
        Command::Test(arguments) => test::test(&arguments, &mut screen),
        Command::Mock(arguments) => mock::mock(&arguments, &mut screen),
        Command::Schema(arguments) => schema::schema(&arguments, &mut screen),
    };
    match outcome {
        Ok(exit) => exit.into(),
        Err(stop) => {
            screen.problem(&stop.message());
            Exit::Usage.into()
        }
    }
}
