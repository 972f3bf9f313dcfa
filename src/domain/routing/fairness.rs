//! How fairly a pool's leads were shared, in whole numbers. It never chooses anybody.

use crate::domain::team::MemberId;

/// What one rep got of a pool's leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Share {
    pub rep: MemberId,
    pub weight: u32,
    pub leads: u32,
}

/// What the index is, wherever it is shown.
pub const FAIRNESS_DEFINITION: &str = "Jain's index of leads by turn: (sum of x)^2 / (n * sum of x^2), where x is what a \
     rep got divided by their weight and n counts the reps; 1 is an equal share by weight for everybody, 1/n means that one \
     of them got everything. Leads for whoever was named do not count.";

/// Parts of one lead by weight, so that dividing loses nothing that shows.
const PARTS: u128 = 1_000_000;

/// Jain's index over leads per weight, in thousandths: 1,000 is an equal share for everybody, 1,000 / n means that one of n
/// got everything. Reps without weight are left out; `None` before the first lead.
///
/// R. Jain, D. Chiu, W. Hawe: "A Quantitative Measure of Fairness and Discrimination for Resource Allocation in Shared
/// Computer Systems", DEC Research Report TR-301, 1984.
#[must_use]
pub fn jain_permille(shares: &[Share]) -> Option<u32> {
    let weighed = || shares.iter().filter(|it| it.weight > 0);
    let parts = || weighed().map(|it| u128::from(it.leads) * PARTS / u128::from(it.weight));
    let (sum, squares): (u128, u128) = (parts().sum(), parts().map(|it| it * it).sum());
    if squares == 0 {
        return None;
    }
    let count = u128::try_from(weighed().count()).unwrap_or(1);
    u32::try_from(sum * sum * 1_000 / (count * squares)).ok()
}

/// The largest distance of anybody from the exact share by weight, in hundredths of a lead.
#[must_use]
pub fn deviation_hundredths(shares: &[Share]) -> u64 {
    let leads: u64 = shares.iter().map(|it| u64::from(it.leads)).sum();
    let weights: u64 = shares.iter().map(|it| u64::from(it.weight)).sum();
    if weights == 0 {
        return 0;
    }
    let away =
        |it: &Share| (u64::from(it.leads) * weights).abs_diff(leads * u64::from(it.weight)) * 100 / weights;
    shares.iter().map(away).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_index_is_one_for_equal_shares_and_one_nth_where_one_gets_all() {
        let jain = |shares: &[(u32, u32)]| {
            let share = |(leads, weight): &(u32, u32)| Share {
                rep: MemberId("rep".to_owned()),
                weight: *weight,
                leads: *leads,
            };
            jain_permille(&shares.iter().map(share).collect::<Vec<_>>())
        };
        assert_eq!(jain(&[(10, 1), (10, 1), (10, 1)]), Some(1_000));
        assert_eq!(jain(&[(20, 2), (10, 1)]), Some(1_000), "by weight");
        assert_eq!(jain(&[(30, 1), (0, 1), (0, 1)]), Some(333));
        assert_eq!(jain(&[(30, 1), (7, 0)]), Some(1_000), "no weight, no share");
        assert_eq!(jain(&[(0, 1), (0, 1)]), None);
        assert_eq!(jain(&[]), None);
    }
}
