//! Text that is safe to print, as a type.
//!
//! Names, server messages, documents, answers of people and arguments may contain characters that control a terminal,
//! that reorder or end a line, or that are invisible. A [`Printable`] contains none of them from outside: it consists
//! of literals of this program and of text that was escaped by [`escape`]. Everything that writes to a terminal, a pipe
//! or a report takes only [`Printable`]s, so that unescaped text does not compile:
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
//! Arguments cannot be named within the literal, where the macro could not see and escape them:
//!
//! ```compile_fail
//! # use naftiko_text::printable;
//! let name = "a";
//! let text = printable!("hello {name}");
//! ```
//!
//! Other contexts have further escapes: [`json`], [`xml`], [`dot`], [`mermaid`], [`workflow_command`] and
//! [`shell_word`].

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
