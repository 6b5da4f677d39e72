//! One file for each code: when it is reported, its message and its help.
//!
//! The codes in this folder are reported by one stage each; those in [`rules`] need the whole checked composition.

pub(crate) mod rules;

use naftiko_diagnostics::Code;

macro_rules! codes {
    ($($module:ident),* $(,)?) => {
        $(pub(crate) mod $module;)*
        /// Every code of this folder.
        pub(crate) static CODES: &[&Code] = &[$(&$module::CODE),*];
    };
}

codes! {
    ambiguous_argument,
    ambiguous_operation,
    ambiguous_place,
    composition_cycle,
    credentials_in_clear,
    cycle,
    duplicate_argument,
    duplicate_name,
    duplicate_provider,
    endless_poll,
    for_each_non_list,
    inferred_argument,
    inferred_pages,
    inferred_wait,
    invalid_url,
    later_step,
    literal_secret,
    missing_argument,
    missing_file,
    near_format,
    no_authentication,
    no_capabilities,
    no_description,
    null_without_body,
    other_server,
    outside_path,
    possibly_absent,
    repeated_effect,
    reserved_id,
    reserved_variable,
    schema_too_complex,
    sloppy_description,
    template_syntax,
    unclear_pages,
    undeclared_answer,
    unknown_argument,
    unknown_capability,
    unknown_code,
    unknown_dependency,
    unknown_filter,
    unfit_answer,
    unfit_argument,
    unfit_input,
    unfit_pages,
    unfit_pause,
    unfit_resource,
    unknown_name,
    unknown_operation,
    unknown_variable,
    unlisted_operation,
    unmarked_reference,
    unsupported_authentication,
    unused_ignore,
    wrong_argument_type,
    wrong_document,
    wrong_output_type,
}

/// Every code that `check` can report, sorted by id.
pub fn all() -> Vec<&'static Code> {
    let mut codes: Vec<&'static Code> = [
        naftiko_syntax::CODES,
        naftiko_expr::CODES,
        naftiko_spec::CODES,
        naftiko_openapi::CODES,
        CODES,
        rules::CODES,
        rules::governance::CODES,
    ]
    .into_iter()
    .flatten()
    .copied()
    .collect();
    codes.sort_unstable();
    codes
}
