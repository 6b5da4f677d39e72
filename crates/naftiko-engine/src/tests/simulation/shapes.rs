//! Generates random plans that use every key.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::SignedDuration;
use naftiko_expr::Expression;
use naftiko_plan::{Channel, NextPage, OnDoubt, Plan, Slot};
use proptest::prelude::*;

use super::super::draft::{Composition, Draft, composition, embedded, external, get, keyed, post};

/// The shape of a step.
#[derive(Debug, Clone)]
pub(super) struct Shape {
    does: Does,
    /// The earlier steps that it follows.
    follows: Vec<prop::sample::Index>,
    /// What it reads from the first of them: nothing, an optional value, a required value.
    reads: u8,
    when: Option<&'static str>,
    items: Option<(usize, u32)>,
    continues: bool,
    /// Whether there is a compensation, whether it applies after failures, and whether it is repeatable.
    undo: Option<(bool, bool)>,
    on_doubt: OnDoubt,
}

#[derive(Debug, Clone)]
enum Does {
    Gets,
    Pages,
    Polls,
    Posts,
    PostsSafely,
    Asks { timeout: bool },
    Tells { timeout: bool, repeatably: bool },
    Runs { steps: Vec<Shape>, output: u8 },
}

/// The steps of a composition.
pub(super) fn shapes() -> impl Strategy<Value = Vec<Shape>> {
    let leaf = prop_oneof![
        2 => Just(Does::Gets),
        2 => Just(Does::Pages),
        2 => Just(Does::Polls),
        5 => Just(Does::Posts),
        3 => Just(Does::PostsSafely),
        2 => any::<bool>().prop_map(|timeout| Does::Asks { timeout }),
        3 => any::<(bool, bool)>().prop_map(|(timeout, repeatably)| Does::Tells { timeout, repeatably }),
    ];
    let does = leaf.prop_recursive(2, 24, 4, |inner| {
        let steps = prop::collection::vec(shape(inner), 0..4);
        (steps, 0..8_u8).prop_map(|(steps, output)| Does::Runs { steps, output })
    });
    prop::collection::vec(shape(does), 0..=9)
}

fn shape(does: impl Strategy<Value = Does> + 'static) -> BoxedStrategy<Shape> {
    let follows = prop::collection::vec(any::<prop::sample::Index>(), 0..3);
    let when = prop_oneof![30 => Just(None), 2 => Just(Some("1 == 1")), 2 => Just(Some("1 == 2")), 1 => Just(Some("inputs.gone"))];
    let items = prop_oneof![3 => Just(None), 1 => (0..4_usize, 1..3_u32).prop_map(Some)];
    let undo = prop_oneof![1 => Just(None), 1 => any::<(bool, bool)>().prop_map(Some)];
    let on_doubt = prop_oneof![Just(OnDoubt::Ask), Just(OnDoubt::Retry), Just(OnDoubt::Fail)];
    (does, follows, 0..6_u8, when, items, prop::bool::weighted(0.3), undo, on_doubt)
        .prop_map(|(does, follows, reads, when, items, continues, undo, on_doubt)| Shape {
            does,
            follows,
            reads,
            when,
            items,
            continues,
            undo,
            on_doubt,
        })
        .boxed()
}

/// The value of a sensitive input.
pub(super) const PIN: &str = "s3cret-pin";
/// The prefix of the sensitive values in responses.
pub(super) const TOKEN: &str = "t0ken-";

pub(super) fn plan_of(shapes: &[Shape]) -> Arc<Plan> {
    composition_of(shapes).plan()
}

fn composition_of(shapes: &[Shape]) -> Composition {
    let drafts: Vec<Draft> = shapes.iter().enumerate().map(|(at, shape)| shape.draft(at)).collect();
    composition(drafts).input("pin", true)
}

impl Shape {
    fn draft(&self, at: usize) -> Draft {
        let id = format!("s{at}");
        let mut draft = self.draft_of_action(&id);
        let follows: BTreeSet<usize> = match at {
            0 => BTreeSet::new(),
            _ => self.follows.iter().map(|index| index.index(at)).collect(),
        };
        let ids: Vec<String> = follows.iter().map(|at| format!("s{at}")).collect();
        draft = draft.after(&ids.iter().map(String::as_str).collect::<Vec<_>>());
        if let (Some(before), true) = (ids.first(), self.can_read()) {
            draft = match self.reads {
                0 => draft.body("read", &format!("${{{before} ?? 'nothing'}}")),
                1 => draft.body("read", &format!("${{{before}}}")),
                _ => draft,
            };
        }
        if let Some(when) = self.when {
            draft = draft.when(when);
        }
        if let Some((items, concurrency)) = self.items {
            let list: Vec<String> = (0..items).map(|item| format!("'item {item}'")).collect();
            draft = draft.for_each(&format!("[{}]", list.join(", ")), concurrency);
        }
        if self.continues {
            draft = draft.continues();
        }
        if let Some((after_failure, safely)) = self.undo {
            let undo = format!("undo-{id}");
            let undo = if safely { keyed(&undo) } else { post(&undo).on_doubt(self.on_doubt) };
            let undo = undo.body("done", &format!("${{{id} ?? 'nothing'}}"));
            draft = if after_failure { draft.undone_anyhow_by(undo) } else { draft.undone_by(undo) };
        }
        draft
    }

    fn draft_of_action(&self, id: &str) -> Draft {
        let pin = |draft: Draft| draft.argument(Slot::Property("pin".into()), "${inputs.pin}", true);
        match &self.does {
            Does::Gets => get(id),
            Does::Pages => {
                let path = Expression::parse("response.body.next").unwrap();
                get(id).pages(NextPage::Cursor { path, parameter: "after".into() }, 4)
            }
            Does::Polls => get(id).until("response.body.ok", SignedDuration::from_mins(10)),
            Does::Posts => pin(post(id)).on_doubt(self.on_doubt).keeps_secret("response.body.token"),
            Does::PostsSafely => pin(keyed(id)).query("run", "${run.id}").expects("response.body.ok"),
            Does::Asks { timeout: true } => external(id).timeout(SignedDuration::from_hours(1)),
            Does::Asks { timeout: false } => external(id).hands_over("who", "me"),
            Does::Tells { timeout, repeatably } => {
                let told = if *repeatably {
                    external(id).tells(Channel::Webhook, "url", "https://x.example/in?key=${inputs.pin}")
                } else {
                    external(id).tells(Channel::Email, "to", "${inputs.pin}@x.example")
                };
                let told = told.hands_over("pin", "${inputs.pin}");
                if *timeout { told.timeout(SignedDuration::from_hours(1)) } else { told }
            }
            Does::Runs { steps, output } => {
                let inner = composition_of(steps);
                let inner = match output {
                    0 => inner.output("all", "s0", false),
                    1 => inner.output("none", "inputs.gone", false),
                    _ => inner.output("some", "s0 ?? 'nothing'", false),
                };
                embedded(id, if steps.is_empty() { composition_of(steps) } else { inner })
                    .hands_over("pin", "${inputs.pin}")
            }
        }
    }

    fn can_read(&self) -> bool {
        matches!(self.does, Does::Gets | Does::Pages | Does::Polls | Does::Posts | Does::PostsSafely)
    }
}
