//! A person as a record names them: keys, particulars and features. It never decides who they are.

use super::fields::Fields;
use super::reading::Reading;
use crate::contract::keys;
use crate::contract::request::{CrmKey, PersonPatch, PersonRef};
use crate::domain::ids::LeadId;
use crate::domain::policy::{Guards, Reference};
use crate::domain::profile::{Known, MailKind, ProfilePatch};

/// One person of a record, and what follows from reference data.
pub(super) struct Named {
    pub person: PersonRef,
    pub features: ProfilePatch,
    pub guards: Guards,
    /// The e-mail's domain is ours or an agency's.
    pub own: bool,
    /// An e-mail address is among the keys.
    pub has_email: bool,
}

impl Named {
    /// Reads a `person` object of which the schema knows the e-mail address only; other members are not looked at,
    /// since nothing has checked them.
    pub(super) fn by_email(
        reading: &Reading<'_>,
        person: Fields<'_>,
        lead: Option<LeadId>,
        crm: Option<CrmKey>,
        anonymous: Option<&str>,
    ) -> Self {
        Self::of(reading, person.text("email"), Fields::nothing(), lead, crm, anonymous)
    }

    /// Reads a whole `person` object together with the keys that stand beside it.
    pub(super) fn read(
        reading: &Reading<'_>,
        person: Fields<'_>,
        lead: Option<LeadId>,
        crm: Option<CrmKey>,
        anonymous: Option<&str>,
    ) -> Self {
        Self::of(reading, person.text("email"), person, lead, crm, anonymous)
    }

    fn of(
        reading: &Reading<'_>,
        email: Option<&str>,
        person: Fields<'_>,
        lead: Option<LeadId>,
        crm: Option<CrmKey>,
        anonymous: Option<&str>,
    ) -> Self {
        let email = email.map(keys::normal_email);
        let company = person.object("company");
        let mut crm_keys: Vec<CrmKey> = crm.into_iter().collect();
        for key in person.objects("crm").filter_map(|it| it.as_crm()) {
            if !crm_keys.contains(&key) {
                crm_keys.push(key);
            }
        }
        let patch = PersonPatch {
            email: email.clone(),
            first_name: person.owned("first_name"),
            last_name: person.owned("last_name"),
            phone: person.owned("phone"),
            job_title: person.owned("job_title"),
            country: person.text("country").map(str::to_uppercase),
            region: person.owned("region"),
            company_name: company.owned("name"),
            company_domain: company.text("domain").and_then(domain),
            employees: company.integer("employees"),
            industry: company.owned("industry"),
            crm: crm_keys,
            anonymous_id: anonymous.map(str::to_owned),
            ..PersonPatch::default()
        };
        let mut identity: Vec<_> = lead.map(|lead| reading.keys.lead(lead)).into_iter().collect();
        identity.extend(patch.crm.iter().map(|key| reading.keys.crm(key)));
        identity.extend(email.as_deref().map(|address| reading.keys.email(address)));
        identity.extend(anonymous.map(|id| reading.keys.anonymous(id)));
        let mail_domain = email.as_deref().and_then(keys::email_domain);
        let features = features(&patch, mail_domain, reading.reference);
        let guards = guards(&features, mail_domain, reading.reference);
        Self {
            own: mail_domain.is_some_and(|domain| reading.reference.is_own(domain)),
            has_email: email.is_some(),
            person: PersonRef {
                keys: identity,
                role_mailbox: email.as_deref().is_some_and(keys::is_role_mailbox),
                patch,
            },
            features,
            guards,
        }
    }

    /// Adds the company's domain from beside the person, unless it is a free-mail domain or one is known.
    pub(super) fn with_account_domain(mut self, text: Option<&str>, reference: &Reference) -> Self {
        if self.features.company_domain.is_none() {
            self.features.company_domain = text.and_then(domain).filter(|it| is_company(it, reference));
            // The relay names the company from what is stored of the person, and an erasure takes it from there.
            self.person.patch.company_domain =
                self.person.patch.company_domain.or_else(|| self.features.company_domain.clone());
        }
        self
    }
}

fn is_company(domain: &str, reference: &Reference) -> bool {
    reference.mail_kind(domain) == MailKind::Company
}

/// Seniority and function are read from the job title where the policy is at hand.
fn features(patch: &PersonPatch, mail_domain: Option<&str>, reference: &Reference) -> ProfilePatch {
    let stated = patch.company_domain.as_deref().filter(|it| is_company(it, reference));
    let of_mail = mail_domain.filter(|it| is_company(it, reference));
    ProfilePatch {
        employees: patch.employees,
        industry: patch.industry.as_deref().map(str::to_lowercase),
        country: patch.country.clone(),
        region: patch.region.as_deref().map(str::to_lowercase),
        seniority: None,
        function: None,
        company_domain: stated.or(of_mail).map(str::to_owned),
        mail: mail_domain.map(|domain| reference.mail_kind(domain)),
        known: Known {
            email: patch.email.is_some(),
            phone: patch.phone.is_some(),
            name: patch.first_name.is_some() || patch.last_name.is_some(),
            company: patch.company_name.is_some(),
            job_title: patch.job_title.is_some(),
        },
    }
}

fn guards(features: &ProfilePatch, mail_domain: Option<&str>, reference: &Reference) -> Guards {
    let domains = [mail_domain, features.company_domain.as_deref()];
    Guards {
        competitor: domains.into_iter().flatten().any(|domain| reference.is_competitor(domain)),
        disposable: features.mail == Some(MailKind::Disposable),
        ..Guards::default()
    }
}

/// A web domain as it is compared: no scheme, path, port or `www.`, lower case; `None` for what has no dot.
pub(super) fn domain(text: &str) -> Option<String> {
    let lower = text.trim().to_lowercase();
    let rest = lower.split_once("://").map_or(lower.as_str(), |(_, rest)| rest);
    let host = rest.split(['/', ':', '?', '#']).next().unwrap_or_default();
    let host = host.strip_prefix("www.").unwrap_or(host).trim_end_matches('.');
    let plain = host.contains('.') && !host.contains(|letter: char| letter.is_whitespace() || letter == '@');
    plain.then(|| host.to_owned())
}
