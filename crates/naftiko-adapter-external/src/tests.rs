//! The dialogs at a terminal, and their answers.

mod messages;

use std::collections::VecDeque;
use std::io;
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};

use indexmap::IndexMap;
use naftiko_adapter::{Answer, Channel, Failure, FailureKind, Question};
use naftiko_text::Printable;
use serde_json::{Value, json};
use tokio::task::JoinHandle;

use crate::{Prepared, Prompt, Silent, Terminal};

/// A terminal with scripted input, which ends with the script.
struct Scripted {
    lines: Mutex<VecDeque<io::Result<String>>>,
    screen: Arc<Mutex<String>>,
    broken: bool,
}

impl Terminal for Scripted {
    fn show(&self, text: &Printable) -> io::Result<()> {
        if self.broken {
            return Err(io::Error::new(io::ErrorKind::BrokenPipe, "nobody is there"));
        }
        self.screen.lock().expect("one thread at a time").push_str(text);
        Ok(())
    }

    fn read_line(&self) -> io::Result<Option<String>> {
        self.lines.lock().expect("one thread at a time").pop_front().transpose()
    }

    fn forget_typed(&self) {}
}

fn question(result: Option<Value>) -> Question {
    Question {
        step: "invite-it-admin".to_owned(),
        description: Some("Ask the IT admin\nto open the portal.".to_owned()),
        result,
        ..Question::default()
    }
}

fn contacted() -> Value {
    json!({"type": "object", "required": ["contacted"], "properties": {"contacted": {"type": "boolean"}}})
}

fn wait<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().expect("a runtime").block_on(future)
}

/// The outcome of a question if the person types `lines`, and the resulting screen.
fn talk(question: &Question, lines: Vec<io::Result<String>>) -> (Result<Answer, Failure>, String) {
    let screen = Arc::new(Mutex::new(String::new()));
    let prompt =
        Prompt::new(Scripted { lines: Mutex::new(lines.into()), screen: Arc::clone(&screen), broken: false });
    let outcome = wait(prompt.ask(question));
    let screen = screen.lock().expect("nobody else is left").clone();
    (outcome, screen)
}

fn typed(question: &Question, lines: &[&str]) -> (Result<Answer, Failure>, String) {
    talk(question, lines.iter().map(|line| Ok(format!("{line}\n"))).collect())
}

fn given(answer: Value) -> Answer {
    Answer::Given(answer)
}

