//! What somebody with a superuser's rights can do to the audit: cut its tail, or rewrite a chain so that every table
//! agrees again, checkpoints signed anew by a key of their own included. It knows everything but the signing key.

use crate::harness::Installation;
use baton::audit::chain::{self, Columns};
use baton::audit::checkpoint::{self, Signer};
use baton::audit::making;
use baton::store::Reader;
use baton::store::checkpoint::Checkpoint;
use baton::store::read::trail::TrailRow;
use sqlx::{Connection, Executor, PgConnection};
use uuid::Uuid;

/// A lead in the numbers of subjects.
const LEAD: i16 = 1;

/// Runs work with a superuser's connection whose triggers are off, and a reader.
fn as_superuser<T>(
    installation: &Installation,
    work: impl AsyncFnOnce(&mut PgConnection, &Reader) -> T,
) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let mut conn = PgConnection::connect(&installation.owner_url).await.unwrap();
        conn.execute("SET session_replication_role = replica").await.unwrap();
        let reader = Reader::open(&installation.owner_url, 1).await.unwrap();
        work(&mut conn, &reader).await
    })
}

/// Takes out everything that was decided since a lead appeared, and sets every counter back.
pub fn cut_tail(installation: &Installation, since: &str) {
    let since: Uuid = since.parse().unwrap();
    as_superuser(installation, async |conn, _| {
        let gone = sqlx::query(
            "DELETE FROM audit WHERE decided_at >= (SELECT min(decided_at) FROM audit WHERE subject_id = $1)",
        )
        .bind(since)
        .execute(&mut *conn)
        .await
        .unwrap();
        assert!(gone.rows_affected() > 2);
        conn.execute(
            "DELETE FROM lead WHERE id NOT IN (SELECT subject_id FROM audit);
             DELETE FROM audit_head WHERE subject_id NOT IN (SELECT subject_id FROM audit);
             UPDATE audit_head SET version = last.version, hash = last.hash
             FROM (SELECT DISTINCT ON (subject_kind, subject_id) subject_kind, subject_id, version, hash
                 FROM audit ORDER BY subject_kind, subject_id, version DESC) AS last
             WHERE (audit_head.subject_kind, audit_head.subject_id) = (last.subject_kind, last.subject_id);
             UPDATE audit_stream SET last =
                 coalesce((SELECT max(stream_sequence) FROM audit WHERE stream = name), 0);
             UPDATE input_position SET audit_sequence =
                 coalesce((SELECT max(stream_sequence) FROM audit WHERE stream = topic || '/' || partition), 0)",
        )
        .await
        .unwrap();
    });
}

/// Takes out the checkpoints after a number.
pub fn cut_checkpoints(installation: &Installation, after: i64) {
    as_superuser(installation, async |conn, _| {
        for statement in
            ["DELETE FROM checkpoint_range WHERE number > $1", "DELETE FROM checkpoint WHERE number > $1"]
        {
            let gone = sqlx::query(statement).bind(after).execute(&mut *conn).await.unwrap();
            assert!(gone.rows_affected() > 0);
        }
    });
}

/// Says that somebody else did what one version of a lead holds, and makes every hash after it fit.
pub fn rewrite_chain(installation: &Installation, lead: &str, from: i64) {
    let lead: Uuid = lead.parse().unwrap();
    as_superuser(installation, async |conn, reader| {
        let rows = reader.trail_by_subject((LEAD, lead, from - 1), 1_000).await.unwrap();
        let mut head: Option<Vec<u8>> = None;
        for mut row in rows.into_iter().filter(|row| row.subject == lead) {
            if row.version == from {
                row.actor = "nobody".to_owned();
            }
            row.previous = head.unwrap_or(row.previous);
            let hash = chain::hash(&columns(&row)).to_vec();
            sqlx::query(
                "UPDATE audit SET actor = $3, previous = $4, hash = $5 WHERE subject_id = $1 AND version = $2",
            )
            .bind(lead)
            .bind(row.version)
            .bind(&row.actor)
            .bind(&row.previous)
            .bind(&hash)
            .execute(&mut *conn)
            .await
            .unwrap();
            head = Some(hash);
        }
        let head = head.expect("the lead has rows");
        let kept = sqlx::query("UPDATE lead SET head_hash = $2 WHERE id = $1")
            .bind(lead)
            .bind(head)
            .execute(conn)
            .await;
        assert_eq!(kept.unwrap().rows_affected(), 1);
    });
}

/// Makes every checkpoint fit what the audit holds now, signed by another key.
pub fn resign_checkpoints(installation: &Installation) {
    let forger = Signer::from_seed(&[66; 32]).unwrap();
    as_superuser(installation, async |conn, reader| {
        let mut previous = [0; 32];
        for mut made in reader.checkpoints_after(0, 1_000).await.unwrap() {
            for range in &mut made.ranges {
                let (root, reached) =
                    making::range_root(reader, &range.stream, range.from, range.to).await.unwrap();
                assert_eq!(reached, range.to);
                range.root = root;
            }
            let made = forger.signed(Checkpoint { previous, ..made });
            previous = checkpoint::hash(&made);
            for range in &made.ranges {
                sqlx::query("UPDATE checkpoint_range SET root = $3 WHERE stream = $1 AND to_sequence = $2")
                    .bind(&range.stream)
                    .bind(range.to)
                    .bind(range.root.to_vec())
                    .execute(&mut *conn)
                    .await
                    .unwrap();
            }
            sqlx::query(
                "UPDATE checkpoint SET root = $2, previous = $3, key_id = $4, public_key = $5, signature = $6
                 WHERE number = $1",
            )
            .bind(made.number)
            .bind(made.root.to_vec())
            .bind(made.previous.to_vec())
            .bind(&made.key_id)
            .bind(made.public_key.to_vec())
            .bind(made.signature.to_vec())
            .execute(&mut *conn)
            .await
            .unwrap();
        }
    });
}

/// The bytes that the hash of a row is made of.
fn columns(row: &TrailRow) -> Columns<'_> {
    Columns {
        stream: &row.stream,
        stream_sequence: row.stream_sequence,
        subject_kind: row.subject_kind,
        subject: row.subject.as_bytes(),
        version: row.version,
        event: &row.event,
        payload: &row.payload,
        occurred_at: row.occurred_at.0,
        decided_at: row.decided_at.0,
        actor: &row.actor,
        cause: &row.cause,
        record: row.record.as_ref().map(|(topic, partition, offset)| (topic.as_str(), *partition, *offset)),
        input: &row.input,
        policy: &row.policy,
        team: &row.team,
        reference: &row.reference,
        timeline: row.timeline,
        previous: &row.previous,
    }
}
