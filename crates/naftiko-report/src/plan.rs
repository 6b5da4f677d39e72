//! Renders a plan for people: each request, its arguments, and the reason for each inferred part.

use std::collections::BTreeMap;

use naftiko_plan::{
    Action, Argument, Auth, Channel, External, Invoke, NextPage, OnFailure, Origin, Paginate, Plan, Provider,
    SecretName, SecretTarget, SecretUse, SecretUser, Slot, Step, documented_secret_uses, duration,
};

use naftiko_text::{Printable, join, printable, shell_word, wrap};

use crate::Style;

/// The most characters of a message text that are shown.
const MOST_OF_A_TEXT: usize = 100;

/// Renders the providers, secrets, inputs, steps and outputs of a plan. Inferred arguments show their reason.
pub fn plan(plan: &Plan, style: Style) -> Printable {
    let mut out = printable!("{}\n", style.strong(plan.name.clone()));
    for (id, provider) in &plan.providers {
        out.push_line(&style.dim(indented(&provider_line(id, provider), 0, style)));
    }
    write_secrets(&mut out, plan, style);
    if !plan.inputs.is_empty() {
        out.push_literal("\ninputs\n");
        let width = plan.inputs.iter().map(|input| input.name.chars().count()).max().unwrap_or_default();
        for input in &plan.inputs {
            let need = match (&input.default, input.required) {
                (Some(default), _) if !input.sensitive => printable!("default {}", default),
                (Some(_), _) => "default ***".into(),
                (None, true) => "required".into(),
                (None, false) => "optional".into(),
            };
            let sensitive = if input.sensitive { ", sensitive" } else { "" };
            let name = printable!("{}", input.name).padded(width);
            let about = style.dim(printable!("{}, {}{}", kind(&input.schema), need, sensitive));
            out.push(&printable!("  {}  {}\n", name, about));
        }
    }
    out.push_literal("\nsteps\n");
    let before = before(plan);
    for (position, step) in plan.steps.iter().enumerate() {
        write_step(&mut out, plan, position, step, style);
        let before = before.get(&position).map_or(&[][..], Vec::as_slice);
        // A step that only follows the one above it is the usual case and needs no line.
        if position > 0 && before != [position - 1] {
            let ids: Vec<&str> =
                before.iter().filter_map(|step| plan.steps.get(*step)).map(|step| step.id.as_str()).collect();
            let after =
                if ids.is_empty() { "immediately".into() } else { printable!("after {}", ids.join(", ")) };
            out.push_line(&style.dim(indented(&after, 5, style)));
        }
    }
    if !plan.outputs.is_empty() {
        out.push_literal("\noutputs\n");
        let width = plan.outputs.iter().map(|output| output.name.chars().count()).max().unwrap_or_default();
        for output in &plan.outputs {
            let name = printable!("{}", output.name).padded(width);
            out.push(&printable!("  {}  {} {}\n", name, style.dim("←"), output.source));
        }
    }
    out
}

/// Lists each secret, the server it is sent to (both under the names that approvals use), and the providers and steps
/// that use it.
fn write_secrets(out: &mut Printable, plan: &Plan, style: Style) {
    let uses = documented_secret_uses(plan);
    if !uses.is_empty() {
        out.push_literal("\nsecrets\n");
    }
    for SecretUse { secret, target, users } in uses {
        let name = shell_word(secret.approval_name());
        let target = match target {
            SecretTarget::Server(origin) => printable!("{}", origin),
            SecretTarget::Unknown(who) => printable!("the server of `{}`", who),
        };
        let users = users.iter().map(|user| match user {
            SecretUser::Provider(id) | SecretUser::Step(id) => printable!("{}", id),
        });
        let users = style.dim(printable!("({})", join(users, ", ")));
        out.push(&printable!("  {} {} {}  {}\n", name, style.dim("→"), target, users));
    }
}

