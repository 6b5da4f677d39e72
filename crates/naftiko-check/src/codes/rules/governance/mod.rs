//! Rules about access control, which are off by default. `--rules governance` selects all of them. So does the comment
//! `# naftiko: rules[governance]` at the top of a document. The code of a rule selects it alone.
//!
//! A capabilities document declares what an operation does to access (`purpose`, `tenant`). Rules ignore operations
//! without such a declaration.

use std::collections::BTreeSet;

use naftiko_diagnostics::{Code, Diagnostic};

use crate::analyses::model::Model;
use crate::ir::provider::Provider;

/// The name that selects all governance rules.
pub(crate) const NAME: &str = "governance";

macro_rules! governance {
    ($($module:ident),* $(,)?) => {
        $(pub(crate) mod $module;)*
        /// Every code of the set.
        pub(crate) static CODES: &[&Code] = &[$(&$module::CODE),*];
        static RULES: &[(&Code, Rule)] = &[$((&$module::CODE, $module::check)),*];
    };
}

governance! {
    cross_tenant_list,
    irrevocable_access,
    standing_link,
    standing_secret,
    unaudited_access,
    unverified_organization,
}

type Rule = fn(&Model<'_>) -> Vec<Diagnostic>;

/// The findings of the selected rules; `asked_for` holds their codes.
pub(crate) fn check(model: &Model<'_>, asked_for: &BTreeSet<&'static str>) -> Vec<Diagnostic> {
    let rules = RULES.iter().filter(|(code, _)| asked_for.contains(code.id));
    rules.flat_map(|(_, rule)| rule(model)).collect()
}

/// The findings of the selected rules in a capabilities document on its own; `asked_for` holds their codes.
pub(crate) fn of_provider(provider: &Provider, asked_for: &BTreeSet<&'static str>) -> Vec<Diagnostic> {
    let facts = provider.capabilities.operations.values().map(|mapping| &mapping.facts);
    let found = facts.flat_map(|facts| [standing_link::of(facts), standing_secret::of(facts)].concat());
    found.filter(|found| asked_for.contains(found.code.id)).collect()
}
