//! A plan for a person: what will be sent where, with what, and why.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use naftiko_plan::{
    Action, Argument, Auth, Channel, External, Invoke, NextPage, OnFailure, Origin, Paginate, Plan, Provider,
    SecretName, SecretTarget, SecretUse, SecretUser, Slot, Step, documented_secret_uses, duration,
};

use crate::paragraph::paragraph;
use crate::{Style, as_word, visible};

/// How much is shown of the text of a message, in characters.
const MOST_OF_A_TEXT: usize = 100;

/// The plan as text: every step with its request, its arguments and who says so, and the outputs.
pub fn plan(plan: &Plan, style: Style) -> String {
    let mut out = format!("{}\n", style.strong(&visible(&plan.name)));
    for (id, provider) in &plan.providers {
        let _ = writeln!(out, "{}", style.dim(&indented(&provider_line(id, provider), 0, style)));
    }
    write_secrets(&mut out, plan, style);
    if !plan.inputs.is_empty() {
        out.push_str("\ninputs\n");
        let width = plan.inputs.iter().map(|input| input.name.chars().count()).max().unwrap_or_default();
        for input in &plan.inputs {
            let need = match (&input.default, input.required) {
                (Some(default), _) if !input.sensitive => format!("default {default}"),
                (Some(_), _) => "default ***".to_owned(),
                (None, true) => "required".to_owned(),
                (None, false) => "optional".to_owned(),
            };
            let sensitive = if input.sensitive { ", sensitive" } else { "" };
            let _ = writeln!(
                out,
                "  {:width$}  {}",
                input.name,
                style.dim(&format!("{}, {need}{sensitive}", kind(&input.schema)))
            );
        }
    }
    out.push_str("\nsteps\n");
    let before = before(plan);
    for (position, step) in plan.steps.iter().enumerate() {
        write_step(&mut out, plan, position, step, style);
        let before = before.get(&position).map_or(&[][..], Vec::as_slice);
        // What follows the step above it, and nothing else, is what a reader expects.
        if position > 0 && before != [position - 1] {
            let ids: Vec<&str> =
                before.iter().filter_map(|step| plan.steps.get(*step)).map(|step| step.id.as_str()).collect();
            let after =
                if ids.is_empty() { "at once".to_owned() } else { format!("after {}", ids.join(", ")) };
            let _ = writeln!(out, "{}", style.dim(&indented(&after, 5, style)));
        }
    }
    if !plan.outputs.is_empty() {
        out.push_str("\noutputs\n");
        let width = plan.outputs.iter().map(|output| output.name.chars().count()).max().unwrap_or_default();
        for output in &plan.outputs {
            let _ = writeln!(out, "  {:width$}  {} {}", output.name, style.dim("←"), output.source);
        }
    }
    out
}

/// Which secret goes to which server, as approvals name them, and what uses it.
fn write_secrets(out: &mut String, plan: &Plan, style: Style) {
    let uses = documented_secret_uses(plan);
    if !uses.is_empty() {
        out.push_str("\nsecrets\n");
    }
    for SecretUse { secret, target, users } in uses {
        let name = as_word(secret.approval_name());
        let target = match target {
            SecretTarget::Server(origin) => origin.to_string(),
            SecretTarget::Unknown(who) => format!("wherever `{who}` says"),
        };
        let users = users.iter().map(|user| match user {
            SecretUser::Provider(id) | SecretUser::Step(id) => visible(id).into_owned(),
        });
        let users = style.dim(&format!("({})", users.collect::<Vec<_>>().join(", ")));
        let _ = writeln!(out, "  {} {} {}  {users}", visible(&name), style.dim("→"), visible(&target));
    }
}

