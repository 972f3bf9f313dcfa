//! Tests against real servers: `DATABASE_URL` names a Postgres where this may create databases. Never against a mock.
#![cfg(test)]

mod ground;
