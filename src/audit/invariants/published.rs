//! What stands on the topics out against the outbox: the same ids in the same order, numbers without a gap, and the newest
//! state last. Repeats after the first occurrence are allowed: delivery is at least once. It reads no topic itself.

use super::{Offenders, Promise};
use crate::store::error::StoreError;
use crate::store::read::Reader;
use crate::store::read::checks::OutLine;
use crate::store::rows::OutTopic;
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// Outbox rows of one page, read in some ten milliseconds.
const PAGE_ROWS: i64 = 5_000;

/// A record as it was published.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PublishedRecord {
    /// `OutTopic::number`.
    pub topic: i16,
    pub lead: Uuid,
    pub id: Uuid,
    /// `topic_sequence`; `None` on the compacted topic.
    pub sequence: Option<i64>,
}

/// What a lead's records on one topic were, by first occurrence.
#[derive(Clone, Debug, Default)]
struct Trail {
    firsts: Vec<(Option<i64>, Uuid)>,
    last: Uuid,
}

/// The records of the topics out, as they are read.
#[derive(Clone, Debug, Default)]
pub struct Published {
    trails: BTreeMap<(Uuid, i16), Trail>,
    /// Topics that were read to the end; `true` where retention has taken their beginning.
    topics: BTreeMap<i16, bool>,
    /// Rows sent up to this moment (microseconds) must stand on the topic.
    read_at: i64,
    records: u64,
    strange: Offenders,
}

impl Published {
    /// Ready to read; `read_at`: the database's time before the ends of the topics were asked for.
    #[must_use]
    pub fn new(read_at: i64) -> Self {
        Self { read_at, ..Self::default() }
    }

    /// A topic is read; `cut`: retention has taken its beginning.
    pub fn topic(&mut self, topic: i16, cut: bool) {
        self.topics.insert(topic, cut);
    }

    /// Takes in one record; those of one lead come in the order of their partition.
    pub fn observe(&mut self, record: PublishedRecord) {
        self.records += 1;
        let trail = self.trails.entry((record.lead, record.topic)).or_default();
        trail.last = record.id;
        // Repeats follow soon after the first time, so the search from the end is short.
        if !trail.firsts.iter().rev().any(|(_, id)| *id == record.id) {
            trail.firsts.push((record.sequence, record.id));
        }
    }

    /// A record that none of ours could be.
    pub fn strange(&mut self, topic: &str, partition: i32, offset: i64) {
        self.strange.add(|| format!("{topic}/{partition}@{offset} has no id or no lead"));
    }

    /// Records read so far.
    #[must_use]
    pub fn records(&self) -> u64 {
        self.records
    }

    /// Reads the outbox in pages and compares.
    ///
    /// # Errors
    /// The database can't be read.
    pub async fn compare(mut self, reader: &Reader) -> Result<Vec<Promise>, StoreError> {
        let (mut gaps, mut order) = (Offenders::default(), std::mem::take(&mut self.strange));
        let mut after = (Uuid::nil(), i16::MIN, i64::MIN);
        let mut group: Vec<OutLine> = Vec::new();
        let mut ids: BTreeSet<Uuid> = BTreeSet::new();
        loop {
            let page = reader.outbox_lines(after, PAGE_ROWS).await?;
            let Some(last) = page.last() else { break };
            after = (last.lead_id, last.topic, last.seq);
            for line in page {
                if group
                    .first()
                    .is_some_and(|first| (first.lead_id, first.topic) != (line.lead_id, line.topic))
                {
                    if group.first().is_some_and(|first| first.lead_id != line.lead_id) {
                        ids.clear();
                    }
                    self.group(&std::mem::take(&mut group), &mut gaps, &mut order);
                }
                if !ids.insert(line.id) {
                    gaps.add(|| format!("id {} stands twice in the outbox", line.id));
                }
                group.push(line);
            }
        }
        self.group(&group, &mut gaps, &mut order);
        // What is left was published and its rows are dropped: the numbers must still follow one another.
        for ((lead, topic), trail) in std::mem::take(&mut self.trails) {
            self.numbers(lead, topic, &trail, &mut order);
        }
        let mut promises = vec![Promise::new(
            "I5",
            "numbers per lead and topic are gapless in the outbox, ids unique",
            gaps.into_lines(),
        )];
        if !self.topics.is_empty() {
            promises.push(Promise::new(
                "I5",
                "published are the outbox's ids in its order, without a gap",
                order.into_lines(),
            ));
        }
        Ok(promises)
    }

