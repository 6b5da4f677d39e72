//! A cache of values derived from operations, limited to the operations that were added last.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use indexmap::IndexMap;
use naftiko_adapter::Operation;

/// The most operations in the cache. Beyond, the oldest entry is dropped.
const MOST: usize = 256;

/// Caches one value per operation, such as its compiled schemas.
pub struct OfOperations<T> {
    /// By provider and id. Two plans may contain different operations with the same id.
    kept: Mutex<IndexMap<(String, String), Kept<T>>>,
}

struct Kept<T> {
    operation: Arc<Operation>,
    value: Arc<T>,
}

impl<T> Default for OfOperations<T> {
    fn default() -> Self {
        Self { kept: Mutex::default() }
    }
}

impl<T> fmt::Debug for OfOperations<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OfOperations").finish_non_exhaustive()
    }
}

impl<T> OfOperations<T> {
    /// The cached value of an operation; `make` creates it if it is missing or belongs to a different operation with
    /// the same id.
    pub fn get(&self, operation: &Arc<Operation>, make: impl FnOnce() -> T) -> Arc<T> {
        let key = (operation.provider.clone(), operation.id.clone());
        let is_same =
            |known: &&Kept<T>| Arc::ptr_eq(&known.operation, operation) || known.operation == *operation;
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = kept.get(&key).filter(is_same) {
            return Arc::clone(&known.value);
        }
        let value = Arc::new(make());
        if kept.len() >= MOST && !kept.contains_key(&key) {
            kept.shift_remove_index(0);
        }
        kept.insert(key, Kept { operation: Arc::clone(operation), value: Arc::clone(&value) });
        value
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use naftiko_adapter::Method;

    fn operation(path: &str) -> Arc<Operation> {
        Arc::new(crate::tests::operation(Method::Get, path, Vec::new()))
    }

    #[test]
    fn an_operation_has_one_value_until_it_is_another_operation() {
        let kept: OfOperations<u32> = OfOperations::default();
        let one = operation("/one");
        assert_eq!(*kept.get(&one, || 1), 1);
        assert_eq!(*kept.get(&Arc::new((*one).clone()), || 2), 1, "an equal operation is the same one");
        assert_eq!(*kept.get(&operation("/other"), || 3), 3, "of the same id");
        assert_eq!(*kept.get(&one, || 4), 4);
    }

    #[test]
    fn no_more_is_kept_than_there_is_room_for() {
        let kept: OfOperations<usize> = OfOperations::default();
        for number in 0..2 * MOST {
            let operation = Operation { id: number.to_string(), ..(*operation("/one")).clone() };
            assert_eq!(*kept.get(&Arc::new(operation), || number), number);
        }
        assert_eq!(kept.kept.lock().unwrap().len(), MOST);
    }
}
