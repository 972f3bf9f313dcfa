//! The texts as they are shipped, for tests of views. It is compiled into tests only.

use crate::contract::policy_text;
use crate::transaction::loaded::Texts;
use std::sync::Arc;

/// The default policy, team and reference.
pub(in crate::web) fn shipped() -> Texts {
    Texts {
        policy: Arc::new(policy_text::policy(include_str!("../../../policy/default.toml")).unwrap()),
        team: Arc::new(policy_text::team(include_str!("../../../policy/team.toml")).unwrap()),
        reference: Arc::new(policy_text::reference(include_str!("../../../policy/reference.toml")).unwrap()),
    }
}
