//! Text that is safe to print, as a type.
//!
//! Names, messages of servers, documents, answers of people and arguments may hold characters that a terminal obeys,
//! that reorder or end a line, or that nobody sees. A [`Printable`] holds none that came from outside: it is made of
//! literals of this program and of text that went through [`escape`]. Whatever owns a terminal, a pipe or a report takes
//! a [`Printable`] and nothing else, so the compiler refuses text that was not escaped:
//!
//! ```compile_fail
//! # use naftiko_text::Printable;
//! # fn print(_: &Printable) {}
//! fn greet(name: &str) {
//!     print(&name.into());
//! }
//! ```
//!
//! ```compile_fail
//! # use naftiko_text::Printable;
//! # fn print(_: &Printable) {}
//! fn greet(name: &str) {
//!     print(&format!("hello {name}"));
//! }
//! ```
//!
//! [`printable!`] is the [`format!`] of this type. It escapes each argument that is not a [`Printable`] already:
//!
//! ```
//! # use naftiko_text::{Printable, printable};
//! # fn print(_: &Printable) {}
//! fn greet(name: &str) {
//!     print(&printable!("hello {}\n", name));
//! }
//! # assert_eq!(printable!("hello {}\n", "a\u{1b}[2Jb\n"), "hello a\\u{1b}[2Jb\\n\n");
//! ```
//!
//! An argument can not be named within the literal, where it would escape nobody's notice but the macro's:
//!
//! ```compile_fail
//! # use naftiko_text::printable;
//! let name = "a";
//! let text = printable!("hello {name}");
//! ```
//!
//! Other contexts have their own escapes on top of that one: [`json`], [`xml`], [`dot`], [`mermaid`], [`workflow_command`]
//! and [`shell_word`].

mod compose;
mod context;
mod drawn;
mod escape;
mod json;
mod printable;
mod shell;
mod wrap;

#[doc(hidden)]
pub use compose::{Argument, Escaped, Piece, compose, holes};
pub use context::{dot, mermaid, workflow_command, workflow_property, xml};
pub use drawn::drawn;
pub use escape::{escape, is_hidden};
pub use json::{json, json_pretty};
pub use printable::{Printable, join};
pub use shell::shell_word;
pub use wrap::wrap;
