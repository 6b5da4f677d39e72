//! Tests of the expression language through its public interface.

mod evaluation;
mod evidence;
mod law;
mod limits;
mod parsing;
mod proofs;
mod schemas;
mod templates;
mod typing;
mod world;
