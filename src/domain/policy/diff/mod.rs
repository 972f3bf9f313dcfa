//! Two policies side by side, in the words of the people who sign them. It knows no lead, and nothing of a text's comments.

mod definitions;
mod engagement;
mod lists;
mod notes;
mod rejections;
mod times;

pub use notes::{Change, How, Part};

use super::{Policy, PolicyTerms};
use notes::Notes;

/// Everything in which the second policy differs from the first, part by part; empty where both say the same.
#[must_use]
pub fn diff(before: &Policy, after: &Policy) -> Vec<Change> {
    let mut notes = Notes::default();
    terms(&before.terms, &after.terms, &mut notes);
    if notes.is_empty() && apart_from_lines(&before.terms) != apart_from_lines(&after.terms) {
        notes.part(Part::Name);
        notes.order("Entries of the policy");
    }
    notes.into_changes()
}

fn terms(before: &PolicyTerms, after: &PolicyTerms, notes: &mut Notes) {
    // Named one by one, so that a field that is added can't be forgotten here.
    let PolicyTerms {
        name,
        engagement,
        fit,
        title,
        mql,
        sql,
        enterprise_above,
        mid_market_from,
        sla,
        durations,
        rejections,
        losses,
        loss_unmapped,
        named_accounts,
        products,
        routes,
        required_fields,
        targets,
    } = before;
    notes.part(Part::Name);
    notes.value("Name", name, &after.name, "");
    notes.part(Part::Mql);
    definitions::mql(mql, &after.mql, notes);
    let words = |fields: &[super::RequiredField]| fields.iter().map(|it| it.code().to_owned()).collect();
    let fields: (Vec<String>, Vec<String>) = (words(required_fields), words(&after.required_fields));
    notes.members("Fields that a handoff needs", &fields.0, &fields.1);
    notes.part(Part::Sql);
    definitions::sql(sql, &after.sql, notes);
    notes.part(Part::Engagement);
    engagement::engagement(engagement, &after.engagement, notes);
    notes.part(Part::Fit);
    definitions::fit(fit, &after.fit, notes);
    notes.part(Part::Titles);
    lists::titles(title, &after.title, notes);
    notes.part(Part::Segments);
    notes.value("Enterprise: more than", enterprise_above, &after.enterprise_above, " employees");
    notes.value("Mid-market: from", mid_market_from, &after.mid_market_from, " employees");
    notes.part(Part::Times);
    times::sla(sla, &after.sla, notes);
    times::durations(durations, &after.durations, notes);
    notes.part(Part::Rejections);
    rejections::rejections(rejections, &after.rejections, notes);
    rejections::losses(losses, &after.losses, notes);
    rejections::unmapped(loss_unmapped, &after.loss_unmapped, notes);
    notes.part(Part::Routes);
    lists::products(products, &after.products, notes);
    lists::named_accounts(named_accounts, &after.named_accounts, notes);
    lists::routes(routes, &after.routes, notes);
    notes.part(Part::Targets);
    times::targets(targets, &after.targets, notes);
}

/// The terms as if everything stood on one line: where it stands means nothing.
fn apart_from_lines(terms: &PolicyTerms) -> PolicyTerms {
    let mut terms = terms.clone();
    for route in &mut terms.routes {
        route.line = 0;
    }
    for account in &mut terms.named_accounts {
        account.line = 0;
    }
    terms
}
