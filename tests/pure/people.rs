//! Who acts in table and scenario files: what records say of a few people, by a word each. It decides nothing.

use crate::story::POLICY;
use baton::domain::command::Report;
use baton::domain::ids::AccountId;
use baton::domain::policy::Guards;
use baton::domain::profile::{Function, Known, MailKind, ProfilePatch, Seniority, Stamp};
use baton::domain::time::Moment;

/// What is known of the person who acts: a vice president at a company of 500, a student, or an e-mail only.
pub fn report(word: &str, at: Moment, by: u32) -> Report {
    let known = Known { email: true, name: true, ..Known::default() };
    let (patch, guards) = match word {
        "vp" => (vice_president(), Guards::default()),
        "student" => {
            let patch = ProfilePatch {
                country: Some("DE".into()),
                seniority: Some(Seniority::Student),
                mail: Some(MailKind::Company),
                known,
                ..ProfilePatch::default()
            };
            (patch, Guards::default())
        }
        "small" => (ProfilePatch { employees: Some(60), ..vice_president() }, Guards::default()),
        "bot" => (vice_president(), Guards { bot: POLICY.is_bot(95), ..Guards::default() }),
        "bounced" => (vice_president(), Guards { hard_bounce: true, ..Guards::default() }),
        "test" => (vice_president(), Guards { test: true, ..Guards::default() }),
        "plain" => (ProfilePatch { known, ..ProfilePatch::default() }, Guards::default()),
        "nobody" => (ProfilePatch::default(), Guards::default()),
        other => panic!("no such person: {other}"),
    };
    let company = patch.company_domain.is_some();
    Report {
        patch,
        stamp: Stamp { at, by: u64::from(by) },
        guards,
        account: company.then(|| AccountId::derived("domain:example.com")),
        ..Report::default()
    }
}

fn vice_president() -> ProfilePatch {
    ProfilePatch {
        employees: Some(500),
        industry: Some("software".into()),
        country: Some("DE".into()),
        seniority: Some(Seniority::VicePresident),
        function: Some(Function::Buying),
        company_domain: Some("example.com".into()),
        mail: Some(MailKind::Company),
        known: Known { email: true, name: true, company: true, job_title: true, phone: false },
        ..ProfilePatch::default()
    }
}
