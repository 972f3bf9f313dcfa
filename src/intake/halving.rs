//! Where a refused row lies: the batch is halved by prefix until one record is left. Numbers only; it never sees a record.

/// How many records the next batch may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Halving {
    most: usize,
    /// Records from the next one on of which at least one was refused; 0 while none is looked for.
    suspects: usize,
}

impl Halving {
    /// Whole batches, until one is refused.
    #[must_use]
    pub fn new(most: usize) -> Self {
        Self { most, suspects: 0 }
    }

    /// Records of the next batch at most: half of those under suspicion, so that each turn tells which half it is.
    #[must_use]
    pub fn limit(&self) -> usize {
        if self.suspects == 0 { self.most } else { (self.suspects / 2).max(1) }
    }

    /// A batch of so many was refused.
    pub fn refused(&mut self, records: usize) {
        self.suspects = records;
    }

    /// A batch of so many is stored: it lies behind them.
    pub fn stored(&mut self, records: usize) {
        self.suspects = self.suspects.saturating_sub(records);
    }
}

#[cfg(test)]
mod tests {
    use super::Halving;

    #[test]
    fn one_bad_record_in_a_thousand_is_found_in_ten_refusals_and_as_many_commits() {
        for bad in [0, 1, 499, 500, 618, 999] {
            let mut halving = Halving::new(1_000);
            let (mut next, mut refusals, mut commits) = (0, 0, 0);
            while next < 1_000 {
                let records = halving.limit().min(1_000 - next);
                if records > 1 && (next..next + records).contains(&bad) {
                    halving.refused(records);
                    refusals += 1;
                } else {
                    halving.stored(records);
                    next += records;
                    commits += 1;
                }
            }
            assert!(refusals <= 10 && commits <= 12, "{bad}: {refusals} refusals, {commits} commits");
            assert_eq!(halving.limit(), 1_000, "afterwards batches are whole again");
        }
    }
}
