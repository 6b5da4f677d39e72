//! Simulates random plans with random outcomes, crashes and interventions.

mod promises;
mod shapes;
mod world;

use std::sync::Arc;

use naftiko_journal::Status;
use naftiko_plan::Plan;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::desk::{Desk, response};
use super::draft::{composition, embedded, get, in_a_row, post};
use crate::Command;
use promises::check;
use shapes::{plan_of, shapes};
use world::World;

/// A pseudorandom number, cheaper than a strategy for each decision (`SplitMix64`).
fn chance(seed: u64, at: u64) -> u64 {
    let mut mixed = seed.wrapping_add(at.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15));
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^ (mixed >> 31)
}

proptest! {
    #![proptest_config(ProptestConfig {
        // Use `PROPTEST_CASES=20000` for a long run.
        cases: ProptestConfig::default().cases.max(500),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn any_run_keeps_its_promises_wherever_it_is_cut_off(
        shapes in shapes(),
        seed in any::<u64>(),
        chances in 0..250_u64,
    ) {
        let plan = plan_of(&shapes);
        let mut world = World::begin(Arc::clone(&plan));
        for chance in (0..chances).map(|at| chance(seed, at)) {
            if chance.is_multiple_of(23) {
                world.check_standing();
            }
            world.happens(chance / 23);
        }
        prop_assert!(world.ends_well(), "the run does not end: {}", world.desk.told());
        check(&plan, &world.desk.records);
    }
}

/// Drives a run in which everything succeeds; returns the number of commands.
fn commands_of(plan: &Arc<Plan>) -> usize {
    let mut desk = Desk::begin(plan, json!({}));
    let mut count = 0;
    loop {
        let commands = desk.run.commands(desk.now);
        if commands.is_empty() {
            assert_eq!(desk.run.status(), Status::Succeeded);
            return count;
        }
        count += commands.len();
        for command in commands {
            match command {
                Command::Invoke { intent, call } => {
                    desk.record(intent);
                    desk.answer(&call, response(200, Value::Null));
                }
                Command::Record(event) => desk.record(event),
                Command::Ask { .. } | Command::Send { .. } => panic!("nobody is asked"),
            }
        }
    }
}

fn id(step: usize) -> String {
    format!("s{step}")
}

#[test]
#[expect(clippy::disallowed_methods, reason = "the time is only printed")]
fn ten_thousand_steps_in_a_row_or_side_by_side_are_ten_thousand_commands_and_an_end() {
    const STEPS: usize = 10_000;
    let row = (0..STEPS).map(|at| if at == 0 { get(&id(0)) } else { get(&id(at)).after(&[&id(at - 1)]) });
    let wide = (0..STEPS).map(|at| get(&id(at)));
    let middle: Vec<String> = (1..STEPS - 1).map(id).collect();
    let middle: Vec<&str> = middle.iter().map(String::as_str).collect();
    let fan = (0..STEPS).map(|at| match at {
        0 => get(&id(0)),
        _ if at == STEPS - 1 => get(&id(at)).after(&middle),
        _ => get(&id(at)).after(&[&id(0)]),
    });
    let plans = [composition(row).plan(), composition(wide).plan(), composition(fan).plan()];
    for (shape, plan) in ["row", "wide", "fan"].into_iter().zip(plans) {
        let began = std::time::Instant::now();
        assert_eq!(commands_of(&plan), STEPS + 1);
        println!("{STEPS} steps, {shape}: {:?}", began.elapsed());
    }
}

#[test]
fn ten_thousand_items_are_done_and_undone_with_one_command_each() {
    const ITEMS: usize = 10_000;
    let each = post("each").for_each("inputs.list", 100).undone_by(post("undo").body("item", "${item}"));
    let inner = composition([post("x").undone_by(post("undo"))]).output("x", "x", false);
    let within = embedded("within", inner).for_each("inputs.list", 100);
    for (step, opens) in [(each, 1), (within, 1 + ITEMS)] {
        let plan = in_a_row([step, post("bad").expects("false")]).plan();
        let mut desk = Desk::begin(&plan, json!({ "list": vec![0; ITEMS] }));
        let (mut called, mut recorded) = (0, 0);
        loop {
            let commands = desk.run.commands(desk.now);
            if commands.is_empty() {
                break;
            }
            for command in commands {
                match command {
                    Command::Invoke { intent, call } => {
                        called += 1;
                        desk.record(intent);
                        desk.answer(&call, response(200, json!({})));
                    }
                    Command::Record(event) => {
                        recorded += 1;
                        desk.record(event);
                    }
                    Command::Ask { .. } | Command::Send { .. } => panic!("nobody is asked"),
                }
            }
        }
        assert_eq!(desk.run.status(), Status::Compensated);
        // Everything that is opened is closed; the last record is the end of the run.
        assert_eq!((called, recorded), (2 * ITEMS + 1, 2 * opens + 1));
        desk.resume(json!({ "list": vec![0; ITEMS] }));
        assert!(desk.run.commands(desk.now).is_empty());
    }
}
