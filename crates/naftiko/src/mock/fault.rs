//! Injected faults, as given with `--fault`.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use naftiko_adapter::Operation;
use naftiko_adapter_mock::{Fault, Reply, Script};
use naftiko_check::Offer;
use naftiko_diagnostics::nearest;

/// The faults to inject.
#[derive(Debug, Default)]
pub(super) struct Faults {
    all: Vec<(Vec<Arc<Operation>>, Wrong)>,
    /// The number of calls left before the process exits, by provider and operation.
    crashes: Mutex<BTreeMap<(String, String), u32>>,
}

#[derive(Debug, Clone)]
enum Wrong {
    /// The first calls are answered with this status; how many calls.
    Status(u16, u32),
    /// Every response is delayed by this time.
    Latency(Duration),
    /// The responses to this many calls are lost.
    Drop(u32),
    /// The process exits at this call.
    Crash(u32),
}

const FORMS: &str = "faults are `429:3`, `latency:200ms`, `drop:1` and `crash:2`, each after `OPERATION=` \
                     for a single operation";

impl Faults {
    /// Parses arguments of the form `OPERATION=FAULT`, or `FAULT` for all operations.
    ///
    /// # Errors
    /// The first argument that is malformed or names an unknown operation.
    pub(super) fn read(given: &[String], offers: &[Offer]) -> Result<Self, String> {
        let mut faults = Self::default();
        for argument in given {
            let (operations, text) = match argument.rsplit_once('=') {
                Some((name, text)) => (vec![named(name, offers)?], text),
                None => {
                    let all = offers.iter().flat_map(|offer| offer.operations.iter().cloned());
                    (all.collect(), argument.as_str())
                }
            };
            let wrong = Wrong::read(text).ok_or_else(|| format!("`--fault {argument}`: {FORMS}"))?;
            if let Wrong::Crash(at) = wrong {
                let crashes = faults.crashes.get_mut().unwrap_or_else(PoisonError::into_inner);
                crashes.extend(operations.iter().map(|operation| (key(operation), at)));
            }
            faults.all.push((operations, wrong));
        }
        Ok(faults)
    }

    /// Adds the faults to a script, before its own replies.
    pub(super) fn add_to(&self, script: &mut Script) {
        for (operations, wrong) in &self.all {
            for operation in operations {
                let at = script.operations.iter().position(|(known, _)| key(known) == key(operation));
                if at.is_none() {
                    script.operations.push((Arc::clone(operation), vec![Reply::default()]));
                }
                let at = at.unwrap_or(script.operations.len() - 1);
                if let Some((_, replies)) = script.operations.get_mut(at) {
                    wrong.add_to(replies);
                }
            }
        }
    }

    /// Counts a call. Whether the process must exit at this one.
    pub(super) fn is_the_end(&self, operation: &Operation) -> bool {
        let mut crashes = self.crashes.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(left) = crashes.get_mut(&key(operation)) else { return false };
        *left = left.saturating_sub(1);
        *left == 0
    }
}

impl Wrong {
    fn read(text: &str) -> Option<Self> {
        let (word, more) = text.split_once(':').map_or((text, None), |(word, more)| (word, Some(more)));
        let times = || more.map_or(Some(1), |more| more.parse().ok().filter(|times| *times > 0));
        match word {
            "latency" => {
                let duration = naftiko_spec::parse_duration(more?)?;
                Some(Self::Latency(duration.try_into().ok()?))
            }
            "drop" => Some(Self::Drop(times()?)),
            "crash" => Some(Self::Crash(times()?)),
            status => {
                let status = status.parse().ok().filter(|status| (200..600).contains(status))?;
                Some(Self::Status(status, times()?))
            }
        }
    }

    fn add_to(&self, replies: &mut Vec<Reply>) {
        match self {
            Self::Status(status, times) => {
                replies.insert(0, Reply { status: Some(*status), times: *times, ..Reply::default() });
            }
            Self::Drop(times) => {
                replies.insert(0, Reply { fault: Some(Fault::Drop), times: *times, ..Reply::default() });
            }
            Self::Latency(long) => replies.iter_mut().for_each(|reply| reply.delay = *long),
            Self::Crash(_) => {}
        }
    }
}

fn key(operation: &Operation) -> (String, String) {
    (operation.provider.clone(), operation.id.clone())
}

/// Finds an operation by the name that compositions use, or by its `operationId`.
fn named(name: &str, offers: &[Offer]) -> Result<Arc<Operation>, String> {
    let by_name = offers.iter().find_map(|offer| offer.named.get(name));
    let all = || offers.iter().flat_map(|offer| &offer.operations);
    if let Some(found) = by_name.or_else(|| all().find(|operation| operation.id == name)) {
        return Ok(Arc::clone(found));
    }
    let names = offers.iter().flat_map(|offer| offer.named.keys()).chain(all().map(|it| &it.id));
    let meant = nearest(name, names.map(String::as_str));
    let meant = meant.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
    Err(format!("there is no operation `{name}`{meant}"))
}
