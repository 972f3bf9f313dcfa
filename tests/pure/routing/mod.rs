//! Routing without a store: cases, rotation, who knows the person. It opens no connection.

mod cases;
mod fairness;
mod rotation;