/// Where a provider is, what it is sent to be let in, and which document says so.
pub fn provider_line(id: &str, provider: &Provider) -> String {
    let at = provider.base_url.as_deref().unwrap_or("at no known address");
    let with = match &provider.auth {
        Auth::None => "without credentials".to_owned(),
        Auth::Bearer { token: secret }
        | Auth::ApiKey { key: secret, .. }
        | Auth::BasicPair { credentials: secret }
        | Auth::Basic { password: secret, .. } => format!("with {}", found(secret)),
        Auth::ClientCredentials { client_secret, token_url, .. } => {
            format!("with a token that {} gives for {}", visible(token_url), found(client_secret))
        }
    };
    let limit = provider
        .rate_limit
        .map(|limit| format!(", at most {} requests in {}", limit.requests, duration(limit.per)));
    let limit = limit.unwrap_or_default();
    format!("{} at {}, {with}{limit}, as {} says", visible(id), visible(at), visible(&provider.source))
}

/// Where a secret is found, in words.
fn found(secret: &SecretName) -> String {
    match secret {
        SecretName::EnvVar(name) => format!("${name}"),
        SecretName::File(path) => format!("what is in {}", visible(path)),
        SecretName::Command(_) => format!("what `{}` prints", visible(&secret.to_string())),
    }
}

fn write_step(out: &mut String, plan: &Plan, position: usize, step: &Step, style: Style) {
    let number = position + 1;
    match &step.action {
        Action::External(external) => {
            let how = match external.channel {
                Channel::Prompt => "done outside".to_owned(),
                other => format!("done outside, by {}", other.as_str()),
            };
            let _ = writeln!(out, "  {number}. {}  {}", style.strong(&step.id), style.dim(&how));
            if external.channel.sends() {
                write_message(out, external, style);
            }
        }
        Action::Composition(embedded) => {
            let how = style.dim("a composition of its own");
            let _ = writeln!(
                out,
                "  {number}. {}  {how} {}",
                style.strong(&step.id),
                visible(&embedded.plan.name)
            );
            for (name, value) in embedded.shown() {
                let _ = writeln!(out, "     {} {} {}", visible(name), style.dim("←"), visible(&value));
            }
        }
        Action::Invoke(invoke) => write_invoke(out, plan, number, step, invoke, style),
    }
    write_clauses(out, plan, step, style);
}

/// When and how often the step is done, and what if it fails.
fn write_clauses(out: &mut String, plan: &Plan, step: &Step, style: Style) {
    let mut line = |word: &str, text: &str| {
        let _ = writeln!(out, "     {} {text}", style.dim(word));
    };
    if let Some(when) = &step.when {
        line("when", &visible(when.text()));
    }
    if let Some(each) = &step.for_each {
        line("for each of", &format!("{}, {} at a time", visible(each.list.text()), each.concurrency));
    }
    if let Action::Invoke(invoke) = &step.action {
        for condition in &invoke.expect {
            line("expects", &visible(condition.text()));
        }
    }
    if step.on_failure == OnFailure::Continue {
        line("if it fails,", "the run goes on");
    }
    if let Some(undo) = &step.compensate {
        let operation = plan.operation(&undo.invoke);
        let request = operation.map(|operation| format!("{} {}", operation.method.as_str(), operation.path));
        line("undone by", &request.unwrap_or_default());
    }
}

/// What each step follows, by position.
fn before(plan: &Plan) -> BTreeMap<usize, Vec<usize>> {
    let mut before: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for edge in &plan.edges {
        before.entry(edge.to).or_default().push(edge.from);
    }
    before
}

/// A text in lines that fit the width, each indented by so many columns.
fn indented(text: &str, columns: usize, style: Style) -> String {
    paragraph(text, &" ".repeat(columns), style.width)
}

