//! The expression language: grammar, syntax tree, types with presence, static typing and evaluation.
//!
//! An [`Expression`] stands bare (`when`, `until`, `source`, …); a [`Template`] is a value with `${…}` in its strings.
//! Both are read, typed against a [`Scope`] and evaluated in an [`Environment`]. The static and the dynamic evaluator
//! say the same, and a property test holds them to it. Ranges are bytes of the text at hand: this crate knows no file,
//! no YAML and no clock. The grammar is `grammar.pest`, rule by rule; what it means is this page.
//!
//! # Absent, null, and what cannot be read
//!
//! *Absent* is no value: a field an object does not have, a place beyond the end of a list, the result of a step that
//! was skipped. It is not null. Reading on from absent or from null is absent. Reading a field of something that is no
//! object, or an item of something that is no list, is an error: the path is wrong, not the data missing.
//!
//! | written | means |
//! | --- | --- |
//! | `a.b`, `a['b']` | the field `b` of an object |
//! | `a[0]`, `a[-1]` | the first and the last item of a list |
//! | `a[*]` | each item of a list; what follows is read of each, absent answers are left out, and the result is one flat list however many `[*]` there are. Parentheses end it: `(a[*].b)[0]` is the first `b` |
//! | `a[? p]` | the list of the items for which `p` is true, `@` being the item; what follows is read of that list. An item for which `p` cannot be told, because something in it is absent, null or cannot be read, is not kept |
//!
//! # Operators, from the one that binds least
//!
//! | operator | means |
//! | --- | --- |
//! | `\|\|`, `&&` | or, and. Operands have to be booleans: one that is looked at and is absent or null is an error. What is decided is not looked at further |
//! | `==` `!=` `<` `<=` `>` `>=` | comparison after RFC 9535, 2.3.5.2.2: absent equals only absent, numbers compare by value (`1 == 1.0`), strings by Unicode scalar values, lists and objects are equal if all in them is; values of different types are neither equal nor ordered. Comparisons do not chain. An operand that is an error for want of a value counts as absent |
//! | `in` | whether a value is an item of a list, or a string the name of a field of an object; never of what is absent or null. `contains` looks into strings |
//! | `??` | the first operand that is neither absent nor null nor unreadable; else the last, as it is |
//! | `!` | not; binds tighter than all of the above, so `!a == b` is `(!a) == b` |
//!
//! A list `[a, b]` needs its items to be there. There is no arithmetic; `-` joins the parts of a name.
//!
//! # Functions
//!
//! [`FUNCTIONS`] is the table. An argument that is absent or null makes the result absent, except that `exists` tells,
//! and that `contains` can look for null. An argument of the wrong type is an error. `matches` finds a pattern anywhere
//! in a string unless it is anchored by `^` and `$`.
//!
//! # Templates
//!
//! A string that is exactly one `${…}` has the value of the expression; in any other, strings, numbers and booleans
//! become text, and null, a list or an object is an error. `$${` is a literal `${`. An absent value is an error
//! anywhere.
//!
//! # Types
//!
//! A [`Typed`] says what a value can be and whether it is there. What is *always* there evaluates to a value of its
//! type, what is *never* there does not. Of [`Type::Any`] nothing is known and nothing is said. Where only some members
//! of a union fit, the result is *maybe* there; what no value can fit is a [`Problem`]. A condition that holds
//! [proves](Expression::proofs) values to be there, a path or one of several operands of `??`: within one expression for
//! the operands of `&&` and `||` after it, for the items that a predicate keeps, and beyond it through
//! [`Scope::proofs`].
//!
//! # Limits
//!
//! An expression has at most 64 KiB and nests at most 64 deep; a string with `${` in it has at most 64 KiB; a compiled
//! pattern takes at most 1 MiB. Work and size of evaluations are bounded by a [`Budget`].

mod ast;
mod budget;
mod compare;
mod copy;
mod evaluate;
mod evidence;
mod expression;
mod functions;
mod literal;
mod mistakes;
mod parse;
mod place;
mod print;
mod problem;
mod proof;
mod scan;
mod template;
mod types;
mod typing;

pub use ast::{
    Base, Call, Comparator, Comparison, Expr, ExprKind, Logical, Path, Reference, Root, Segment, Selector,
};
pub use budget::{Bound, Budget, size};
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
