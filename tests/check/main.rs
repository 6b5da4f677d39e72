//! `check`, its fixes and its output formats, proved with the fixtures and laws of `naftiko-tests`.
#![expect(clippy::disallowed_methods, reason = "a test reads its own files")]
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test reports by panicking"
)]
#![expect(
    clippy::too_many_lines,
    clippy::format_collect,
    reason = "tables of cases are long, and short texts are cheap"
)]

mod bodies;
mod faults;
mod findings;
mod fix;
mod formats;
mod gaps;
mod growth;
mod laws;
mod limits;
mod offered;
mod pages;
mod upgrade;
