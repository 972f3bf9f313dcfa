//! `marketing.campaigns.v1` and `marketing.spend.v1`: rows of their own. They never touch a lead.

use super::reading::{Reading, row_only};
use super::{InType, in_types};
use crate::contract::request::{CampaignPatch, Creates, Decoded, SpendPatch, Subject, Unreadable};
use crate::domain::lead::Origin;

pub(super) const CAMPAIGN_TYPES: &[InType] =
    in_types!("marketing.campaigns.v1": "campaign.updated.v1" => campaign_updated);
pub(super) const SPEND_TYPES: &[InType] =
    in_types!("marketing.spend.v1": "spend.recorded.v1" => spend_recorded);

fn campaign_updated(reading: &Reading<'_>) -> Result<Decoded, Unreadable> {
    let data = reading.data;
    let text = |name| data.owned(name).ok_or_else(|| data.bad(name, "is empty"));
    let patch = CampaignPatch {
        id: reading.campaign().ok_or_else(|| data.bad("campaign_id", "is empty"))?,
        name: text("name")?,
        channel: text("channel")?,
        source: text("source")?,
        origin: match data.text("origin") {
            Some("marketing") => Origin::Marketing,
            Some("sales") => Origin::Sales,
            Some("partner") => Origin::Partner,
            Some(_) | None => Origin::Unknown,
        },
        starts_on: data.date("starts_on")?,
        ends_on: data.date("ends_on")?,
    };
    Ok(row_only(reading.about(Subject::Campaign(patch), Creates::NeverFiltered)))
}

fn spend_recorded(reading: &Reading<'_>) -> Result<Decoded, Unreadable> {
    let data = reading.data;
    let text = |name| data.owned(name).ok_or_else(|| data.bad(name, "is empty"));
    let day = |name| data.date(name)?.ok_or_else(|| data.bad(name, "is empty"));
    let patch = SpendPatch {
        id: text("spend_id")?,
        revision: data.integer("revision").ok_or_else(|| data.bad("revision", "is out of range"))?,
        period_start: day("period_start")?,
        period_end: day("period_end")?,
        amount: data.money("amount")?.ok_or_else(|| data.bad("amount", "is empty"))?,
        department: text("department")?,
        kind: text("kind")?,
        campaign: reading.campaign(),
        source: data.owned("source"),
        channel: data.owned("channel"),
    };
    Ok(row_only(reading.about(Subject::Spend(patch), Creates::NeverFiltered)))
}
