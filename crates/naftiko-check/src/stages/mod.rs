//! The stages of a check, from documents to a plan. Each stage takes the results of earlier stages and returns its own
//! result together with its findings.

pub(crate) mod addresses;
pub(crate) mod annotations;
pub(crate) mod arguments;
pub(crate) mod conditions;
pub(crate) mod load;
pub(crate) mod lower;
pub(crate) mod message_templates;
pub(crate) mod operation;
pub(crate) mod operation_match;
pub(crate) mod order;
pub(crate) mod outputs;
pub(crate) mod pagination;
pub(crate) mod policies;
pub(crate) mod polls;
pub(crate) mod providers;
pub(crate) mod resolve;
pub(crate) mod sub_composition;
pub(crate) mod typing;
