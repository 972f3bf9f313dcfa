//! Events about the person: profile, signals, consent, what the CRM says of records and accounts. The stage stands.

use super::set_custody;
use crate::domain::event::Event;
use crate::domain::lead::{Consent, ConsentTimes, Lead, Origin, Permission, Stage, SuppressedFor};
use crate::domain::policy::Guards;
use crate::domain::profile::Profile;
use crate::domain::signal::SignalWindow;
use crate::domain::time::Moment;

/// Facts about the person; the stage does not move.
#[expect(clippy::wildcard_enum_match_arm, reason = "`apply` matches every event and sends only these here")]
pub(super) fn learn(lead: &mut Lead, event: &Event) {
    match event {
        Event::ProfileReported { patch, stamp, consent, guards, account, customer } => {
            lead.profile = std::mem::take(&mut lead.profile).patched(patch, *stamp);
            said(lead, *consent, stamp.at);
            lead.guards = united_guards(lead.guards, *guards);
            lead.account = account.or(lead.account);
            lead.customer |= *customer;
        }
        Event::SignalRecorded { signal, .. } => {
            lead.signals.insert(*signal);
            lead.first_seen_at = lead.first_seen_at.min(signal.at);
        }
        Event::TouchRecorded { at, origin, campaign } => touch(lead, *at, *origin, campaign.as_ref()),
        Event::CrmLinked { .. } => lead.crm_linked = true,
        Event::EmailOptedOut { .. } => {
            lead.consent.email = Permission::Withdrawn;
            lead.consent_at.email = lead.consent_at.email.max(lead.decided_at);
            lead.guards.email_opt_out = true;
        }
        _ => {}
    }
}

fn touch(lead: &mut Lead, at: Moment, origin: Option<Origin>, campaign: Option<&String>) {
    if let Some(origin) = origin
        && (lead.origin == Origin::Unknown || at < lead.origin_at)
    {
        lead.origin = origin;
        lead.origin_at = at;
    }
    if let Some(campaign) = campaign {
        if lead.first_campaign.is_none() || at < lead.first_campaign_at {
            lead.first_campaign = Some(campaign.clone());
            lead.first_campaign_at = at;
        }
        if lead.last_campaign.is_none() || at >= lead.last_campaign_at {
            lead.last_campaign = Some(campaign.clone());
            lead.last_campaign_at = at;
        }
    }
}

fn said(lead: &mut Lead, consent: Consent, at: Moment) {
    let said_at = ConsentTimes { email: at, phone: at };
    (lead.consent, lead.consent_at) = lead.consent.heard(lead.consent_at, consent, said_at);
}

/// No contact at all withdraws every channel, so that only what is said afterwards gives one back.
pub(super) fn withdraw_consent(lead: &mut Lead) {
    lead.consent = Consent { email: Permission::Withdrawn, phone: Permission::Withdrawn };
    lead.consent_at.email = lead.consent_at.email.max(lead.decided_at);
    lead.consent_at.phone = lead.consent_at.phone.max(lead.decided_at);
}

/// What the feeds of privacy, CRM and accounts tell; the stage stands.
#[expect(clippy::wildcard_enum_match_arm, reason = "`apply` matches every event and sends only these here")]
pub(super) fn told(lead: &mut Lead, event: &Event) {
    match event {
        Event::ConsentGiven { consent, at } => {
            said(lead, *consent, *at);
            // Nurture goes on once the person has agreed to it again.
            lead.guards.email_opt_out &= lead.consent.email != Permission::Given;
            // No contact withdrew both channels; what is given now was said after that.
            lead.no_contact &=
                lead.consent.email != Permission::Given && lead.consent.phone != Permission::Given;
        }
        Event::CrmUnlinked { custody, .. } => {
            lead.crm_linked = false;
            set_custody(lead, custody.as_ref());
        }
        Event::ContactForbidden { custody } => {
            lead.no_contact = true;
            withdraw_consent(lead);
            set_custody(lead, custody.as_ref());
        }
        Event::CustomerNoted { owner, .. } => {
            lead.customer = true;
            if let Some(owner) = owner {
                lead.cycle.wanted = Some(owner.clone());
            }
        }
        _ => {}
    }
}

/// Everything that says who the person is or could be; what figures count stays.
pub(super) fn forget(lead: &mut Lead) {
    lead.profile = Profile::default();
    lead.signals = SignalWindow::default();
    lead.consent = Consent { email: Permission::Withdrawn, phone: Permission::Withdrawn };
    lead.crm_linked = false;
    lead.account = None;
    lead.parked = None;
    // Nobody decides about somebody who is gone: what was contested stands.
    lead.returned.clear();
    lead.past_offers.clear();
    for attempt in &mut lead.cycle.attempts {
        attempt.id = [0; 16];
    }
    lead.stage = Stage::Suppressed { reason: SuppressedFor::Erased, custody: None };
}

/// A guard that was raised once stays raised.
fn united_guards(present: Guards, raised: Guards) -> Guards {
    Guards {
        hard_bounce: present.hard_bounce || raised.hard_bounce,
        own: present.own || raised.own,
        test: present.test || raised.test,
        competitor: present.competitor || raised.competitor,
        junk: present.junk || raised.junk,
        disposable: present.disposable || raised.disposable,
        bot: present.bot || raised.bot,
        email_opt_out: present.email_opt_out || raised.email_opt_out,
    }
}
