//! All checks that a change must pass, cheapest first.

use std::time::Instant;

use anyhow::Context;

use crate::workspace::{Workspace, carry_out};
use crate::{codegen, e2e, tidy};

type Check = fn(&Workspace) -> anyhow::Result<()>;

const CHECKS: &[(&str, Check)] = &[
    ("fmt", |workspace| carry_out(&mut workspace.cargo(&["fmt", "--all", "--check"]))),
    ("tidy", tidy::run),
    ("clippy", |workspace| {
        carry_out(&mut workspace.cargo(&["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]))
    }),
    ("codegen", codegen::check),
    // Built before the tests, so that tests which start the binary find the current one.
    ("build", e2e::build),
    ("test", |workspace| carry_out(&mut workspace.cargo(&["test", "--workspace"]))),
    ("matrix", e2e::matrix),
    ("e2e", e2e::run_if_possible),
    ("doc", |workspace| {
        let mut doc = workspace.cargo(&["doc", "--workspace", "--no-deps"]);
        carry_out(doc.env("RUSTDOCFLAGS", "-D warnings"))
    }),
];

/// Runs every check, with its name and duration; stops at the first failure.
pub(crate) fn run(workspace: &Workspace) -> anyhow::Result<()> {
    let beginning = Instant::now();
    for (name, check) in CHECKS {
        let start = Instant::now();
        println!("== {name}");
        check(workspace).with_context(|| format!("`{name}` failed after {:.1?}", start.elapsed()))?;
        println!("== {name} took {:.1?}", start.elapsed());
    }
    println!("== all {} checks hold, {:.1?}", CHECKS.len(), beginning.elapsed());
    Ok(())
}
