//! Everything that can be tested without a server: the domain, the contract, the plan. It opens no connection.

#![cfg(test)]
#![expect(clippy::wildcard_enum_match_arm, reason = "a test names the one variant that it expects")]
#![expect(
    clippy::needless_pass_by_value,
    reason = "helpers of tests are read by their calls, without ampersands"
)]

mod company;
mod contract;
mod expect;
mod figures;
mod handshake;
mod lifecycle;
mod people;
mod plan;
mod policy;
mod property;
mod routing;
mod scenario;
mod simulation;
mod speaking;
mod story;
mod words;
