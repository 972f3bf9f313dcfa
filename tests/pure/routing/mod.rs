//! Routing without a store: cases, rotation, who knows the person. It opens no connection.

mod cases;
mod explain;
mod fairness;
mod past;
mod placed;
mod rotation;