    /// One lead's rows for one topic, in the order of the outbox.
    fn group(&mut self, lines: &[OutLine], gaps: &mut Offenders, order: &mut Offenders) {
        let Some(first) = lines.first() else { return };
        let (lead, topic) = (first.lead_id, first.topic);
        let numbered = topic != OutTopic::State.number();
        if numbered {
            for pair in lines.windows(2).filter(|pair| pair[1].topic_sequence != pair[0].topic_sequence + 1) {
                gaps.add(|| {
                    format!(
                        "lead {lead} topic {topic}: {} is followed by {}",
                        pair[0].topic_sequence, pair[1].topic_sequence
                    )
                });
            }
        }
        let Some(cut) = self.topics.get(&topic).copied() else { return };
        let trail = self.trails.remove(&(lead, topic)).unwrap_or_default();
        if numbered {
            self.numbers(lead, topic, &trail, order);
            self.numbered(lines, &trail, cut, order);
        } else {
            self.newest(lines, &trail, order);
        }
    }

    /// First occurrences carry one number after the other.
    fn numbers(&self, lead: Uuid, topic: i16, trail: &Trail, order: &mut Offenders) {
        if topic == OutTopic::State.number() {
            return;
        }
        let cut = self.topics.get(&topic).copied().unwrap_or(true);
        let mut before = if cut { None } else { Some(0) };
        for (sequence, id) in &trail.firsts {
            match (before, sequence) {
                (None, Some(_)) => {}
                (Some(before), Some(sequence)) if *sequence == before + 1 => {}
                (_, _) => order.add(|| {
                    format!(
                        "lead {lead} topic {topic}: {id} is published as number {} after {}",
                        sequence.unwrap_or_default(),
                        before.unwrap_or_default()
                    )
                }),
            }
            before = *sequence;
        }
    }

    /// Rows and first occurrences with the same number have the same id, and what is marked sent is there.
    fn numbered(&self, lines: &[OutLine], trail: &Trail, cut: bool, order: &mut Offenders) {
        let seen: BTreeMap<i64, Uuid> =
            trail.firsts.iter().filter_map(|(sequence, id)| sequence.map(|number| (number, *id))).collect();
        let begins = seen.keys().next().copied();
        for line in lines {
            let place =
                || format!("lead {} topic {} number {}", line.lead_id, line.topic, line.topic_sequence);
            match seen.get(&line.topic_sequence) {
                Some(id) if *id == line.id => {}
                Some(id) => {
                    order.add(|| format!("{}: {id} is published, {} stands in the outbox", place(), line.id));
                }
                None if !self.must_be_there(line) => {}
                // Retention takes a topic's oldest records, so what it took stands before all that is left.
                None if cut && begins.is_none_or(|begins| line.topic_sequence < begins) => {}
                None => order.add(|| format!("{}: marked as sent, but not on the topic", place())),
            }
        }
        let ends = lines.last().map_or(0, |line| line.topic_sequence);
        if let Some((number, id)) = seen.range(ends + 1..).next() {
            order.add(|| {
                let first = &lines[0];
                format!(
                    "lead {} topic {}: {id}, number {number}, stands in no row",
                    first.lead_id, first.topic
                )
            });
        }
    }

    /// The compacted topic drops what is older, so only the order of what is left can be told, and that the newest is last.
    fn newest(&self, lines: &[OutLine], trail: &Trail, order: &mut Offenders) {
        let places: BTreeMap<Uuid, usize> =
            lines.iter().enumerate().map(|(place, line)| (line.id, place)).collect();
        let lead = lines[0].lead_id;
        let known: Vec<Option<usize>> = trail.firsts.iter().map(|(_, id)| places.get(id).copied()).collect();
        if known.windows(2).any(|pair| pair[0].is_some() && pair[1] <= pair[0]) {
            order
                .add(|| format!("lead {lead}: states are published in another order than they were written"));
        }
        let Some(newest) = lines.iter().rposition(|line| self.must_be_there(line)) else { return };
        match places.get(&trail.last) {
            Some(place) if *place >= newest => {}
            Some(_) | None => order.add(|| {
                format!(
                    "lead {lead}: the last state on the topic is not the newest that was sent ({})",
                    lines[newest].id
                )
            }),
        }
    }

