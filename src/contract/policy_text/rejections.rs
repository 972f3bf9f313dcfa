//! The table of rejection codes and of reasons of loss in a policy's text. It never decides what follows from one.

use super::policy::pairs;
use super::section::Section;
use crate::domain::policy::{
    Consequence, Demands, DisqualifiedFor, LossRule, RejectionCode, RejectionRule, RejectionTask,
};

/// What may follow, by its word; days are read beside it.
#[derive(Clone, Copy)]
enum Then {
    Recycle,
    RecycleOnGivenDate,
    RecycleUntilContractEnd,
    DisqualifyNoFit,
    DisqualifyJunk,
    FixData,
    NamedOwner,
    Reroute,
    MergeOrSteward,
    OptOut,
    ReturnToFirstRep,
    Steward,
}

const THEN: [(&str, Then); 12] = [
    ("recycle", Then::Recycle),
    ("recycle_on_given_date", Then::RecycleOnGivenDate),
    ("recycle_until_contract_end", Then::RecycleUntilContractEnd),
    ("disqualify_no_fit", Then::DisqualifyNoFit),
    ("disqualify_junk", Then::DisqualifyJunk),
    ("fix_data", Then::FixData),
    ("named_owner", Then::NamedOwner),
    ("reroute", Then::Reroute),
    ("merge_or_steward", Then::MergeOrSteward),
    ("opt_out", Then::OptOut),
    ("return_to_first_rep", Then::ReturnToFirstRep),
    ("steward", Then::Steward),
];

/// One rule for each code, in the order of the codes; `None` after a fault.
pub(super) fn rejections(section: &Section<'_, '_>) -> Option<Vec<RejectionRule>> {
    let rules: Vec<Option<RejectionRule>> = pairs(RejectionCode::ALL, RejectionCode::code)
        .into_iter()
        .map(|(word, code)| rule(&section.section(word), code))
        .collect();
    rules.into_iter().collect()
}

fn rule(section: &Section<'_, '_>, code: RejectionCode) -> Option<RejectionRule> {
    let demands = section.optional_section("demands").map(|it| demands(&it)).unwrap_or_default();
    for key in ["counts", "contestable"] {
        if !section.has(key) {
            section.missing(key);
        }
    }
    let counts = section.flag("counts", false);
    let contestable = section.flag("contestable", false);
    let tasks = pairs(RejectionTask::ALL, RejectionTask::code);
    let task = section.optional_word("task").and_then(|word| section.chosen(&word, &tasks));
    let Some(then) = section.choice("then", &THEN) else {
        // Which of the two belongs here is unknown: only the word itself is the fault.
        let _ = (section.has("days"), section.has("business_days"));
        return None;
    };
    let consequence = match then {
        Then::Recycle => Consequence::RecycleDays(section.count("days")),
        Then::RecycleOnGivenDate => Consequence::RecycleOnGivenDate,
        Then::RecycleUntilContractEnd => {
            Consequence::RecycleUntilContractEnd { default_days: section.count("days") }
        }
        Then::DisqualifyNoFit => Consequence::Disqualify(DisqualifiedFor::NoFit),
        Then::DisqualifyJunk => Consequence::Disqualify(DisqualifiedFor::Junk),
        Then::FixData => Consequence::FixData { business_days: section.count("business_days") },
        Then::NamedOwner => Consequence::NamedOwner,
        Then::Reroute => Consequence::Reroute,
        Then::MergeOrSteward => Consequence::MergeOrSteward { business_days: section.count("business_days") },
        Then::OptOut => Consequence::OptOut { recycle_days: section.count("days") },
        Then::ReturnToFirstRep => {
            Consequence::ReturnToFirstRep { business_days: section.count("business_days") }
        }
        Then::Steward => Consequence::Steward { business_days: section.count("business_days") },
    };
    Some(RejectionRule { code, demands, consequence, counts, contestable, task })
}

fn demands(section: &Section<'_, '_>) -> Demands {
    Demands {
        attempts: section.optional_count("attempts").unwrap_or(0),
        days: section.optional_count("days").unwrap_or(0),
        channels: section.optional_count("channels").unwrap_or(0),
        retry_on: section.flag("retry_on", false),
        sub_reason: super::plain(section.words("sub_reason")),
        competitor: section.flag("competitor", false),
        field: section.flag("field", false),
        duplicate_of: section.flag("duplicate_of", false),
        scope: section.flag("scope", false),
        proposal: section.flag("proposal", false),
        note_chars: section.optional_count("note_chars").unwrap_or(0),
    }
}

/// The reasons of loss, the dates of the recycling codes among them, and the rule of unmapped reasons.
pub(super) fn losses(section: &Section<'_, '_>, rejections: &[RejectionRule]) -> (Vec<LossRule>, LossRule) {
    let unmapped = LossRule {
        code: "unknown".to_owned(),
        days: section.count("unmapped_days"),
        unmapped: true,
        note: false,
    };
    let reasons = section.section("reason");
    let mut losses: Vec<LossRule> = reasons
        .keys()
        .into_iter()
        .map(|key| {
            let reason = reasons.section(&key.value);
            LossRule {
                code: key.value,
                days: reason.count("days"),
                unmapped: false,
                note: reason.flag("note", false),
            }
        })
        .collect();
    for rule in rejections {
        let named = losses.iter().any(|loss| loss.code == rule.code.code());
        if let (false, Some(days)) = (named, recycle_days(rule.consequence)) {
            losses.push(LossRule { code: rule.code.code().to_owned(), days, unmapped: false, note: false });
        }
    }
    (losses, unmapped)
}

/// Days after which a rejection brings a lead back, where it names days.
fn recycle_days(consequence: Consequence) -> Option<u32> {
    match consequence {
        Consequence::RecycleDays(days)
        | Consequence::RecycleUntilContractEnd { default_days: days }
        | Consequence::OptOut { recycle_days: days } => Some(days),
        Consequence::RecycleOnGivenDate
        | Consequence::Disqualify(_)
        | Consequence::FixData { .. }
        | Consequence::NamedOwner
        | Consequence::Reroute
        | Consequence::MergeOrSteward { .. }
        | Consequence::ReturnToFirstRep { .. }
        | Consequence::Steward { .. } => None,
    }
}
