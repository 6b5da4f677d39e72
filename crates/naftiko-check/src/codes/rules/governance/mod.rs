//! Rules about access control, which are off by default. `--rules governance` selects all of them. So does the comment
//! `# naftiko: rules[governance]` at the top of a document. The code of a rule selects it alone.
//!
//! A capabilities document declares what an operation does to access (`purpose`, `tenant`). Rules ignore operations
//! without such a declaration.

use std::collections::BTreeSet;

use naftiko_diagnostics::{Code, Diagnostic};
use naftiko_spec::Purpose;

use crate::analyses::model::{Call, Model};
use crate::ir::provider::Provider;
use crate::stages::resolve::Resolved;

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

/// Whether a step has one of the `wanted` purposes, through its operation or through the composition that it runs.
fn is_for(model: &Model<'_>, position: usize, wanted: &[Purpose]) -> bool {
    match model.steps.get(position) {
        Some(Resolved::Operation(resolution)) => {
            resolution.facts.purposes.iter().any(|purpose| wanted.contains(&purpose.value))
        }
        Some(Resolved::Composition(embedded)) => {
            embedded.purposes.iter().any(|purpose| wanted.contains(purpose))
        }
        _ => false,
    }
}

/// The operation steps that have at least one of the `wanted` purposes.
fn calls_for<'a>(model: &Model<'a>, wanted: &'static [Purpose]) -> Vec<Call<'a>> {
    let is_wanted = |call: &Call<'_>| is_for(model, call.position, wanted);
    model.calls().filter(is_wanted).collect()
}

/// The purposes of all steps of a composition. A step that runs the composition has all of them.
pub(crate) fn purposes(model: &Model<'_>) -> BTreeSet<Purpose> {
    let mut purposes = BTreeSet::new();
    for resolved in model.steps {
        match resolved {
            Resolved::Operation(resolution) => {
                purposes.extend(resolution.facts.purposes.iter().map(|purpose| purpose.value));
            }
            Resolved::Composition(embedded) => purposes.extend(embedded.purposes.iter().copied()),
            Resolved::External(_) | Resolved::Unknown => {}
        }
    }
    purposes
}
