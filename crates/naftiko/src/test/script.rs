//! Converts the script of a test document for the mock.

use std::time::Duration;

use naftiko_adapter_mock::{Body, Fault, Reply, Script};
use naftiko_check::Scripted;
use naftiko_spec::WireFault;

/// The script in the form that the mock takes.
pub(crate) fn script(told: &Scripted) -> Script {
    let operations = told.operations.iter();
    Script {
        operations: operations
            .map(|(operation, replies)| (operation.clone(), replies.iter().map(reply).collect()))
            .collect(),
        seeds: told.seeds.clone(),
    }
}

fn reply(said: &naftiko_spec::Reply) -> Reply {
    let whole = said.body.as_ref().map(|body| body.json.clone());
    let whole = whole.map(|body| if said.as_is { Body::AsIs(body) } else { Body::Whole(body) });
    let patch = said.patch.as_ref().map(|patch| Body::Patch(patch.json.clone()));
    let delay = said.delay.as_ref().and_then(|delay| Duration::try_from(delay.value).ok());
    Reply {
        times: said.times,
        status: said.status,
        headers: said.headers.clone(),
        body: whole.or(patch),
        delay: delay.unwrap_or_default(),
        fault: said.fault.map(|fault| match fault {
            WireFault::Connect => Fault::Connect,
            WireFault::Drop => Fault::Drop,
            WireFault::Garbage => Fault::Garbage,
        }),
    }
}
