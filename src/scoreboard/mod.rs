//! Figures: pure formulas over rows that were read. It changes nothing and holds no threshold that the policy could hold.

pub mod contests;
pub mod digest;
pub mod duties;
pub mod figure;
pub mod letter;
pub mod patterns;
pub mod week;

pub use contests::{ContestCounts, Contested, Contests};
pub use duties::{Counted, OtherShare, Sla};
pub use figure::{Duty, Figure, Group, Side, Tally};
pub use patterns::{Pattern, PatternDuty};
pub use week::{Span, Week};
