//! Who sees which page, and whose figures: by roles of the team file and the scopes of the token. It reads no database.

use super::auth::{Caller, Scope};
use super::view::NavLink;
use crate::domain::team::{Member, MemberId, Role, Team};

/// A page of the navigation, in the order in which it is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Page {
    Board,
    My,
    Leads,
    Floor,
    Duties,
    Campaigns,
    Intake,
    Team,
}

impl Page {
    /// Every page.
    pub(super) const ALL: &'static [Self] = &[
        Self::Board,
        Self::My,
        Self::Leads,
        Self::Floor,
        Self::Duties,
        Self::Campaigns,
        Self::Intake,
        Self::Team,
    ];

    /// Its word in `Shell::place`.
    pub(super) fn place(self) -> &'static str {
        match self {
            Self::Board => "board",
            Self::My => "my",
            Self::Leads => "leads",
            Self::Floor => "floor",
            Self::Duties => "duties",
            Self::Campaigns => "campaigns",
            Self::Intake => "intake",
            Self::Team => "team",
        }
    }

    fn link(self) -> (&'static str, &'static str) {
        match self {
            Self::Board => ("/", "Board"),
            Self::My => ("/my", "My leads"),
            Self::Leads => ("/leads", "Leads"),
            Self::Floor => ("/floor", "Floor check"),
            Self::Duties => ("/duties", "Duties"),
            Self::Campaigns => ("/campaigns", "Campaigns"),
            Self::Intake => ("/intake", "Intake"),
            Self::Team => ("/team", "Team"),
        }
    }

    /// Whom a closed page names.
    pub(super) fn readers(self) -> &'static str {
        match self {
            Self::Board | Self::Leads | Self::Duties | Self::Team => "everybody who may read",
            Self::My => "people who are in the team file",
            Self::Floor => "sales managers, stewards of queues and operations",
            Self::Campaigns => {
                "marketing, managers, arbiters, operations and viewers without a place in the team"
            }
            Self::Intake => "operations, marketing and managers",
        }
    }
}

/// What somebody may see.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sight<'a> {
    team: &'a Team,
    member: Option<&'a Member>,
    admin: bool,
    named: bool,
}

impl<'a> Sight<'a> {
    /// The sight of whoever is signed in; somebody whom the team lists as inactive sees what a viewer sees.
    pub(super) fn of(caller: &Caller, team: &'a Team) -> Self {
        let member = caller.member.as_ref().and_then(|id| team.member(id)).filter(|member| member.active);
        Self { team, member, admin: caller.may(Scope::Admin), named: caller.member.is_some() }
    }

    fn has(self, role: Role) -> bool {
        self.member.is_some_and(|member| member.roles.contains(&role))
    }

    fn is_steward(self) -> bool {
        let Some(member) = self.member else { return false };
        *self.team.queue_steward() == member.id || self.team.pools().any(|pool| pool.steward == member.id)
    }

    /// A manager of sales, not of marketing.
    pub(super) fn manages_sales(self) -> bool {
        self.has(Role::Manager) && self.has(Role::Sales)
    }

    /// Whether they settle what the CRM says otherwise: stewards of queues, managers and operations.
    pub(super) fn settles(self) -> bool {
        self.has(Role::Manager) || self.has(Role::Operations) || self.is_steward()
    }

    /// Whether they say of others when they are there, and who has left: managers and operations.
    pub(super) fn speaks_for_others(self) -> bool {
        self.has(Role::Manager) || self.has(Role::Operations)
    }

    /// Somebody without a place in the team.
    fn is_viewer(self) -> bool {
        !self.named
    }

