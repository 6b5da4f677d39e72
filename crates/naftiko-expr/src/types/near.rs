//! Suggestions among the fields of objects and the values of strings.
//!
//! Large sets of names are indexed once: many expressions can read unknown names of one object.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use indexmap::{IndexMap, IndexSet};
use naftiko_diagnostics::{NameIndex, nearest};

use super::{Field, ObjectType};

/// The number of sets whose index is cached.
const MOST_REMEMBERED: usize = 16;
/// The number of names up to which a set needs no index.
const FEW: usize = 64;

/// A set of names. Holding the set keeps its address unique.
#[derive(Clone)]
enum Names {
    Fields(Arc<IndexMap<String, Field>>),
    Values(Arc<IndexSet<String>>),
}

impl Names {
    fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Fields(one), Self::Fields(other)) => Arc::ptr_eq(one, other),
            (Self::Values(one), Self::Values(other)) => Arc::ptr_eq(one, other),
            _ => false,
        }
    }

    fn len(&self) -> usize {
        match self {
            Self::Fields(fields) => fields.len(),
            Self::Values(values) => values.len(),
        }
    }

    fn index(&self) -> NameIndex<String> {
        match self {
            Self::Fields(fields) => NameIndex::new(fields.keys().cloned()),
            Self::Values(values) => NameIndex::new(values.iter().cloned()),
        }
    }
}

thread_local! {
    static REMEMBERED: RefCell<Vec<(Names, Rc<NameIndex<String>>)>> = const { RefCell::new(Vec::new()) };
}

/// The index of a set of names.
fn index_of(names: &Names) -> Rc<NameIndex<String>> {
    REMEMBERED.with_borrow_mut(|remembered| {
        if let Some((_, index)) = remembered.iter().find(|(known, _)| known.is(names)) {
            return Rc::clone(index);
        }
        let index = Rc::new(names.index());
        if remembered.len() >= MOST_REMEMBERED {
            remembered.remove(0);
        }
        remembered.push((names.clone(), Rc::clone(&index)));
        index
    })
}

/// The name that is nearest to a word in some sets; of equally near ones, the first.
fn nearest_in(word: &str, sets: &[Names]) -> Option<String> {
    let near = sets.iter().filter_map(|names| {
        let index = index_of(names);
        let near = index.nearest_with_distance(word)?;
        Some((near.distance, near.name.to_owned()))
    });
    near.min_by_key(|(distance, _)| *distance).map(|(_, name)| name)
}

/// The field of some objects that a word most likely means.
pub(crate) fn nearest_field(word: &str, objects: &[ObjectType]) -> Option<String> {
    let sets: Vec<Names> = objects.iter().map(|object| Names::Fields(Arc::clone(&object.fields))).collect();
    if sets.iter().map(Names::len).sum::<usize>() <= FEW {
        return nearest(word, objects.iter().flat_map(ObjectType::names)).map(str::to_owned);
    }
    nearest_in(word, &sets)
}

/// The value of some strings that a text most likely means.
pub(crate) fn nearest_value(text: &str, values: &[&Arc<IndexSet<String>>]) -> Option<String> {
    if values.iter().map(|values| values.len()).sum::<usize>() <= FEW {
        return nearest(text, values.iter().flat_map(|values| values.iter().map(String::as_str)))
            .map(str::to_owned);
    }
    let sets: Vec<Names> = values.iter().map(|values| Names::Values(Arc::clone(values))).collect();
    nearest_in(text, &sets)
}
