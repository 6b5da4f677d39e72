//! Asks once before anything is sent that has an inferred argument and is not safe.

use std::fmt::Write as _;
use std::io;

use naftiko_engine::Cancellation;
use naftiko_plan::{Origin, Plan};
use naftiko_report::{provider_line, visible};

use crate::exit::Stop;
use crate::screen::Screen;

/// Whether the inferred effects of a plan may be sent. An interrupt is a no.
///
/// # Errors
/// When nobody can be asked, or the answer cannot be read.
pub(crate) async fn given(
    plan: &Plan,
    screen: &mut Screen,
    cancellation: &Cancellation,
) -> Result<bool, Stop> {
    let Some(list) = effects(plan) else { return Ok(true) };
    if !screen.can_ask() {
        return Err(Stop::Usage(format!(
            "these would be sent with arguments that nobody wrote:\n{list}look at them with `naftiko plan`, and send \
             them with `--accept-inferred`"
        )));
    }
    screen.message(&format!("these are sent with arguments that nobody wrote:\n{list}"));
    loop {
        screen.message("send them? [y/N] ");
        let line = tokio::select! {
            line = tokio::task::spawn_blocking(read_line) => line.map_err(io::Error::other).flatten(),
            () = cancellation.cancelled() => Ok(String::new()),
        };
        let line = line.map_err(|error| Stop::Usage(format!("the answer cannot be read: {error}")))?;
        match line.trim().to_lowercase().as_str() {
            "y" | "yes" => return Ok(true),
            "" | "n" | "no" => {
                // Neither the end of input nor an interrupt ends the line.
                let gap = if line.is_empty() { "\n" } else { "" };
                screen.message(&format!("{gap}nothing was sent\n"));
                return Ok(false);
            }
            _ => {}
        }
    }
}

fn read_line() -> io::Result<String> {
    let mut line = String::new();
    io::stdin().read_line(&mut line)?;
    Ok(line)
}

/// The steps with inferred effects, a line each with what was inferred; `None` if there is none.
fn effects(plan: &Plan) -> Option<String> {
    let mut list = String::new();
    for (id, provider) in &plan.providers {
        let _ = writeln!(list, "  to {}", provider_line(id, provider));
    }
    let providers = list.len();
    let embedded = plan.embedded();
    let plans = std::iter::once(plan).chain(embedded.iter().map(AsRef::as_ref));
    let effects =
        plans.flat_map(|plan| plan.inferred_effects().map(move |(step, invoke)| (plan, step, invoke)));
    for (plan, step, invoke) in effects {
        let request = plan.operation(invoke).map_or_else(String::new, |operation| {
            format!("{} {}", operation.method.as_str(), operation.path)
        });
        let _ = writeln!(list, "  {}  {}", visible(&step.id), visible(&request));
        for argument in invoke.arguments.iter().filter(|argument| argument.origin != Origin::Written) {
            let _ = writeln!(list, "    {} ← {}", visible(argument.slot.name()), visible(&argument.shown()));
        }
    }
    (list.len() > providers).then_some(list)
}
