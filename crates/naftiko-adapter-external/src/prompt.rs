//! Asks a person at a terminal.

use std::fmt;
use std::io;
use std::sync::Arc;

use async_trait::async_trait;
use naftiko_adapter::{Answer, Channel, Failure, FailureKind, Question};
use naftiko_text::{Printable, printable, wrap};
use serde_json::Value;
use tokio::sync::Mutex;
use tokio::task::{JoinError, JoinHandle, spawn_blocking};

use crate::fit::Fit;
use crate::show::entries;

/// The maximum width of a paragraph, in columns.
const WIDTH: usize = 80;
/// The number of tries before the run continues to wait.
const TRIES: u32 = 5;

/// The terminal of a person.
pub trait Terminal: Send + Sync {
    /// Shows `text` at once. A text without a final line end is a prompt.
    ///
    /// # Errors
    /// Any error of the terminal.
    fn show(&self, text: &Printable) -> io::Result<()>;

    /// Reads the next line, with or without its line end; `None` at the end of input. Blocks.
    ///
    /// # Errors
    /// Any error of the terminal.
    fn read_line(&self) -> io::Result<Option<String>>;

    /// Discards pending input, which was typed before the next question was shown.
    fn forget_typed(&self);
}

/// Asks a person at a terminal, one question at a time.
///
/// Dropping the future withdraws its question: the next one is shown at once, and input for the first is not used as
/// its answer. Reading a line cannot be interrupted, so a thread remains blocked on it: a program that exits should
/// shut its runtime down in the background.
pub struct Prompt<T: Terminal> {
    terminal: Arc<T>,
    /// Locked by the current question.
    pub(crate) lines: Mutex<Lines>,
}

impl<T: Terminal> Prompt<T> {
    /// Asks at `terminal`.
    pub fn new(terminal: T) -> Self {
        Self { terminal: Arc::new(terminal), lines: Mutex::default() }
    }
}

impl<T: Terminal> fmt::Debug for Prompt<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Prompt").finish_non_exhaustive()
    }
}

#[async_trait]
impl<T: Terminal + 'static> Channel for Prompt<T> {
    async fn ask(&self, question: &Question) -> Result<Answer, Failure> {
        let fit = Fit::of(question)?;
        let mut lines = self.lines.lock().await;
        lines.forget();
        self.terminal.forget_typed();
        Talk { terminal: &self.terminal, lines: &mut lines, question, fit: &fit, waits: false }.run().await
    }
}

/// The pending read of a line, which outlives the question it was started for.
#[derive(Debug, Default)]
pub(crate) struct Lines {
    pub(crate) reading: Option<JoinHandle<io::Result<Option<String>>>>,
}

impl Lines {
    /// Discards a line that arrived while no question was pending.
    fn forget(&mut self) {
        self.reading.take_if(|reading| reading.is_finished());
    }

    /// The next line. If the future is dropped first, the line remains for the next question.
    async fn next<T: Terminal + 'static>(
        &mut self,
        terminal: &Arc<T>,
    ) -> Result<io::Result<Option<String>>, JoinError> {
        let reading = self.reading.get_or_insert_with(|| {
            let terminal = Arc::clone(terminal);
            spawn_blocking(move || terminal.read_line())
        });
        let line = reading.await;
        self.reading = None;
        line
    }
}

/// A question that is being shown.
struct Talk<'a, T: Terminal> {
    terminal: &'a Arc<T>,
    lines: &'a mut Lines,
    question: &'a Question,
    fit: &'a Fit,
    /// Whether the cursor is at the prompt.
    waits: bool,
}

impl<T: Terminal> Drop for Talk<'_, T> {
    /// Ends the line of the prompt.
    fn drop(&mut self) {
        if self.waits {
            let _unseen = self.terminal.show(&"\n".into());
        }
    }
}

/// The result of one line of input.
enum Said {
    Answer(Answer),
    /// Not understood or invalid, with the reason.
    Again(Printable),
}

impl<T: Terminal + 'static> Talk<'_, T> {
    async fn run(&mut self) -> Result<Answer, Failure> {
        self.show(&opening(self.question))?;
        for _ in 0..TRIES {
            match self.line().await? {
                Said::Answer(answer) => return Ok(answer),
                Said::Again(reason) => self.show(&printable!("{}\n> ", reason))?,
            }
        }
        self.show(&"no answer for now: the run waits\n".into())?;
        Ok(Answer::NotYet)
    }

    fn show(&self, text: &Printable) -> Result<(), Failure> {
        self.terminal.show(text).map_err(|error| {
            let message = format!("`{}` cannot be asked at the terminal: {error}", self.question.step);
            Failure::of_io(&error, false, FailureKind::NotSent, message)
        })
    }

    async fn line(&mut self) -> Result<Said, Failure> {
        self.waits = true;
        let line = self.lines.next(self.terminal).await;
        self.waits = false;
        let broken_off = |_| {
            let message = format!("the question of `{}` was interrupted", self.question.step);
            Failure::new(FailureKind::Unknown, message)
        };
        match line.map_err(broken_off)? {
            Ok(None) => Ok(Said::Answer(Answer::NotYet)),
            Ok(Some(line)) => Ok(self.understand(line.trim())),
            Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                Ok(Said::Again("the line is not UTF-8 text; write it again".into()))
            }
            Err(error) => {
                let message = format!("the answer for `{}` cannot be read: {error}", self.question.step);
                Err(Failure::of_io(&error, true, FailureKind::Unknown, message))
            }
        }
    }

    fn understand(&self, line: &str) -> Said {
        if line.eq_ignore_ascii_case("later") {
            return Said::Answer(Answer::NotYet);
        }
        // An empty line means "done", which is null; a schema may require more than that.
        let answer = if line.is_empty() { Ok(Value::Null) } else { serde_json::from_str(line) };
        match answer {
            Err(error) => Said::Again(not_json(line, &error)),
            Ok(answer) => match self.fit.objection(&answer) {
                None => Said::Answer(Answer::Given(answer)),
                Some(_) if line.is_empty() => Said::Again(printable!(
                    "`{}` needs an answer: write it as JSON, or `later`",
                    self.question.step
                )),
                Some(reason) => Said::Again(printable!("the answer does not match the schema: {}", reason)),
            },
        }
    }
}

fn not_json(line: &str, error: &serde_json::Error) -> Printable {
    if line.starts_with(['{', '[', '"']) {
        return printable!("this is not JSON: {}", error);
    }
    printable!("this is not JSON; to answer with text, put it in quotes: {}", Value::from(line))
}

fn opening(question: &Question) -> Printable {
    let mut text = printable!("\n{} needs your answer\n", question.step);
    for line in question.description.iter().flat_map(|description| description.lines()) {
        text.push_line(&wrap(&printable!("{}", line), &"  ".into(), WIDTH));
    }
    if !question.shown.is_empty() {
        text.push_literal("values:\n");
        text.push(&entries(&question.shown));
    }
    if let Some(Value::Object(schema)) = &question.result {
        text.push_literal("schema of the answer:\n");
        text.push(&entries(schema));
    }
    text.push_literal(match question.result {
        None => "press Enter if it is done, answer with JSON, or write `later` to stop here\n> ",
        Some(_) => "answer with JSON, or write `later` to stop here\n> ",
    });
    text
}
