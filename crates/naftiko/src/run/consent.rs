//! The confirmation before anything is sent: of secrets without approval, and of effects with inferred arguments.

use std::io;

use naftiko_engine::Cancellation;
use naftiko_plan::{Origin, Plan};
use naftiko_report::provider_line;
use naftiko_text::{Printable, join, printable};

use crate::drive::clearance::{Listed, flags};
use crate::exit::Stop;
use crate::screen::Screen;
use crate::world;

/// The confirmation that a run needs before it sends anything.
pub(crate) struct Question {
    /// The secrets without approval, each with its server, one per line; empty if there are none.
    secrets: Printable,
    /// The options that replace the confirmation.
    flags: Vec<Printable>,
    /// The steps with inferred effects, as [`effects`] lists them.
    effects: Option<Printable>,
}

impl Question {
    /// Builds the question about the missing approvals and, if `plan` is given, its inferred effects.
    pub(crate) fn new(missing: &[&Listed], plan: Option<&Plan>) -> Self {
        let secrets = missing.iter().map(|listed| printable!("  {}\n", listed.line())).collect();
        let effects = plan.and_then(effects);
        let accept = effects.as_ref().map(|_| "--accept-inferred".into());
        let flags = accept.into_iter().chain((!missing.is_empty()).then(|| flags(missing)));
        Self { secrets, flags: flags.collect(), effects }
    }

    /// Whether the operator agrees, or nothing needs to be confirmed. An interrupt counts as no.
    ///
    /// # Errors
    /// If no person can be asked, or the answer cannot be read.
    pub(crate) async fn answered(
        &self,
        screen: &mut Screen,
        cancellation: &Cancellation,
    ) -> Result<bool, Stop> {
        if self.flags.is_empty() {
            return Ok(true);
        }
        if !screen.can_ask() {
            return Err(Stop::Lines(self.refusal()));
        }
        screen.message(&self.text());
        let prompt = if self.secrets.is_empty() {
            "send them? [y/N] "
        } else {
            "approve the secrets and send them? [y/N] "
        };
        loop {
            screen.message(&prompt.into());
            let line = tokio::select! {
                line = tokio::task::spawn_blocking(world::read_line) => line.map_err(io::Error::other).flatten(),
                () = cancellation.cancelled() => Ok(None),
            };
            let line = line.map(Option::unwrap_or_default);
            let line = line.map_err(|error| Stop::Usage(format!("the answer cannot be read: {error}")))?;
            match line.trim().to_lowercase().as_str() {
                "y" | "yes" => return Ok(true),
                "" | "n" | "no" => {
                    // After the end of input or an interrupt, the cursor is still in the line of the prompt.
                    let gap = if line.is_empty() { "\n" } else { "" };
                    screen.message(&printable!("{}nothing was sent\n", Printable::from(gap)));
                    return Ok(false);
                }
                _ => {}
            }
        }
    }

    fn text(&self) -> Printable {
        let mut text = Printable::new();
        if !self.secrets.is_empty() {
            let head = "these secrets are sent to servers that you have not approved:";
            text.push(&printable!("{}\n{}", head, self.secrets));
            text.push_literal(
                "your approval is stored and applies to every document: see `naftiko approvals`\n",
            );
        }
        if let Some(list) = &self.effects {
            text.push(&printable!("these calls have inferred arguments:\n{}", list));
        }
        text
    }

    /// The error if no person can be asked, with the options that replace the confirmation.
    fn refusal(&self) -> Printable {
        let mut text = Printable::new();
        if !self.secrets.is_empty() {
            let head = "these secrets would be sent to servers that are not approved:";
            text.push(&printable!("{}\n{}", head, self.secrets));
        }
        if let Some(list) = &self.effects {
            text.push(&printable!("these calls have inferred arguments:\n{}", list));
        }
        let flags = join(&self.flags, " ");
        text.push(&if self.secrets.is_empty() {
            printable!("review them with `naftiko plan`, and send them with `{}`", flags)
        } else {
            printable!("review them with `naftiko plan`; approve them at a terminal, or add\n  {}", flags)
        });
        text
    }
}

/// The steps with inferred effects and their inferred arguments, one per line; `None` if there are none.
fn effects(plan: &Plan) -> Option<Printable> {
    let mut list = Printable::new();
    for (id, provider) in &plan.providers {
        list.push(&printable!("  to {}\n", provider_line(id, provider)));
    }
    let providers = list.len();
    let embedded = plan.embedded();
    let plans = std::iter::once(plan).chain(embedded.iter().map(AsRef::as_ref));
    let effects =
        plans.flat_map(|plan| plan.inferred_effects().map(move |(step, invoke)| (plan, step, invoke)));
    for (plan, step, invoke) in effects {
        let request = plan.operation(invoke).map_or_else(Printable::new, |operation| {
            printable!("{} {}", operation.method.as_str(), operation.path)
        });
        list.push(&printable!("  {}  {}\n", step.id, request));
        for argument in invoke.arguments.iter().filter(|argument| argument.origin != Origin::Written) {
            list.push(&printable!("    {} ← {}\n", argument.slot.name(), argument.shown()));
        }
    }
    (list.len() > providers).then_some(list)
}
