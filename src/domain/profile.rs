//! A lead's profile: the features that rules read, each with its last writer. It never holds a direct identifier.

use super::time::Moment;
use serde::{Deserialize, Serialize};

/// Who wrote a field: (occurred at, first 64 bits of the record's id hash). The later writer wins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Stamp {
    pub at: Moment,
    pub by: u64,
}

/// A value and who wrote it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stamped<T> {
    pub value: T,
    pub stamp: Stamp,
}

/// How senior a job title reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Seniority {
    Student,
    Individual,
    Manager,
    Director,
    VicePresident,
    Chief,
}

/// How near a job's function is to buying.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Function {
    Buying,
    Adjacent,
    Other,
}

/// What the e-mail's domain says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum MailKind {
    Company,
    Free,
    Disposable,
}

/// Features of one person and the company, for rules, routes and figures.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Profile {
    pub employees: Option<Stamped<u32>>,
    /// Lower-case industry as the policy names it.
    pub industry: Option<Stamped<String>>,
    /// ISO 3166-1 alpha-2, upper case.
    pub country: Option<Stamped<String>>,
    /// Region, state or county within the country, lower case.
    pub region: Option<Stamped<String>>,
    pub seniority: Option<Stamped<Seniority>>,
    pub function: Option<Stamped<Function>>,
    /// Registrable domain of the company, lower case; never a free-mail domain.
    pub company_domain: Option<Stamped<String>>,
    pub mail: Option<Stamped<MailKind>>,
    /// Which of the fields that a handoff needs are known, whoever holds the text itself.
    pub known: Known,
}

/// Whether texts that live apart from the lead are there; once known, known until erased.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "five independent facts, each read by name")]
pub struct Known {
    pub email: bool,
    pub phone: bool,
    pub name: bool,
    pub company: bool,
    pub job_title: bool,
}

/// Writes to a profile, from one record: `None` says nothing. All share one stamp.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProfilePatch {
    pub employees: Option<u32>,
    pub industry: Option<String>,
    pub country: Option<String>,
    pub region: Option<String>,
    pub seniority: Option<Seniority>,
    pub function: Option<Function>,
    pub company_domain: Option<String>,
    pub mail: Option<MailKind>,
    pub known: Known,
}

impl Profile {
    /// This profile with the patch applied, field by field: the later stamp wins.
    #[must_use]
    pub fn patched(mut self, patch: &ProfilePatch, stamp: Stamp) -> Self {
        write(&mut self.employees, patch.employees.as_ref(), stamp);
        write(&mut self.industry, patch.industry.as_ref(), stamp);
        write(&mut self.country, patch.country.as_ref(), stamp);
        write(&mut self.region, patch.region.as_ref(), stamp);
        write(&mut self.seniority, patch.seniority.as_ref(), stamp);
        write(&mut self.function, patch.function.as_ref(), stamp);
        write(&mut self.company_domain, patch.company_domain.as_ref(), stamp);
        write(&mut self.mail, patch.mail.as_ref(), stamp);
        self.known.email |= patch.known.email;
        self.known.phone |= patch.known.phone;
        self.known.name |= patch.known.name;
        self.known.company |= patch.known.company;
        self.known.job_title |= patch.known.job_title;
        self
    }

    /// The value of a field, whoever wrote it.
    #[must_use]
    pub fn value<T>(field: Option<&Stamped<T>>) -> Option<&T> {
        field.map(|stamped| &stamped.value)
    }
}

fn write<T: Clone + Ord>(field: &mut Option<Stamped<T>>, value: Option<&T>, stamp: Stamp) {
    let Some(value) = value else { return };
    let wins = field.as_ref().is_none_or(|present| (stamp, value) > (present.stamp, &present.value));
    if wins {
        *field = Some(Stamped { value: value.clone(), stamp });
    }
}
