//! One file for each kind of fault: its code, when it is one, its message and its help.

macro_rules! faults {
    ($($module:ident),* $(,)?) => {
        $(pub(crate) mod $module;)*
        /// Every code of this crate.
        pub(crate) static CODES: &[&naftiko_diagnostics::Code] = &[$(&$module::CODE),*];
    };
}

faults! {
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
    other_server,
    outside_path,
    possibly_absent,
    repeated_effect,
    reserved_id,
    reserved_variable,
    schema_too_complex,
    sloppy_description,
    unclear_pages,
    undeclared_answer,
    unknown_argument,
    unknown_capability,
    unknown_code,
    unknown_dependency,
    unfit_answer,
    unfit_argument,
    unfit_input,
    unfit_pages,
    unfit_pause,
    unfit_resource,
    unknown_name,
    unknown_operation,
    unlisted_operation,
    unmarked_reference,
    unsupported_authentication,
    unused_ignore,
    wrong_argument_type,
    wrong_document,
    wrong_output_type,
}
