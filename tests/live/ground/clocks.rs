//! The sweeper's own choice on a real Postgres, over drawn hours, moments and feeds that fall behind and catch up: every
//! clock fires in the first turn at which its holder works and the facts are in, never earlier and never twice.

use super::harness::{CRM, FORMS, Ground, Lane, MONDAY, demo_request};
use crate::faults::chance::Chance;
use baton::contract::policy_text::{self, DEFAULT_TEAM};
use baton::domain::custody::{Clock, ClockKind, Holder};
use baton::domain::ids::LeadId;
use baton::domain::lead::{Lead, StageKind};
use baton::domain::team::Team;
use baton::domain::time::{DAY, MINUTE, Moment, SECOND};
use baton::router::Router;
use baton::settings::{Flags, Settings};
use baton::store::connect::Connection;
use baton::store::text::{self, TextKind};
use baton::sweeper::Sweeper;
use baton::telemetry::health::Health;
use baton::transaction::session::Session;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::Arc;
use uuid::Uuid;

/// People who ask for a demo, and others who only read something.
const RAISED: u32 = 30;
const READERS: u32 = 10;
/// Looks of the sweeper, and how far apart they are at most while it runs.
const LOOKS: usize = 80;
const TICK: i64 = 5 * SECOND;
/// Feeds that hold clocks; the forms do not, and stand still from the beginning.
const HOLDING: [&str; 3] = [CRM, "sales.feedback.v1", "privacy.requests.v1"];
/// The draws: printed, so that a bad run can be had again.
const SEED: u64 = 20_261_122;

/// The shipped team, with drawn hours for everybody.
fn team_text(chance: &mut Chance) -> String {
    let zones = ["UTC", "America/New_York", "Asia/Kolkata", "Pacific/Auckland"];
    let hours = [("09:00", "17:30"), ("00:00", "24:00"), ("06:00", "10:00")];
    let mut text = String::new();
    for line in DEFAULT_TEAM.lines() {
        text.push_str(line);
        text.push('\n');
        if line.starts_with("[member.") {
            let (opens, closes) = chance.one_of(&hours);
            let zone = chance.one_of(&zones);
            let _ = writeln!(text, "time_zone = \"{zone}\"\nopens = \"{opens}\"\ncloses = \"{closes}\"");
        }
    }
    text
}

/// The ground with its loops, turned by hand.
struct Swept {
    ground: Ground,
    team: Team,
    chance: Chance,
    conn: Connection,
    session: Session,
    sweeper: Sweeper,
    router: Router,
    now: Moment,
    /// Up to when each holding feed is known.
    feeds: [Moment; HOLDING.len()],
    fired: u64,
    put_off: u64,
    held: u64,
}

impl Swept {
    async fn new() -> Self {
        let ground = Ground::new().await;
        let mut chance = Chance::named(SEED, "clocks");
        let text = team_text(&mut chance);
        let team = policy_text::team(&text).unwrap();
        let hash = policy_text::hash(&text);
        text::publish(&mut ground.connection().await, TextKind::Team, hash, &text, "tests").await.unwrap();
        let flags = Flags { file: None, values: vec!["sweeper.leads=20".to_owned()] };
        let settings = Arc::new(Settings::from_layers(&flags, std::iter::empty()).unwrap());
        assert!(i64::try_from(settings.sweeper.tick_milliseconds).unwrap() * 1_000 <= TICK);
        let (health, wake) = (Health::new(), Arc::new(|| {}));
        let sweeper = Sweeper::new(
            ground.session("sweeper").await,
            Arc::clone(&settings),
            health.clone(),
            wake.clone(),
        );
        let router = Router::new(ground.session("router").await, "tests".to_owned(), settings, health, wake);
        let session = ground.session("looks").await;
        let feeds = [Moment::EVER; HOLDING.len()];
        let (now, fired, put_off, held) = (MONDAY, 0, 0, 0);
        let conn = ground.connection().await;
        Self { ground, team, chance, conn, session, sweeper, router, now, feeds, fired, put_off, held }
    }

    async fn leads(&mut self) -> Vec<Lead> {
        let ids: Vec<Uuid> =
            sqlx::query_scalar("SELECT id FROM lead").fetch_all(&mut self.conn).await.unwrap();
        let ids: BTreeSet<LeadId> = ids.into_iter().map(LeadId).collect();
        self.session.leads(&ids).await.unwrap()
    }

    /// Up to when clocks may fire, worked out from what was drawn.
    fn known(&self) -> Moment {
        self.feeds.iter().copied().min().unwrap().min(self.now)
    }

    /// Time goes on to just after the next clock, or anywhere; feeds catch up or stand still.
    async fn go_on(&mut self) {
        let next = self.leads().await.iter().filter_map(|lead| Some(lead.custody()?.next_due_at())).min();
        let late = i64::try_from(self.chance.below(5_000_000)).unwrap();
        let soon = next.filter(|next| *next > self.now && !self.chance.per_mille(250));
        let far = MINUTE * i64::try_from(1 + self.chance.below(2_000)).unwrap();
        self.now = soon.map_or(self.now.plus(far), |next| next.plus(late));
        self.session.set_clock(Some(self.now)).await.unwrap();
        for (topic, known) in HOLDING.iter().zip(&mut self.feeds) {
            if self.chance.per_mille(850) {
                *known = self.now;
                let said = "UPDATE input_position SET caught_up_to = $2 WHERE topic = $1";
                let said = sqlx::query(said).bind(*topic).bind(self.now.0);
                said.execute(&mut self.conn).await.unwrap();
            }
        }
    }

