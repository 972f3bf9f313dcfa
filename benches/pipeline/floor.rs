//! Floor F3: the write sets of the same records, planned beforehand, through the same statements in batches of the same
//! size on one connection. Decoding and planning happen outside the measured time.

use super::installation::{Installation, PARTITIONS};
use super::records::{self, Made, Record};
use baton::contract::{Decoder, RecordIn};
use baton::domain::time::Moment;
use baton::intake;
use baton::service;
use baton::settings::{Flags, Settings};
use baton::transaction::batch::{BATCH_RECORDS_MAX, Batch, DuplicateKey, Entry, Move, Raw, RecordRef};
use baton::transaction::session::{Session, Wanted};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// What the floor came to.
pub struct Floor {
    records: usize,
    spent: Duration,
    /// Median of whole commits, decoding included: of a good batch, and of one in which nothing can be read.
    pub good: Duration,
    pub poison: Duration,
}

impl Floor {
    pub fn rate(&self) -> f64 {
        self.records as f64 / self.spent.as_secs_f64()
    }
}

/// Commits of which the median is taken.
const COMMITS: usize = 9;

struct Lane {
    session: Session,
    epochs: BTreeMap<(String, i32), (i64, i64)>,
}

/// Writes the forms, then measures the mix.
pub async fn run(installation: &Installation, made: &Made) -> Floor {
    let mut settings = Settings::load(&Flags::default()).expect("settings");
    settings.database.url = baton::settings::Secret::new(installation.url.clone());
    let keys = service::keys(&settings).await.expect("a service key");
    let decoder = Decoder::new(keys.clone()).expect("the schemas compile");
    let parts = service::session_settings(&settings, keys, String::new()).expect("session settings");
    let mut session = Session::open(parts).await.expect("a session");
    session.maintain().await.expect("partitions are made");
    let wanted: Vec<Wanted> = records::TOPICS
        .iter()
        .flat_map(|topic| {
            (0..PARTITIONS).map(|partition| Wanted {
                topic: Arc::from(*topic),
                partition,
                first_of_new_topic: 0,
                first_of_known_topic: 0,
            })
        })
        .collect();
    let claimed = session.claim(&wanted).await.expect("positions are claimed");
    let epochs = claimed
        .into_iter()
        .map(|it| ((it.topic.to_string(), it.partition), (it.epoch, it.next_offset)))
        .collect();
    let mut lane = Lane { session, epochs };
    lane.write(&decoder, &made.forms).await;
    let spent = lane.write(&decoder, &made.mix).await;
    let good = lane.commits(&decoder, &made.mix[..BATCH_RECORDS_MAX.min(made.mix.len())], "good").await;
    let poison: Vec<Record> = made.mix[..BATCH_RECORDS_MAX.min(made.mix.len())]
        .iter()
        .map(|record| Record { value: b"{\"not\": json".to_vec(), ..record.clone() })
        .collect();
    let poison = lane.commits(&decoder, &poison, "poison").await;
    Floor { records: made.mix.len(), spent, good, poison }
}

impl Lane {
    /// Plans each batch as the service would, rolls back, and replays it under the watch.
    async fn write(&mut self, decoder: &Decoder, records: &[Record]) -> Duration {
        let mut spent = Duration::ZERO;
        for chunk in records.chunks(BATCH_RECORDS_MAX) {
            let batch = self.batch(decoder, chunk);
            let planned = self.session.rehearse(&batch).await.expect("the batch is planned");
            let started = Instant::now();
            self.session.replay(&batch, &planned.write).await.expect("the rows are written");
            spent += started.elapsed();
        }
        spent
    }

    /// Median time of whole commits of these records, with new ids each time.
    async fn commits(&mut self, decoder: &Decoder, records: &[Record], name: &str) -> Duration {
        let mut times = Vec::with_capacity(COMMITS);
        for round in 0..COMMITS {
            let fresh: Vec<Record> = records
                .iter()
                .enumerate()
                .map(|(number, record)| record.renamed(&format!("{name}-{round}-{number}")))
                .collect();
            let started = Instant::now();
            let batch = self.batch(decoder, &fresh);
            self.session.commit(&batch).await.expect("the batch is stored");
            times.push(started.elapsed());
        }
        times.sort_unstable();
        times[COMMITS / 2]
    }

    fn batch(&mut self, decoder: &Decoder, records: &[Record]) -> Batch {
        let now = Moment::from(jiff::Timestamp::now());
        let reference = Arc::clone(&self.session.texts().reference);
        let mut moves: BTreeMap<(String, i32), Move> = BTreeMap::new();
        let mut entries = Vec::with_capacity(records.len());
        for made in records {
            let place = (made.topic.to_owned(), made.partition);
            let (epoch, next) = self.epochs.get_mut(&place).expect("a claimed partition");
            let offset = *next;
            *next += 1;
            let raw = Raw {
                key: Some(made.key.clone().into_bytes()),
                headers: made.headers.clone(),
                value: Some(made.value.clone()),
            };
            let topic: Arc<str> = Arc::from(made.topic);
            let position = moves.entry(place).or_insert_with(|| Move {
                topic: Arc::clone(&topic),
                partition: made.partition,
                epoch: *epoch,
                from: offset,
                to: offset,
                last_hash: None,
                caught_up_to: Some(now),
            });
            position.to = offset + 1;
            position.last_hash = Some(intake::hash(&raw));
            entries.push(entry(decoder, &reference, made, raw, topic, offset, now));
        }
        Batch { entries, moves: moves.into_values().collect(), ..Batch::default() }
    }
}

fn entry(
    decoder: &Decoder,
    reference: &baton::domain::policy::Reference,
    made: &Record,
    raw: Raw,
    topic: Arc<str>,
    offset: i64,
    now: Moment,
) -> Entry {
    let read = decoder.decode(
        RecordIn {
            topic: made.topic,
            partition: made.partition,
            offset,
            timestamp: now,
            key: raw.key.as_deref(),
            headers: &raw.headers,
            value: raw.value.as_deref(),
            received_at: now,
        },
        reference,
    );
    Entry {
        record: Some(RecordRef { topic, partition: made.partition, offset, timestamp: now }),
        duplicate: read.duplicate.map(|(minute, digest)| DuplicateKey { minute, digest }),
        content: read.content,
        decoded: read.decoded,
        reference: None,
        raw,
    }
}
