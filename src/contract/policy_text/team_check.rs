//! A team's text before it is published, against what is in force: faults, what does not fit the policy's routes, who would
//! hand over their leads. It publishes nothing.

use super::error::TextError;
use super::lint::{Finding, lint};
use crate::domain::policy::Policy;
use crate::domain::team::{MemberId, Team};

/// A text that could be published, and what publishing it would mean.
#[derive(Clone, Debug)]
pub struct TeamCheck {
    pub team: Team,
    /// Places of the policy in force that do not fit the new team, by the policy's lines. They do not stop it: leads that no
    /// pool takes wait with the steward.
    pub findings: Vec<Finding>,
    /// Whoever is switched on now and would not be: what they hold goes to others.
    pub leavers: Vec<MemberId>,
}

/// Checks a team's text as `baton team publish` and the API do. `before`: the team in force, if there is one.
///
/// # Errors
/// Every fault of the text, by line.
pub fn check_team(
    text: &str,
    policy: Option<&Policy>,
    before: Option<&Team>,
) -> Result<TeamCheck, Vec<TextError>> {
    let team = super::team(text)?;
    let gone = |id: &MemberId| !team.is_active_in_text(id);
    let members = before.into_iter().flat_map(Team::members);
    let leavers = members.filter(|it| it.active && gone(&it.id)).map(|it| it.id.clone()).collect();
    let findings = policy.map_or_else(Vec::new, |policy| lint(policy, &team, None));
    Ok(TeamCheck { team, findings, leavers })
}

#[cfg(test)]
mod tests {
    use super::super::{DEFAULT_POLICY, DEFAULT_TEAM, policy, team};
    use super::*;

    #[test]
    fn a_team_is_checked_against_the_policy_and_whoever_would_leave_is_named() {
        let (policy, before) = (policy(DEFAULT_POLICY).unwrap(), team(DEFAULT_TEAM).unwrap());
        let check = |text: &str| check_team(text, Some(&policy), Some(&before));
        let same = check(DEFAULT_TEAM).unwrap();
        assert!(same.findings.is_empty() && same.leavers.is_empty());
        let renamed = DEFAULT_TEAM.replacen("[pool.small]", "[pool.smaller]", 1);
        let findings = check(&renamed).unwrap().findings;
        assert!(findings.iter().any(|it| it.error && it.message.contains("did you mean `smaller`?")));
        let off = DEFAULT_TEAM.replacen("name = \"Ana Ruiz\"\n", "name = \"Ana Ruiz\"\nactive = false\n", 1);
        assert_eq!(check(&off).unwrap().leavers, [MemberId("ana-ruiz".to_owned())]);
        let wrong = DEFAULT_TEAM.replacen("[calendar.default]\n", "[calendar.default]\nopen = 9\n", 1);
        assert_eq!(check(&wrong).unwrap_err().len(), 1);
    }
}
