//! The commands of this crate: the check of a document with everything that it names, fixes, upgrades, and the
//! operations that a mock offers.

pub(crate) mod check;
pub(crate) mod composition;
pub(crate) mod fix;
pub(crate) mod fix_text;
pub(crate) mod mock_catalog;
pub(crate) mod plan_gaps;
pub(crate) mod rule_selection;
pub(crate) mod shadowing;
pub(crate) mod suite;
pub(crate) mod suppression;
pub(crate) mod upgrade;
