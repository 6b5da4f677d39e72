//! A shortage of file descriptors, memory or the like on this machine never decides the outcome of a step.

use std::process::{Command, Stdio};
use std::thread;

use crate::process::{Ended, Place, Running};
use crate::server::Server;

const ONE: &str = "steps:
  - {id: make, capability: things, operation: createThing, with: {name: a}}
outputs: [{name: id, source: make.id}]
";

/// Starts a run in a process that may open this number of files.
fn with_files(place: &Place, server: &Server, files: u32) -> Ended {
    let naftiko = place.run_command(&server.base_url(), &[]);
    let mut command = Command::new("/bin/sh");
    command.args(["-c", &format!("ulimit -n {files}; exec \"$0\" \"$@\"")]);
    command.arg(naftiko.get_program()).args(naftiko.get_args()).env_clear();
    command.envs(naftiko.get_envs().filter_map(|(name, value)| Some((name, value?))));
    command.current_dir(naftiko.get_current_dir().unwrap()).stdin(Stdio::null());
    Running::start(command).end()
}

/// The exit code of a run with this number of files, which must agree with what was sent.
fn outcome(files: u32) -> Option<i32> {
    let (place, server) = (Place::new(ONE, None), Server::start());
    let ended = with_files(&place, &server, files);
    let seen = server.seen().len();
    match ended.code {
        Some(0) => assert_eq!(seen, 1, "{files}: {}", ended.told()),
        Some(2) => assert_eq!(seen, 0, "{files}: {}", ended.told()),
        Some(4) => {
            let run = place.run().unwrap();
            assert_eq!(seen, 0, "{files}: {}", ended.told());
            assert!(
                ended.stderr.contains("this machine lacks file descriptors"),
                "{files}: {}",
                ended.told()
            );
            assert!(
                ended.stderr.contains(&format!("naftiko resume {}", run.id)),
                "{files}: {}",
                ended.told()
            );
            let resumed = place.naftiko(&["resume", &run.id, "--base-url", &server.base_url()]);
            assert_eq!((resumed.code, server.seen().len()), (Some(0), 1), "{files}: {}", resumed.told());
        }
        _ => panic!("{files}: {}", ended.told()),
    }
    ended.code
}

#[test]
fn a_run_without_enough_files_either_does_not_begin_or_is_left_to_be_resumed() {
    let runs: Vec<_> = (5..32).map(|files| thread::spawn(move || outcome(files))).collect();
    let outcomes: Vec<_> = runs.into_iter().map(|run| run.join().unwrap()).collect();
    assert!(outcomes.contains(&Some(2)), "{outcomes:?}");
    assert!(outcomes.contains(&Some(4)), "{outcomes:?}");
    assert_eq!(outcomes.last(), Some(&Some(0)), "{outcomes:?}");
}
