//! Messages from other processes for a run that is driven here.

use std::collections::BTreeSet;
use std::time::Duration;

use naftiko_engine::{Delivery, Intervention};
use naftiko_journal::Store;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

/// How often to look.
const EVERY: Duration = Duration::from_millis(250);

/// An inbox that is looked into.
pub(super) struct Inbox {
    pub(super) watching: Watching,
    pub(super) deliveries: mpsc::UnboundedReceiver<Delivery>,
}

/// Dropped, nobody looks any more.
pub(super) struct Watching(JoinHandle<()>);

impl Drop for Watching {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Inbox {
    /// Looks into the inbox of a run from now on, and delivers what is there.
    pub(super) fn watch(store: Store, run: String) -> Self {
        let (sender, deliveries) = mpsc::unbounded_channel();
        Self { watching: Watching(tokio::spawn(deliver(store, run, sender))), deliveries }
    }
}

/// A message that cannot be read is looked at again: it is not lost, and nothing else depends on it.
async fn deliver(store: Store, run: String, sender: mpsc::UnboundedSender<Delivery>) {
    let mut seen = None;
    let mut done = BTreeSet::new();
    loop {
        let last = store.last_message().ok();
        if last.is_some()
            && last != seen
            && let Ok(messages) = store.inbox(&run)
        {
            // A message that could not be removed must not be delivered again: a ruling could settle a later doubt.
            for message in messages {
                if done.contains(&message.id) {
                    continue;
                }
                if let Ok(intervention) = serde_json::from_value::<Intervention>(message.content) {
                    let (reply, replied) = oneshot::channel();
                    if sender.send(Delivery { intervention, reply }).is_err() || replied.await.is_err() {
                        return;
                    }
                }
                done.insert(message.id);
            }
            seen = last;
        }
        if !done.is_empty() && store.taken(&done.iter().copied().collect::<Vec<_>>()).is_ok() {
            done.clear();
        }
        tokio::time::sleep(EVERY).await;
    }
}
