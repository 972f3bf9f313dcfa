//! Stored bytes of values: a version byte, then postcard. It never guesses: bytes of a newer version are an error of
//! their own, since an older instance must step back and not park a lead for them.

use super::error::StoreError;
use crate::domain::availability::Availability;
use crate::domain::event::Event;
use crate::domain::fan_out::FanOut;
use crate::domain::lead::Lead;
use crate::domain::signal::Signal;
use crate::domain::subject::SubjectEvent;
use crate::domain::team::Placement;
use serde::{Serialize, de::DeserializeOwned};

/// The format that this program writes, and the newest that it reads.
pub const FORMAT: u8 = 3;
/// The oldest that it reads.
const FORMAT_OLDEST: u8 = 1;
/// What a lead of format 1 lacks at its end, as format 2 and later write it: consent said at no time (two numbers), contact not
/// forbidden, not parked.
const LEAD_TAIL_OF_FORMAT_1: &[u8] = &[0, 0, 0, 0];
/// What a lead of format 2 lacks at its end: no rejections, no offers that ended, no closer's leg, no product asked about, not
/// said that nobody was free.
const LEAD_TAIL_OF_FORMAT_2: &[u8] = &[0, 0, 0, 0, 0];
/// What an offer of formats 1 and 2 lacks at its end: no receipt.
const OFFER_TAIL_OF_FORMAT_2: &[u8] = &[0];
/// The numbers of events that end with what grew: an offer, and the one event that holds a lead, which came with format 2.
const OFFERED: u8 = 7;
const ABSORBED: u8 = 46;
/// Typical size of a lead's state; one allocation for most.
const CAPACITY_BYTES: usize = 1024;

/// The bytes of a lead's state.
///
/// # Errors
/// Never for values of ours; postcard's signature says it may.
pub fn lead(lead: &Lead) -> Result<Vec<u8>, StoreError> {
    write("lead state", lead)
}

/// Reads a lead's state.
///
/// # Errors
/// A newer format, or bytes that nobody wrote.
pub fn read_lead(bytes: &[u8]) -> Result<Lead, StoreError> {
    match bytes.first() {
        Some(1) => read("lead state", &grown(bytes, &[LEAD_TAIL_OF_FORMAT_1, LEAD_TAIL_OF_FORMAT_2])),
        Some(2) => read("lead state", &grown(bytes, &[LEAD_TAIL_OF_FORMAT_2])),
        Some(_) | None => read("lead state", bytes),
    }
}

/// Bytes of an older format as this one writes them: what came later was not there.
fn grown(bytes: &[u8], tails: &[&[u8]]) -> Vec<u8> {
    let mut grown = bytes.to_vec();
    if let Some(format) = grown.first_mut() {
        *format = FORMAT;
    }
    grown.extend(tails.iter().flat_map(|tail| tail.iter()));
    grown
}

/// The bytes of an event, as audit rows keep them.
///
/// # Errors
/// Never for values of ours; postcard's signature says it may.
pub fn event(event: &Event) -> Result<Vec<u8>, StoreError> {
    write("event", event)
}

/// Reads an event.
///
/// # Errors
/// A newer format, or bytes that nobody wrote.
pub fn read_event(bytes: &[u8]) -> Result<Event, StoreError> {
    match bytes {
        [1 | 2, OFFERED, ..] => read("event", &grown(bytes, &[OFFER_TAIL_OF_FORMAT_2])),
        [2, ABSORBED, ..] => read("event", &grown(bytes, &[LEAD_TAIL_OF_FORMAT_2])),
        _ => read("event", bytes),
    }
}

/// The bytes of what happened to a subject that is no lead.
///
/// # Errors
/// Never for values of ours; postcard's signature says it may.
pub fn subject_event(event: &SubjectEvent) -> Result<Vec<u8>, StoreError> {
    write("subject event", event)
}

/// Reads what happened to a subject that is no lead.
///
/// # Errors
/// A newer format, or bytes that nobody wrote.
pub fn read_subject_event(bytes: &[u8]) -> Result<SubjectEvent, StoreError> {
    read("subject event", bytes)
}

/// The bytes of a change that touches many leads.
///
/// # Errors
/// Never for values of ours; postcard's signature says it may.
pub fn fan_out(task: &FanOut) -> Result<Vec<u8>, StoreError> {
    write("fan-out", task)
}

/// Reads a change that touches many leads.
///
/// # Errors
/// A newer format, or bytes that nobody wrote.
pub fn read_fan_out(bytes: &[u8]) -> Result<FanOut, StoreError> {
    read("fan-out", bytes)
}

/// The bytes of what somebody says of a person of the team.
///
/// # Errors
/// Never for values of ours; postcard's signature says it may.
pub fn availability(said: &Availability) -> Result<Vec<u8>, StoreError> {
    write("availability", said)
}

