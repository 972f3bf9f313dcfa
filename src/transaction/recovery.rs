//! What follows on the reply to COMMIT, from the reply and the stored positions. Pure: shared by the session and the
//! simulation; it never reads anything itself.

use super::batch::Move;

/// What came back from COMMIT.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reply {
    /// The server said that it is done.
    Acknowledged,
    /// The server said that it is not done.
    RolledBack,
    /// Nothing came back: unknown.
    Lost,
}

/// Where a position stands, read after a lost reply with its row locked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    pub topic: String,
    pub partition: i32,
    pub epoch: i64,
    pub next_offset: i64,
}

/// What to do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// The batch is stored.
    Done,
    /// The batch is not stored and still ours: again, from the same positions.
    Redo,
    /// Somebody else owns a partition: drop the batch.
    Fenced,
}

/// Decides what follows. `stored`: the positions of the moves, read with their rows locked after a lost reply.
///
/// All positions of a batch move in one transaction, so one that truly moves tells about all. Without such a move the
/// batch is done again: its commands are fenced by versions and keys, so a second time changes nothing.
#[must_use]
pub fn after_commit(reply: Reply, moves: &[Move], stored: &[Standing]) -> Next {
    match reply {
        Reply::Acknowledged => Next::Done,
        Reply::RolledBack => Next::Redo,
        Reply::Lost => after_lost(moves, stored),
    }
}

fn after_lost(moves: &[Move], stored: &[Standing]) -> Next {
    let mut done = false;
    for moved in moves {
        let standing =
            stored.iter().find(|row| row.topic == *moved.topic && row.partition == moved.partition);
        let Some(standing) = standing.filter(|row| row.epoch == moved.epoch) else { return Next::Fenced };
        if moved.from == moved.to {
            continue;
        }
        if standing.next_offset == moved.to {
            done = true;
        } else if standing.next_offset != moved.from {
            return Next::Fenced;
        }
    }
    if done { Next::Done } else { Next::Redo }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moved(from: i64, to: i64) -> Move {
        Move { topic: "t".into(), partition: 0, epoch: 3, from, to, last_hash: None, caught_up_to: None }
    }

    fn standing(epoch: i64, next_offset: i64) -> Standing {
        Standing { topic: "t".to_owned(), partition: 0, epoch, next_offset }
    }

    #[test]
    fn a_lost_reply_is_settled_by_the_position() {
        let after = |row| after_commit(Reply::Lost, &[moved(10, 20)], &[row]);
        assert_eq!(after(standing(3, 20)), Next::Done);
        assert_eq!(after(standing(3, 10)), Next::Redo);
        assert_eq!(after(standing(4, 20)), Next::Fenced);
        assert_eq!(after(standing(3, 15)), Next::Fenced);
        assert_eq!(after_commit(Reply::Lost, &[moved(10, 20)], &[]), Next::Fenced);
    }

    #[test]
    fn a_batch_that_moves_nothing_is_done_again() {
        assert_eq!(after_commit(Reply::Lost, &[], &[]), Next::Redo);
        assert_eq!(after_commit(Reply::Lost, &[moved(10, 10)], &[standing(3, 10)]), Next::Redo);
    }

    #[test]
    fn an_answer_of_the_server_needs_no_position() {
        assert_eq!(after_commit(Reply::Acknowledged, &[moved(1, 2)], &[]), Next::Done);
        assert_eq!(after_commit(Reply::RolledBack, &[moved(1, 2)], &[]), Next::Redo);
    }
}