/// One line about a provider: its address, its authentication, its rate limit, and the document that defines it.
pub fn provider_line(id: &str, provider: &Provider) -> Printable {
    let at = provider.base_url.as_deref().unwrap_or("without a known address");
    let with = match &provider.auth {
        Auth::None => "without credentials".into(),
        Auth::Bearer { token: secret }
        | Auth::ApiKey { key: secret, .. }
        | Auth::BasicPair { credentials: secret }
        | Auth::Basic { password: secret, .. } => printable!("with {}", found(secret)),
        Auth::ClientCredentials { client_secret, token_url, .. } => {
            printable!("with a token from {} for {}", token_url, found(client_secret))
        }
    };
    let limit = provider
        .rate_limit
        .map(|limit| printable!(", at most {} requests in {}", limit.requests, duration(limit.per)));
    let limit = limit.unwrap_or_default();
    printable!("{} at {}, {}{} (from {})", id, at, with, limit, provider.source)
}

/// Describes the source of a secret.
fn found(secret: &SecretName) -> Printable {
    match secret {
        SecretName::EnvVar(name) => printable!("${}", name),
        SecretName::File(path) => printable!("the content of {}", path),
        SecretName::Command(_) => printable!("the output of `{}`", secret),
    }
}

fn write_step(out: &mut Printable, plan: &Plan, position: usize, step: &Step, style: Style) {
    let number = position + 1;
    match &step.action {
        Action::External(external) => {
            let how = match external.channel {
                Channel::Prompt => "external".into(),
                other => printable!("external, by {}", other.as_str()),
            };
            out.push(&printable!("  {}. {}  {}\n", number, style.strong(step.id.clone()), style.dim(how)));
            if external.channel.sends() {
                write_message(out, external, style);
            }
        }
        Action::Composition(embedded) => {
            let how = style.dim("composition");
            let id = style.strong(step.id.clone());
            out.push(&printable!("  {}. {}  {} {}\n", number, id, how, embedded.plan.name));
            for (name, value) in embedded.shown() {
                out.push(&printable!("     {} {} {}\n", name, style.dim("←"), value));
            }
        }
        Action::Invoke(invoke) => write_invoke(out, plan, number, step, invoke, style),
    }
    write_clauses(out, plan, step, style);
}

/// Renders the conditions and repetition of a step, its failure policy and its compensation.
fn write_clauses(out: &mut Printable, plan: &Plan, step: &Step, style: Style) {
    let mut line = |word: &'static str, text: &Printable| {
        out.push(&printable!("     {} {}\n", style.dim(word), text));
    };
    if let Some(when) = &step.when {
        line("when", &printable!("{}", when.text()));
    }
    if let Some(each) = &step.for_each {
        line("for each item of", &printable!("{}, {} at a time", each.list.text(), each.concurrency));
    }
    if let Action::Invoke(invoke) = &step.action {
        for condition in &invoke.expect {
            line("expects", &printable!("{}", condition.text()));
        }
    }
    if step.on_failure == OnFailure::Continue {
        line("on failure", &"the run continues".into());
    }
    if let Some(undo) = &step.compensate {
        let operation = plan.operation(&undo.invoke);
        let request =
            operation.map(|operation| printable!("{} {}", operation.method.as_str(), operation.path));
        line("compensated by", &request.unwrap_or_default());
    }
}

/// The predecessors of each step, by position.
fn before(plan: &Plan) -> BTreeMap<usize, Vec<usize>> {
    let mut before: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for edge in &plan.edges {
        before.entry(edge.to).or_default().push(edge.from);
    }
    before
}

/// Wraps a text to the width of the screen; each line is indented by `columns`.
fn indented(text: &Printable, columns: usize, style: Style) -> Printable {
    wrap(text, &Printable::spaces(columns), style.width)
}

