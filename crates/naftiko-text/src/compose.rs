//! `printable!`: a literal with placeholders, and its arguments.

use std::borrow::Cow;
use std::fmt::Display;
use std::path::{Path, PathBuf};

use crate::Printable;
use crate::escape::escape;

/// [`format!`] for [`Printable`]: a literal in which each `{}` is replaced by the next argument.
///
/// A [`Printable`] argument, or a reference to one, is inserted unchanged; any other displayable value, and a path, is
/// escaped. `{}` is the only placeholder: use [`Printable::padded`] for padding, and format numbers and times
/// beforehand.
#[macro_export]
macro_rules! printable {
    ($literal:literal $(, $argument:expr)* $(,)?) => {{
        #[allow(unused_imports, reason = "unused where all arguments are printable, or there is none")]
        use $crate::Escaped as _;
        const { assert!($crate::holes($literal) == 0 $(+ { let _ = stringify!($argument); 1 })*, "as many holes as arguments") };
        $crate::compose($literal, &[$($crate::Argument(&$argument).piece()),*])
    }};
}

/// The replacement of a placeholder: printable already, or escaped. It cannot be constructed outside of this crate.
#[doc(hidden)]
#[derive(Debug)]
pub struct Piece<'a>(Cow<'a, str>);

/// An argument of [`printable!`], which turns into a [`Piece`].
#[doc(hidden)]
#[derive(Debug)]
pub struct Argument<'a, T: ?Sized>(pub &'a T);

// Inherent methods take precedence over those of a trait.
impl<'a> Argument<'a, Printable> {
    pub fn piece(&self) -> Piece<'a> {
        Piece(Cow::Borrowed(self.0))
    }
}

impl<'a> Argument<'a, &'_ Printable> {
    pub fn piece(&self) -> Piece<'a> {
        Piece(Cow::Borrowed(*self.0))
    }
}

impl Argument<'_, Path> {
    pub fn piece(&self) -> Piece<'static> {
        Piece(Cow::Owned(Printable::path(self.0).to_string()))
    }
}

impl Argument<'_, &'_ Path> {
    pub fn piece(&self) -> Piece<'static> {
        Argument::<Path>(self.0).piece()
    }
}

impl Argument<'_, PathBuf> {
    pub fn piece(&self) -> Piece<'static> {
        Argument::<Path>(self.0).piece()
    }
}

impl Argument<'_, &'_ PathBuf> {
    pub fn piece(&self) -> Piece<'static> {
        Argument::<Path>(self.0).piece()
    }
}

/// Escapes any other argument.
#[doc(hidden)]
pub trait Escaped {
    fn piece(&self) -> Piece<'static>;
}

impl<T: Display + ?Sized> Escaped for Argument<'_, T> {
    fn piece(&self) -> Piece<'static> {
        let text = self.0.to_string();
        Piece(Cow::Owned(match escape(&text) {
            Cow::Borrowed(_) => text,
            Cow::Owned(escaped) => escaped,
        }))
    }
}

/// Replaces the placeholders of a literal.
#[doc(hidden)]
pub fn compose(literal: &'static str, pieces: &[Piece<'_>]) -> Printable {
    let mut out = String::with_capacity(literal.len() + 16 * pieces.len());
    let mut pieces = pieces.iter();
    let mut rest = literal;
    while let Some((plain, hole)) = rest.find(['{', '}']).and_then(|at| rest.split_at_checked(at)) {
        out.push_str(plain);
        rest = if let Some(rest) = hole.strip_prefix("{}") {
            out.push_str(pieces.next().map_or("", |piece| &piece.0));
            rest
        } else if let Some(rest) = hole.strip_prefix("{{") {
            out.push('{');
            rest
        } else {
            out.push('}');
            hole.strip_prefix("}}").unwrap_or_default()
        };
    }
    out.push_str(rest);
    Printable::trusted(out)
}

/// The number of placeholders in a literal.
///
/// # Panics
/// At compile time, if a brace is neither part of a placeholder nor doubled.
#[doc(hidden)]
#[expect(clippy::panic, reason = "it is evaluated at compile time")]
pub const fn holes(literal: &str) -> usize {
    let mut bytes = literal.as_bytes();
    let mut count = 0;
    loop {
        bytes = match bytes {
            [] => return count,
            [b'{', b'}', rest @ ..] => {
                count += 1;
                rest
            }
            [b'{', b'{', rest @ ..] | [b'}', b'}', rest @ ..] => rest,
            [b'{' | b'}', ..] => panic!("a hole has nothing in it, and any other brace is doubled"),
            [_, rest @ ..] => rest,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_printable_goes_in_as_it_is_and_all_else_is_escaped() {
        let styled = Printable::from("\u{1b}[1mbold\u{1b}[0m\n");
        assert_eq!(printable!("{}{}", styled, &styled), "\u{1b}[1mbold\u{1b}[0m\n\u{1b}[1mbold\u{1b}[0m\n");
        let borrowed: &str = "a\nb";
        assert_eq!(
            printable!("`{}`, {} and {}\n", borrowed, 7, &"\u{9b}".to_owned()),
            "`a\\nb`, 7 and \\u{9b}\n"
        );
        assert_eq!(printable!("{}", Cow::Borrowed("\u{202e}")), "\\u{202e}");
        let path = PathBuf::from("a\u{1b}");
        assert_eq!(printable!("{}{}{}", path, &path, path.as_path()), "a\\u{1b}a\\u{1b}a\\u{1b}");
        assert_eq!(printable!("{{}} {}", "x"), "{} x");
        assert_eq!(printable!("no hole"), "no hole");
    }

    #[test]
    fn an_argument_that_holds_a_hole_fills_none() {
        assert_eq!(printable!("{}-{}", "{}", "{{"), "{}-{{");
    }
}
