//! Rules: checks that need the whole checked composition. One file for each rule: its code, when it fires, its message
//! and its help.
//!
//! A rule reads the [`Model`] and returns its findings. It changes nothing, does not read the findings of other rules,
//! and never fails: it ignores everything that it does not understand.

pub(crate) mod governance;

use naftiko_diagnostics::Diagnostic;

use crate::analyses::model::Model;

macro_rules! rules {
    ($($module:ident),* $(,)?) => {
        $(pub(crate) mod $module;)*
        /// Every code of the rules.
        pub(crate) static CODES: &[&naftiko_diagnostics::Code] = &[$(&$module::CODE),*];
        static RULES: &[fn(&Model<'_>) -> Vec<Diagnostic>] = &[$($module::check),*];
    };
}

rules! {
    deprecated_argument,
    deprecated_operation,
    sensitive_in_url,
    sensitive_output,
    sensitive_to_external,
    sensitive_to_other_provider,
    sensitive_to_unmarked_input,
    short_lived_value,
    unscoped_list,
    unused_input,
    unused_result,
}

/// The findings of all rules, except those of [`governance`].
pub(crate) fn check(model: &Model<'_>) -> Vec<Diagnostic> {
    RULES.iter().flat_map(|rule| rule(model)).collect()
}
