//! `naftiko approvals`: lists and revokes the approvals that the operator gave at a terminal, each of one secret for
//! one server.

use std::path::Path;

use naftiko_diagnostics::nearest;
use naftiko_journal::Store;
use naftiko_journal::store::Approval;
use naftiko_plan::{SecretAllowance, SecretKind};
use naftiko_report::{Approved, approvals as list};
use naftiko_text::printable;

use crate::args::{Approvals as Arguments, ApprovalsCommand};
use crate::drive::clearance::unusable;
use crate::drive::line_of_json;
use crate::exit::{Exit, Stop};
use crate::screen::Screen;
use crate::state;
use crate::world::canonical_path;

pub(crate) fn approvals(arguments: &Arguments, screen: &mut Screen) -> Result<Exit, Stop> {
    match &arguments.command {
        None | Some(ApprovalsCommand::List) => {
            let approvals = match state::look(&arguments.state)? {
                Some(store) => stored(&store)?,
                None => Vec::new(),
            };
            if approvals.is_empty() && !arguments.json {
                screen.message(&"no secret is approved\n".into());
            }
            show(&approvals, arguments.json, screen)
        }
        Some(ApprovalsCommand::Revoke { all: true, .. }) => {
            let revoked = match state::look(&arguments.state)? {
                Some(_) => state::open(&arguments.state)?.revoke_all()?,
                None => 0,
            };
            let noun = if revoked == 1 { "approval" } else { "approvals" };
            screen.message(&printable!("{} {} revoked\n", revoked, noun));
            Ok(Exit::Done)
        }
        Some(ApprovalsCommand::Revoke { secrets, .. }) => revoke(arguments, secrets, screen),
    }
}

/// Revokes the approvals of these secrets; fails without revoking any if one of them has no approval.
fn revoke(arguments: &Arguments, secrets: &[SecretAllowance], screen: &mut Screen) -> Result<Exit, Stop> {
    // Checked before the journal is opened for writing, since that would create a journal that does not exist yet.
    let approvals = match state::look(&arguments.state)? {
        Some(store) => stored(&store)?,
        None => Vec::new(),
    };
    let mut revoked: Vec<Approval> = Vec::new();
    for secret in secrets {
        let of_secret: Vec<&Approval> = approvals.iter().filter(|it| is_meant(secret, it)).collect();
        if of_secret.is_empty() {
            return Err(unknown(secret, &approvals));
        }
        revoked.extend(of_secret.into_iter().filter(|it| !revoked.contains(it)).cloned().collect::<Vec<_>>());
    }
    state::open(&arguments.state)?.revoke(&revoked)?;
    screen.message(&"revoked:\n".into());
    show(&revoked, arguments.json, screen)
}

fn stored(store: &Store) -> Result<Vec<Approval>, Stop> {
    store.approvals().map_err(|error| unusable(&error))
}

fn is_meant(secret: &SecretAllowance, approval: &Approval) -> bool {
    let is_file = approval.kind == SecretKind::File.as_str();
    let is_named =
        approval.name == secret.name || (is_file && approval.name == canonical_path(Path::new(&secret.name)));
    is_named && secret.origin.as_ref().is_none_or(|origin| approval.origin == origin.as_str())
}

fn unknown(secret: &SecretAllowance, approvals: &[Approval]) -> Stop {
    let near = match approvals.iter().find(|it| it.name == secret.name) {
        Some(approval) => Some(format!("the secret is approved for {}", approval.origin)),
        None => nearest(&secret.name, approvals.iter().map(|it| it.name.as_str()))
            .map(|near| format!("did you mean `{near}`?")),
    };
    let near = near.map(|near| format!("; {near}")).unwrap_or_default();
    Stop::Usage(format!("there is no approval of `{secret}`{near}"))
}

fn show(approvals: &[Approval], json: bool, screen: &mut Screen) -> Result<Exit, Stop> {
    let approved: Vec<Approved> = approvals
        .iter()
        .map(|Approval { kind, name, origin, at }| Approved {
            secret: name.clone(),
            kind: kind.clone(),
            origin: origin.clone(),
            at: *at,
        })
        .collect();
    if json {
        for approval in &approved {
            screen.result(&line_of_json(approval)?)?;
        }
    } else {
        screen.result(&list(&approved, screen.out))?;
    }
    Ok(Exit::Done)
}
