//! One installation per test: a database, topics under a prefix, and the real binary on a free port.

mod asking;
mod browser;
mod events;
mod records;
mod servers;

pub use asking::{ask, token};
pub use browser::Browser;
pub use events::{Event, crm, demo_request, form};
pub use records::{Reader, Received, bare, produce, raw};
pub use servers::{Installation, Serving, client, until};
