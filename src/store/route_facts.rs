//! What the router reads beside queued leads: open deals, who works the company, its owner, its name, the campaign's
//! source. Read without locks; it never says who gets a lead.

use super::error::StoreError;
use super::statement::Statement;
use crate::domain::ids::{AccountId, LeadId};
use crate::domain::routing::{Company, name_key};
use crate::domain::team::MemberId;
use sqlx::PgConnection;
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// Companies that bear the names of one batch's leads: a name that hundreds bear tells nothing.
const NAMESAKES_MAX: i64 = 2_000;

const DEALS: Statement = Statement::new(
    "route_facts.deals",
    "SELECT DISTINCT ON (c.lead_id) c.lead_id, o.owner
     FROM opportunity_contact AS c JOIN opportunity AS o ON o.id = c.opportunity_id
     WHERE c.lead_id = ANY($1::uuid[]) AND o.state = 'open' AND o.owner IS NOT NULL
     ORDER BY c.lead_id, o.opened_at DESC, o.id",
);
const COMPANY_DEALS: Statement = Statement::new(
    "route_facts.company_deals",
    "SELECT DISTINCT ON (account_id) account_id, owner FROM opportunity
     WHERE account_id = ANY($1::uuid[]) AND state = 'open' AND owner IS NOT NULL
     ORDER BY account_id, opened_at DESC, id",
);
/// Accepted, qualified or with a deal: the furthest first.
const HOLDERS: Statement = Statement::new(
    "route_facts.holders",
    "SELECT DISTINCT ON (account_id) account_id, holder_id FROM lead
     WHERE account_id = ANY($1::uuid[]) AND stage IN (4, 5, 6) AND holder_kind = 'rep'
     ORDER BY account_id, stage DESC, decided_at DESC, id",
);
const COMPANIES: Statement = Statement::new(
    "route_facts.companies",
    "SELECT a.id, a.kind, a.owner, a.name_key,
         ARRAY(SELECT key FROM account_key WHERE account_id = a.id ORDER BY key LIMIT 100)
     FROM account AS a WHERE a.id = ANY($1::uuid[])",
);
const NAMESAKES: Statement = Statement::new(
    "route_facts.namesakes",
    "SELECT id FROM account WHERE name_key = ANY($1::text[]) ORDER BY id LIMIT $2",
);
const NAMES: Statement = Statement::new(
    "route_facts.names",
    "SELECT lead_id, company_name FROM person WHERE lead_id = ANY($1::uuid[]) AND company_name IS NOT NULL",
);
const SOURCES: Statement =
    Statement::new("route_facts.sources", "SELECT id, source FROM campaign WHERE id = ANY($1::text[])");

pub(super) const STATEMENTS: &[Statement] =
    &[DEALS, COMPANY_DEALS, HOLDERS, COMPANIES, NAMESAKES, NAMES, SOURCES];

/// What is known beside one queued lead.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RouteFacts {
    /// Who owns the newest open deal that the person is a contact of.
    pub deal_owner: Option<MemberId>,
    /// The company's name as the person gave it, as it is compared.
    pub company_name: Option<String>,
    /// Source of the latest campaign, lower case.
    pub source: Option<String>,
    /// The company that the lead is bound to.
    pub company: Option<Company>,
    /// Others of the same name.
    pub namesakes: Vec<Company>,
}

/// A queued lead, as far as the reads need it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    pub lead: LeadId,
    pub account: Option<AccountId>,
    pub campaign: Option<String>,
}

/// Reads what is known beside these leads, one statement for each kind of fact.
///
/// # Errors
/// A statement fails.
pub async fn read(
    conn: &mut PgConnection,
    asked: &[Asked],
) -> Result<BTreeMap<LeadId, RouteFacts>, StoreError> {
    let leads: Vec<Uuid> = asked.iter().map(|it| it.lead.0).collect();
    let deals = owners(DEALS, conn, &leads).await?;
    let names = names(conn, &leads).await?;
    let sources = sources(conn, asked).await?;
    let own: BTreeSet<Uuid> = asked.iter().filter_map(|it| it.account).map(|id| id.0).collect();
    let companies = companies(conn, own, names.values().cloned().collect()).await?;
    let of = |it: &Asked| {
        let company_name = names.get(&it.lead.0).cloned();
        let bears = |company: &&Company| {
            company_name.is_some() && company.name_key == company_name && Some(company.id) != it.account
        };
        let facts = RouteFacts {
            deal_owner: deals.get(&it.lead.0).cloned(),
            source: it.campaign.as_ref().and_then(|id| sources.get(id)).map(|source| source.to_lowercase()),
            company: it.account.and_then(|id| companies.get(&id.0)).cloned(),
            namesakes: companies.values().filter(bears).cloned().collect(),
            company_name,
        };
        (it.lead, facts)
    };
    Ok(asked.iter().map(of).collect())
}

