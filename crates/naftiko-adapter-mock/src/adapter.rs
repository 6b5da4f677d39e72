//! The mock adapter: refuses calls that the HTTP adapter would refuse, and passes all others to the simulated provider.

use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use naftiko_adapter::{Adapter, Call, Failure, FailureKind, Response};
use naftiko_wire::{ArgumentSchemas, render};

use crate::repeats::Repeats;
use crate::script::{Fault, Played, Said, Script};
use crate::world::World;

/// The time limit of an attempt without a limit of its own, as over HTTP.
const LIMIT: Duration = Duration::from_secs(30);

/// An adapter that generates responses from the schemas of operations.
pub struct MockAdapter {
    seed: u64,
    arguments: ArgumentSchemas,
    state: Mutex<State>,
}

/// The simulated provider, and the part of the script that remains.
struct State {
    world: World,
    script: Played,
    repeats: Repeats,
}

impl MockAdapter {
    /// An adapter for a provider without resources. Equal seeds and equal sequences of calls give equal responses.
    pub fn new(seed: u64) -> Self {
        Self::with_script(seed, &Script::default())
    }

    /// An adapter with a script: the replies of some operations, and the resources that exist before the first call.
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

    /// The outcome of a call: a response or a connection fault, with its delay. This function does not wait for the
    /// delay.
    ///
    /// # Errors
    /// A failure if the HTTP adapter would refuse the call.
    pub fn say(&self, call: &Call) -> Result<Said, Failure> {
        // Arguments that HTTP cannot carry are refused here too.
        render(&call.operation, &call.arguments)?;
        self.arguments.check(&call.operation, &call.arguments)?;
        // A panic in one call leaves a state that later calls can still use.
        let State { world, script, .. } = &mut *self.state.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(match script.next(&call.operation) {
            Some(reply) => world.follow(call, &reply),
            None => Said { delay: Duration::ZERO, answer: Ok(world.answer(call, World::act)) },
        })
    }

    /// Fails a step that got the same response so often that no further attempt gets another one.
    fn notice(&self, call: &Call, answer: &Response) -> Result<(), Failure> {
        let State { world, script, repeats } =
            &mut *self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let is_scripted = script.has(&call.operation) || world.is_complete(&call.operation);
        repeats.notice(call, answer, is_scripted)
    }
}

impl fmt::Debug for MockAdapter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The state contains values of arguments, which may be sensitive.
        f.debug_struct("MockAdapter").field("seed", &self.seed).finish_non_exhaustive()
    }
}

#[async_trait]
impl Adapter for MockAdapter {
    async fn invoke(&self, call: &Call) -> Result<Response, Failure> {
        let Said { delay, answer } = self.say(call)?;
        let limit = call.timeout.unwrap_or(LIMIT);
        if delay > limit {
            let message = format!("there was no response within {limit:?}");
            return Err(Failure::new(FailureKind::Unknown, message));
        }
        if let Ok(answer) = &answer {
            self.notice(call, answer)?;
        }
        answer.map_err(|fault| match fault {
            Fault::Connect => Failure::new(FailureKind::NotSent, "the connection was refused"),
            Fault::Drop => {
                Failure::new(FailureKind::Unknown, "the connection was closed before a response came")
            }
            Fault::Garbage => Failure::new(FailureKind::Unreadable, "the response is not JSON"),
        })
    }
}
