//! Checks documents: from a path to a [`Plan`](naftiko_plan::Plan) and diagnostics.
//!
//! [`check`] reads a document and every file it names through [`Files`](naftiko_spec::Files), resolves names to
//! operations, infers the data flow that edition 0.1 leaves out, types every reference against the response schemas,
//! orders the steps, and lowers the result to a plan. It is pure and never fails on a bad document. One mistake gives
//! one diagnostic: after an error the value gets the type *any*, which suppresses follow-on diagnostics.
//!
//! [`fix`] applies the fixes that diagnostics offer, and [`upgrade`] turns edition 0.1 into 0.2. Both work in memory;
//! callers write the files.
//!
//! # Layers
//!
//! A module may import modules of its own layer and of the layers above its row, and no others:
//!
//! | layer | holds |
//! | --- | --- |
//! | `ir` | data: options, providers, operations and their slots, resolved steps, bound arguments, sub-compositions |
//! | `analyses` | functions of the data that find facts: symbols and types, inference, taint, expiry, reachability |
//! | `codes` | one file for each code: its message, its help and its fix; in `codes::rules` also its condition |
//! | `stages` | load, resolve, bind, type, order, poll, paginate, lower: each returns its result and its findings |
//! | `session` | `check` with sub-compositions, test documents and ignored findings; `fix`, `upgrade`, `offers` |
//!
//! A check of a composition leads to checks of the sub-compositions that its steps run. `session::composition` makes
//! this recursion; a stage gets the finished sub-compositions as data. `cargo xtask tidy` enforces the layers, and
//! rejects import cycles of more than four modules.

mod analyses;
mod codes;
mod ir;
mod session;
mod stages;

pub use codes::all as codes;
pub use ir::options::Options;
pub use session::check::{Checked, check};
pub use session::fix::{Change, Edited, Fixed, Policy, fix};
pub use session::mock_catalog::{CredentialPlace, Offer, offers};
pub use session::rule_selection::{rule_names, rules};
pub use session::suite::{Scripted, Suite, Trial};
pub use session::upgrade::{Upgrade, Upgraded, upgrade};