/// Reads what somebody says of a person of the team.
///
/// # Errors
/// A newer format, or bytes that nobody wrote.
pub fn read_availability(bytes: &[u8]) -> Result<Availability, StoreError> {
    read("availability", bytes)
}

/// The bytes of what is said of where a person of the team stands.
///
/// # Errors
/// Never for values of ours; postcard's signature says it may.
pub fn placement(said: &Placement) -> Result<Vec<u8>, StoreError> {
    write("placement", said)
}

/// Reads what is said of where a person of the team stands.
///
/// # Errors
/// A newer format, or bytes that nobody wrote.
pub fn read_placement(bytes: &[u8]) -> Result<Placement, StoreError> {
    read("placement", bytes)
}

/// The bytes of a signal.
///
/// # Errors
/// Never for values of ours; postcard's signature says it may.
pub fn signal(signal: &Signal) -> Result<Vec<u8>, StoreError> {
    write("signal", signal)
}

/// Reads a signal.
///
/// # Errors
/// A newer format, or bytes that nobody wrote.
pub fn read_signal(bytes: &[u8]) -> Result<Signal, StoreError> {
    read("signal", bytes)
}

fn write<T: Serialize>(what: &'static str, value: &T) -> Result<Vec<u8>, StoreError> {
    let mut bytes = Vec::with_capacity(CAPACITY_BYTES);
    bytes.push(FORMAT);
    postcard::to_extend(value, bytes).map_err(|error| damaged(what, &error))
}

fn read<T: DeserializeOwned>(what: &'static str, bytes: &[u8]) -> Result<T, StoreError> {
    match bytes.split_first() {
        Some((&(FORMAT_OLDEST..=FORMAT), rest)) => match postcard::take_from_bytes(rest) {
            Ok((value, [])) => Ok(value),
            Ok((_, more)) => Err(StoreError::Damaged {
                what,
                id: String::new(),
                detail: format!("{} bytes too many", more.len()),
            }),
            Err(error) => Err(damaged(what, &error)),
        },
        Some((&format, _)) if format > FORMAT => {
            Err(StoreError::NewerFormat { what, format, newest: FORMAT })
        }
        Some(_) | None => {
            Err(StoreError::Damaged { what, id: String::new(), detail: "no format byte".to_owned() })
        }
    }
}

fn damaged(what: &'static str, error: &postcard::Error) -> StoreError {
    StoreError::Damaged { what, id: String::new(), detail: error.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::LeadId;

    #[test]
    fn a_lead_reads_back_as_it_was_written() {
        let before = Lead::unseen(LeadId::derived("test", "1", 0));
        let bytes = lead(&before).unwrap();
        assert_eq!(read_lead(&bytes).unwrap(), before);
    }

    #[test]
    fn a_lead_of_an_older_format_reads_with_nothing_in_what_came_later() {
        let before = Lead::unseen(LeadId::derived("test", "1", 0));
        let mut bytes = lead(&before).unwrap();
        bytes.truncate(bytes.len() - LEAD_TAIL_OF_FORMAT_2.len());
        bytes[0] = 2;
        assert_eq!(read_lead(&bytes).unwrap(), before);
        bytes.truncate(bytes.len() - LEAD_TAIL_OF_FORMAT_1.len());
        bytes[0] = 1;
        assert_eq!(read_lead(&bytes).unwrap(), before);
    }

    #[test]
    fn a_lead_of_format_2_reads_with_no_product() {
        let before = Lead::unseen(LeadId::derived("test", "1", 0));
        let mut bytes = lead(&before).unwrap();
        bytes.truncate(bytes.len() - LEAD_TAIL_OF_FORMAT_2.len());
        bytes[0] = 2;
        assert_eq!(read_lead(&bytes).unwrap(), before);
        let absorbed = Event::LeadAbsorbed { from: before.id, united: Box::new(before) };
        let mut bytes = event(&absorbed).unwrap();
        assert_eq!(bytes[1], ABSORBED, "the event has another number");
        bytes.truncate(bytes.len() - LEAD_TAIL_OF_FORMAT_2.len());
        bytes[0] = 2;
        assert_eq!(read_event(&bytes).unwrap(), absorbed);
    }

    #[test]
    fn a_newer_format_is_told_apart_from_damage() {
        let mut bytes = event(&Event::NoteTaken).unwrap();
        bytes[0] = FORMAT + 1;
        assert!(matches!(read_event(&bytes), Err(StoreError::NewerFormat { format: 4, .. })));
        bytes[0] = FORMAT;
        bytes.push(0);
        assert!(matches!(read_event(&bytes), Err(StoreError::Damaged { .. })));
        assert!(matches!(read_event(&[]), Err(StoreError::Damaged { .. })));
    }
}
