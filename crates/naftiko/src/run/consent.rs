//! Asks once before anything is sent that has an inferred argument and is not safe (LANGUAGE §4).

use std::fmt::Write as _;
use std::io;

use naftiko_plan::{Origin, Plan};
use naftiko_report::{provider_line, visible};

use crate::exit::Stop;
use crate::screen::Screen;

/// Whether the inferred effects of a plan may be sent.
///
/// # Errors
/// When nobody can be asked.
pub(crate) fn given(plan: &Plan, screen: &mut Screen) -> Result<bool, Stop> {
    let Some(list) = effects(plan) else { return Ok(true) };
    if !screen.can_ask() {
        return Err(Stop::Usage(format!(
            "these would be sent with arguments that nobody wrote:\n{list}look at them with `naftiko plan`, and send \
             them with `--accept-inferred`"
        )));
    }
    screen.message(&format!("these are sent with arguments that nobody wrote:\n{list}"))?;
    loop {
        screen.message("send them? [y/N] ")?;
        let mut answer = String::new();
        let read = io::stdin().read_line(&mut answer)?;
        match answer.trim().to_lowercase().as_str() {
            "y" | "yes" => return Ok(true),
            "" | "n" | "no" => {
                let gap = if read == 0 { "\n" } else { "" };
                screen.message(&format!("{gap}nothing was sent\n"))?;
                return Ok(false);
            }
            _ => {}
        }
    }
}

/// The steps with inferred effects, a line each with what was inferred; nothing if there is none.
fn effects(plan: &Plan) -> Option<String> {
    let mut list = String::new();
    for (id, provider) in &plan.providers {
        let _ = writeln!(list, "  to {}", provider_line(id, provider));
    }
    let providers = list.len();
    for (step, invoke) in plan.inferred_effects() {
        let request = plan.operation(invoke).map_or_else(String::new, |operation| {
            format!("{} {}", operation.method.as_str(), operation.path)
        });
        let _ = writeln!(list, "  {}  {request}", step.id);
        for argument in invoke.arguments.iter().filter(|argument| argument.origin != Origin::Written) {
            let _ = writeln!(list, "    {} ← {}", argument.slot.name(), visible(&argument.shown()));
        }
    }
    (list.len() > providers).then_some(list)
}
