//! `naftiko schema`: prints a published JSON Schema.

use crate::args::{Schema, SchemaName};
use crate::exit::{Exit, Stop};
use crate::screen::Screen;

pub(crate) fn schema(arguments: &Schema, screen: &mut Screen) -> Result<Exit, Stop> {
    let file = match arguments.name {
        SchemaName::Composition01 => "naftiko-composition-0.1.schema.json",
        SchemaName::Composition02 => "naftiko-composition-0.2.schema.json",
        SchemaName::Capabilities01 => "naftiko-capabilities-0.1.schema.json",
        SchemaName::Capabilities02 => "naftiko-capabilities-0.2.schema.json",
        SchemaName::Test02 => "naftiko-test-0.2.schema.json",
        SchemaName::Findings => "naftiko-findings.schema.json",
    };
    let mut all = naftiko_spec::schemas().into_iter().chain(naftiko_report::schemas());
    let json = match all.find(|(name, _)| name == file) {
        Some((_, schema)) => naftiko_text::json_pretty(&schema),
        None => return Err(Stop::Usage(format!("there is no schema `{file}`"))),
    };
    let json = json.map_err(|error| Stop::Usage(format!("the schema cannot be written: {error}")))?;
    screen.result(&(json + &"\n".into()))?;
    Ok(Exit::Done)
}
