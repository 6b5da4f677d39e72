//! Runs through the public API, without a network and without waiting.

mod decisions;
mod desk;
mod draft;
mod driven;
mod fake;
mod keys;
mod policies;
mod request;
mod resumed;
mod shown;
mod simulation;