#[test]
fn the_person_sees_what_is_to_be_done_and_what_is_handed_over() {
    let mut question = question(Some(contacted()));
    let shown = json!({
        "organization": {"name": "Acme Inc.", "domains": ["acme.com", {"domain": "b.com", "of": {"id": 7}, "state": "verified"}]},
        "count": 3,
        "zip": "01234",
        "flag": "true",
        "nothing": null,
        "empty": [],
        "link": "https://example.com/a?b=c#d"
    });
    question.shown = shown.as_object().cloned().unwrap_or_default();
    let (outcome, screen) = typed(&question, &["later"]);
    assert_eq!(outcome, Ok(Answer::NotYet));
    insta::assert_snapshot!(screen, @r#"

    invite-it-admin needs your answer
      Ask the IT admin
      to open the portal.
    values:
      organization:
        name: Acme Inc.
        domains:
          - acme.com
          - domain: b.com
            of:
              id: 7
            state: verified
      count: 3
      zip: "01234"
      flag: "true"
      nothing: null
      empty: []
      link: https://example.com/a?b=c#d
    schema of the answer:
      type: object
      required:
        - contacted
      properties:
        contacted:
          type: boolean
    answer with JSON, or write `later` to stop here
    >
    "#);
}

#[test]
fn nothing_that_is_shown_can_steer_the_terminal() {
    let mut question = question(None);
    question.step = "a\u{1b}[2J".to_owned();
    question.description = Some("x\u{9b}31m\ry\u{202e}z".to_owned());
    let shown = json!({"k\u{7}": "a\u{1b}]0;title\u{7}b\nc", "bidi": "\u{2066}d"});
    question.shown = shown.as_object().cloned().unwrap_or_default();
    let (_, screen) = typed(&question, &["ba\u{1b}d", ""]);
    let steers = |character: &char| {
        (character.is_control() && *character != '\n') || matches!(character, '\u{202e}' | '\u{2066}')
    };
    assert_eq!(screen.chars().find(steers), None, "{screen:?}");
    assert!(screen.contains(r"a\u{1b}[2J needs your answer"), "{screen}");
}

#[test]
fn what_is_handed_over_has_an_end() {
    let mut question = question(None);
    question.shown = (0..1000).map(|number| (format!("key{number}"), json!(["x"]))).collect();
    let mut deep = json!("x");
    for _ in 0..100 {
        deep = json!({ "k": deep });
    }
    question.shown.insert("deep".to_owned(), deep);
    let (_, screen) = typed(&question, &[""]);
    assert!(screen.lines().count() < 140, "{}", screen.lines().count());
    assert!(screen.contains("  … and 18"), "{screen}");
}

#[test]
fn an_answer_is_any_json() {
    for answer in [json!({"a": [1]}), json!(7), json!("text"), json!(false), json!(null)] {
        assert_eq!(typed(&question(None), &[&format!("  {answer} ")]).0, Ok(given(answer)));
    }
}

#[test]
fn enter_says_that_it_is_done() {
    assert_eq!(typed(&question(None), &[""]).0, Ok(given(json!(null))));
    assert_eq!(typed(&question(Some(json!({"type": ["string", "null"]}))), &[" "]).0, Ok(given(json!(null))));
}

#[test]
fn later_and_the_end_of_input_leave_the_run_waiting() {
    for lines in [&["later"][..], &["LATER"], &[], &["not json"]] {
        assert_eq!(typed(&question(None), lines).0, Ok(Answer::NotYet), "{lines:?}");
    }
}

#[test]
fn bare_words_are_told_how_to_write_them() {
    let (outcome, screen) = typed(&question(None), &["it's \"done\"", "{\"a\":", "\"done\""]);
    assert_eq!(outcome, Ok(given(json!("done"))));
    let said: Vec<_> = screen.lines().filter(|line| line.contains("not JSON")).collect();
    insta::assert_debug_snapshot!(said, @r#"
    [
        "> this is not JSON; to answer with text, put it in quotes: \"it's \\\"done\\\"\"",
        "> this is not JSON: EOF while parsing a value at line 1 column 5",
    ]
    "#);
}

#[test]
fn an_answer_that_does_not_fit_is_asked_for_again() {
    let lines = ["", r#"{"contacted": "hunter2"}"#, "{}", r#"{"contacted": true}"#];
    let (outcome, screen) = typed(&question(Some(contacted())), &lines);
    assert_eq!(outcome, Ok(given(json!({"contacted": true}))));
    let said: Vec<_> =
        screen.lines().filter(|line| line.contains("needs an answer") || line.contains("schema")).collect();
    insta::assert_debug_snapshot!(said, @r#"
    [
        "schema of the answer:",
        "> `invite-it-admin` needs an answer: write it as JSON, or `later`",
        "> the answer does not match the schema: expected `true` or `false`, found a string (at `/contacted`)",
        "> the answer does not match the schema: `contacted` is missing",
    ]
    "#);
}

#[test]
fn after_five_tries_the_run_waits() {
    let lines = ["a", "b", "c", "d", "e", "1"];
    let (outcome, screen) = typed(&question(None), &lines);
    assert_eq!(outcome, Ok(Answer::NotYet));
    assert!(screen.ends_with("no answer for now: the run waits\n"), "{screen}");
}

#[test]
fn a_terminal_that_fails_is_a_failure() {
    let invalid = || Err(io::Error::new(io::ErrorKind::InvalidData, "not UTF-8"));
    assert_eq!(talk(&question(None), vec![invalid(), Ok("1".to_owned())]).0, Ok(given(json!(1))));
    let lost = Err(io::Error::other("gone"));
    let failure = talk(&question(None), vec![lost]).0.expect_err("the answer is lost");
    assert_eq!(
        failure,
        Failure::new(FailureKind::Unknown, "the answer for `invite-it-admin` cannot be read: gone")
    );
    let terminal = Scripted { lines: Mutex::default(), screen: Arc::default(), broken: true };
    let failure = wait(Prompt::new(terminal).ask(&question(None))).expect_err("nobody saw it");
    assert_eq!(failure.kind, FailureKind::NotSent);
    assert_eq!(failure.message, "`invite-it-admin` cannot be asked at the terminal: nobody is there");
}

#[test]
fn a_terminal_that_panics_does_not_take_the_run_with_it() {
    struct Panics;
    impl Terminal for Panics {
        fn show(&self, _text: &Printable) -> io::Result<()> {
            Ok(())
        }
        fn read_line(&self) -> io::Result<Option<String>> {
            panic!("the terminal is on fire");
        }
        fn forget_typed(&self) {}
    }
    let prompt = Prompt::new(Panics);
    for _ in 0..2 {
        let failure = wait(prompt.ask(&question(None))).expect_err("it was interrupted");
        assert_eq!(
            failure,
            Failure::new(FailureKind::Unknown, "the question of `invite-it-admin` was interrupted")
        );
    }
}

/// A terminal whose input arrives on request.
struct Typed {
    lines: Mutex<Receiver<&'static str>>,
    screen: Arc<Mutex<String>>,
}

impl Terminal for Typed {
    fn show(&self, text: &Printable) -> io::Result<()> {
        self.screen.lock().expect("nobody panics there").push_str(text);
        Ok(())
    }

    fn read_line(&self) -> io::Result<Option<String>> {
        let line = self.lines.lock().expect("nobody panics there").recv();
        Ok(line.ok().map(str::to_owned))
    }

    fn forget_typed(&self) {
        self.screen.lock().expect("nobody panics there").push('~');
    }
}

#[test]
fn a_question_that_is_withdrawn_makes_room_for_the_next() {
    let (person, lines) = channel();
    let screen = Arc::new(Mutex::new(String::new()));
    let prompt = Prompt::new(Typed { lines: Mutex::new(lines), screen: Arc::clone(&screen) });
    let asked = |step: &str| Question { step: step.to_owned(), ..Question::default() };
    let answer = wait(async {
        // Polled until it waits for a line, then dropped: the question was answered elsewhere.
        let first = asked("first");
        tokio::select! {
            biased;
            answer = prompt.ask(&first) => panic!("nobody typed anything: {answer:?}"),
            () = tokio::task::yield_now() => {}
        }
        let second = asked("second");
        let mut asking = prompt.ask(&second);
        tokio::select! {
            biased;
            answer = &mut asking => panic!("nobody typed anything: {answer:?}"),
            () = tokio::task::yield_now() => {}
        }
        // A single thread reads, for whichever question is pending.
        person.send("2\n").expect("somebody reads");
        asking.await
    });
    assert_eq!(answer, Ok(given(json!(2))));
    insta::assert_snapshot!(screen.lock().expect("nobody else is left"), @r"
    ~
    first needs your answer
    press Enter if it is done, answer with JSON, or write `later` to stop here
    > 
    ~
    second needs your answer
    press Enter if it is done, answer with JSON, or write `later` to stop here
    > 
    ");
}

#[test]
fn a_line_that_came_when_nothing_was_asked_answers_nothing() {
    let (person, lines) = channel();
    let prompt = Prompt::new(Typed { lines: Mutex::new(lines), screen: Arc::default() });
    let answer = wait(async {
        let first = question(None);
        tokio::select! {
            biased;
            answer = prompt.ask(&first) => panic!("nobody typed anything: {answer:?}"),
            () = tokio::task::yield_now() => {}
        }
        person.send("\n").expect("somebody reads");
        while !prompt.lines.lock().await.reading.as_ref().is_some_and(JoinHandle::is_finished) {
            tokio::task::yield_now().await;
        }
        person.send("\"for the second\"\n").expect("somebody will read");
        prompt.ask(&question(None)).await
    });
    assert_eq!(answer, Ok(given(json!("for the second"))));
}

#[test]
fn a_schema_that_cannot_be_used_is_refused_before_anybody_is_asked() {
    for schema in [json!({"type": "strnig"}), json!({"$ref": "https://example.com/x.json"}), json!(7)] {
        let (outcome, screen) = typed(&question(Some(schema.clone())), &["1"]);
        let failure = outcome.expect_err("no answer can be judged");
        assert_eq!(failure.kind, FailureKind::Refused, "{schema}");
        assert!(
            failure.message.starts_with("the `result` schema of `invite-it-admin` cannot be used: "),
            "{failure}"
        );
        assert_eq!(screen, "");
    }
}

fn prepared(answer: Value) -> Prepared {
    Prepared::new(IndexMap::from([("invite-it-admin".to_owned(), answer)]), Box::new(Silent))
}

#[test]
fn a_prepared_answer_is_given_to_its_step_alone() {
    let prepared = prepared(json!({"contacted": true}));
    assert_eq!(wait(prepared.ask(&question(Some(contacted())))), Ok(given(json!({"contacted": true}))));
    let other = Question { step: "other".to_owned(), ..question(Some(contacted())) };
    assert_eq!(wait(prepared.ask(&other)), Ok(Answer::NotYet));
}

#[test]
fn a_prepared_answer_that_does_not_fit_is_refused() {
    let failure = wait(prepared(json!({"contacted": "hunter2"})).ask(&question(Some(contacted()))));
    let failure = failure.expect_err("it does not fit");
    assert_eq!(failure.kind, FailureKind::Refused);
    insta::assert_snapshot!(failure.message, @"the answer given for `invite-it-admin` does not fit: expected `true` or `false`, found a string (at `/contacted`)");
    assert!(!format!("{:?}", prepared(json!("hunter2"))).contains("hunter2"));
}

#[test]
fn silence_is_not_an_answer() {
    assert_eq!(wait(Silent.ask(&question(None))), Ok(Answer::NotYet));
}
