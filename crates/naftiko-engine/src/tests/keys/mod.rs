//! The effect of each key of a step, as all events of a small run.

mod cancel;
mod compensate;
mod composition;
mod doubt;
mod external;
mod for_each;
mod message;
mod on_failure;
mod paginate;
mod shortage;
mod unusable;
mod when;
mod without_body;
