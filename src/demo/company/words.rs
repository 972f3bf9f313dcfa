//! Names, titles, companies and campaigns that the company is made of. It never holds a real person or a domain outside `.example`.

/// The simulated company's own domain: people who test their own forms.
pub const OWN_DOMAIN: &str = "harbourline.example";
/// Domains of companies that sell the same thing.
pub const COMPETITOR_DOMAINS: [&str; 3] = ["rivalworks.example", "copperlane.example", "leadmill.example"];
/// Mailboxes that anybody may open.
pub const FREE_MAIL_DOMAINS: [&str; 2] = ["freemail.example", "inbox.example"];
/// Mailboxes that live for ten minutes.
pub const DISPOSABLE_DOMAINS: [&str; 1] = ["throwaway.example"];

pub(super) const FIRST_NAMES: [&str; 48] = [
    "Alma", "Anders", "Bea", "Bruno", "Carla", "Cyril", "Dana", "Dimitri", "Elena", "Emil", "Farah", "Finn",
    "Gita", "Goran", "Hana", "Henrik", "Ines", "Ivo", "Jana", "Joel", "Kamal", "Karin", "Lena", "Luca",
    "Mara", "Milo", "Nadia", "Nils", "Odette", "Omar", "Petra", "Pavel", "Rosa", "Ravi", "Selma", "Stefan",
    "Tara", "Timo", "Ulla", "Viktor", "Wanda", "Yara", "Zoe", "Aron", "Mei", "Kofi", "Aisha", "Tomas",
];

pub(super) const LAST_NAMES: [&str; 48] = [
    "Adler",
    "Almeida",
    "Banerjee",
    "Berg",
    "Carlsen",
    "Castell",
    "Danek",
    "Dorn",
    "Eriksen",
    "Falk",
    "Ferreira",
    "Gruber",
    "Haas",
    "Halvorsen",
    "Ibsen",
    "Ionescu",
    "Jansen",
    "Kaya",
    "Keller",
    "Kowal",
    "Lambert",
    "Lindqvist",
    "Marek",
    "Mensah",
    "Moreau",
    "Nagy",
    "Nowak",
    "Olsen",
    "Orlova",
    "Pereira",
    "Quist",
    "Rahman",
    "Rossi",
    "Sandoval",
    "Sharma",
    "Sorensen",
    "Takeda",
    "Torres",
    "Ueda",
    "Varga",
    "Vidal",
    "Wagner",
    "Winther",
    "Yilmaz",
    "Zeller",
    "Zhang",
    "Okoro",
    "Nilsson",
];

/// First and second halves of company names: 32 x 24 pairs before a number is needed.
pub(super) const NAME_HEADS: [&str; 32] = [
    "Amber", "Aspen", "Basalt", "Birch", "Cedar", "Cobalt", "Coral", "Delta", "Ember", "Fjord", "Granite",
    "Harvest", "Indigo", "Juniper", "Kestrel", "Lumen", "Maple", "Meridian", "Nimbus", "Nordic", "Onyx",
    "Orchid", "Pioneer", "Quartz", "River", "Saffron", "Solstice", "Summit", "Tidal", "Umber", "Vertex",
    "Willow",
];
pub(super) const NAME_TAILS: [&str; 24] = [
    "Analytics",
    "Bank",
    "Brands",
    "Care",
    "Cloud",
    "Components",
    "Dynamics",
    "Foods",
    "Freight",
    "Gear",
    "Health",
    "Industries",
    "Insurance",
    "Labs",
    "Logistics",
    "Media",
    "Networks",
    "Payments",
    "Robotics",
    "Software",
    "Stores",
    "Systems",
    "Tools",
    "Works",
];

/// Industries by weight: target, adjacent and others of the default policy.
pub(super) const INDUSTRIES: [(&str, i64); 10] = [
    ("software", 26),
    ("financial services", 16),
    ("manufacturing", 18),
    ("retail", 9),
    ("logistics", 8),
    ("health care", 7),
    ("media", 5),
    ("education", 5),
    ("construction", 4),
    ("hospitality", 2),
];

pub(super) const COUNTRIES: [(&str, i64); 16] = [
    ("US", 24),
    ("GB", 14),
    ("DE", 13),
    ("FR", 8),
    ("NL", 6),
    ("SE", 4),
    ("CA", 5),
    ("IE", 3),
    ("DK", 3),
    ("ES", 6),
    ("PL", 4),
    ("IT", 4),
    ("BR", 2),
    ("IN", 2),
    ("SG", 1),
    ("AU", 1),
];

/// Sizes as (from, to) employees, by weight.
pub(super) const SIZES: [((i64, i64), i64); 5] =
    [((3, 9), 12), ((10, 49), 22), ((50, 199), 25), ((200, 2_000), 30), ((2_001, 24_000), 11)];

