//! The weekly digest for marketing: what became of each campaign's leads, from sums. It holds no lead and no person.

use crate::store::read::handshake::SumRead;
use std::collections::BTreeMap;

/// One campaign's week.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CampaignWeek {
    /// `None`: leads that no campaign brought.
    pub campaign: Option<String>,
    pub name: Option<String>,
    pub mql: i64,
    pub accepted: i64,
    pub qualified: i64,
    pub sql_reversed: i64,
    pub opportunities: i64,
    pub won: i64,
    pub win_reversed: i64,
    pub lost: i64,
    pub rejected: i64,
    /// Of those, what does not count any more.
    pub overturned: i64,
    pub contested: i64,
    pub upheld: i64,
    pub lapsed: i64,
    pub breached: i64,
    /// Rejections by reason.
    pub reasons: BTreeMap<String, i64>,
}

/// The sums of a week by campaign, in the order of their ids; leads of no campaign come first.
#[must_use]
pub fn digest(sums: &[SumRead]) -> Vec<CampaignWeek> {
    let mut weeks: BTreeMap<Option<&str>, CampaignWeek> = BTreeMap::new();
    for sum in sums {
        let week = weeks.entry(sum.campaign.as_deref()).or_insert_with(|| CampaignWeek {
            campaign: sum.campaign.clone(),
            name: sum.name.clone(),
            ..CampaignWeek::default()
        });
        let count = match sum.kind.as_str() {
            "mql" => &mut week.mql,
            "accepted" => &mut week.accepted,
            "qualified" => &mut week.qualified,
            "sql_reversed" => &mut week.sql_reversed,
            "opportunity_opened" => &mut week.opportunities,
            "won" => &mut week.won,
            "win_reversed" => &mut week.win_reversed,
            "lost" => &mut week.lost,
            "rejected" => &mut week.rejected,
            "overturned" => &mut week.overturned,
            "contested" => &mut week.contested,
            "upheld" => &mut week.upheld,
            "lapsed" => &mut week.lapsed,
            "breached" => &mut week.breached,
            // Reminders and the like say nothing of a campaign.
            _ => continue,
        };
        *count += sum.count;
        if sum.kind == "rejected" {
            let code = sum.code.clone().unwrap_or_default();
            *week.reasons.entry(code).or_insert(0) += sum.count;
        }
    }
    weeks.into_values().collect()
}
