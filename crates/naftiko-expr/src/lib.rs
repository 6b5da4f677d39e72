//! The expression language: grammar, syntax tree, types with presence, static typing and evaluation.
//!
//! An [`Expression`] is written without delimiters (`when`, `until`, `source`, …); a [`Template`] is a value with
//! `${…}` in its strings. Both are parsed, typed against a [`Scope`] and evaluated in an [`Environment`]. The static
//! and the dynamic evaluator agree, which a property test verifies. Ranges are bytes of the parsed text: this crate
//! knows no file, no YAML and no clock. The grammar is in `grammar.pest`; this page defines its semantics.
//!
//! # Absent, null, and values that cannot be read
//!
//! *Absent* means no value: a field that an object does not have, an index beyond the end of a list, the result of a
//! skipped step. Absent is not null. Reading a field or item of absent or of null gives absent. Reading a field of a
//! value that is not an object, or an item of a value that is not a list, is an error: the path is wrong, rather than
//! the data missing.
//!
//! | written | meaning |
//! | --- | --- |
//! | `a.b`, `a['b']` | the field `b` of an object |
//! | `a[0]`, `a[-1]` | the first item and the last item of a list |
//! | `a[*]` | each item of a list; the rest of the path is read of each item, absent results are left out, and the result is one flat list however many `[*]` there are. Parentheses end the list: `(a[*].b)[0]` is the first `b` |
//! | `a[? p]` | the list of the items for which `p` is true, where `@` is the item; the rest of the path is read of that list. An item is left out if `p` reads something of it that is absent, null or cannot be read |
//!
//! # Operators, from lowest to highest precedence
//!
//! | operator | meaning |
//! | --- | --- |
//! | `\|\|`, `&&` | or, and. Operands have to be booleans: an evaluated operand that is absent or null is an error. Operands after the deciding one are not evaluated |
//! | `==` `!=` `<` `<=` `>` `>=` | comparison by RFC 9535, 2.3.5.2.2: absent equals only absent, numbers compare by value (`1 == 1.0`), strings by Unicode scalar values, lists and objects are equal if all their parts are equal; values of different types are neither equal nor ordered. Comparisons do not chain. An operand that fails because a value is absent or null counts as absent |
//! | `in` | whether a value is an item of a list, or a string is the name of a field of an object; false if the list or object is absent or null. To search a string, use `contains` |
//! | `??` | the first operand that is neither absent nor null nor unreadable; otherwise the last operand, unchanged |
//! | `!` | not; binds tighter than all of the above, so `!a == b` is `(!a) == b` |
//!
//! Every item of a list `[a, b]` has to be there. There is no arithmetic; `-` is a character of names.
//!
//! # Functions
//!
//! [`FUNCTIONS`] lists them. If an argument is absent or null, the result is absent; but `exists` returns false, and
//! `contains` can search for null. An argument of the wrong type is an error. `matches` finds a pattern anywhere in a
//! string unless the pattern is anchored by `^` and `$`.
//!
//! # Templates
//!
//! A string that is exactly one `${…}` has the value of the expression. In any other string, the values of expressions
//! are inserted as text: strings, numbers and booleans are allowed; null, a list or an object is an error. `$${` is a
//! literal `${`. An absent value is always an error.
//!
//! # Types
//!
//! A [`Typed`] combines the possible values of an expression with their presence. An expression that is *always* there
//! evaluates to a value of its type; one that is *never* there does not. [`Type::Any`] is an unknown type, for which no
//! problem is reported. If only some members of a union fit, the result is *maybe* there; if no value can fit, that is
//! a [`Problem`]. A condition that is true [proves](Expression::proofs) that values are there: a path, or one of
//! several operands of `??`. Proofs apply to the later operands of `&&` and `||` in the same expression, to the items
//! that a predicate selects, and to other expressions through [`Scope::proofs`].
//!
//! # Limits
//!
//! An expression has at most 64 KiB and nests at most 64 deep; a string with `${` in it has at most 64 KiB; a compiled
//! pattern takes at most 1 MiB. A [`Budget`] limits the work of evaluations and the size of their values.

mod ast;
mod budget;
mod compare;
mod copy;
mod evaluate;
mod evidence;
mod expression;
mod functions;
mod grammar;
mod literal;
mod mistakes;
mod parse;
mod place;
mod print;
mod problem;
mod proof;
mod scan;
mod template;
#[cfg(test)]
mod tests;
mod types;
mod typing;
mod value;

pub use ast::{Base, Call, Comparison, Expr, ExprKind, Logical, Path, Reference, Root, Segment, Selector};
pub use budget::{Bound, Budget, size};
pub use compare::Comparator;
pub use copy::copied;
pub use evaluate::{Environment, EvaluationError};
pub use expression::Expression;
pub use functions::{FUNCTIONS, Function};
pub use parse::is_step_name;
pub use problem::{CODES, Problem};
pub use proof::Proof;
pub use template::{Piece, Template};
pub use types::{Definitions, Field, Named, ObjectType, Presence, Type, Typed};
pub use typing::{Scope, Suggestions};
