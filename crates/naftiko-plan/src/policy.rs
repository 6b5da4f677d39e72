//! How steps and operations behave beyond a single attempt.

use jiff::SignedDuration;
use naftiko_expr::Expression;
use serde::{Deserialize, Serialize};

use crate::Origin;

/// A step that is repeated until something holds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Poll {
    /// What has to hold, over the step's own `response`.
    pub until: Expression,
    /// What ends it at once, over the step's own `response`: the step has failed. Asked before `until`; what is absent
    /// does not hold. `None`: it goes on until the timeout.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fail_when: Option<Expression>,
    /// How long to wait between two attempts.
    pub every: Backoff,
    /// When to give up, from the first attempt on.
    pub timeout: SignedDuration,
    /// Whether the author asked for it, or a reference to a field that may come later.
    pub origin: Origin,
}

/// A list that comes in pages, which are asked for one after the other.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Paginate {
    /// The fields that lead from the body of an answer to the list in it; none: the body is the list.
    pub items: Vec<String>,
    /// How a page leads to the next.
    pub next: NextPage,
    /// How many items there may be in all: with more of them the step fails.
    pub max: u32,
    /// Whether the author said how, or the description of the operation.
    pub origin: Origin,
}

/// How a page of a list leads to the next.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum NextPage {
    /// It says where the next begins; the last one does not.
    Cursor {
        /// Where it says so: a path over `response`.
        path: Expression,
        /// The query parameter that takes it.
        parameter: String,
    },
    /// Pages have numbers. The one after the last has nothing in it.
    Number {
        /// The query parameter that takes the number. The first is its argument.
        parameter: String,
    },
    /// Pages begin after so many items. The one after the last has nothing in it.
    Offset {
        /// The query parameter that takes how many. The first is its argument.
        parameter: String,
    },
    /// A `Link` header of relation `next` (RFC 8288), read as arguments of the same operation.
    Link,
}

/// How long to wait, again and again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Backoff {
    /// The first wait.
    pub initial: SignedDuration,
    /// What each wait is multiplied by for the next.
    pub factor: f64,
    /// The longest wait.
    pub max: SignedDuration,
    /// The share of each wait that chance may take away: 0 is exactly this long, 1 is anything down to nothing.
    #[serde(default)]
    pub jitter: f64,
}

impl Backoff {
    /// The same wait every time.
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

    /// The same with chance, which is between 0 and 1: at 1 all of the wait is left.
    pub fn wait_with(&self, n: u32, chance: f64) -> SignedDuration {
        let sane = |share: f64| if share.is_finite() { share.clamp(0.0, 1.0) } else { 1.0 };
        let wait = self.wait(n);
        let left = 1.0 - sane(self.jitter) * (1.0 - sane(chance));
        SignedDuration::try_from_secs_f64(wait.as_secs_f64() * left).unwrap_or(wait)
    }
}

impl Default for Backoff {
    /// From 5 s to 60 s, doubling, without chance: what polling does unless told otherwise.
    fn default() -> Self {
        Self {
            initial: SignedDuration::from_secs(5),
            factor: 2.0,
            max: SignedDuration::from_secs(60),
            jitter: 0.0,
        }
    }
}

/// When a failed attempt is made again. Only ever for a safe operation, or one with an idempotency key.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Retry {
    /// How many attempts in all, the first included.
    pub attempts: u32,
    /// How long to wait between two; `Retry-After` is honored besides.
    pub backoff: Backoff,
    /// What is tried again.
    #[serde(default = "usual")]
    pub on: Vec<RetryOn>,
}

/// A way to fail that may pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum RetryOn {
    /// An answer of this status.
    Status(u16),
    /// An answer of a class of statuses: 5 for 500 to 599.
    Class(u8),
    /// It was sent, and no answer came that can be read.
    Timeout,
    /// Nothing reached the other side.
    Connect,
}

impl Retry {
    /// Whether an answer of this status is tried again.
    pub fn covers_status(&self, status: u16) -> bool {
        self.on.iter().any(|on| match on {
            RetryOn::Status(wanted) => *wanted == status,
            RetryOn::Class(class) => u16::from(*class) == status / 100,
            RetryOn::Timeout | RetryOn::Connect => false,
        })
    }
}

/// What is tried again unless the author says otherwise: no connection, no answer, 429 and 5xx.
fn usual() -> Vec<RetryOn> {
    vec![RetryOn::Connect, RetryOn::Timeout, RetryOn::Status(429), RetryOn::Class(5)]
}

impl Default for Retry {
    /// Five attempts, from 1 s to 30 s apart, of which chance takes up to half.
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

/// What comes of the run when a step fails.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum OnFailure {
    /// It fails too.
    #[default]
    Fail,
    /// It goes on; the step's result is absent.
    Continue,
}

impl OnFailure {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands it over so")]
    pub(crate) fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// What to do when nobody knows whether a call happened that must not happen twice.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum OnDoubt {
    /// Stop, and ask an operator.
    #[default]
    Ask,
    /// Make the call again.
    Retry,
    /// Take it for failed.
    Fail,
}

impl OnDoubt {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands it over so")]
    pub(crate) fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// What a capabilities document knows of an operation besides its description.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Facts {
    /// How often the provider may be asked, over all steps; `None`: as often as one likes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate_limit: Option<RateLimit>,
    /// What in the response is never printed or kept in clear: paths over `response`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sensitive: Vec<Expression>,
    /// What in the response is good for a time only.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub expires: Vec<Expiry>,
}

/// How often something may be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RateLimit {
    /// How many times; at least 1.
    pub requests: u32,
    /// In how long; more than nothing.
    pub per: SignedDuration,
}

/// Something in a response that is good for a time only.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Expiry {
    /// Where it is: a path over `response`.
    pub path: Expression,
    /// How long it is good for, from the response on.
    pub after: SignedDuration,
}
