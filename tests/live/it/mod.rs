//! The service as its users meet it: records in, records out, and what ops people check.

mod again;
mod bad_input;
mod checkpoints;
mod demo;
mod erasure;
mod forgery;
mod handshake;
mod intake;
mod kill;
mod leaver;
mod merge;
mod pages;
mod parked;
mod policy;
mod routing;
mod stages;
mod story;
mod surroundings;
mod tamper;
mod team;
mod two_instances;
mod wide;
