//! Places in a schema, for messages about its defects, and the tokens of JSON pointers.

use std::rc::Rc;

/// A key as a reference token of a JSON pointer (RFC 6901).
pub fn escaped(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

/// The key of a reference token of a JSON pointer (RFC 6901): the inverse of [`escaped`].
pub fn unescaped(token: &str) -> String {
    token.replace("~1", "/").replace("~0", "~")
}

/// A place in a schema, written as a pointer only where it is needed.
#[derive(Clone, Default)]
pub(crate) struct Place(Option<Rc<(Place, String)>>);

impl Place {
    pub(crate) fn below(&self, token: impl Into<String>) -> Self {
        Self(Some(Rc::new((self.clone(), token.into()))))
    }

    pub(crate) fn pointer(&self) -> String {
        let mut tokens = Vec::new();
        let mut place = self;
        while let Some(inner) = &place.0 {
            tokens.push(format!("/{}", escaped(&inner.1)));
            place = &inner.0;
        }
        tokens.reverse();
        tokens.concat()
    }
}

impl Drop for Place {
    // A chain of places is as long as a schema is deep, and must not be dropped by recursion.
    fn drop(&mut self) {
        let mut next = self.0.take();
        while let Some(inner) = next.and_then(Rc::into_inner) {
            let mut outer = inner.0.clone();
            next = outer.0.take();
        }
    }
}

/// Where a reference leads, as a place.
pub(crate) fn target_place(reference: &str) -> Place {
    let (_, fragment) = reference.split_once('#').unwrap_or_default();
    let tokens = fragment.split('/').skip(1);
    tokens.fold(Place::default(), |place, token| place.below(unescaped(token)))
}