fn write_invoke(out: &mut String, plan: &Plan, number: usize, step: &Step, invoke: &Invoke, style: Style) {
    let request = plan
        .operation(invoke)
        .map_or_else(String::new, |operation| format!("{} {}", operation.method.as_str(), operation.path));
    let _ = writeln!(out, "  {number}. {}  {request}", style.strong(&step.id));
    let names = invoke.arguments.iter().map(name).collect::<Vec<_>>();
    let width = names.iter().map(|name| name.chars().count()).max().unwrap_or_default();
    for (argument, name) in invoke.arguments.iter().zip(names) {
        let shown = argument.shown();
        let value = visible(&shown);
        let why = match &argument.origin {
            Origin::Written => String::new(),
            Origin::Inferred { reason } => inferred(reason, style),
        };
        let _ = writeln!(out, "     {name:width$} {} {value}{why}", style.dim("←"));
    }
    if let Some(paginate) = &invoke.paginate {
        write_pages(out, paginate, style);
    }
    if let Some(poll) = &invoke.poll {
        let why = match &poll.origin {
            Origin::Written => String::new(),
            Origin::Inferred { reason } => inferred(reason, style),
        };
        let every = match (duration(poll.every.initial), duration(poll.every.max)) {
            (initial, max) if initial == max => initial,
            (initial, max) => format!("{initial} to {max}"),
        };
        let _ = writeln!(out, "     {} {}", style.dim("until"), poll.until);
        let _ = writeln!(out, "     {} {every}, for {}{why}", style.dim("every"), duration(poll.timeout));
    }
}

/// How the pages of a list follow each other.
fn write_pages(out: &mut String, paginate: &Paginate, style: Style) {
    let why = match &paginate.origin {
        Origin::Written => String::new(),
        Origin::Inferred { reason } => inferred(reason, style),
    };
    let next = match &paginate.next {
        NextPage::Cursor { path, parameter } => {
            format!("query.{} {} {}", visible(parameter), style.dim("←"), visible(path.text()))
        }
        NextPage::Number { parameter } => format!("query.{} counts them", visible(parameter)),
        NextPage::Offset { parameter } => {
            format!("query.{} is how many items came before", visible(parameter))
        }
        NextPage::Link => "the header `Link` names the next".to_owned(),
    };
    let place = std::iter::once("response.body").chain(paginate.items.iter().map(String::as_str));
    let place = place.collect::<Vec<_>>().join(".");
    let max = paginate.max;
    let _ = writeln!(out, "     {} {next}", style.dim("page by page,"));
    let _ = writeln!(out, "     {} {}, at most {max} items{why}", style.dim("all of"), visible(&place));
}

/// Whom a message is for, and what it hands over.
fn write_message(out: &mut String, external: &External, style: Style) {
    let with = external.shown_with().map(|(name, value)| (format!("with.{name}"), value));
    let lines: Vec<(String, String)> =
        external.shown_settings().map(|(name, value)| (name.to_owned(), value)).chain(with).collect();
    let width = lines.iter().map(|(name, _)| name.chars().count()).max().unwrap_or_default();
    for (name, value) in lines {
        let value = match value.char_indices().nth(MOST_OF_A_TEXT) {
            Some((end, _)) => format!("{}…", value.get(..end).unwrap_or_default()),
            None => value,
        };
        let _ = writeln!(out, "     {:width$} {} {}", visible(&name), style.dim("←"), visible(&value));
    }
    if external.with.is_none() {
        let _ =
            writeln!(out, "     {}", style.dim("with the inputs and results so far, sensitive ones masked"));
    }
}

/// Why something that nobody wrote is there, on a line of its own.
fn inferred(reason: &str, style: Style) -> String {
    style.dim(&format!("\n{}", indented(&format!("inferred: {reason}"), 7, style)))
}

fn name(argument: &Argument) -> String {
    match &argument.slot {
        Slot::Parameter(place, name) => format!("{}.{name}", place.as_str()),
        Slot::Property(name) => format!("body.{name}"),
        Slot::Body => "body".to_owned(),
    }
}

/// The type an input is declared to have.
fn kind(schema: &serde_json::Value) -> String {
    let name =
        |schema: &serde_json::Value| schema.get("type").and_then(|name| name.as_str()).map(str::to_owned);
    match (name(schema), schema.get("items").and_then(name)) {
        (Some(list), Some(item)) if list == "array" => format!("list of {item}"),
        (Some(list), None) if list == "array" => "list".to_owned(),
        (Some(name), _) => name,
        (None, _) => "any".to_owned(),
    }
}
