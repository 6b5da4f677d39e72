//! Retries and pauses in both kinds of documents of edition 0.2.

use schemars::JsonSchema;

/// When a failed attempt is made again. Only operations that read, or carry an idempotency key, are ever repeated.
#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase", extend("additionalProperties" = false, "patternProperties" = {"^x-": true}))]
pub(super) struct Retry {
    /// How many attempts in all, the first included; 5 by default.
    #[schemars(range(min = 1, max = 1000))]
    attempts: Option<u32>,
    /// How long to wait between two attempts; from 1 s to 30 s by default. A `Retry-After` is honored too.
    backoff: Option<Backoff>,
    /// The failures that are retried; `connect`, `timeout`, 429 and `5xx` by default.
    #[schemars(length(min = 1))]
    on: Option<Vec<RetryOn>>,
}

/// A failure that can be retried.
#[derive(JsonSchema)]
#[schemars(untagged)]
pub(super) enum RetryOn {
    /// The status of a response.
    Status(#[schemars(range(min = 100, max = 599))] u16),
    /// Several statuses, or no response.
    Kind(RetryKind),
}

/// A kind of failure.
#[derive(JsonSchema)]
pub(super) enum RetryKind {
    /// Any status from 400 to 499.
    #[schemars(rename = "4xx")]
    ClientFault,
    /// Any status from 500 to 599.
    #[schemars(rename = "5xx")]
    ServerFault,
    /// The request was sent, and no readable response came.
    #[schemars(rename = "timeout")]
    Timeout,
    /// Nothing reached the provider.
    #[schemars(rename = "connect")]
    Connect,
}

/// Pauses that grow.
#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase", extend("additionalProperties" = false, "patternProperties" = {"^x-": true}))]
pub(super) struct Backoff {
    /// The first pause.
    initial: Option<String>,
    /// The factor by which each pause is longer than the one before.
    #[schemars(range(min = 1, max = 100))]
    factor: Option<f64>,
    /// The longest pause.
    max: Option<String>,
    /// The share of each pause that is random: from 0, exactly this long, to 1.
    #[schemars(range(min = 0, max = 1))]
    jitter: Option<f64>,
}

/// The pause between two polls.
#[derive(JsonSchema)]
#[schemars(untagged)]
pub(super) enum Every {
    /// The same pause every time: `500ms 30s 5m 2h 3d`, or ISO 8601.
    Fixed(String),
    /// Pauses that grow.
    Growing(Backoff),
}
