//! Policy, team and reference, compiled once for all sessions and kept by hash. It never compiles under a lock on leads.

use super::loaded::Texts;
use super::trouble::CommitError;
use crate::contract::keys::Keys;
use crate::contract::policy_text;
use crate::domain::policy::{Policy, Reference};
use crate::domain::team::Team;
use crate::store::availability;
use crate::store::connect::Connection;
use crate::store::text::{self, TextKind};
use crate::store::world::WorldRow;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Versions of one kind that are kept: the active one, the one before it, and some that a replay walks through.
const VERSIONS_MAX: usize = 16;

type Versions<T> = BTreeMap<Vec<u8>, Arc<T>>;

/// Compiled texts, shared by every session of the process.
#[derive(Clone, Debug, Default)]
pub struct TextCache(Arc<Mutex<Kept>>);

#[derive(Debug, Default)]
struct Kept {
    policies: Versions<Policy>,
    /// As published; who is there now is put over them with each load.
    teams: Versions<Team>,
    references: Versions<Reference>,
}

/// The hashes that are active, or which kind has none.
fn active(world: &WorldRow) -> Result<[&Vec<u8>; 3], CommitError> {
    let absent = |kind: TextKind| CommitError::NoActiveText { kind: kind.code() };
    Ok([
        world.policy.as_ref().ok_or_else(|| absent(TextKind::Policy))?,
        world.team.as_ref().ok_or_else(|| absent(TextKind::Team))?,
        world.reference.as_ref().ok_or_else(|| absent(TextKind::Reference))?,
    ])
}

/// Whether these are the versions that the world names.
pub(super) fn are_active(texts: &Texts, world: &WorldRow) -> Result<bool, CommitError> {
    let [policy, team, reference] = active(world)?;
    Ok(texts.policy.hash == policy[..]
        && texts.team.hash == team[..]
        && texts.team.said_version == world.said
        && texts.reference.hash == reference[..])
}

impl TextCache {
    /// The active texts, compiled now where they are new.
    pub(super) async fn load(
        &self,
        conn: &mut Connection,
        world: &WorldRow,
        keys: &Keys,
    ) -> Result<Texts, CommitError> {
        let [policy, team, reference] = active(world)?;
        let cached = {
            let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            (
                kept.policies.get(policy).cloned(),
                kept.teams.get(team).cloned(),
                kept.references.get(reference).cloned(),
            )
        };
        let is_new = cached.0.is_none() || cached.1.is_none();
        let texts = Texts {
            policy: if let Some(found) = cached.0 {
                found
            } else {
                let body = body(conn, TextKind::Policy, policy).await?;
                let read = compile("policy", &body, policy_text::policy)?;
                // Leads know their company's domain by its HMAC only.
                Arc::new(read.sealed(|domain| keys.company(domain)))
            },
            team: if let Some(found) = cached.1 {
                found
            } else {
                Arc::new(compile("team", &body(conn, TextKind::Team, team).await?, policy_text::team)?)
            },
            reference: if let Some(found) = cached.2 {
                found
            } else {
                let body = body(conn, TextKind::Reference, reference).await?;
                Arc::new(compile("reference", &body, policy_text::reference)?)
            },
        };
        if is_new {
            warn(&texts);
        }
        {
            let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            keep(&mut kept.policies, policy, &texts.policy);
            keep(&mut kept.teams, team, &texts.team);
            keep(&mut kept.references, reference, &texts.reference);
        }
        if world.said == 0 {
            return Ok(texts);
        }
        let said = availability::read(conn).await.map_err(CommitError::Store)?;
        Ok(Texts { team: Arc::new(said.over(&texts.team)), ..texts })
    }
}

/// Says what is surely not meant; the service goes on, and leads that no pool takes stand in the steward's queue.
fn warn(texts: &Texts) {
    for finding in policy_text::lint(&texts.policy, &texts.team, Some(&texts.reference)) {
        tracing::warn!(
            policy.line = finding.line,
            finding = finding.message,
            "the policy's routes and the team do not fit"
        );
    }
}

fn keep<T>(versions: &mut Versions<T>, hash: &[u8], value: &Arc<T>) {
    if versions.len() >= VERSIONS_MAX {
        versions.clear();
    }
    versions.insert(hash.to_vec(), Arc::clone(value));
}

async fn body(conn: &mut Connection, kind: TextKind, hash: &[u8]) -> Result<String, CommitError> {
    text::body(conn, kind, hash)
        .await
        .map_err(CommitError::Store)?
        .ok_or(CommitError::NoActiveText { kind: kind.code() })
}

fn compile<T, E: std::fmt::Display>(
    kind: &'static str,
    body: &str,
    read: impl Fn(&str) -> Result<T, Vec<E>>,
) -> Result<T, CommitError> {
    read(body).map_err(|faults| CommitError::UnreadableText {
        kind,
        detail: faults.first().map_or_else(String::new, ToString::to_string),
    })
}
