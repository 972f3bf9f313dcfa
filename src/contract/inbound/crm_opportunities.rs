//! `crm.lead-events.v1`, opportunities: a deal's own row, and what it says of each contact. It never counts money.

use super::fields::Fields;
use super::people::Named;
use super::reading::{self, Reading, commanded};
use super::{InType, in_types};
use crate::contract::request::{ContactRole, Creates, DealPatch, Decoded, Request, Subject, Unreadable};
use crate::domain::command::{Command, DealChange, DealReport};
use crate::domain::ids::OpportunityId;
use crate::domain::lead::Motion;
use crate::domain::time::{DAY, Moment};

pub(super) const TYPES: &[InType] = in_types!("crm.lead-events.v1":
    "crm.opportunity.opened.v1" => |reading| deal(reading, "opened", DealChange::Opened),
    "crm.opportunity.updated.v1" => |reading| deal(reading, "updated", DealChange::Updated),
    "crm.opportunity.won.v1" => |reading| deal(reading, "won", DealChange::Won),
    "crm.opportunity.lost.v1" => |reading| {
        let reason = reading.data.text("reason").map(str::to_lowercase);
        deal(reading, "lost", DealChange::Lost { reason })
    },
    "crm.opportunity.reopened.v1" => |reading| deal(reading, "reopened", DealChange::Reopened),
    "crm.opportunity.deleted.v1" => |reading| deal(reading, "deleted", DealChange::Deleted),
);

fn deal(reading: &Reading<'_>, change: &'static str, command: DealChange) -> Result<Decoded, Unreadable> {
    let patch = deal_patch(reading, change)?;
    let (people, contacts) = contacts(reading);
    let report = DealReport {
        id: patch.id,
        change: command,
        motion: match patch.kind.as_str() {
            "new_business" => Motion::NewBusiness,
            _ => Motion::Expansion,
        },
        renewal: patch.kind == "renewal",
        opened_at: patch.opened_at,
        closed_at: closed_at(reading, patch.opened_at)?,
        close_date: patch.close_date,
        owner: None,
        repeated: false,
        late: false,
    };
    let named = patch.owner.clone();
    let subject = Subject::Opportunity(DealPatch { contacts, ..patch });
    // A deal that never was makes nobody a lead.
    let creates = if change == "deleted" { Creates::NeverFiltered } else { Creates::WithEmail };
    let request = Request { people, named, ..reading.about(subject, creates) };
    Ok(commanded(request, Command::ReportDeal(report)))
}

fn deal_patch(reading: &Reading<'_>, change: &'static str) -> Result<DealPatch, Unreadable> {
    let data = reading.data;
    let key = data.object("opportunity");
    let system = key.owned("system").ok_or_else(|| key.bad("system", "is empty"))?;
    let external_id = key.owned("id").ok_or_else(|| key.bad("id", "is empty"))?;
    Ok(DealPatch {
        id: OpportunityId::derived(&system, &external_id),
        system,
        external_id,
        revision: data.integer("revision").ok_or_else(|| data.bad("revision", "is out of range"))?,
        change,
        kind: data.owned("kind").ok_or_else(|| data.bad("kind", "is empty"))?,
        opened_at: data.moment("opened_at")?.ok_or_else(|| data.bad("opened_at", "is empty"))?,
        account: data.crm("account"),
        stage: data.owned("stage"),
        probability: data.integer("probability"),
        amount: data.money("amount")?,
        recurring: data.money("recurring_amount")?,
        term_months: data.integer("term_months"),
        close_date: data.date("close_date")?,
        closed_on: data.date("closed_on")?,
        owner: data.crm("owner"),
        lead_source: data.owned("lead_source"),
        reason: data.text("reason").map(str::to_lowercase),
        competitor: data.owned("competitor"),
        contacts: Vec::new(),
    })
}

/// Below every revision of a deal's own record, so that whatever that says wins.
const BEFORE_ANY_REVISION: i64 = -1;

/// The deal that a converted lead record became, as far as the conversion tells: that it is there.
pub(super) fn made_by_conversion(reading: &Reading<'_>, converted: Fields<'_>) -> Option<DealPatch> {
    let key = converted.object("opportunity");
    let (system, external_id) = (key.owned("system")?, key.owned("id")?);
    Some(DealPatch {
        id: OpportunityId::derived(&system, &external_id),
        system,
        external_id,
        revision: BEFORE_ANY_REVISION,
        change: "opened",
        kind: "new_business".to_owned(),
        opened_at: reading.cause.occurred_at,
        account: converted.crm("account"),
        stage: None,
        probability: None,
        amount: None,
        recurring: None,
        term_months: None,
        close_date: None,
        closed_on: None,
        owner: None,
        lead_source: None,
        reason: None,
        competitor: None,
        contacts: vec![ContactRole { role: None, primary: true }],
    })
}

/// The people of the deal with their roles; our own staff on a deal are no leads, the deal counts without them.
fn contacts(reading: &Reading<'_>) -> (Vec<crate::contract::request::PersonRef>, Vec<ContactRole>) {
    let people = reading.data.objects("contacts").map(|contact: Fields<'_>| {
        let role = ContactRole { role: contact.owned("role"), primary: contact.flag("primary") };
        let lead = reading::lead_id(contact);
        // A contact names its address where a person does, so it is read as one.
        (Named::by_email(reading, contact, lead, contact.crm("crm"), None), role)
    });
    people.filter(|(named, _)| !named.own).map(|(named, role)| (named.person, role)).unzip()
}

/// When it closed: the day that is stated, at the record's own moment when that lies on the same day, never before it
/// was opened.
fn closed_at(reading: &Reading<'_>, opened_at: Moment) -> Result<Option<Moment>, Unreadable> {
    let Some(day) = reading.data.day_start("closed_on")? else { return Ok(None) };
    let occurred_at = reading.cause.occurred_at;
    let same_day = occurred_at >= day && occurred_at < day.plus(DAY);
    Ok(Some(if same_day { occurred_at } else { day }.max(opened_at)))
}
