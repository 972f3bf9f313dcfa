//! Routing: which pool, and which rep of it, gets a lead, and why not another. It never makes an offer.

mod account;
mod company;
mod fairness;
mod path;
mod receipt;
mod rotation;
mod rule;
mod seats;

pub use account::{
    AccountCandidate, AccountMatch, CompanyNames, MatchBy, NamedAccount, NamedAccounts, NamedTo, Tie,
    best_account, match_by_name, name_key,
};
pub use company::{Company, CompanyFacts};
pub use fairness::{FAIRNESS_DEFINITION, Share, deviation_hundredths, jain_permille};
pub use path::{Destination, Knows, destination, knowing};
pub use receipt::{PASSED_OVER_MAX, PassedOver, RouteField, RouteReceipt, RouteStep, RouteTried};
pub use rotation::{CREDIT_TURNS_MAX, LEAD_PARTS, Rotation, settled, take_down};
pub use rule::{RouteRule, RouteSubject, choose_pool, first_rule};
pub use seats::{
    CANDIDATES_MAX, Candidate, Caps, Choice, Load, POOL_STEPS_MAX, Seats, WhyNot, chain, counted_since,
    day_start, seated, unfit,
};
