//! How fairly a pool's leads were shared, in whole numbers. It never chooses anybody.

use crate::domain::team::MemberId;

/// What one rep got of a pool's leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Share {
    pub rep: MemberId,
    pub weight: u32,
    pub leads: u32,
}

/// Parts of one lead by weight, so that dividing loses nothing that shows.
const PARTS: u128 = 1_000_000;

/// Jain's index over leads per weight, in thousandths: 1,000 is an equal share for everybody, 1,000 / n means that one of n
/// got everything; `None` before the first lead.
///
/// R. Jain, D. Chiu, W. Hawe: "A Quantitative Measure of Fairness and Discrimination for Resource Allocation in Shared
/// Computer Systems", DEC Research Report TR-301, 1984.
#[must_use]
pub fn jain_permille(shares: &[Share]) -> Option<u32> {
    let parts = || shares.iter().map(|it| u128::from(it.leads) * PARTS / u128::from(it.weight.max(1)));
    let (sum, squares): (u128, u128) = (parts().sum(), parts().map(|it| it * it).sum());
    if squares == 0 {
        return None;
    }
    let count = u128::try_from(shares.len()).unwrap_or(1);
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
