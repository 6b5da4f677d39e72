//! The adapter itself: refuses what a real one would refuse, and lets the modelled provider answer the rest.

use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use naftiko_adapter::{Adapter, Call, Failure, FailureKind, Response};
use naftiko_wire::{ArgumentSchemas, render};

use crate::repeats::Repeats;
use crate::script::{Fault, Played, Said, Script};
use crate::world::World;

/// How long an attempt may take that says nothing of it: as long as over HTTP.
const LIMIT: Duration = Duration::from_secs(30);

/// Answers calls from the schemas of their operations.
pub struct MockAdapter {
    seed: u64,
    arguments: ArgumentSchemas,
    state: Mutex<State>,
}

/// The world, and what is still to be said of it.
struct State {
    world: World,
    script: Played,
    repeats: Repeats,
}

impl MockAdapter {
    /// An adapter for a provider that has no resources yet. The same seed and the same sequence of calls give the same
    /// answers.
    pub fn new(seed: u64) -> Self {
        Self::with_script(seed, &Script::default())
    }

    /// An adapter with a script: what some operations answer, and what exists before the first call.
    pub fn with_script(seed: u64, script: &Script) -> Self {
        let mut world = World::new(seed);
        for (operation, things) in &script.seeds {
            world.let_exist(operation, things);
        }
        Self {
            seed,
            arguments: ArgumentSchemas::default(),
            state: Mutex::new(State { world, script: Played::new(script), repeats: Repeats::default() }),
        }
    }

    /// The outcome of a call: an answer, or how the connection fails, and after how long. It does not wait for that
    /// time.
    ///
    /// # Errors
    /// When an adapter would refuse the call.
    pub fn say(&self, call: &Call) -> Result<Said, Failure> {
        // What HTTP would not send is refused here too.
        render(&call.operation, &call.arguments)?;
        self.arguments.check(&call.operation, &call.arguments)?;
        // A panic in one call leaves a world that the next one can still use.
        let State { world, script, .. } = &mut *self.state.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(match script.next(&call.operation) {
            Some(reply) => world.follow(call, &reply),
            None => Said { delay: Duration::ZERO, answer: Ok(world.answer(call, World::act)) },
        })
    }

    /// Fails a step that has got the same answer so often that no further attempt gets another one.
    fn notice(&self, call: &Call, answer: &Response) -> Result<(), Failure> {
        let State { world, script, repeats } =
            &mut *self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let is_scripted = script.has(&call.operation) || world.is_complete(&call.operation);
        repeats.notice(call, answer, is_scripted)
    }
}

impl fmt::Debug for MockAdapter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // What is in the world came from arguments, which may be sensitive.
        f.debug_struct("MockAdapter").field("seed", &self.seed).finish_non_exhaustive()
    }
}

#[async_trait]
impl Adapter for MockAdapter {
    async fn invoke(&self, call: &Call) -> Result<Response, Failure> {
        let Said { delay, answer } = self.say(call)?;
        let limit = call.timeout.unwrap_or(LIMIT);
        if delay > limit {
            let message = format!("there was no answer within {limit:?}");
            return Err(Failure::new(FailureKind::Unknown, message));
        }
        if let Ok(answer) = &answer {
            self.notice(call, answer)?;
        }
        answer.map_err(|fault| match fault {
            Fault::Connect => Failure::new(FailureKind::NotSent, "the connection was refused"),
            Fault::Drop => {
                Failure::new(FailureKind::Unknown, "the connection was closed before an answer came")
            }
            Fault::Garbage => Failure::new(FailureKind::Unreadable, "the answer is not JSON"),
        })
    }
}
