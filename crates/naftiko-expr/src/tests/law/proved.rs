//! Property test of proofs: the proved value is there, and types narrowed by the proof still predict the evaluation.

use super::*;

/// Conditions over the paths `{x}`, `{y}` and `{z}`.
const CONDITIONS: [&str; 12] = [
    "exists({x} ?? {y})",
    "exists({x} ?? {y} ?? {z})",
    "exists({x}) || exists({y})",
    "({x} ?? {y}) == 'red'",
    "({x} ?? 'none') == 'red'",
    "exists({x}) && exists({y})",
    "!(!exists({x}) && !exists({y}))",
    "{x} == null",
    "{x} != null",
    "exists(first(split({x}, '')))",
    "exists({x}) || {y} == 'red'",
    "exists(toNumber({x} ?? {y}))",
];

/// Expressions that are evaluated after a condition was true.
const READ: [&str; 11] = [
    "{x} ?? {y}",
    "{y} ?? {x}",
    "{x}",
    "{z}",
    "{z} ?? {x}",
    "lower({x} ?? {y})",
    "inputs.id ?? ({y} ?? {x})",
    "[{x} ?? {y}]",
    "first(split({x}, ''))",
    "toNumber({x} ?? {y})",
    "toNumber({y} ?? {x})",
];

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 1000, max_global_rejects: 4000, failure_persistence: None, ..ProptestConfig::default()
    })]

    #[test]
    fn what_is_proved_is_there(supply in supply()) {
        let (world, mut author) = world(&supply);
        let text = author.write(Want::Condition, 3);
        let expression = Expression::parse(&text).unwrap();
        prop_assume!(expression.evaluate(&world) == Ok(Some(json!(true))));
        for proof in expression.proofs() {
            let written = proof.to_string();
            let value = written.trim_end_matches('?');
            let may_be_null = value != written;
            let found = Expression::parse(value).unwrap().evaluate(&world);
            let there = match &found {
                Ok(found) => found.as_ref().is_some_and(|found| may_be_null || !found.is_null()),
                // The value with a length is then a string and not a list.
                Err(error) => may_be_null && matches!(error, EvaluationError::Type { reading: true, .. }),
            };
            prop_assert!(there, "{text} is true, but {value} is {found:?}");
        }
    }

    #[test]
    fn types_hold_where_a_condition_has_held(supply in supply()) {
        let (mut world, mut author) = world(&supply);
        let (mut x, y) = (author.write(Want::Text, 1), author.write(Want::Text, 1));
        let mut z = author.write(Want::Text, 0);
        // With several objects possible, a proof about one field narrows the type of another.
        if author.choices.often() {
            let (path, shape) = author.path();
            x = author.read_on(&path, &shape).map_or(x, |(read, _)| read);
            z = author.read_on(&path, &shape).map_or(z, |(read, _)| read);
        }
        let filled = |form: &&str| form.replace("{x}", &x).replace("{y}", &y).replace("{z}", &z);
        let condition = filled(author.choices.of(&CONDITIONS));
        let read = filled(author.choices.of(&READ));
        let held = Expression::parse(&condition).unwrap();
        prop_assume!(held.evaluate(&world) == Ok(Some(json!(true))));
        world.proofs = held.proofs();
        let expression = Expression::parse(&read).unwrap();
        let (typed, problems) = expression.type_in(&world);
        prop_assume!(problems.is_empty());
        let told = |error| TestCaseError::fail(format!("{condition}: {read}\n{error}\n{}", world.values));
        check(&typed, &expression.evaluate(&world)).map_err(told)?;
    }

    #[test]
    fn types_hold_of_each_item_that_a_predicate_has_kept(supply in supply()) {
        let (mut world, mut author) = world(&supply);
        let lists: Vec<(String, Shape)> = (0..8).map(|_| author.path()).collect();
        let list = lists.into_iter().find_map(|(path, shape)| match shape {
            Shape::List(items) => Some((path, *items)),
            _ => None,
        });
        let Some((path, items)) = list else { return Err(TestCaseError::reject("no list")) };
        author.roots = vec![("@".to_owned(), items.clone())];
        let predicate = author.write(Want::Condition, 2);
        let list = Expression::parse(&format!("{path}[? {predicate}]")).unwrap();
        let (listed, problems) = list.type_in(&world);
        prop_assume!(problems.is_empty());
        let Ok(Some(Value::Array(kept))) = list.evaluate(&world) else {
            return Err(TestCaseError::reject("no items"));
        };
        world.types.push(("item".to_owned(), Typed::always(listed.ty.items().unwrap())));
        world.proofs = list.item_proofs();
        author.roots = vec![("item".to_owned(), items)];
        let read = author.write(Want::Whatever, 2);
        let expression = Expression::parse(&read).unwrap();
        let (typed, problems) = expression.type_in(&world);
        prop_assume!(problems.is_empty());
        for item in kept {
            world.values["item"] = item;
            let told = |error| TestCaseError::fail(format!("{list}: {read}\n{error}\n{}", world.values));
            check(&typed, &expression.evaluate(&world)).map_err(told)?;
        }
    }
}