    /// Whether a page opens.
    pub(super) fn opens(self, page: Page) -> bool {
        match page {
            Page::Board | Page::Leads | Page::Duties | Page::Team => true,
            Page::My => self.member.is_some(),
            Page::Floor => {
                self.admin || self.manages_sales() || self.has(Role::Operations) || self.is_steward()
            }
            Page::Campaigns => {
                self.admin
                    || self.is_viewer()
                    || self.has(Role::Marketing)
                    || self.has(Role::Manager)
                    || self.has(Role::Operations)
                    || self.has(Role::Arbiter)
            }
            Page::Intake => {
                self.admin
                    || self.has(Role::Operations)
                    || self.has(Role::Marketing)
                    || self.has(Role::Manager)
            }
        }
    }

    /// Whether figures of a person are shown: to that person, and to whoever manages them, at any height.
    pub(super) fn figures_of(self, person: &MemberId) -> bool {
        let Some(member) = self.member else { return false };
        if member.id == *person {
            return true;
        }
        let mut at = person;
        // As many steps as there are people: a circle of managers ends too.
        for _ in 0..self.team.members().count() {
            match self.team.manager_of(at) {
                Some(manager) if *manager == member.id => return true,
                Some(manager) => at = manager,
                None => return false,
            }
        }
        false
    }

    /// The navigation, with the page that is shown.
    pub(super) fn nav(self, place: &str) -> Vec<NavLink> {
        Page::ALL
            .iter()
            .filter(|page| self.opens(**page))
            .map(|page| {
                let (href, label) = page.link();
                NavLink { href, label, current: page.place() == place }
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::auth::Proof;
    use crate::web::view::shipped::shipped;
    use std::collections::BTreeSet;

    fn caller(member: Option<&str>, scopes: &[Scope]) -> Caller {
        Caller {
            name: "test".to_owned(),
            member: member.map(|id| MemberId(id.to_owned())),
            scopes: scopes.iter().copied().collect::<BTreeSet<_>>(),
            proof: Proof::Bearer,
        }
    }

    fn opened(team: &Team, member: Option<&str>, scopes: &[Scope]) -> Vec<&'static str> {
        let caller = caller(member, scopes);
        Sight::of(&caller, team).nav("board").into_iter().map(|link| link.label).collect()
    }

    #[test]
    fn each_role_finds_its_own_pages() {
        let team = shipped().team;
        let read = [Scope::Read];
        let everybody = ["Board", "Leads", "Duties", "Team"];
        assert_eq!(opened(&team, Some("ana-ruiz"), &read), ["Board", "My leads", "Leads", "Duties", "Team"]);
        assert!(opened(&team, Some("paul-dupont"), &read).contains(&"Floor check"));
        assert!(opened(&team, Some("maya-cohen"), &read).contains(&"Floor check"), "the queues' steward");
        assert!(!opened(&team, Some("quinn-adams"), &read).contains(&"Floor check"), "manages marketing");
        assert!(opened(&team, Some("noah-fischer"), &read).contains(&"Campaigns"));
        assert!(opened(&team, Some("olga-petrov"), &read).contains(&"Intake"));
        assert!(opened(&team, Some("rosa-lind"), &read).contains(&"Campaigns"));
        assert_eq!(opened(&team, None, &read), ["Board", "Leads", "Duties", "Campaigns", "Team"]);
        assert_eq!(opened(&team, Some("nobody"), &read), everybody);
        assert_eq!(opened(&team, None, &[Scope::Read, Scope::Admin]).len(), Page::ALL.len() - 1);
    }

    #[test]
    fn figures_of_a_rep_are_for_the_rep_and_the_manager() {
        let team = shipped().team;
        let rep = MemberId("ana-ruiz".to_owned());
        let sees = |member: Option<&str>, scopes: &[Scope]| {
            let caller = caller(member, scopes);
            Sight::of(&caller, &team).figures_of(&rep)
        };
        assert!(sees(Some("ana-ruiz"), &[Scope::Read]));
        assert!(sees(Some("paul-dupont"), &[Scope::Read]));
        for other in ["ben-okafor", "maya-cohen", "quinn-adams", "olga-petrov"] {
            assert!(!sees(Some(other), &[Scope::Read]), "{other}");
        }
        assert!(!sees(None, &[Scope::Read, Scope::Admin]));
    }
}
