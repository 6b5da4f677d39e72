//! Converts retries, pauses and other policies of documents to the plan's types, with every default filled in.

use naftiko_plan as plan;
use naftiko_spec::{Backoff, Every, Facts, OnDoubt, OnFailure, RateLimit, Retry, RetryOn};

/// The retry policy: that of the step, else that of the capabilities document, else the default.
pub(crate) fn retry(step: Option<&Retry>, facts: &Facts) -> plan::Retry {
    let usual = plan::Retry::default();
    let Some(said) = step.or(facts.retry.as_ref()) else { return usual };
    plan::Retry {
        attempts: said.attempts.as_ref().map_or(usual.attempts, |attempts| attempts.value),
        backoff: said.backoff.as_ref().map_or(usual.backoff.clone(), |said| backoff(said, &usual.backoff)),
        on: said.on.as_ref().map_or(usual.on, |on| on.iter().copied().map(way).collect()),
    }
}

fn way(on: RetryOn) -> plan::RetryOn {
    match on {
        RetryOn::Status(status) => plan::RetryOn::Status(status),
        RetryOn::Class(class) => plan::RetryOn::Class(class),
        RetryOn::Timeout => plan::RetryOn::Timeout,
        RetryOn::Connect => plan::RetryOn::Connect,
    }
}

/// The pauses between two polls.
pub(crate) fn every(said: Option<&Every>) -> plan::Backoff {
    match said {
        None => plan::Backoff::default(),
        Some(Every::Fixed(every)) => plan::Backoff::fixed(every.value),
        Some(Every::Growing(said)) => backoff(said, &plan::Backoff::default()),
    }
}

/// Pauses, with defaults from `usual`. If only the first pause is given and exceeds the usual maximum, it is the
/// maximum.
fn backoff(said: &Backoff, usual: &plan::Backoff) -> plan::Backoff {
    let initial = said.initial.as_ref().map_or(usual.initial, |initial| initial.value);
    plan::Backoff {
        initial,
        factor: said.factor.unwrap_or(usual.factor),
        max: said.max.as_ref().map_or(usual.max.max(initial), |max| max.value),
        jitter: said.jitter.unwrap_or(usual.jitter),
    }
}

/// The part of an operation's additions that the plan stores; `None` if that is empty.
pub(crate) fn facts(facts: &Facts) -> Option<plan::Facts> {
    let kept = plan::Facts {
        rate_limit: facts.rate_limit.map(rate_limit),
        sensitive: facts.sensitive.iter().map(|path| path.expression.clone()).collect(),
        expires: facts
            .expires
            .iter()
            .map(|(path, after)| plan::Expiry { path: path.expression.clone(), after: after.value })
            .collect(),
    };
    (kept != plan::Facts::default()).then_some(kept)
}

pub(crate) fn rate_limit(said: RateLimit) -> plan::RateLimit {
    plan::RateLimit { requests: said.requests, per: said.per }
}

pub(crate) fn on_failure(said: OnFailure) -> plan::OnFailure {
    match said {
        OnFailure::Fail => plan::OnFailure::Fail,
        OnFailure::Continue => plan::OnFailure::Continue,
    }
}

pub(crate) fn on_doubt(said: OnDoubt) -> plan::OnDoubt {
    match said {
        OnDoubt::Ask => plan::OnDoubt::Ask,
        OnDoubt::Retry => plan::OnDoubt::Retry,
        OnDoubt::Fail => plan::OnDoubt::Fail,
    }
}
