//! Fit: how like a good customer the person and the company are. It never looks at what the person did.

use crate::domain::policy::Grade;
use crate::domain::profile::{Function, MailKind, Profile, Seniority};

/// Points for companies with at least so many employees, up to the next band.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SizeBand {
    pub employees_from: u32,
    pub points: u8,
}

/// The five fields of fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FitField {
    Employees,
    Industry,
    Country,
    Seniority,
    Function,
}

impl FitField {
    /// Every field, in the order of receipts.
    pub const ALL: &'static [Self] =
        &[Self::Employees, Self::Industry, Self::Country, Self::Seniority, Self::Function];

    /// The word of the policy and of receipts.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Employees => "employees",
            Self::Industry => "industry",
            Self::Country => "country",
            Self::Seniority => "seniority",
            Self::Function => "function",
        }
    }
}

/// The fit table of a policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FitRules {
    /// Rising by `employees_from`, the first from 0.
    pub sizes: Vec<SizeBand>,
    pub target_industries: Vec<String>,
    pub adjacent_industries: Vec<String>,
    pub target_industry_points: u8,
    pub adjacent_industry_points: u8,
    pub tier_one_countries: Vec<String>,
    pub unserved_countries: Vec<String>,
    pub tier_one_points: u8,
    pub tier_two_points: u8,
    pub chief_points: u8,
    pub vice_president_points: u8,
    pub director_points: u8,
    pub manager_points: u8,
    pub individual_points: u8,
    pub buying_points: u8,
    pub adjacent_points: u8,
    /// An unknown field gives so much of its maximum, in percent, truncated.
    pub unknown_percent: u8,
    /// From so many unknown fields on the grade is at most C.
    pub unknown_fields_for_c: u8,
    pub a_from: u8,
    pub b_from: u8,
    pub c_from: u8,
}

/// What fit says of a profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FitReading {
    /// In the order of [`FitField::ALL`]: points, and whether the field was known.
    pub fields: [(u8, bool); 5],
    pub points: u8,
    pub grade: Grade,
    /// The grade was held down for unknown fields or a free-mail address without company: an enrichment task.
    pub thin: bool,
    /// The country is unserved, or the person a student: grade D whatever the points.
    pub excluded: bool,
}

impl FitReading {
    /// The fields that nobody has told.
    pub fn unknown(&self) -> impl Iterator<Item = FitField> {
        let known = self.fields.iter().map(|(_, known)| *known);
        FitField::ALL.iter().copied().zip(known).filter(|(_, known)| !known).map(|(field, _)| field)
    }
}

impl FitRules {
    /// The most that a field can give.
    #[must_use]
    pub fn maximum(&self, field: FitField) -> u8 {
        match field {
            FitField::Employees => self.sizes.iter().map(|band| band.points).max().unwrap_or(0),
            FitField::Industry => self.target_industry_points.max(self.adjacent_industry_points),
            FitField::Country => self.tier_one_points.max(self.tier_two_points),
            FitField::Seniority => [
                self.chief_points,
                self.vice_president_points,
                self.director_points,
                self.manager_points,
                self.individual_points,
            ]
            .into_iter()
            .max()
            .unwrap_or(0),
            FitField::Function => self.buying_points.max(self.adjacent_points),
        }
    }

    /// Reads a profile.
    #[must_use]
    pub fn read(&self, profile: &Profile) -> FitReading {
        let country = Profile::value(profile.country.as_ref());
        let seniority = Profile::value(profile.seniority.as_ref()).copied();
        let known = [
            Profile::value(profile.employees.as_ref()).map(|count| self.size_points(*count)),
            Profile::value(profile.industry.as_ref()).map(|name| self.industry_points(name)),
            country.map(|code| self.country_points(code)),
            seniority.map(|level| self.seniority_points(level)),
            Profile::value(profile.function.as_ref()).map(|it| self.function_points(*it)),
        ];
        let mut fields = [(0, false); 5];
        let mut total: u16 = 0;
        let mut unknown: u8 = 0;
        for ((slot, points), field) in fields.iter_mut().zip(known).zip(FitField::ALL) {
            let given = points.unwrap_or_else(|| self.unknown_points(*field));
            unknown += u8::from(points.is_none());
            total += u16::from(given);
            *slot = (given, points.is_some());
        }
        let points = u8::try_from(total.min(100)).unwrap_or(100);
        let excluded = country.is_some_and(|code| self.unserved_countries.contains(code))
            || seniority == Some(Seniority::Student);
        let free_without_company = Profile::value(profile.mail.as_ref()) == Some(&MailKind::Free)
            && profile.company_domain.is_none()
            && !profile.known.company;
        let thin = unknown >= self.unknown_fields_for_c || free_without_company;
        FitReading { fields, points, grade: self.grade(points, thin, excluded), thin, excluded }
    }

    fn grade(&self, points: u8, thin: bool, excluded: bool) -> Grade {
        let by_points = if points >= self.a_from {
            Grade::A
        } else if points >= self.b_from {
            Grade::B
        } else if points >= self.c_from {
            Grade::C
        } else {
            Grade::D
        };
        if excluded {
            Grade::D
        } else if thin {
            by_points.max(Grade::C)
        } else {
            by_points
        }
    }

    fn unknown_points(&self, field: FitField) -> u8 {
        let share = u16::from(self.maximum(field)) * u16::from(self.unknown_percent) / 100;
        u8::try_from(share).unwrap_or(u8::MAX)
    }

    fn size_points(&self, employees: u32) -> u8 {
        self.sizes.iter().rev().find(|band| employees >= band.employees_from).map_or(0, |band| band.points)
    }

    fn industry_points(&self, industry: &str) -> u8 {
        if self.target_industries.iter().any(|it| it == industry) {
            self.target_industry_points
        } else if self.adjacent_industries.iter().any(|it| it == industry) {
            self.adjacent_industry_points
        } else {
            0
        }
    }

    fn country_points(&self, country: &str) -> u8 {
        if self.unserved_countries.iter().any(|it| it == country) {
            0
        } else if self.tier_one_countries.iter().any(|it| it == country) {
            self.tier_one_points
        } else {
            self.tier_two_points
        }
    }

    fn seniority_points(&self, seniority: Seniority) -> u8 {
        match seniority {
            Seniority::Student => 0,
            Seniority::Individual => self.individual_points,
            Seniority::Manager => self.manager_points,
            Seniority::Director => self.director_points,
            Seniority::VicePresident => self.vice_president_points,
            Seniority::Chief => self.chief_points,
        }
    }

    fn function_points(&self, function: Function) -> u8 {
        match function {
            Function::Buying => self.buying_points,
            Function::Adjacent => self.adjacent_points,
            Function::Other => 0,
        }
    }
}