fn write_invoke(out: &mut Printable, plan: &Plan, number: usize, step: &Step, invoke: &Invoke, style: Style) {
    let request = plan.operation(invoke).map_or_else(Printable::new, |operation| {
        printable!("{} {}", operation.method.as_str(), operation.path)
    });
    out.push(&printable!("  {}. {}  {}\n", number, style.strong(step.id.clone()), request));
    let names = invoke.arguments.iter().map(name).collect::<Vec<_>>();
    let width = names.iter().map(|name| name.chars().count()).max().unwrap_or_default();
    for (argument, name) in invoke.arguments.iter().zip(names) {
        let why = why(&argument.origin, style);
        let (name, arrow) = (name.padded(width), style.dim("←"));
        out.push(&printable!("     {} {} {}{}\n", name, arrow, argument.shown(), why));
    }
    if let Some(paginate) = &invoke.paginate {
        write_pages(out, paginate, style);
    }
    if let Some(poll) = &invoke.poll {
        let why = why(&poll.origin, style);
        let every = match (duration(poll.every.initial), duration(poll.every.max)) {
            (initial, max) if initial == max => initial,
            (initial, max) => format!("{initial} to {max}"),
        };
        out.push(&printable!("     {} {}\n", style.dim("until"), poll.until));
        let patience = duration(poll.timeout);
        out.push(&printable!("     {} {}, for {}{}\n", style.dim("every"), every, patience, why));
    }
}

/// Renders the way from one page of a list to the next.
fn write_pages(out: &mut Printable, paginate: &Paginate, style: Style) {
    let why = why(&paginate.origin, style);
    let next = match &paginate.next {
        NextPage::Cursor { path, parameter } => {
            printable!("query.{} {} {}", parameter, style.dim("←"), path.text())
        }
        NextPage::Number { parameter } => printable!("query.{} is the page number", parameter),
        NextPage::Offset { parameter } => printable!("query.{} is the number of preceding items", parameter),
        NextPage::Link => "the `Link` header names the next page".into(),
    };
    let place = std::iter::once("response.body").chain(paginate.items.iter().map(String::as_str));
    let place = place.collect::<Vec<_>>().join(".");
    let max = paginate.max;
    out.push(&printable!("     {} {}\n", style.dim("page by page,"), next));
    out.push(&printable!("     {} {}, at most {} items{}\n", style.dim("all of"), place, max, why));
}

/// Renders the settings of a message, such as its recipient, and the values that it contains.
fn write_message(out: &mut Printable, external: &External, style: Style) {
    let with = external.shown_with().map(|(name, value)| (format!("with.{name}"), value));
    let lines: Vec<(String, String)> =
        external.shown_settings().map(|(name, value)| (name.to_owned(), value)).chain(with).collect();
    let width = lines.iter().map(|(name, _)| name.chars().count()).max().unwrap_or_default();
    for (name, value) in lines {
        let value = match value.char_indices().nth(MOST_OF_A_TEXT) {
            Some((end, _)) => format!("{}…", value.get(..end).unwrap_or_default()),
            None => value,
        };
        let name = printable!("{}", name).padded(width);
        out.push(&printable!("     {} {} {}\n", name, style.dim("←"), value));
    }
    if external.with.is_none() {
        let what = "with the inputs and results so far, sensitive values masked";
        out.push(&printable!("     {}\n", style.dim(what)));
    }
}

/// The reason for an inferred element, on a line of its own; empty if the author wrote the element.
fn why(origin: &Origin, style: Style) -> Printable {
    match origin {
        Origin::Written => Printable::new(),
        Origin::Inferred { reason } => {
            let reason = indented(&printable!("inferred: {}", reason), 7, style);
            style.dim(printable!("\n{}", reason))
        }
    }
}

fn name(argument: &Argument) -> Printable {
    match &argument.slot {
        Slot::Parameter(place, name) => printable!("{}.{}", place.as_str(), name),
        Slot::Property(name) => printable!("body.{}", name),
        Slot::Body => "body".into(),
    }
}

/// The name of the declared type of an input.
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