    /// One look of the sweeper, which takes as many turns as there is something due.
    async fn look(&mut self) {
        self.router.run_once().await.unwrap();
        let before = self.leads().await;
        let mut turns = 0;
        while self.sweeper.run_once().await.unwrap() > 0 {
            turns += 1;
            assert!(turns < 200, "clocks fire for ever at one moment");
        }
        let told = self.told().await;
        for lead in &before {
            let Some(clock) = earliest(lead) else { continue };
            let said = told.get(&lead.id).map(String::as_str);
            if clock.rung_at > self.known() {
                self.held += u64::from(clock.rung_at <= self.now);
                assert_eq!(said, None, "{clock:?} fired at {}, known up to {}", self.now, self.known());
                continue;
            }
            let holder = lead.holder().unwrap();
            let works = self.team.hours(holder.member()).covers(self.now, MINUTE);
            if works || is_date(lead, &clock, holder) {
                assert!(
                    said.is_some_and(|said| said != "clock_put_off"),
                    "{said:?} of {clock:?} at {}",
                    self.now
                );
                self.fired += 1;
            } else {
                assert_eq!(said, Some("clock_put_off"), "{clock:?} at {}, when nobody works", self.now);
                self.put_off += 1;
            }
        }
        let left = self.leads().await;
        let due = left.iter().filter_map(earliest).find(|clock| clock.rung_at <= self.known());
        assert_eq!(due, None, "something is due after a look of the sweeper at {}", self.now);
    }

    /// The first thing that the sweeper decided about each lead at this moment.
    async fn told(&mut self) -> BTreeMap<LeadId, String> {
        let rows = "SELECT DISTINCT ON (subject_id) subject_id, event FROM audit
            WHERE stream LIKE 'sweep/%' AND decided_at = $1 ORDER BY subject_id, version";
        let rows: Vec<(Uuid, String)> =
            sqlx::query_as(rows).bind(self.now.0).fetch_all(&mut self.conn).await.unwrap();
        rows.into_iter().map(|(lead, event)| (LeadId(lead), event)).collect()
    }

    /// The CRM says that holders of some offers have accepted.
    async fn accepted(&mut self, crm: &mut Lane) {
        let leads = self.leads().await;
        let mut said = Vec::new();
        for lead in leads.iter().filter(|lead| lead.stage.kind() == StageKind::Offered) {
            if !self.chance.per_mille(500) {
                continue;
            }
            let (number, rep) = (lead.id, lead.holder().unwrap().member());
            said.push(json!({
                "specversion": "1.0", "id": format!("accepted-{number}"), "source": "/crm/tests",
                "type": "io.baton.crm.lead.accepted.v1", "time": self.now.to_string(),
                "data": { "lead_id": number.to_string(), "actor": { "system": "crm", "object": "user", "id": format!("u-{rep}") } }
            }));
        }
        crm.commit(&self.ground, &said).await;
        self.feeds[0] = self.now;
    }
}

fn earliest(lead: &Lead) -> Option<Clock> {
    let custody = lead.custody()?;
    custody.clocks().min_by_key(|clock| (clock.rung_at, clock.kind)).cloned()
}

/// A date that only moves a lead on needs nobody.
fn is_date(lead: &Lead, clock: &Clock, holder: &Holder) -> bool {
    let resting = matches!(holder, Holder::SegmentOwner(_)) && lead.stage.kind() == StageKind::Captured;
    clock.kind == ClockKind::RecycleAt || (clock.kind == ClockKind::ReviewBy && resting)
}

/// A form that raises no hand.
fn reader(number: u32) -> Value {
    let mut form = demo_request(number);
    form["data"]["form_kind"] = json!("content");
    form["data"]["person"]["job_title"] = json!("student");
    form
}

#[tokio::test]
async fn a_clock_fires_in_the_first_look_at_which_its_holder_works_and_the_facts_are_in() {
    println!("drawn from seed {SEED}");
    let mut swept = Swept::new().await;
    let mut forms = Lane::claim(&swept.ground, "forms", FORMS).await;
    let mut crm = Lane::claim(&swept.ground, "crm", CRM).await;
    for topic in HOLDING.into_iter().skip(1) {
        Lane::claim(&swept.ground, "others", topic).await;
    }
    let people: Vec<Value> =
        (0..RAISED).map(demo_request).chain((RAISED..RAISED + READERS).map(reader)).collect();
    forms.commit(&swept.ground, &people).await;
    // Nothing is known of three feeds yet.
    swept.now = MONDAY.plus(2 * DAY);
    swept.session.set_clock(Some(swept.now)).await.unwrap();
    swept.look().await;
    assert_eq!(swept.fired + swept.put_off, 0, "a clock fired before the feeds were read");
    for look in 0..LOOKS {
        swept.go_on().await;
        swept.look().await;
        if look == 3 {
            swept.accepted(&mut crm).await;
        }
    }
    let twice =
        "SELECT count(*) FROM (SELECT FROM audit WHERE stream LIKE 'sweep/%' GROUP BY subject_id, cause
        HAVING count(DISTINCT decided_at) > 1) AS twice";
    assert_eq!(swept.ground.number(twice).await, 0, "a clock fired twice");
    let (fired, put_off, held) = (swept.fired, swept.put_off, swept.held);
    println!("{fired} clocks fired, {put_off} were put off, {held} times one was held by a feed");
    assert!(fired > 100 && put_off > 10 && held > 10, "too seldom to prove anything");
}
