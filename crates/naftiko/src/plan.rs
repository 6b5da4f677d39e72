//! `naftiko plan`: shows the plan of a composition.

use naftiko_plan::{SecretUse, documented_secret_uses};
use serde::Serialize;

use crate::args::{Plan, PlanFormat};
use crate::exit::{Exit, Stop};
use crate::planning::to_plan;
use crate::screen::Screen;

/// The plan as JSON, with the secrets derived from it.
#[derive(Serialize)]
struct Shown<'a> {
    #[serde(flatten)]
    plan: &'a naftiko_plan::Plan,
    /// Each secret with the server that it is sent to.
    secrets: Vec<SecretUse>,
}

pub(crate) fn plan(arguments: &Plan, screen: &mut Screen) -> Result<Exit, Stop> {
    let plan = match to_plan(&arguments.file, &arguments.lookup, &arguments.readable.allowed_files, screen)? {
        Ok(plan) => plan,
        Err(exit) => return Ok(exit),
    };
    let text = match arguments.format {
        PlanFormat::Text => naftiko_report::plan(&plan, screen.out),
        PlanFormat::Dot => plan.graph().to_dot(),
        PlanFormat::Mermaid => plan.graph().to_mermaid(),
        PlanFormat::Json => {
            let shown = Shown { plan: &plan, secrets: documented_secret_uses(&plan) };
            let json = naftiko_text::json_pretty(&shown)
                .map_err(|error| Stop::Usage(format!("the plan cannot be written: {error}")))?;
            json + &"\n".into()
        }
    };
    screen.result(&text)?;
    Ok(Exit::Done)
}
