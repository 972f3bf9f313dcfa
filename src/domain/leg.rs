//! The closer's leg after SQL, and the offers of a passage that were missed. Data only.

use super::event::Withdrawal;
use super::team::{MemberId, PoolId};
use super::time::Moment;
use serde::{Deserialize, Serialize};

/// How far the way from the first rep to the closer has got.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum LegStep {
    /// In the closers' queue; `held`: the router leaves it to the steward.
    Waiting { held: bool },
    /// Offered to a closer who has not answered.
    Offered(MemberId),
    /// Worked by the closer.
    Working(MemberId),
}

/// A qualified lead on its way to a closer; there only while the lead is qualified.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Leg {
    /// Who qualified it, and gets it back.
    pub first: MemberId,
    pub pool: PoolId,
    /// Whom the next offer should go to, when somebody named a person.
    pub wanted: Option<MemberId>,
    /// Closers who were offered it already, in order.
    pub offered_to: Vec<MemberId>,
    pub step: LegStep,
}

/// An offer of the running passage that its rep lost for want of an answer or a call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PastOffer {
    pub rep: MemberId,
    /// When the answer was due; `None` where the rep had accepted already.
    pub accept_by: Option<Moment>,
    pub ended_at: Moment,
    pub why: Withdrawal,
    /// The missed acceptance was taken back from the figures.
    pub voided: bool,
}
