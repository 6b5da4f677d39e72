//! Delivers messages that other processes have left for a run which this process drives.

use std::collections::BTreeSet;
use std::time::Duration;

use naftiko_engine::{Delivery, Intervention};
use naftiko_journal::Store;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

/// The interval of polling the inbox.
const EVERY: Duration = Duration::from_millis(250);

/// A polled inbox and the messages that come out of it.
pub(super) struct Inbox {
    pub(super) watching: Watching,
    pub(super) deliveries: mpsc::UnboundedReceiver<Delivery>,
}

/// The polling task; dropping it stops the polling.
pub(super) struct Watching(JoinHandle<()>);

impl Drop for Watching {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Inbox {
    /// Starts to poll the inbox of a run.
    pub(super) fn watch(store: Store, run: String) -> Self {
        let (sender, deliveries) = mpsc::unbounded_channel();
        Self { watching: Watching(tokio::spawn(deliver(store, run, sender))), deliveries }
    }
}

/// Polls and delivers. If the inbox cannot be read, it is read again at the next interval, so no message is lost.
async fn deliver(store: Store, run: String, sender: mpsc::UnboundedSender<Delivery>) {
    let mut seen = None;
    let mut done = BTreeSet::new();
    loop {
        let last = store.last_message().ok();
        if last.is_some()
            && last != seen
            && let Ok(messages) = store.inbox(&run)
        {
            // A message that could not be removed must not be delivered twice: a ruling could then resolve a later
            // doubt.
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
