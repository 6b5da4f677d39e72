//! How steps and operations behave beyond a single attempt.

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
    /// How long to wait between two attempts.
    pub every: Backoff,
    /// When to give up, counted from the first attempt.
    pub timeout: SignedDuration,
    /// Whether the author wrote it, or it was inferred from a reference to a field that may appear later.
    pub origin: Origin,
}

/// A list that comes in pages, which are requested one after the other.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Paginate {
    /// The fields that lead from the response body to the list in it; empty if the body is the list.
    pub items: Vec<String>,
    /// How a page leads to the next.
    pub next: NextPage,
    /// How many items there may be in all; with more, the step fails.
    pub max: u32,
    /// Whether the author said how, or it was taken from the operation's description.
    pub origin: Origin,
}

/// How a page of a list leads to the next.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum NextPage {
    /// Each page but the last says where the next begins.
    Cursor {
        /// Where it says so: a path over `response`.
        path: Expression,
        /// The query parameter that takes the cursor.
        parameter: String,
    },
    /// Pages are numbered. The page after the last is empty.
    Number {
        /// The query parameter that takes the number. The step's argument for it is the first number.
        parameter: String,
    },
    /// Pages begin after a number of items. The page after the last is empty.
    Offset {
        /// The query parameter that takes this number. The step's argument for it is the first.
        parameter: String,
    },
    /// A `Link` header with relation `next` (RFC 8288), read as arguments of the same operation.
    Link,
}

/// How long to wait between attempts.
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

    /// The wait before attempt `n + 1`, `n` from 1.
    pub fn wait(&self, n: u32) -> SignedDuration {
        let exponent = i32::try_from(n.saturating_sub(1)).unwrap_or(i32::MAX);
        let seconds = self.initial.as_secs_f64() * self.factor.powi(exponent);
        // A factor that makes no sense gives no number, or one below nothing.
        let wait = SignedDuration::try_from_secs_f64(seconds).unwrap_or(self.max);
        wait.min(self.max).max(SignedDuration::ZERO)
    }

    /// The same with jitter; `chance` is between 0 and 1, and at 1 the wait is not shortened.
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

/// When a failed attempt is made again, which happens only for a safe operation or one with an idempotency key.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Retry {
    /// How many attempts in all, the first included.
    pub attempts: u32,
    /// How long to wait between two; a `Retry-After` is honored too.
    pub backoff: Backoff,
    /// The failures that are retried.
    #[serde(default = "usual")]
    pub on: Vec<RetryOn>,
}

/// A transient failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum RetryOn {
    /// An answer with this status.
    Status(u16),
    /// An answer of this class of statuses: 5 for 500 to 599.
    Class(u8),
    /// It was sent, and no readable answer came.
    Timeout,
    /// Nothing reached the other side.
    Connect,
}

impl Retry {
    /// Whether an answer with this status is retried.
    pub fn covers_status(&self, status: u16) -> bool {
        self.on.iter().any(|on| match on {
            RetryOn::Status(wanted) => *wanted == status,
            RetryOn::Class(class) => u16::from(*class) == status / 100,
            RetryOn::Timeout | RetryOn::Connect => false,
        })
    }
}

/// What is retried by default: no connection, no answer, 429 and 5xx.
fn usual() -> Vec<RetryOn> {
    vec![RetryOn::Connect, RetryOn::Timeout, RetryOn::Status(429), RetryOn::Class(5)]
}

impl Default for Retry {
    /// Five attempts, from 1 s to 30 s apart, with up to half of each wait random.
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

/// What happens to the run when a step fails.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum OnFailure {
    /// The run fails too.
    #[default]
    Fail,
    /// The run goes on; the step's result is absent.
    Continue,
}

impl OnFailure {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands it over so")]
    pub(crate) fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// What to do when it is unknown whether a call that must not happen twice happened.
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

/// What a capabilities document says about an operation beyond its description.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Facts {
    /// How often the operation may be called, over all steps; `None` sets no limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate_limit: Option<RateLimit>,
    /// The parts of the response that are never printed or stored in clear: paths over `response`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sensitive: Vec<Expression>,
    /// The parts of the response that are valid only for a time.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub expires: Vec<Expiry>,
}

/// How often something may be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RateLimit {
    /// How many times; at least 1.
    pub requests: u32,
    /// The time in which they may be made; more than zero.
    pub per: SignedDuration,
}

/// A part of a response that is valid only for a time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Expiry {
    /// Where it is: a path over `response`.
    pub path: Expression,
    /// How long it is valid, from the response on.
    pub after: SignedDuration,
}
