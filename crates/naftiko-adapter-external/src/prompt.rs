//! A person at a terminal.

use std::fmt;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use naftiko_adapter::{Answer, Channel, Failure, FailureKind, Question};
use serde_json::Value;

use crate::fit::Fit;
use crate::show::{entries, visible};

/// How wide a paragraph may be.
const WIDTH: usize = 80;
/// How often a person may try before the run goes on waiting.
const TRIES: u32 = 5;

/// Where a person reads and writes. Both calls may block.
pub trait Terminal: Send {
    /// Shows `text` at once.
    ///
    /// # Errors
    /// Whatever the terminal says.
    fn show(&mut self, text: &str) -> io::Result<()>;

    /// The next line, without its line end or with it; nothing at the end of input.
    ///
    /// # Errors
    /// Whatever the terminal says.
    fn read_line(&mut self) -> io::Result<Option<String>>;
}

/// Asks a person at a terminal, one question at a time.
///
/// A question that is dropped while it waits for a line keeps its thread until the line comes, so a program that gives
/// up should shut its runtime down in the background.
pub struct Prompt<T: Terminal> {
    terminal: Arc<Mutex<T>>,
}

impl<T: Terminal> Prompt<T> {
    /// Asks at `terminal`.
    pub fn new(terminal: T) -> Self {
        Self { terminal: Arc::new(Mutex::new(terminal)) }
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
        let terminal = Arc::clone(&self.terminal);
        let question = question.clone();
        let step = question.step.clone();
        let talk = tokio::task::spawn_blocking(move || {
            // A terminal that panicked once can still be read from.
            let mut terminal = terminal.lock().unwrap_or_else(PoisonError::into_inner);
            Talk { terminal: &mut *terminal, question: &question, fit: &fit }.run()
        });
        talk.await.unwrap_or_else(|_| {
            Err(Failure::new(FailureKind::Unknown, format!("the question of `{step}` was broken off")))
        })
    }
}

/// One question being put.
struct Talk<'a, T> {
    terminal: &'a mut T,
    question: &'a Question,
    fit: &'a Fit,
}

/// What one line of a person comes to.
enum Said {
    Answer(Answer),
    /// Not understood or not fitting: why.
    Again(String),
}

impl<T: Terminal> Talk<'_, T> {
    fn run(&mut self) -> Result<Answer, Failure> {
        self.show(&opening(self.question))?;
        for _ in 0..TRIES {
            match self.line()? {
                Said::Answer(answer) => return Ok(answer),
                Said::Again(reason) => self.show(&format!("{reason}\n> "))?,
            }
        }
        self.show("no answer for now: the run waits\n")?;
        Ok(Answer::NotYet)
    }

    fn show(&mut self, text: &str) -> Result<(), Failure> {
        self.terminal.show(text).map_err(|error| {
            let message = format!("`{}` cannot be asked at the terminal: {error}", self.question.step);
            Failure::new(FailureKind::NotSent, message)
        })
    }

    fn line(&mut self) -> Result<Said, Failure> {
        match self.terminal.read_line() {
            Ok(None) => Ok(Said::Answer(Answer::NotYet)),
            Ok(Some(line)) => Ok(self.understand(line.trim())),
            Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                Ok(Said::Again("the line is not UTF-8 text; write it again".to_owned()))
            }
            Err(error) => {
                let message = format!("the answer of `{}` cannot be read: {error}", self.question.step);
                Err(Failure::new(FailureKind::Unknown, message))
            }
        }
    }

    fn understand(&self, line: &str) -> Said {
        if line.eq_ignore_ascii_case("later") {
            return Said::Answer(Answer::NotYet);
        }
        // Enter alone says "done": that is null, and a schema may want more than that.
        let answer = if line.is_empty() { Ok(Value::Null) } else { serde_json::from_str(line) };
        match answer {
            Err(error) => Said::Again(not_json(line, &error)),
            Ok(answer) => match self.fit.objection(&answer) {
                None => Said::Answer(Answer::Given(answer)),
                Some(_) if line.is_empty() => Said::Again(format!(
                    "`{}` needs an answer: write it as JSON, or `later`",
                    visible(&self.question.step)
                )),
                Some(reason) => Said::Again(format!("this does not fit: {}", visible(&reason))),
            },
        }
    }
}

fn not_json(line: &str, error: &serde_json::Error) -> String {
    if line.starts_with(['{', '[', '"']) {
        return format!("this is not JSON: {error}");
    }
    let quoted = visible(&Value::from(line).to_string());
    format!("this is not JSON; to answer with text, put it in quotes: {quoted}")
}

fn opening(question: &Question) -> String {
    let mut text = format!("\n{} waits for you\n", visible(&question.step));
    for line in question.description.iter().flat_map(|description| description.lines()) {
        let options = textwrap::Options::new(WIDTH)
            .initial_indent("  ")
            .subsequent_indent("  ")
            .break_words(false)
            .word_splitter(textwrap::WordSplitter::NoHyphenation);
        text.push_str(&textwrap::fill(&visible(line), options));
        text.push('\n');
    }
    if !question.shown.is_empty() {
        text.push_str("handed over:\n");
        text.push_str(&entries(&question.shown));
    }
    if let Some(Value::Object(schema)) = &question.result {
        text.push_str("the answer has to fit:\n");
        text.push_str(&entries(schema));
    }
    text.push_str(match question.result {
        None => "Enter when it is done, or answer with JSON, or `later`\n> ",
        Some(_) => "answer with JSON, or `later`\n> ",
    });
    text
}
