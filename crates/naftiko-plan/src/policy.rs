//! Policies of steps and operations: polling, pagination, retries, rate limits and the handling of failures.

use jiff::SignedDuration;
use naftiko_expr::Expression;
use serde::{Deserialize, Serialize};

use crate::Origin;

/// A step that is repeated until a condition holds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Poll {
    /// The condition, over the step's own `response`.
    pub until: Expression,
    /// A condition over the step's own `response` that fails the step at once. It is evaluated before `until`, and an
    /// absent value does not fulfil it. `None` polls until the timeout.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fail_when: Option<Expression>,
    /// The pause between two attempts.
    pub every: Backoff,
    /// The time limit, counted from the first attempt.
    pub timeout: SignedDuration,
    /// Whether the author wrote the poll, or it was inferred from a reference to a field that may appear later.
    pub origin: Origin,
}

/// A paginated list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Paginate {
    /// The path of the list in the response body; empty if the body is the list.
    pub items: Vec<String>,
    /// The way to the next page.
    pub next: NextPage,
    /// The maximum number of items; with more, the step fails.
    pub max: u32,
    /// Whether the author specified the pagination, or it was taken from the operation's description.
    pub origin: Origin,
}

/// The way from one page of a list to the next.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum NextPage {
    /// Each page but the last contains a cursor of the next.
    Cursor {
        /// The path of the cursor in `response`.
        path: Expression,
        /// The query parameter for the cursor.
        parameter: String,
    },
    /// Pages are numbered. The page after the last is empty.
    Number {
        /// The query parameter for the number. The step's argument for it is the first number.
        parameter: String,
    },
    /// A page is requested by the number of items before it. The page after the last is empty.
    Offset {
        /// The query parameter for this number. The step's argument for it is the first number.
        parameter: String,
    },
    /// A `Link` header with relation `next` (RFC 8288), read as arguments of the same operation.
    Link,
}

/// The pauses between attempts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Backoff {
    /// The first wait.
    pub initial: SignedDuration,
    /// The factor by which each wait is longer than the one before.
    pub factor: f64,
    /// The longest wait.
    pub max: SignedDuration,
    /// The share of each wait that is random: 0 waits exactly this long, 1 anything from nothing up to it.
    #[serde(default)]
    pub jitter: f64,
}

impl Backoff {
    /// A back-off that always waits equally long.
    pub fn fixed(every: SignedDuration) -> Self {
        Self { initial: every, factor: 1.0, max: every, jitter: 0.0 }
    }

    /// The pause before attempt `n + 1`, `n` from 1.
    pub fn wait(&self, n: u32) -> SignedDuration {
        let exponent = i32::try_from(n.saturating_sub(1)).unwrap_or(i32::MAX);
        let seconds = self.initial.as_secs_f64() * self.factor.powi(exponent);
        // A meaningless factor gives no number, or a negative one.
        let wait = SignedDuration::try_from_secs_f64(seconds).unwrap_or(self.max);
        wait.min(self.max).max(SignedDuration::ZERO)
    }

    /// The pause with jitter; `chance` is between 0 and 1, and at 1 the pause is not shortened.
    pub fn wait_with(&self, n: u32, chance: f64) -> SignedDuration {
        let sane = |share: f64| if share.is_finite() { share.clamp(0.0, 1.0) } else { 1.0 };
        let wait = self.wait(n);
        let left = 1.0 - sane(self.jitter) * (1.0 - sane(chance));
        SignedDuration::try_from_secs_f64(wait.as_secs_f64() * left).unwrap_or(wait)
    }
}

impl Default for Backoff {
    /// From 5 s to 60 s, doubling, without jitter: the default of polling.
    fn default() -> Self {
        Self {
            initial: SignedDuration::from_secs(5),
            factor: 2.0,
            max: SignedDuration::from_secs(60),
            jitter: 0.0,
        }
    }
}

/// The retry policy for failed attempts. Only safe operations and those with an idempotency key are retried.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Retry {
    /// The maximum number of attempts, including the first.
    pub attempts: u32,
    /// The pauses between attempts; a `Retry-After` is honored too.
    pub backoff: Backoff,
    /// The failures that are retried.
    #[serde(default = "usual")]
    pub on: Vec<RetryOn>,
}

/// A transient failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum RetryOn {
    /// A response with this status.
    Status(u16),
    /// A response with a status of this class: 5 for 500 to 599.
    Class(u8),
    /// The request was sent, and no readable response came.
    Timeout,
    /// Nothing reached the provider.
    Connect,
}

impl Retry {
    /// Whether a response with this status is retried.
    pub fn covers_status(&self, status: u16) -> bool {
        self.on.iter().any(|on| match on {
            RetryOn::Status(wanted) => *wanted == status,
            RetryOn::Class(class) => u16::from(*class) == status / 100,
            RetryOn::Timeout | RetryOn::Connect => false,
        })
    }
}

/// The failures that are retried by default: no connection, no response, 429 and 5xx.
fn usual() -> Vec<RetryOn> {
    vec![RetryOn::Connect, RetryOn::Timeout, RetryOn::Status(429), RetryOn::Class(5)]
}

impl Default for Retry {
    /// Five attempts, 1 s to 30 s apart, with up to half of each pause random.
    fn default() -> Self {
        let backoff = Backoff {
            initial: SignedDuration::from_secs(1),
            factor: 2.0,
            max: SignedDuration::from_secs(30),
            jitter: 0.5,
        };
        Self { attempts: 5, backoff, on: usual() }
    }
}

/// The effect of a failed step on the run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum OnFailure {
    /// The run fails too.
    #[default]
    Fail,
    /// The run continues; the step's result is absent.
    Continue,
}

impl OnFailure {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands it over so")]
    pub(crate) fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// The handling of a call whose outcome is unknown, and that must not be made twice.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum OnDoubt {
    /// Stop, and ask an operator.
    #[default]
    Ask,
    /// Make the call again.
    Retry,
    /// Treat the step as failed.
    Fail,
}

impl OnDoubt {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands it over so")]
    pub(crate) fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// Annotations of an operation that its description lacks.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Facts {
    /// The rate limit of the operation, over all steps; `None` for no limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate_limit: Option<RateLimit>,
    /// The parts of the response that are never printed or stored unencrypted: paths over `response`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sensitive: Vec<Expression>,
    /// The parts of the response that expire.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub expires: Vec<Expiry>,
}

/// A rate limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RateLimit {
    /// The number of calls; at least 1.
    pub requests: u32,
    /// The period in which they may be made; more than zero.
    pub per: SignedDuration,
}

/// A part of a response that expires.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Expiry {
    /// The path of the part in `response`.
    pub path: Expression,
    /// How long the part is valid, counted from the response.
    pub after: SignedDuration,
}
