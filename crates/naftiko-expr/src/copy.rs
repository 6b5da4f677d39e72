//! Copies of values.

use serde_json::{Map, Value};

/// Copies a value and gives every list and object exactly the capacity that it needs. A plain clone of a small object
/// has capacity for three fields and takes twice the memory.
#[must_use]
pub fn copied(value: &Value) -> Value {
    match value {
        Value::Array(items) => items.iter().map(copied).collect(),
        Value::Object(fields) => {
            let mut copy = Map::with_capacity(fields.len());
            for (name, field) in fields {
                copy.insert(name.clone(), copied(field));
            }
            Value::Object(copy)
        }
        scalar => scalar.clone(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_copy_is_equal_to_its_original_with_its_fields_in_the_same_order() {
        let value = json!({"b": [1, 2.5, {"z": null, "a": {}}], "a": [true, "text", []]});
        assert_eq!(copied(&value), value);
        assert_eq!(copied(&value).to_string(), value.to_string());
    }
}
