//! Figures: pure formulas over rows that were read. It changes nothing and holds no threshold that the policy could hold.

pub mod digest;
pub mod duties;
pub mod letter;
pub mod patterns;
pub mod week;

pub use duties::{Figure, OtherShare, Side, Sla, Tally};
pub use patterns::{Pattern, PatternDuty};
pub use week::{Span, Week};