    fn must_be_there(&self, line: &OutLine) -> bool {
        line.sent_at.is_some_and(|sent| sent <= self.read_at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEADS: i16 = 1;

    fn line(topic: i16, sequence: i64, id: u128, sent: bool) -> OutLine {
        OutLine {
            lead_id: Uuid::from_u128(1),
            topic,
            seq: i64::try_from(id).unwrap(),
            id: Uuid::from_u128(id),
            topic_sequence: sequence,
            sent_at: sent.then_some(1),
        }
    }

    fn found(
        topic: i16,
        cut: bool,
        lines: &[OutLine],
        records: &[(i64, u128)],
    ) -> (Vec<String>, Vec<String>) {
        let mut published = Published::new(5);
        published.topic(topic, cut);
        for (sequence, id) in records {
            published.observe(PublishedRecord {
                topic,
                lead: Uuid::from_u128(1),
                id: Uuid::from_u128(*id),
                sequence: (*sequence > 0).then_some(*sequence),
            });
        }
        let (mut gaps, mut order) = (Offenders::default(), Offenders::default());
        published.group(lines, &mut gaps, &mut order);
        (gaps.into_lines(), order.into_lines())
    }

    fn order(topic: i16, cut: bool, lines: &[OutLine], records: &[(i64, u128)]) -> usize {
        found(topic, cut, lines, records).1.len()
    }

    #[test]
    fn repeats_after_the_first_time_and_unsent_rows_are_fine() {
        let lines = [line(LEADS, 1, 11, true), line(LEADS, 2, 12, true), line(LEADS, 3, 13, false)];
        assert_eq!(order(LEADS, false, &lines, &[(1, 11), (2, 12), (1, 11), (2, 12)]), 0);
        assert_eq!(order(LEADS, false, &lines, &[(1, 11), (2, 12), (3, 13)]), 0);
    }

    #[test]
    fn a_lost_a_foreign_an_early_and_an_unwritten_record_are_named() {
        let lines = [line(LEADS, 1, 11, true), line(LEADS, 2, 12, true)];
        assert_eq!(order(LEADS, false, &lines, &[(1, 11)]), 1);
        assert_ne!(order(LEADS, false, &lines, &[(2, 12), (1, 11)]), 0);
        assert_ne!(order(LEADS, false, &lines, &[(1, 11), (2, 99)]), 0);
        assert_eq!(order(LEADS, false, &lines, &[(1, 11), (2, 12), (3, 13)]), 1);
    }

    #[test]
    fn what_retention_took_is_not_missed() {
        let lines = [line(LEADS, 1, 11, true), line(LEADS, 2, 12, true)];
        assert_eq!(order(LEADS, true, &lines, &[(2, 12)]), 0);
        assert_ne!(order(LEADS, false, &lines, &[(2, 12)]), 0);
        assert_ne!(order(LEADS, true, &lines, &[(1, 11)]), 0);
    }

    #[test]
    fn a_gap_between_rows_is_named() {
        let lines = [line(LEADS, 1, 11, true), line(LEADS, 3, 13, true)];
        assert_eq!(found(LEADS, true, &lines, &[]).0.len(), 1);
    }

    #[test]
    fn an_older_state_that_was_written_last_is_named() {
        let state = OutTopic::State.number();
        let lines = [line(state, 0, 11, true), line(state, 0, 12, true), line(state, 0, 13, false)];
        assert_eq!(order(state, false, &lines, &[(0, 11), (0, 12)]), 0);
        assert_eq!(order(state, false, &lines, &[(0, 12)]), 0);
        assert_eq!(order(state, false, &lines, &[(0, 11), (0, 12), (0, 11), (0, 12)]), 0);
        assert_eq!(order(state, false, &lines, &[(0, 11), (0, 12), (0, 13)]), 0);
        assert_eq!(order(state, false, &lines, &[(0, 11), (0, 12), (0, 11)]), 1);
        assert_eq!(order(state, false, &lines, &[(0, 12), (0, 11), (0, 12)]), 1);
        assert_eq!(order(state, false, &lines, &[]), 1);
    }
}
