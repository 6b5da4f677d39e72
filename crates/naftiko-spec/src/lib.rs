//! The kinds and editions of documents: their JSON Schemas and their typed models.
//!
//! A document is recognized by its header ([`Header`]), validated against the JSON Schema of its kind and edition
//! (generated from the types in `schema`, published in `schemas/`), and lowered to a model in which every value has a
//! source position: [`Composition`], [`Capabilities`] or [`TestDocument`]. Both editions lower to one model. Nothing
//! here fails: unreadable parts are left out and have a diagnostic.
//!
//! This crate does not resolve names; `naftiko-check` does.

mod codes;
mod demand;
mod duration;
mod files;
mod foreign_schema;
mod header;
mod merge_key;
mod model;
mod recognize;
mod schema;
mod validate;

pub use codes::CODES;
pub use duration::parse_duration;
pub use files::{Files, MemoryFiles, without_dots};
pub use header::{Edition, Header, Kind};
pub use merge_key::merge_keys;
pub use model::{
    Argument, Auth, AuthKind, Backoff, Capabilities, Capability, Channel, Clauses, ClientAuth, Compensate,
    Composition, Entry, Every, Expectation, External, Facts, Given, Input, Inputs, Interval, Invoke,
    KeyPlace, Literal, Mapping, OnDoubt, OnFailure, Output, Paginate, Place, Poll, Purpose, RateLimit, Reply,
    ResponsePath, Retry, RetryOn, Script, Scripted, Secret, Source, Step, SubComposition, Target, Test,
    TestDocument, Value, WireFault, Work, locate, meant_boolean,
};
pub use recognize::is_document;
pub use schema::schemas;
pub use validate::names_variable;
