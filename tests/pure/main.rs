//! Everything that can be tested without a server: the domain, the contract, the plan. It opens no connection.

#![cfg(test)]

mod contract;
mod expect;
mod lifecycle;
mod plan;
mod property;
mod scenario;
mod story;
mod words;
