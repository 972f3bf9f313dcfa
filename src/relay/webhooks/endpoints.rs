//! Who is told of what: endpoints by the names that rows have, and what each takes. It looks nothing up and sends nothing.

use super::ChannelError;
use crate::contract::notice::{Kind, Offer};
use crate::settings::{Places, Settings, decoded};
use lettre::message::Mailbox;
use std::collections::{BTreeMap, BTreeSet};

/// Who reads a notice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Audience {
    Member(String),
    Pool(String),
}

/// Where something is told.
#[derive(Clone)]
pub(super) enum Target {
    Webhook(Hook),
    Slack { url: String, audience: Audience },
    Email { address: Mailbox, audience: Audience },
}

/// An endpoint of webhooks, and what it takes; an empty list takes everything.
#[derive(Clone)]
pub(super) struct Hook {
    pub url: String,
    pub keys: Vec<Vec<u8>>,
    types: Vec<String>,
    members: Vec<String>,
    pools: Vec<String>,
}

/// What an event concerns.
#[derive(Clone, Debug, Default)]
pub(super) struct Concern {
    /// Without the `io.baton.` prefix.
    pub event_type: String,
    pub members: BTreeSet<String>,
    pub pools: BTreeSet<String>,
    pub offer: Option<Offer>,
    /// Who is told in person, and what.
    pub readers: Vec<(Kind, String)>,
    /// The pool that the offer came from.
    pub offered_in: Option<String>,
}

/// Every endpoint, by the name that rows have.
#[derive(Clone)]
pub struct Endpoints(BTreeMap<String, Target>);

impl Target {
    pub(super) fn channel(&self) -> &'static str {
        match self {
            Self::Webhook(_) => "webhook",
            Self::Slack { .. } => "slack",
            Self::Email { .. } => "email",
        }
    }

    /// The person who reads it; a pool and a program are nobody.
    pub(super) fn reader(&self) -> Option<&str> {
        match self {
            Self::Slack { audience: Audience::Member(id), .. }
            | Self::Email { audience: Audience::Member(id), .. } => Some(id),
            Self::Webhook(_) | Self::Slack { .. } | Self::Email { .. } => None,
        }
    }

    /// Whether this is told of what concerns those.
    pub(super) fn takes(&self, concern: &Concern) -> bool {
        match self {
            Self::Webhook(hook) => hook.takes(concern),
            Self::Slack { .. } | Self::Email { .. } => self.notice(concern).is_some(),
        }
    }

    /// What its reader is told; a pool hears of offers only, since nobody there answers for the rest.
    pub(super) fn notice(&self, concern: &Concern) -> Option<Kind> {
        match self {
            Self::Webhook(_) => None,
            Self::Slack { audience, .. } | Self::Email { audience, .. } => match audience {
                Audience::Member(id) => {
                    concern.readers.iter().find(|(_, reader)| reader == id).map(|(kind, _)| *kind)
                }
                Audience::Pool(id) => {
                    let here = concern.offer.is_some() && concern.offered_in.as_ref() == Some(id);
                    here.then_some(Kind::Offer)
                }
            },
        }
    }
}

impl Hook {
    fn takes(&self, concern: &Concern) -> bool {
        let any = |wanted: &[String], found: &BTreeSet<String>| {
            wanted.is_empty() || wanted.iter().any(|it| found.contains(it))
        };
        (self.types.is_empty() || self.types.iter().any(|pattern| fits(pattern, &concern.event_type)))
            && any(&self.members, &concern.members)
            && any(&self.pools, &concern.pools)
    }
}

/// `lead.*` fits every type that begins with `lead.`; anything else fits itself.
fn fits(pattern: &str, event_type: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(start) => event_type.starts_with(start),
        None => pattern == event_type,
    }
}

impl Endpoints {
    /// The endpoints that the settings name.
    ///
    /// # Errors
    /// An address cannot be read.
    pub fn of(settings: &Settings) -> Result<Self, ChannelError> {
        let mut all = BTreeMap::new();
        for (name, endpoint) in &settings.webhooks.endpoint {
            let hook = Hook {
                url: endpoint.url.expose().to_owned(),
                keys: endpoint.secrets.iter().filter_map(|secret| decoded(secret.expose())).collect(),
                types: endpoint.types.clone(),
                members: endpoint.members.clone(),
                pools: endpoint.pools.clone(),
            };
            all.insert(format!("webhook:{name}"), Target::Webhook(hook));
        }
        for (id, places) in &settings.notify.member {
            notices(&mut all, "member", id, places, &Audience::Member(id.clone()))?;
        }
        for (id, places) in &settings.notify.pool {
            notices(&mut all, "pool", id, places, &Audience::Pool(id.clone()))?;
        }
        Ok(Self(all))
    }

    /// The names, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    pub(super) fn get(&self, name: &str) -> Option<&Target> {
        self.0.get(name)
    }

    pub(super) fn all(&self) -> impl Iterator<Item = (&String, &Target)> {
        self.0.iter()
    }
}

fn notices(
    all: &mut BTreeMap<String, Target>,
    kind: &str,
    id: &str,
    places: &Places,
    audience: &Audience,
) -> Result<(), ChannelError> {
    if !places.slack_url.is_empty() {
        let target = Target::Slack { url: places.slack_url.expose().to_owned(), audience: audience.clone() };
        all.insert(format!("slack:{kind}:{id}"), target);
    }
    if !places.email.is_empty() {
        let address = places
            .email
            .expose()
            .parse()
            .map_err(|source| ChannelError::Address { key: format!("notify.{kind}.{id}.email"), source })?;
        all.insert(format!("email:{kind}:{id}"), Target::Email { address, audience: audience.clone() });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hook(types: &[&str], members: &[&str], pools: &[&str]) -> Hook {
        let list = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        Hook {
            url: String::new(),
            keys: Vec::new(),
            types: list(types),
            members: list(members),
            pools: list(pools),
        }
    }

    #[test]
    fn an_endpoint_takes_what_its_lists_name_and_everything_without_lists() {
        let concern = Concern {
            event_type: "lead.routed.v1".to_owned(),
            members: ["maya".to_owned()].into(),
            pools: ["emea".to_owned()].into(),
            ..Concern::default()
        };
        for (types, members, pools, takes) in [
            (&[][..], &[][..], &[][..], true),
            (&["lead.*"], &[], &[], true),
            (&["feedback.*", "lead.routed.v1"], &["maya"], &["emea", "us"], true),
            (&["lead.won.v1"], &[], &[], false),
            (&["feedback.*"], &[], &[], false),
            (&[], &["noah"], &[], false),
            (&[], &["maya"], &["us"], false),
        ] {
            assert_eq!(hook(types, members, pools).takes(&concern), takes, "{types:?} {members:?} {pools:?}");
        }
    }
}
