//! Tests of the expression language through its public interface.

#[cfg(test)]
mod evaluation;
#[cfg(test)]
mod evidence;
#[cfg(test)]
mod law;
#[cfg(test)]
mod limits;
#[cfg(test)]
mod parsing;
#[cfg(test)]
mod proofs;
#[cfg(test)]
mod schemas;
#[cfg(test)]
mod templates;
#[cfg(test)]
mod typing;
#[cfg(test)]
mod world;
