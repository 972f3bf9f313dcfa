//! Open leads whose grade is held at C for want of data (POLICY, Fit): what nobody has told of them, and since when. It reads
//! nothing itself and grades nobody anew.

use super::{grouped, person_name};
use crate::domain::lead::Lead;
use crate::domain::policy::Policy;
use crate::domain::scoring::FitField;
use crate::domain::time::Moment;
use crate::store::read::thin::{LowGraded, LowGradedRead, THIN_READ_MAX};
use crate::web::words::{ago, fit_words, stage_words};

/// Leads that are listed: a week's work for one person.
const ROWS_MAX: usize = 40;
/// The word for a company that nobody has named, beside the fields of fit.
const COMPANY: &str = "company";

/// A lead that better data could grade higher.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ThinRow {
    pub lead: String,
    pub name: String,
    /// Codes of the fields of fit that nobody has told, and `company`.
    pub unknown: Vec<&'static str>,
    /// The same in words.
    pub words: String,
    pub grade: &'static str,
    pub points: i32,
    pub stage: &'static str,
    /// When the lead was first seen: none of it has been told since.
    pub since: Moment,
    pub when: String,
}

/// The most engaged of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ThinList {
    /// At most forty.
    pub rows: Vec<ThinRow>,
    /// So many others were read, with fewer points.
    pub more: usize,
    /// There are leads that were not looked at, with fewer points still.
    pub partial: bool,
    /// What is left out, in words; empty for nothing.
    pub left_out: String,
}

/// The list from what was read.
#[must_use]
pub fn thin_list(read: &LowGradedRead, policy: &Policy) -> ThinList {
    let mut rows: Vec<ThinRow> = read.leads.iter().filter_map(|it| thin_row(it, policy, read.now)).collect();
    let more = rows.len().saturating_sub(ROWS_MAX);
    rows.truncate(ROWS_MAX);
    let count = |number: usize| grouped(i64::try_from(number).unwrap_or(i64::MAX));
    let mut left_out = Vec::new();
    if more > 0 {
        left_out.push(format!("{} more with fewer points.", count(more)));
    }
    if read.more {
        left_out
            .push(format!("Only the {} most engaged of grade C or D were looked at.", count(THIN_READ_MAX)));
    }
    ThinList { rows, more, partial: read.more, left_out: left_out.join(" ") }
}

/// Nobody whom no data could bring to sales: out of the market, a blocker, somebody who wants no contact.
fn thin_row(read: &LowGraded, policy: &Policy, now: Moment) -> Option<ThinRow> {
    let lead = &read.lead;
    let fit = policy.terms().fit.read(&lead.profile);
    if !fit.thin || fit.excluded || is_out(lead) {
        return None;
    }
    let fields: Vec<FitField> = fit.unknown().collect();
    let no_company = lead.profile.company_domain.is_none() && !lead.profile.known.company;
    let company = no_company.then_some(COMPANY);
    let words = fields.iter().map(|field| fit_words(*field).to_lowercase());
    Some(ThinRow {
        lead: lead.id.to_string(),
        name: person_name(read.first_name.as_deref(), read.last_name.as_deref(), read.company.as_deref()),
        unknown: fields.iter().map(|field| field.code()).chain(company).collect(),
        words: words.chain(company.map(str::to_owned)).collect::<Vec<_>>().join(", "),
        grade: fit.grade.code(),
        points: read.points,
        stage: stage_words(lead.stage.kind()).0,
        since: lead.first_seen_at,
        when: ago(now, lead.first_seen_at),
    })
}

fn is_out(lead: &Lead) -> bool {
    let guards = lead.guards;
    lead.no_contact
        || guards.hard_bounce
        || guards.own
        || guards.test
        || guards.competitor
        || guards.junk
        || guards.disposable
        || guards.bot
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::LeadId;
    use crate::domain::profile::{Function, Known, MailKind, ProfilePatch, Seniority, Stamp};
    use crate::domain::time::DAY;
    use crate::web::view::shipped::shipped;

    const NOW: Moment = Moment(20_000 * DAY);

    fn told(number: u32, points: i32, patch: &ProfilePatch) -> LowGraded {
        let mut lead = Lead::unseen(LeadId::derived("/forms", "thin", number));
        lead.first_seen_at = NOW.plus(-3 * DAY);
        lead.profile = lead.profile.patched(patch, Stamp { at: NOW, by: 1 });
        LowGraded { lead, points, first_name: None, last_name: None, company: Some("Vega".to_owned()) }
    }

    fn read(leads: Vec<LowGraded>, more: bool) -> LowGradedRead {
        LowGradedRead { now: NOW, leads, more }
    }

    #[test]
    fn a_thin_lead_is_listed_with_what_nobody_has_told_and_since_when() {
        let country = ProfilePatch {
            country: Some("DE".to_owned()),
            seniority: Some(Seniority::Director),
            mail: Some(MailKind::Company),
            known: Known { company: true, ..Known::default() },
            ..ProfilePatch::default()
        };
        let free = ProfilePatch {
            employees: Some(500),
            industry: Some("software".to_owned()),
            function: Some(Function::Buying),
            mail: Some(MailKind::Free),
            known: Known::default(),
            ..country.clone()
        };
        let list =
            thin_list(&read(vec![told(1, 70, &country), told(2, 20, &free)], false), &shipped().policy);
        let [first, second] = list.rows.as_slice() else { panic!("two rows: {list:?}") };
        assert_eq!(first.unknown, ["employees", "industry", "function"]);
        assert_eq!(
            (first.words.as_str(), first.grade, first.points, first.when.as_str()),
            ("company size, industry, function", "C", 70, "3 d 0 h ago")
        );
        assert_eq!(second.unknown, ["company"], "free mail, and nobody has named the company");
        assert_eq!((list.more, list.partial, list.left_out.as_str()), (0, false, ""));
    }

    #[test]
    fn whom_no_data_could_bring_to_sales_is_not_listed() {
        let nothing = ProfilePatch::default();
        let student = ProfilePatch { seniority: Some(Seniority::Student), ..ProfilePatch::default() };
        let full = ProfilePatch {
            employees: Some(5),
            industry: Some("mining".to_owned()),
            country: Some("BR".to_owned()),
            mail: Some(MailKind::Company),
            ..ProfilePatch::default()
        };
        let mut bot = told(3, 9, &nothing);
        bot.lead.guards.bot = true;
        let mut quiet = told(4, 9, &nothing);
        quiet.lead.no_contact = true;
        let leads = vec![told(1, 9, &student), told(2, 9, &full), bot, quiet];
        assert_eq!(thin_list(&read(leads, false), &shipped().policy), ThinList::default());
    }

    #[test]
    fn a_long_list_says_what_it_leaves_out() {
        let leads = (0..43).map(|number| told(number, 9, &ProfilePatch::default())).collect();
        let list = thin_list(&read(leads, true), &shipped().policy);
        assert_eq!((list.rows.len(), list.more, list.partial), (ROWS_MAX, 3, true));
        assert_eq!(
            list.left_out,
            "3 more with fewer points. Only the 1\u{202f}000 most engaged of grade C or D were looked at."
        );
    }
}
