//! The route of a call, and the rate limits that apply to it.

use naftiko_plan::RateLimit;

use super::Run;

/// The destination of a call, as far as it shares rate limits with other calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Route {
    /// The provider's id and its URL.
    pub(crate) place: String,
    /// The key of the operation in its plan.
    pub(crate) operation: String,
    /// The rate limit of the provider.
    pub(crate) of_provider: Option<RateLimit>,
    /// The rate limit of the operation.
    pub(crate) of_operation: Option<RateLimit>,
}

impl Run {
    /// The route of a step's call; `None` for a step without a call.
    pub(crate) fn route(&self, step: &str) -> Option<Route> {
        let task = self.tasks.get(self.task_of(step)?)?;
        let (plan, invoke) = self.invoke_of(task)?;
        let id = &plan.operation(invoke)?.provider;
        let provider = plan.providers.get(id);
        let given = self.options.base_urls.get(id).map(String::as_str);
        let url = given.or_else(|| provider.and_then(|provider| provider.base_url.as_deref()));
        Some(Route {
            place: format!("{id} {}", url.unwrap_or_default()),
            operation: invoke.operation.clone(),
            of_provider: provider.and_then(|provider| provider.rate_limit),
            of_operation: plan.facts.get(&invoke.operation).and_then(|facts| facts.rate_limit),
        })
    }
}
