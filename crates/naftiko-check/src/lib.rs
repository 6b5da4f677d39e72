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
//! Each kind of fault is one file: `faults` holds those that a single stage detects, `rules` those that need the
//! whole composition.

mod addresses;
mod arguments;
mod asked_for;
mod check;
mod clauses;
mod directory;
mod doubts;
mod embed;
mod facts;
mod faults;
mod fit;
mod fix;
mod flow;
mod gap;
mod goal;
mod inference;
mod insertion;
mod judgment;
mod lifetime;
mod limits;
mod load;
mod lower;
mod message_templates;
mod model;
mod offers;
mod order;
mod outputs;
mod pages;
mod policies;
mod provider;
mod reachability;
mod resolve;
mod resource;
mod rules;
mod schema;
mod scope;
mod sendable;
mod sensitive;
mod slots;
mod suite;
mod superseded;
mod suppression;
mod upgrade;
mod wait;
mod wording;
mod written;

pub use asked_for::{rule_names, rules};
pub use check::{Checked, Options, check};
pub use fix::{Change, Edited, Fixed, Policy, fix};
pub use offers::{CredentialPlace, Offer, offers};
pub use suite::{Scripted, Suite, Trial};
pub use upgrade::{Upgrade, Upgraded, upgrade};

use naftiko_diagnostics::Code;

/// Every code that `check` can report, sorted by id.
pub fn codes() -> Vec<&'static Code> {
    let mut codes: Vec<&'static Code> = [
        naftiko_syntax::CODES,
        naftiko_expr::CODES,
        naftiko_spec::CODES,
        naftiko_openapi::CODES,
        faults::CODES,
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
