//! The secrets that a process uses, of all its adapters and channels. They are masked together, since the response of
//! one provider may contain a secret of another.

use std::collections::VecDeque;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use crate::Mask;

/// The maximum number of masks in a history: a secret that was replaced may still occur in later responses.
const REMEMBERED: usize = 16;

/// The version of the next change of any history. Versions are unique in the process.
static NEXT_VERSION: AtomicU64 = AtomicU64::new(1);

/// The secrets of a process. Clones share them.
#[derive(Clone, Default)]
pub struct Secrets(Arc<Mutex<Known>>);

#[derive(Default)]
struct Known {
    fixed: Mask,
    histories: Vec<Weak<Mutex<Past>>>,
    /// The versions of the histories when `all` was built.
    versions: Vec<u64>,
    all: Arc<Mask>,
}

impl Secrets {
    /// Adds the secrets of a mask for the lifetime of the process.
    pub fn add(&self, mask: &Mask) {
        let mut known = lock(&self.0);
        known.fixed.hide_all_of(mask);
        known.versions.clear();
        known.all = Arc::new(Mask::of_all([&*known.all, mask]));
    }

    /// Adds the secrets of a history, current and future, until the last clone of the history is dropped.
    pub fn watch(&self, history: &SecretHistory) {
        let mut known = lock(&self.0);
        let new = Arc::downgrade(&history.0);
        known.histories.retain(|history| history.strong_count() > 0);
        if !known.histories.iter().any(|history| history.ptr_eq(&new)) {
            known.histories.push(new);
        }
    }

    /// A mask for all current secrets. Returns a clone of one [`Arc`] until a secret changes.
    pub fn mask(&self) -> Arc<Mask> {
        let mut known = lock(&self.0);
        let histories: Vec<_> = known.histories.iter().filter_map(Weak::upgrade).collect();
        let versions: Vec<u64> = histories.iter().map(|history| lock(history).version).collect();
        if versions != known.versions {
            let masks: Vec<Mask> = histories.iter().flat_map(|history| lock(history).masks.clone()).collect();
            known.all = Arc::new(Mask::of_all(masks.iter().chain([&known.fixed])));
            known.versions = versions;
        }
        Arc::clone(&known.all)
    }
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Secrets").finish_non_exhaustive()
    }
}

/// The recent values of one credential: a token that was replaced may still occur in later responses. Clones share it.
#[derive(Clone, Default)]
pub struct SecretHistory(Arc<Mutex<Past>>);

#[derive(Default)]
struct Past {
    /// The most recently used mask comes last.
    masks: VecDeque<Mask>,
    /// Changes whenever a mask is added.
    version: u64,
}

impl SecretHistory {
    /// Adds a mask. Only the 16 most recently used masks are retained.
    pub fn remember(&self, mask: Mask) {
        let mut past = lock(&self.0);
        if let Some(at) = past.masks.iter().position(|known| *known == mask) {
            past.masks.remove(at);
            past.masks.push_back(mask);
            return;
        }
        past.masks.push_back(mask);
        if past.masks.len() > REMEMBERED {
            past.masks.pop_front();
        }
        past.version = NEXT_VERSION.fetch_add(1, Ordering::Relaxed);
    }
}

impl fmt::Debug for SecretHistory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SecretHistory").finish_non_exhaustive()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hiding(secret: &str) -> Mask {
        let mut mask = Mask::default();
        mask.hide(secret, 6);
        mask
    }

    #[test]
    fn what_any_history_holds_is_hidden_from_when_it_is_there() {
        let secrets = Secrets::default();
        let (one, other) = (SecretHistory::default(), SecretHistory::default());
        secrets.watch(&one);
        secrets.watch(&other);
        secrets.watch(&other.clone());
        secrets.add(&hiding("password-0"));
        let text = "password-0 password-1 password-2";
        assert_eq!(secrets.mask().text(text), "*** password-1 password-2");
        one.remember(hiding("password-1"));
        assert_eq!(secrets.mask().text(text), "*** *** password-2");
        other.remember(hiding("password-2"));
        let mask = secrets.mask();
        assert_eq!(mask.text(text), "*** *** ***");
        other.remember(hiding("password-2"));
        assert!(Arc::ptr_eq(&mask, &secrets.mask()), "nothing has changed");
        drop(other);
        let another = SecretHistory::default();
        secrets.watch(&another);
        another.remember(hiding("password-3"));
        assert_eq!(secrets.mask().text("password-2 password-3"), "password-2 ***");
    }

    #[test]
    fn a_secret_that_was_replaced_long_ago_is_forgotten_and_one_in_use_is_not() {
        let (secrets, history) = (Secrets::default(), SecretHistory::default());
        secrets.watch(&history);
        for number in 0..20 {
            history.remember(hiding("still-in-use"));
            history.remember(hiding(&format!("token-number-{number}")));
        }
        let shown = secrets.mask().text("still-in-use token-number-0 token-number-19");
        assert_eq!(shown, "*** token-number-0 ***");
    }
}
