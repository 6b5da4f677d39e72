//! The crate through its public API.

#[cfg(test)]
mod ambiguous;
#[cfg(test)]
mod comments;
#[cfg(test)]
mod content;
#[cfg(test)]
mod diagnostics;
#[cfg(test)]
mod edits;
#[cfg(test)]
mod hostile;
#[cfg(test)]
mod json;
#[cfg(test)]
mod layout;
#[cfg(test)]
mod places;
#[cfg(test)]
mod render;
#[cfg(test)]
mod spans;
#[cfg(test)]
mod stops;
#[cfg(test)]
mod values;
