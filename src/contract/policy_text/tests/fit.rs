//! Fit: every field, every grade, and what is read from job titles. They never look at signals.

use super::*;
use crate::domain::policy::{Grade, Segment};

fn fit(patch: &ProfilePatch) -> (u8, Grade) {
    let score = POLICY.score(&standing(&profile(patch), &SignalWindow::default()));
    (score.fit, score.grade)
}

fn with(change: impl FnOnce(&mut ProfilePatch)) -> (u8, Grade) {
    let mut patch = perfect();
    change(&mut patch);
    fit(&patch)
}

#[test]
fn the_best_profile_has_100_points() {
    assert_eq!(fit(&perfect()), (100, Grade::A));
}

#[test]
fn employees_give_points_by_band() {
    let bands = [(0, 0), (9, 0), (10, 8), (49, 8), (50, 20), (199, 20), (200, 25), (2000, 25), (2001, 15)];
    for (count, given) in bands {
        assert_eq!(with(|it| it.employees = Some(count)).0, 75 + given, "{count}");
    }
}

#[test]
fn industry_country_seniority_and_function_give_their_points() {
    for (name, given) in [("manufacturing", 20), ("media", 10), ("farming", 0)] {
        assert_eq!(with(|it| it.industry = Some(name.into())).0, 80 + given, "{name}");
    }
    for (code, given) in [("NZ", 20), ("BR", 10)] {
        assert_eq!(with(|it| it.country = Some(code.into())).0, 80 + given, "{code}");
    }
    let levels = [
        (Seniority::Chief, 20),
        (Seniority::VicePresident, 20),
        (Seniority::Director, 18),
        (Seniority::Manager, 12),
        (Seniority::Individual, 6),
    ];
    for (level, given) in levels {
        assert_eq!(with(|it| it.seniority = Some(level)).0, 80 + given, "{level:?}");
    }
    for (function, given) in [(Function::Buying, 15), (Function::Adjacent, 8), (Function::Other, 0)] {
        assert_eq!(with(|it| it.function = Some(function)).0, 85 + given, "{function:?}");
    }
}

#[test]
fn an_unknown_field_gives_40_percent_of_its_maximum() {
    assert_eq!(fit(&ProfilePatch::default()), (40, Grade::C));
    assert_eq!(with(|it| it.employees = None).0, 85);
    assert_eq!(with(|it| it.industry = None).0, 88);
    assert_eq!(with(|it| it.country = None).0, 88);
    assert_eq!(with(|it| it.seniority = None).0, 88);
    assert_eq!(with(|it| it.function = None).0, 91);
}

#[test]
fn grades_change_at_75_55_and_35() {
    let rules = &POLICY.terms().fit;
    assert_eq!((rules.a_from, rules.b_from, rules.c_from), (75, 55, 35));
    // 100 - 25 = 75.
    assert_eq!(with(|it| it.employees = Some(1)), (75, Grade::A));
    // 100 - 17 - 10 = 73; then - 18 = 55; then - 1 more band.
    let down = |it: &mut ProfilePatch| {
        it.employees = Some(10);
        it.country = Some("BR".into());
    };
    assert_eq!(with(down), (73, Grade::B));
    let poor = |it: &mut ProfilePatch| {
        it.employees = Some(1);
        it.industry = Some("farming".into());
        it.seniority = Some(Seniority::Individual);
    };
    assert_eq!(with(poor), (41, Grade::C));
    let poorer = |it: &mut ProfilePatch| {
        poor(it);
        it.country = Some("BR".into());
    };
    assert_eq!(with(poorer), (31, Grade::D));
}

#[test]
fn three_unknown_fields_are_at_most_c() {
    let two = with(|it| (it.industry, it.function) = (None, None));
    assert_eq!(two, (79, Grade::A));
    let three = with(|it| (it.industry, it.function, it.country) = (None, None, None));
    assert_eq!(three, (67, Grade::C));
}

#[test]
fn free_mail_without_company_is_at_most_c() {
    let free = |it: &mut ProfilePatch| (it.mail, it.company_domain) = (Some(MailKind::Free), None);
    assert_eq!(with(free), (100, Grade::C));
    let named = |it: &mut ProfilePatch| {
        free(it);
        it.known.company = true;
    };
    assert_eq!(with(named), (100, Grade::A));
}

#[test]
fn a_student_is_d_and_so_is_an_unserved_country() {
    assert_eq!(with(|it| it.seniority = Some(Seniority::Student)), (80, Grade::D));
    let text = DEFAULT_POLICY.replacen("\"DE\", ", "", 1).replacen("unserved = []", "unserved = [\"DE\"]", 1);
    let policy = read(&text).unwrap();
    let score = policy.score(&standing(&profile(&perfect()), &SignalWindow::default()));
    assert_eq!(score.grade, Grade::D);
}

#[test]
fn job_titles_are_read_by_the_word_list() {
    use Function::{Adjacent, Buying};
    use Seniority::{Chief, Director, Individual, Manager, Student, VicePresident};
    let titles = [
        ("VP Engineering", Some(VicePresident), Some(Buying)),
        ("Senior Vice President, Sales", Some(VicePresident), Some(Buying)),
        ("Chief Revenue Officer", Some(Chief), Some(Buying)),
        ("CEO", Some(Chief), Some(Buying)),
        ("President", Some(Chief), Some(Buying)),
        ("Head of Marketing Operations", Some(Director), Some(Buying)),
        ("IT Director", Some(Director), Some(Buying)),
        ("Finance Manager", Some(Manager), Some(Buying)),
        ("Product Manager", Some(Manager), Some(Adjacent)),
        ("Data Analyst", Some(Individual), Some(Adjacent)),
        ("Executive Assistant to the CEO", Some(Individual), Some(Buying)),
        ("student", Some(Student), Some(Function::Other)),
        ("Student Success Manager", Some(Manager), Some(Function::Other)),
        ("Wizard", None, None),
        ("", None, None),
    ];
    for (title, seniority, function) in titles {
        assert_eq!(POLICY.title(title), (seniority, function), "{title}");
    }
}

#[test]
fn segments_follow_the_policys_bounds() {
    use Segment::{Enterprise, MidMarket, Small};
    let of = |count| {
        let patch = ProfilePatch { employees: count, ..ProfilePatch::default() };
        POLICY.segment(&profile(&patch))
    };
    let read = [of(Some(2001)), of(Some(2000)), of(Some(200)), of(Some(199)), of(None)];
    assert_eq!(read, [Enterprise, MidMarket, MidMarket, Small, Small]);
}
