//! A test seam: kills the process between two statements of a transaction. It does nothing unless it was asked to.

/// Counts the statements of one transaction and ends the process after the chosen one, as `kill -9` would: nothing is
/// flushed, nothing is closed. Setting `limits.fail_after_statement`; 0 is off.
#[derive(Clone, Copy, Debug, Default)]
pub struct Failpoint {
    after: Option<u32>,
    passed: u32,
}

impl Failpoint {
    /// Ends the process after so many statements of one transaction; `None` or 0 never.
    #[must_use]
    pub fn after(statement: Option<u32>) -> Self {
        Self { after: statement.filter(|number| *number > 0), passed: 0 }
    }

    /// A new transaction begins.
    pub fn restart(&mut self) {
        self.passed = 0;
    }

    /// A statement was executed.
    pub fn passed(&mut self) {
        self.passed = self.passed.saturating_add(1);
        if self.after == Some(self.passed) {
            std::process::abort();
        }
    }
}
