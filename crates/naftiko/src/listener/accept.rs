//! Accepts connections, and backs off when the process has run out of resources.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};

use super::Respond;
use super::connection::Server;

/// The first pause after a connection could not be accepted.
const FIRST_PAUSE: Duration = Duration::from_millis(10);
/// The longest pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// A source of connections.
pub(super) trait Incoming {
    /// Waits for the next connection.
    async fn next(&self) -> io::Result<(TcpStream, SocketAddr)>;
}

impl Incoming for TcpListener {
    async fn next(&self) -> io::Result<(TcpStream, SocketAddr)> {
        self.accept().await
    }
}

/// A sink for accepted connections.
pub(super) trait Connections {
    /// Serves a connection as soon as there is room for it, or another one can be closed for it.
    async fn connect(&self, stream: TcpStream, peer: SocketAddr);

    /// Closes connections that wait for their peers, to free resources, and then waits for `pause`.
    async fn make_room(&self, pause: Duration);
}

/// Accepts connections forever. A connection without room waits, and those behind it wait in the queue of the operating
/// system. If file descriptors or memory are exhausted, it pauses before the next attempt, with increasing pauses.
pub(super) async fn connections(incoming: &impl Incoming, connections: &impl Connections) {
    let mut pause = FIRST_PAUSE;
    loop {
        match incoming.next().await {
            Ok((stream, peer)) => {
                pause = FIRST_PAUSE;
                connections.connect(stream, peer).await;
            }
            Err(error) if is_of_the_connection(&error) => {}
            Err(_) => {
                connections.make_room(pause).await;
                pause = (pause * 2).min(LONGEST_PAUSE);
            }
        }
    }
}

/// Whether the error concerns only the connection, whose peer has left, and not this machine.
fn is_of_the_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}

impl<R: Respond> Connections for Server<R> {
    async fn connect(&self, stream: TcpStream, peer: SocketAddr) {
        let entered = self.admit(peer.ip()).await;
        self.spawn(stream, entered);
    }

    async fn make_room(&self, pause: Duration) {
        self.close_half();
        tokio::time::sleep(pause).await;
    }
}

#[cfg(test)]
mod tests {
    use std::cell::{Cell, RefCell};

    use super::*;

    /// Fails `times` times with an error of the operating system, then waits forever.
    struct Failing {
        code: i32,
        times: Cell<u32>,
    }

    impl Incoming for Failing {
        async fn next(&self) -> io::Result<(TcpStream, SocketAddr)> {
            let Some(times) = self.times.get().checked_sub(1) else { return std::future::pending().await };
            self.times.set(times);
            Err(io::Error::from_raw_os_error(self.code))
        }
    }

    #[derive(Default)]
    struct Pauses(RefCell<Vec<Duration>>);

    impl Connections for Pauses {
        async fn connect(&self, _: TcpStream, _: SocketAddr) {}

        async fn make_room(&self, pause: Duration) {
            self.0.borrow_mut().push(pause);
        }
    }

    /// The pauses that are made after this number of errors.
    fn pauses(code: i32, times: u32) -> Vec<Duration> {
        let (failing, pauses) = (Failing { code, times: Cell::new(times) }, Pauses::default());
        let mut accepting = std::pin::pin!(connections(&failing, &pauses));
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        assert!(accepting.as_mut().poll(&mut context).is_pending());
        assert_eq!(failing.times.get(), 0);
        pauses.0.take()
    }

    #[cfg(unix)]
    #[test]
    fn where_something_has_run_out_each_pause_is_longer_up_to_a_second() {
        for code in [rustix::io::Errno::MFILE, rustix::io::Errno::NFILE, rustix::io::Errno::NOMEM] {
            let pauses = pauses(code.raw_os_error(), 100);
            assert_eq!(pauses.len(), 100, "it always pauses");
            assert_eq!(pauses[..3], [10, 20, 40].map(Duration::from_millis));
            assert_eq!(pauses[99], LONGEST_PAUSE);
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_peer_that_has_gone_again_costs_no_pause() {
        assert_eq!(pauses(rustix::io::Errno::CONNABORTED.raw_os_error(), 1000), []);
    }
}
