//! The law that `check`, the mock and `run` agree, and that requests conform to OpenAPI.
//!
//! Each input determines one operation, its arguments and its response. The operation is called with the arguments as
//! literals and as inputs of the run, on the mock and over HTTP to a server that records every byte. The outcomes are
//! compared with each other and with a second implementation of the rules: `wire` serializes requests, and `judge` uses
//! the crate `jsonschema` to decide whether a value fits strictly, or as leniently as documented.

mod chance;
mod compare;
mod describe;
mod judge;
mod model;
mod schemas;
mod server;
mod values;
mod wire;
mod world;

use std::fmt;

use serde_json::Value;

use chance::Chance;
use describe::Way;
use judge::{Direction, Reading, fits};
use model::Case;
use wire::{Expected, Head, Unwritable, expected_body, expected_head};
use world::{Outcome, Verdict, World, checked, with_world};

/// The number of bytes that determine a case.
const LONGEST: usize = 512;

/// A case in which `check`, the mock and `run` do not agree, with the documents that show it.
#[derive(Debug)]
pub struct Disagreement {
    /// The kind of disagreement, without the values of the case.
    pub kind: &'static str,
    /// The details.
    pub detail: String,
    description: Value,
    composition: Value,
}

impl fmt::Display for Disagreement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kind, detail, description, composition } = self;
        write!(f, "{kind}: {detail}\n  description: {description}\n  composition: {composition}")
    }
}

/// Tries the case determined by an input.
///
/// # Panics
/// If `check`, the mock and `run` do not agree.
pub fn hold(input: &[u8]) {
    if let Err(found) = agrees(input) {
        panic!("{found}");
    }
}

/// Tries the case determined by a seed.
///
/// # Errors
/// The first disagreement.
pub fn agrees_for(seed: u64) -> Result<(), Box<Disagreement>> {
    agrees(&self::seed(seed))
}

/// The input generated from a seed.
pub fn seed(number: u64) -> Vec<u8> {
    chance::bytes_of(number, LONGEST)
}

fn agrees(input: &[u8]) -> Result<(), Box<Disagreement>> {
    let case = Case::made(&mut Chance::of(input));
    let trial = Trial::new(&case);
    with_world(|world| {
        let literal = trial.tried(world, Way::Literal)?;
        let input = trial.tried(world, Way::Input)?;
        trial.tried(world, Way::Inside)?;
        trial.agree_on_input(literal, input)
    })
}

/// A case and the expectations for it.
struct Trial<'a> {
    case: &'a Case,
    description: Value,
    /// The expected request, or the reason why none can be sent.
    wanted: Result<(Head, Option<Expected>), Unwritable>,
    /// Whether the arguments fit strictly.
    is_strict: bool,
    /// Whether the arguments fit as leniently as documented.
    is_lenient: bool,
}

/// Whether a type is string, possibly nullable.
fn is_text(ty: &Value) -> bool {
    let is_one = |name: &Value| name == "string" || name == "null";
    match ty.as_array() {
        Some(all) => all.iter().all(is_one),
        None => ty == "string",
    }
}

/// The combined outcome of `check` and a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// The case was not tried.
    Untried,
    /// `check` only reports errors that are documented exceptions.
    Excused,
    Rejected,
    /// `check` reports no error, and the run rejects the argument.
    Refused,
    Sent,
}

impl<'a> Trial<'a> {
    fn new(case: &'a Case) -> Self {
        let head = expected_head(case);
        let body =
            case.body.as_ref().map(|body| expected_body(body, case.version, &case.components)).transpose();
        let wanted = head.and_then(|head| Ok((head, body?)));
        let all = |as_text: Reading, as_json: Reading| {
            let fits = |schema: &Value, value: &Value, is_json: bool| {
                let reading = if is_json { as_json } else { as_text };
                fits(schema, &case.components, value, reading, case.version, Direction::Sent)
            };
            let mut parameters = case.parameters.iter();
            let body = case.body.as_ref().is_none_or(|body| {
                let is_value = body.media.is_json()
                    || body.media.has_fields()
                    || body.media == model::Media::Mixed
                    || body.media == model::Media::Text
                    || body.schema["format"] != "binary" && is_text(&body.schema["type"]);
                !is_value || fits(&body.schema, &body.value, body.media.is_json())
            });
            parameters.all(|it| fits(&it.schema, &it.value, it.is_json)) && body
        };
        Self {
            case,
            description: describe::description(case),
            wanted,
            is_strict: all(Reading::Strict, Reading::Strict),
            is_lenient: all(Reading::LenientText, Reading::Lenient),
        }
    }