/// Titles with the standing they give when a company buys (0 to 40), by weight.
pub(super) const TITLES: [((&str, i64), i64); 20] = [
    (("Chief Revenue Officer", 40), 3),
    (("Chief Marketing Officer", 38), 3),
    (("Chief Financial Officer", 32), 2),
    (("VP Sales", 40), 6),
    (("VP Marketing", 38), 5),
    (("VP Engineering", 34), 3),
    (("VP Revenue Operations", 40), 4),
    (("Head of Marketing", 34), 6),
    (("Head of Sales Operations", 36), 6),
    (("Director of Sales", 34), 6),
    (("Director of Demand Generation", 32), 5),
    (("Director of IT", 26), 3),
    (("Revenue Operations Manager", 26), 9),
    (("Marketing Manager", 20), 10),
    (("Sales Manager", 22), 8),
    (("Finance Manager", 14), 3),
    (("Marketing Specialist", 8), 8),
    (("Sales Representative", 6), 5),
    (("Software Engineer", 4), 4),
    (("Office Assistant", 2), 2),
];

/// One campaign; the day numbers count from the company's start.
pub(super) struct Campaign {
    pub(super) id: &'static str,
    pub(super) name: &'static str,
    pub(super) channel: &'static str,
    pub(super) source: &'static str,
    pub(super) medium: &'static str,
    pub(super) origin: &'static str,
    /// How many of the new people it brings, as a weight.
    pub(super) weight: i64,
    /// What a person whom it brings is worth on top of their own worth, -20 to 20.
    pub(super) lift: i64,
    /// Spend a week, in whole units; 0 = none recorded.
    pub(super) weekly_spend: i64,
    pub(super) currency: &'static str,
    pub(super) spend_kind: &'static str,
}

const fn campaign(
    id: &'static str,
    name: &'static str,
    (channel, source, medium, origin): (&'static str, &'static str, &'static str, &'static str),
    (weight, lift): (i64, i64),
    (weekly_spend, currency, spend_kind): (i64, &'static str, &'static str),
) -> Campaign {
    Campaign { id, name, channel, source, medium, origin, weight, lift, weekly_spend, currency, spend_kind }
}

/// Places in [`CAMPAIGNS`] that a journey names.
pub(super) const WEBINARS: usize = 5;
pub(super) const EVENT: usize = 6;
pub(super) const NEWSLETTER: usize = 7;
pub(super) const OUTBOUND: usize = 11;

pub(super) const CAMPAIGNS: [Campaign; 12] = [
    campaign(
        "cmp-search-brand",
        "Paid search: brand",
        ("paid_search", "google", "cpc", "marketing"),
        (13, 10),
        (900, "USD", "media"),
    ),
    campaign(
        "cmp-search-category",
        "Paid search: lead routing",
        ("paid_search", "google", "cpc", "marketing"),
        (15, 2),
        (2_400, "USD", "media"),
    ),
    campaign(
        "cmp-social-abm",
        "LinkedIn: named accounts",
        ("paid_social", "linkedin", "paid_social", "marketing"),
        (10, 8),
        (2_100, "USD", "media"),
    ),
    campaign(
        "cmp-social-broad",
        "LinkedIn: broad reach",
        ("paid_social", "linkedin", "paid_social", "marketing"),
        (12, -12),
        (1_500, "USD", "media"),
    ),
    campaign(
        "cmp-content-guide",
        "Guide: the first hour of a lead",
        ("content", "website", "organic", "marketing"),
        (12, 0),
        (300, "USD", "content"),
    ),
    campaign(
        "cmp-webinar-series",
        "Webinar series: handoff in practice",
        ("webinar", "website", "webinar", "marketing"),
        (11, 6),
        (450, "USD", "content"),
    ),
    campaign(
        "cmp-event-revops",
        "Trade fair: Revenue Days",
        ("event", "revenue-days", "event", "marketing"),
        (5, 4),
        (1_300, "EUR", "event"),
    ),
    campaign(
        "cmp-newsletter",
        "Newsletter: Handoff weekly",
        ("newsletter", "newsletter", "email", "marketing"),
        (9, -6),
        (150, "USD", "tool"),
    ),
    campaign(
        "cmp-organic",
        "Organic search",
        ("organic_search", "google", "organic", "marketing"),
        (11, 5),
        (0, "USD", "content"),
    ),
    campaign(
        "cmp-review-sites",
        "Review sites",
        ("referral", "reviews", "referral", "marketing"),
        (5, 9),
        (600, "USD", "media"),
    ),
    campaign(
        "cmp-partner-agency",
        "Partner: implementation agencies",
        ("partner", "partner", "referral", "partner"),
        (5, 12),
        (200, "EUR", "other"),
    ),
    campaign(
        "cmp-outbound",
        "Outbound: target list",
        ("outbound", "outbound", "outbound", "sales"),
        (4, 0),
        (400, "USD", "tool"),
    ),
];

pub(super) const COMPETITORS: [&str; 3] = ["Rivalworks", "Copperlane", "Leadmill"];

/// What reps write down, by theme.
pub(super) const NOTES: [(&str, &str); 8] = [
    ("objection", "They find the price per seat too high for the regional teams."),
    ("objection", "Security wants the data to stay in the region before they go on."),
    ("question", "Asked how long a migration from spreadsheets takes."),
    ("content_gap", "Would like a one-page comparison for their finance people."),
    ("competitor", "They are trying Rivalworks in one country until the summer."),
    ("praise", "Liked that the guide named real numbers, passed it on to the team."),
    ("data_quality", "The phone number on the form is the switchboard, not the person."),
    ("question", "Wanted to know whether the score can be seen by the rep."),
];
