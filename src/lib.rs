//! Baton.

pub mod demo;