    /// Checks and runs the case with its arguments given in one way.
    fn tried(&self, world: &World, way: Way) -> Result<End, Box<Disagreement>> {
        let Some((composition, inputs)) = describe::composition(self.case, way) else {
            return Ok(End::Untried);
        };
        let fault = |kind: &'static str, detail: String| {
            let (description, composition) = (self.description.clone(), composition.clone());
            Err(Box::new(Disagreement { kind, detail, description, composition }))
        };
        let Verdict { errors, plan } = checked(&composition, &self.description);
        let Some(plan) = plan else {
            let is_excused = !errors.is_empty() && errors.iter().all(|(code, _)| *code == "unknown-argument");
            // A string known only to a run may be rejected for an `enum`; its input has to declare an `enum` itself.
            let may_be_listed =
                way == Way::Input && errors.iter().all(|(code, _)| *code == "wrong-argument-type");
            if may_be_listed && self.is_strict && self.wanted.is_ok() {
                return self.tried(world, Way::Listed);
            }
            if self.is_strict && self.wanted.is_ok() && !is_excused {
                return fault("check rejects what is valid", format!("{way:?} {errors:?}"));
            }
            return Ok(if is_excused { End::Excused } else { End::Rejected });
        };
        let mocked = world.mocked(&plan, &inputs);
        let answer = mocked.as_ref().map_or(Value::Null, |answer| (*answer.body).clone());
        let (sent, requests) = world.sent(&plan, &inputs, self.case.answer_media, &answer);
        if mocked.is_ok() != sent.is_ok() {
            return fault("the mock and the run disagree", format!("{way:?} mock {mocked:?}, run {sent:?}"));
        }
        let request = match (&sent, requests.as_slice()) {
            (Ok(_), [only]) => only,
            (Err(_), []) if way == Way::Literal => {
                return fault("check accepts what the run does not send", format!("{sent:?}"));
            }
            (Err(message), []) => {
                if self.is_strict && self.wanted.is_ok() {
                    return fault("an input that is valid is not sent", message.clone());
                }
                return Ok(End::Refused);
            }
            _ => return fault("a run has one call", format!("{sent:?} {requests:?}")),
        };
        if !self.is_lenient {
            return fault(
                "what fits no reading of the schema is sent",
                format!("{way:?} {}", request.target),
            );
        }
        match &self.wanted {
            Err(why) => {
                return fault("what has no written form is sent", format!("{way:?} {why}: {request:?}"));
            }
            Ok((head, body)) => {
                // A body of bytes has the media type of its `data:` URL.
                let media = self.case.body.as_ref().map(|body| body.media.name());
                let media = media.filter(|name| *name != "application/octet-stream");
                if let Some(difference) = compare::difference(request, head, body.as_ref(), media) {
                    return fault("the bytes are wrong", format!("{way:?} {difference}"));
                }
            }
        }
        match self.answered(&mocked, &sent) {
            Some(detail) => fault("the mock's answer does not fit", detail),
            None => Ok(End::Sent),
        }
    }

    /// The first problem with the response of the mock, or with the deviations that the run reports for it.
    fn answered(&self, mocked: &Outcome, sent: &Outcome) -> Option<String> {
        let (Ok(mocked), Ok(sent)) = (mocked, sent) else { return None };
        if !self.case.answer_media.is_json() {
            // An empty text cannot be distinguished from an absent body.
            let is_text = *mocked.body == "" || mocked.body.is_string() && sent.departures.is_empty();
            return (!is_text).then(|| format!("{} departs: {:?}", mocked.body, sent.departures));
        }
        let judged = |reading: Reading| {
            fits(
                &self.case.answer,
                &self.case.components,
                &mocked.body,
                reading,
                self.case.version,
                Direction::Answered,
            )
        };
        if !judged(Reading::Lenient) {
            return Some(format!("{} for {}", mocked.body, self.case.answer));
        }
        let is_departure = !sent.departures.is_empty();
        let is_strict = judged(Reading::Strict);
        (is_departure && is_strict).then(|| format!("{} departs: {:?}", mocked.body, sent.departures))
    }

    /// `check` rejects a literal exactly if the run would reject the equal input.
    fn agree_on_input(&self, literal: End, input: End) -> Result<(), Box<Disagreement>> {
        let fault = |kind: &'static str| {
            let composition =
                describe::composition(self.case, Way::Literal).map_or(Value::Null, |(it, _)| it);
            let detail = format!("literal {literal:?}, input {input:?}");
            Err(Box::new(Disagreement { kind, detail, description: self.description.clone(), composition }))
        };
        match (literal, input) {
            (End::Sent, End::Refused) => fault("a literal is sent and the same input is not"),
            (End::Rejected, End::Sent) if !self.is_quoted() => {
                fault("a literal is refused and the same input is sent")
            }
            _ => Ok(()),
        }
    }

    /// Whether a value fits only when serialized as text, such as `'10'` for an integer. `check` reports such a
    /// literal, since its quotes are a mistake.
    fn is_quoted(&self) -> bool {
        let case = self.case;
        let fits_as_json = |schema: &Value, value: &Value| {
            fits(schema, &case.components, value, Reading::Lenient, case.version, Direction::Sent)
        };
        let parameters = case.parameters.iter().all(|it| fits_as_json(&it.schema, &it.value));
        !(parameters && case.body.as_ref().is_none_or(|body| fits_as_json(&body.schema, &body.value)))
    }
}
