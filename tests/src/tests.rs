//! `check`, the mock and the run agree: on written-out literals and on generated cases.

mod agreement_on_generated_cases;
mod agreement_on_literals;