/// Companies that a made-up lead may be of: the one that its keys name, and all of its name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CompanyRead {
    pub bound: Option<Company>,
    pub namesakes: Vec<Company>,
    /// Source of the campaign, lower case.
    pub source: Option<String>,
}

/// Reads what is known of a made-up lead's company: by `domain:...` or `crm:system:id`, the first key before the next, and
/// by name, as it is compared; and the campaign's source.
///
/// # Errors
/// A statement fails.
pub async fn made_up(
    conn: &mut PgConnection,
    keys: &[String],
    name: Option<&str>,
    campaign: Option<&str>,
) -> Result<CompanyRead, StoreError> {
    let known = super::account::by_key(conn, &keys.iter().cloned().collect()).await?;
    let id = keys.iter().find_map(|key| known.get(key)).copied();
    let names: BTreeSet<String> = name.map(str::to_owned).into_iter().collect();
    let mut found = companies(conn, id.map(|id| id.0).into_iter().collect(), names).await?;
    let bound = id.and_then(|id| found.remove(&id.0));
    let bears = |company: &Company| name.is_some() && company.name_key.as_deref() == name;
    let campaign = campaign.map(str::to_owned);
    let asked = Asked { lead: LeadId(Uuid::nil()), account: None, campaign: campaign.clone() };
    let sources = sources(conn, &[asked]).await?;
    Ok(CompanyRead {
        bound,
        namesakes: found.into_values().filter(bears).collect(),
        source: campaign.and_then(|id| sources.get(&id).map(|source| source.to_lowercase())),
    })
}

async fn owners(
    statement: Statement,
    conn: &mut PgConnection,
    ids: &[Uuid],
) -> Result<BTreeMap<Uuid, MemberId>, StoreError> {
    let rows: Vec<(Uuid, String)> =
        statement.rows().bind(ids).fetch_all(conn).await.map_err(|error| statement.failed(error))?;
    Ok(rows.into_iter().map(|(id, owner)| (id, MemberId(owner))).collect())
}

async fn names(conn: &mut PgConnection, leads: &[Uuid]) -> Result<BTreeMap<Uuid, String>, StoreError> {
    let rows: Vec<(Uuid, String)> =
        NAMES.rows().bind(leads).fetch_all(conn).await.map_err(|error| NAMES.failed(error))?;
    Ok(rows.into_iter().filter_map(|(lead, name)| Some((lead, name_key(&name)?))).collect())
}

async fn sources(conn: &mut PgConnection, asked: &[Asked]) -> Result<BTreeMap<String, String>, StoreError> {
    let campaigns: BTreeSet<&str> = asked.iter().filter_map(|it| it.campaign.as_deref()).collect();
    let campaigns: Vec<&str> = campaigns.into_iter().collect();
    let rows: Vec<(String, String)> =
        SOURCES.rows().bind(campaigns).fetch_all(conn).await.map_err(|error| SOURCES.failed(error))?;
    Ok(rows.into_iter().collect())
}

/// Id, kind, owner, name as it is compared, keys.
type Stored = (Uuid, Option<String>, Option<String>, Option<String>, Vec<String>);

/// The companies of these ids and of these names, with who works them.
async fn companies(
    conn: &mut PgConnection,
    mut ids: BTreeSet<Uuid>,
    names: BTreeSet<String>,
) -> Result<BTreeMap<Uuid, Company>, StoreError> {
    if !names.is_empty() {
        let names: Vec<String> = names.into_iter().collect();
        let rows: Vec<(Uuid,)> = NAMESAKES
            .head()
            .bind(names)
            .bind(NAMESAKES_MAX)
            .fetch_all(&mut *conn)
            .await
            .map_err(|error| NAMESAKES.failed(error))?;
        ids.extend(rows.into_iter().map(|(id,)| id));
    }
    let ids: Vec<Uuid> = ids.into_iter().collect();
    if ids.is_empty() {
        return Ok(BTreeMap::new());
    }
    let mut deals = owners(COMPANY_DEALS, conn, &ids).await?;
    let mut holders = owners(HOLDERS, conn, &ids).await?;
    let rows: Vec<Stored> =
        COMPANIES.rows().bind(&ids).fetch_all(conn).await.map_err(|error| COMPANIES.failed(error))?;
    Ok(rows
        .into_iter()
        .map(|(id, kind, owner, name_key, keys)| {
            let company = Company {
                id: AccountId(id),
                kind,
                owner: owner.map(MemberId),
                name_key,
                keys,
                deal_owner: deals.remove(&id),
                cycle_holder: holders.remove(&id),
            };
            (id, company)
        })
        .collect())
}
