//! Kafka of the simulation: partitions that only grow. It never loses a record and knows nothing of who reads.

use super::store::Place;
use super::town::Letter;
use super::{DECODER, REFERENCE};
use baton::domain::time::Moment;
use baton::transaction::batch::{Entry, Raw, RecordRef};
use baton::transaction::reread;
use std::collections::BTreeMap;

#[derive(Default)]
pub struct Log {
    records: BTreeMap<Place, Vec<Entry>>,
}

impl Log {
    /// Appends a record, decoded as it will be when it is read.
    pub fn produce(&mut self, letter: &Letter, now: Moment) {
        let place = (letter.topic.to_owned(), letter.partition);
        let records = self.records.entry(place).or_default();
        let record = RecordRef {
            topic: letter.topic.into(),
            partition: letter.partition,
            offset: i64::try_from(records.len()).unwrap(),
            timestamp: now,
        };
        let raw = Raw {
            key: None,
            headers: vec![("content-type".to_owned(), b"application/cloudevents+json".to_vec())],
            value: Some(letter.value.clone()),
        };
        records.push(reread::entry(&DECODER, &REFERENCE, record, raw, now));
    }

    /// The offset after the last record.
    pub fn end(&self, place: &Place) -> i64 {
        self.records.get(place).map_or(0, |records| i64::try_from(records.len()).unwrap())
    }

    /// At most so many records from an offset on.
    pub fn read(&self, place: &Place, from: i64, most: usize) -> Vec<Entry> {
        let from = usize::try_from(from).unwrap();
        self.records
            .get(place)
            .map_or_else(Vec::new, |records| records.iter().skip(from).take(most).cloned().collect())
    }

    pub fn all(&self) -> impl Iterator<Item = (&Place, &Vec<Entry>)> {
        self.records.iter()
    }
}
