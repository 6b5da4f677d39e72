//! Which way a call goes, and how often it may go there.

use naftiko_plan::RateLimit;

use super::Run;

/// Where a call goes, as far as it shares the way with others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Route {
    /// The provider, and where it is.
    pub(crate) place: String,
    /// The key of the operation in its plan.
    pub(crate) operation: String,
    /// How often the provider may be asked.
    pub(crate) of_provider: Option<RateLimit>,
    /// How often the operation may be asked for.
    pub(crate) of_operation: Option<RateLimit>,
}

impl Run {
    /// The way of a step's call; `None` for a step that makes none.
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
