-- The first schema. Rendered per engine by database/render.py: {ID} is an ever-growing 64-bit primary key,
-- {BYTES} a byte string, {FILL} PostgreSQL's fillfactor for rows that are updated in place.
-- PLACED is the id and the place of a row that lives with its person or its client (database/places.py), and their
-- primary key: the id is `nextval('ids') * 1024 + place`. COUNTED is the same where nobody is handed the id. PERSON
-- makes the row go with its person, SESSION with its session; their key begins with whose it is, since SQLite looks for
-- what goes by that alone.
-- Times are whole seconds since 1970. Text lists are space-joined; JSON is text.

{IDS}

create table instance (
    one integer primary key check (one = 1),
    epoch {BYTES} not null,               -- part of every single-use value: a restored backup gets a new one
    created_at bigint not null,
    mask_key {BYTES} not null,            -- sealed: row ids are masked under it; shows at start a secret key that is wrong
    revision bigint not null default 0,   -- raised by every change to clients, apis, scopes, providers and keys, so caches notice
    places integer not null default 1,    -- over how many rows are spread: as it was when the database was made
    rp_id text                            -- the domain that passkeys are made for, as it was at the last start
);

create table clients (
    id text primary key,
    metadata text not null,               -- JSON: what is registered of it, under the names of RFC 7591
    secrets text not null default '[]',   -- JSON: [{"digest": base64, "expires_at": seconds or null}]
    enabled integer not null default 1,
    created_at bigint not null,
    updated_at bigint not null,
    generation bigint not null default 0, -- the revision at which it was registered: differs when its id is given again
    revision bigint not null default 0    -- the revision at which it last changed
);

-- Pictures of clients: judged when they were given, named by their content, shown from here alone.
create table client_logos (
    client_id text primary key references clients (id) on delete cascade,
    name text not null,
    body {BYTES} not null
);
create index client_logos_name on client_logos (name);

create table apis (
    identifier text primary key,
    name text not null,
    scopes text not null default '{}',    -- JSON: scope -> sentence
    token_format text not null default 'jwt',
    signing_alg text not null default 'ES256',
    lifetime integer not null default 600,
    introspectors text not null default '',
    enabled integer not null default 1,
    created_at bigint not null,
    updated_at bigint not null
);

-- Scopes of the operator's own, and the claims of people that each releases.
create table claim_scopes (
    name text primary key,
    claims text not null,                 -- space-joined
    sentence text not null,               -- what people read when they are asked
    created_at bigint not null
);

create table users (
    {PLACED},
    sub text not null,                    -- the subject identifier: random, never re-used, never shown to be guessed
    username text not null,               -- canonical: NFKC, case-folded; unique by `names`
    email text,                           -- canonical; unique by `names`
    email_verified integer not null default 0,
    name text,
    claims text not null default '{}',    -- JSON: every further standard claim, and custom ones
    enabled integer not null default 1,
    endings integer not null default 0,   -- how often all that they hold was ended: see `users.hold`
    email_changes integer not null default 0, -- how many are in force that an older address can take back
    factor_due bigint,                    -- until when they may sign in without the second factor they must have
    admin integer not null default 0,     -- may look after this server; nobody until the operator says so
    handle {BYTES},                       -- 32 random bytes, from their first passkey on: what authenticators call them by
    created_at bigint not null,
    updated_at bigint not null,
    -- One space of names: nobody takes another's address as their user name and is found in their place.
    check (username not like '%@%' or username = coalesce(email, '')),
    check (email like '%@%')
);
create unique index users_sub on users (place, sub); -- a person's place follows from the subject identifier

-- Accounts whose person asked for their deletion.
create table deletions (
    place bigint not null,
    user_id bigint not null,
    asked_at bigint not null,
    due_at bigint not null,
    primary key (user_id, place),
    {PERSON}
);
create index deletions_due on deletions (due_at);

-- Accounts whose person asked to come back to them without a second factor: see stores/recoveries.py.
create table recoveries (
    place bigint not null,
    user_id bigint not null,
    mark text not null,                   -- tells one recovery from the next
    due_at bigint not null,               -- before it nothing happens
    until bigint not null,                -- from it on it is too late
    letters text not null,                -- ids of parcels that wait in the outbox, JSON
    primary key (user_id, place),
    {PERSON}
);

-- The subject identifiers of people who are gone: nobody else is ever called so.
create table tombstones (
    place bigint not null,
    sub text not null,
    at bigint not null,
    primary key (place, sub)
);

-- What people are found by, each unique in its kind: a name or an address to sign in with is of the kind 'login',
-- an account elsewhere of the kind 'link'.
create table names (
    kind text not null,
    name text not null,
    place bigint not null,
    user_id bigint not null,
    primary key (kind, name)
);

create table credentials (
    {PLACED},
    user_id bigint not null,
    kind text not null,                   -- 'password' or 'totp'
    secret text not null,                 -- for a password, its argon2id hash; for an authenticator app, its sealed seed
    created_at bigint not null,
    updated_at bigint not null,
    last_step bigint,                     -- of an authenticator app: the newest step that was spent
    closed_at bigint,                     -- of an authenticator app: too many wrong codes
    {PERSON}
);
create unique index credentials_password on credentials (place, user_id) where kind = 'password';
create unique index credentials_totp on credentials (place, user_id) where kind = 'totp';
create index credentials_user on credentials (user_id);

-- Recovery codes, each good once in place of a second factor; of the whole set when a new one is made none is left.
create table recovery_codes (
    {PLACED},
    user_id bigint not null,
    digest {BYTES} not null,
    created_at bigint not null,
    used_at bigint,
    {PERSON}
);
create index recovery_codes_user on recovery_codes (user_id);

-- Browsers that stand for a person's second factor. The cookie's value is id + secret; the row keeps the digest of it.
create table trusted_browsers (
    {PLACED},
    user_id bigint not null,
    digest {BYTES} not null,
    created_at bigint not null,
    expires_at bigint not null,
    browser text not null,
    system text not null,
    address text not null,
    {PERSON}
);
create index trusted_browsers_user on trusted_browsers (user_id);
create index trusted_browsers_expiry on trusted_browsers (expires_at);

-- Passkeys: the credential record of WebAuthn L3 4. That no two have one id is said by `names`, kind 'passkey'.
create table passkeys (
    {PLACED},
    user_id bigint not null,
    credential_id {BYTES} not null,
    public_key {BYTES} not null,          -- COSE
    sign_count bigint not null,
    aaguid text not null,
    transports text not null,             -- space-joined
    name text not null,
    backup_eligible integer not null,     -- may be copied to other devices; never changes
    backed_up integer not null,
    uv_seen integer not null,             -- it verified its person when another factor vouched for them
    rp_id text not null,
    created_at bigint not null,
    used_at bigint,
    suspect integer not null default 0,   -- its counter went back once
    {PERSON}
) {FILL};
create index passkeys_user on passkeys (user_id);

-- Accounts elsewhere that sign a person in; issuer and subject are unique by `names`.
create table links (
    {PLACED},
    user_id bigint not null,
    provider text not null,               -- the name it was last used by
    issuer text not null,
    subject text not null,
    shown text not null default '',       -- what the provider calls them
    kept text not null default '{}',      -- JSON: further names of them there
    created_at bigint not null,
    used_at bigint not null,
    sealed {BYTES},                       -- the provider's refresh token, if it is kept
    renew_at bigint,                      -- when that is renewed next
    {PERSON}
);
create index links_user on links (user_id);
create index links_renew on links (renew_at) where renew_at is not null;

-- Other providers that people may sign in with.
create table providers (
    name text primary key,
    settings text not null,               -- JSON: see protocol/provider.py
    sealed {BYTES},                       -- the client secret or private key
    enabled integer not null default 1,
    position integer not null,            -- of its button
    created_at bigint not null,
    updated_at bigint not null
);

-- Whose JWTs about workloads are believed: a continuous integration, a cluster.
create table trusted_issuers (
    name text primary key,
    settings text not null,               -- JSON: see protocol/workload.py
    created_at bigint not null
);

-- A browser that is signed in. The cookie's value is id + secret; the row keeps the digest of the secret.
create table sessions (
    {PLACED},
    digest {BYTES} not null,
    user_id bigint not null,
    sub text not null,
    sid text not null,                    -- the `sid` claim: stays when the cookie's value changes
    auth_time bigint not null,
    amr text not null,
    acr text not null,
    created_at bigint not null,
    seen_at bigint not null,
    expires_at bigint not null,
    address text not null default '',
    browser text not null default '',     -- of a short list of names, or empty: nothing a stranger wrote
    system text not null default '',
    {PERSON}
);
create unique index sessions_sid on sessions (place, sid);
create index sessions_user on sessions (user_id);
create index sessions_expiry on sessions (expires_at);

-- Which application was told of which session, and so is told when it is over.
create table visits (
    place bigint not null,
    session_id bigint not null,
    client_id text not null references clients (id) on delete cascade,
    since bigint not null,
    primary key (session_id, place, client_id),
    {SESSION}
);
create index visits_client on visits (client_id);

-- Which account elsewhere vouched for a session, and its session there: so that signing out there ends it.
create table vouched_sessions (
    place bigint not null,
    session_id bigint not null,
    link_id bigint not null,
    sid text not null,                    -- of the session there; empty if the provider says none
    primary key (session_id, place, link_id),
    {SESSION}
);

create table consents (
    place bigint not null,
    user_id bigint not null,
    client_id text not null references clients (id) on delete cascade,
    scopes text not null,
    resources text not null default '',
    granted_at bigint not null,
    primary key (user_id, place, client_id),
    {PERSON}
);
create index consents_client on consents (client_id);

-- Every single-use secret of every kind: authorization code, interaction, and whatever comes later.
create table tickets (
    {PLACED},
    digest {BYTES} not null,
    kind text not null,
    code {BYTES},                         -- digest of a short code that a person types, until it was answered
    expires_at bigint not null,
    spent_at bigint,
    replayed_at bigint,                   -- presented again after it was spent
    payload text not null                 -- JSON
) {FILL};
create index tickets_expiry on tickets (expires_at);
create unique index tickets_code on tickets (place, code) where code is not null;
-- Requests that wait for a person are removed soon after their end: see stores/sweep.py.
create index tickets_interactions on tickets (expires_at) where kind in ('interaction', 'upstream', 'upstream_post', 'passkey');

-- One row per authorization: all tokens that descend from it. Rotation updates it in place.
create table families (
    {PLACED},
    nonce {BYTES} not null,
    client_id text not null,
    user_id bigint,                       -- null when no person is behind it
    code_id bigint,                       -- the ticket it was redeemed from
    parent_id bigint,                     -- the family it rests on and ends with: a token of that one was exchanged
    generation integer not null,          -- 0: no refresh token was ever issued
    rotated_at bigint not null,
    rotated_before bigint not null default 0,  -- `rotated_at` until the last rotation, for one that is given back
    rotated_from text not null default '',-- the network the last rotation was asked for from
    from_before text not null default '', -- `rotated_from` until the last rotation
    repeats integer not null default 0,   -- how often the answer of the last rotation was given again
    lately integer not null default 0,    -- the same of all rotations that followed one another within the overlap
    created_at bigint not null,
    idle_expires_at bigint not null,
    idle_before bigint not null default 0,-- `idle_expires_at` until the last rotation
    expires_at bigint not null,
    revoked_at bigint,
    ended_jwts text not null default '',  -- JWT access tokens that were revoked one by one: `jti:expires_at`, space-joined
    payload text not null                 -- JSON: scope, resource, sub, sid, auth_time, amr, acr, nonce, claims
) {FILL};
create index families_user on families (user_id);
create index families_code on families (code_id);
create index families_parent on families (parent_id) where parent_id is not null;
create index families_expiry on families (expires_at);

-- Opaque access tokens.
create table access_tokens (
    {PLACED},
    digest {BYTES} not null,
    family_id bigint,                     -- null for client_credentials
    client_id text not null,
    user_id bigint,
    issued_at bigint not null,
    expires_at bigint not null,
    revoked_at bigint,
    payload text not null                 -- JSON: scope, aud, sub, ...
) {FILL};
create index access_tokens_expiry on access_tokens (expires_at);
create index access_tokens_family on access_tokens (family_id);

-- Values that may be seen once (client assertion `jti`) or never again (`jti` of a machine's JWT that was revoked).
create table seen (
    digest {BYTES} primary key,           -- of kind and value
    expires_at bigint not null
);
create index seen_expiry on seen (expires_at);

create table throttle (
    bucket {BYTES} primary key,           -- digest of what is counted
    count integer not null,
    resets_at bigint not null,
    total integer not null default 0      -- of windows that follow one another: how they grow
);
create index throttle_expiry on throttle (resets_at);

-- What other machines are to be told: see stores/outbox.py.
create table outbox (
    {PLACED},
    kind text not null,                   -- who delivers it: see outbox/
    recipient text not null,              -- to whom: an address, a client
    dedupe text not null,                 -- what is told once, however often it is put
    payload {BYTES} not null,             -- what its kind needs; a letter's is sealed
    template text not null,
    locale text not null,
    user_id bigint,                       -- whom it is about, who may be gone
    since bigint not null,                -- put, or tried again by an operator
    due_at bigint not null,               -- not to be tried before
    tries integer not null default 0,
    reason text not null default '',      -- why it did not arrive last time
    sent_at bigint,
    dead_at bigint
);
create unique index outbox_dedupe on outbox (place, kind, dedupe);
create index outbox_due on outbox (kind, due_at) where sent_at is null and dead_at is null;
create index outbox_sent on outbox (sent_at);
create index outbox_dead on outbox (dead_at) where dead_at is not null;

create table signing_keys (
    kid text primary key,
    alg text not null,
    public_jwk text not null,
    sealed {BYTES} not null,              -- the private JWK, sealed under the secret key
    created_at bigint not null,
    activates_at bigint not null,
    retires_at bigint,                    -- signs no more from here
    removed_at bigint                     -- published no more from here
);

create table audit (
    {COUNTED},                            -- the place is the person's, else the client's
    at bigint not null,
    event text not null,
    client_id text,
    user_id bigint,
    request_id text,
    address text,
    actor_kind text not null default 'server',
    actor text not null default '',       -- a name or an id: see telemetry/actor.py
    detail text not null default '{}'     -- JSON
);
-- What people read of their own: all but what goes on by itself (stores/audit.py, `ROUTINE`).
create index audit_history on audit (user_id, at, id)
    where event not in ('legacy_used', 'token_issued', 'token_refreshed', 'token_revoked');
create index audit_at on audit (at, id);

-- Who may purge, and until which time was purged: one row.
create table sweeps (
    one integer primary key check (one = 1),
    lease bigint not null,                -- raised whenever a sweep begins; the newest one may go on
    leased_until bigint not null,
    horizon bigint not null
);

-- Why requests were answered as they were, for the inspector: the last few, written in batches. No value of a request.
create table traces (
    id {ID},
    request_id text not null,
    at bigint not null,
    refused integer not null,
    endpoint text not null,
    client_id text not null,
    trace text not null                   -- JSON
);
create index traces_request on traces (request_id);
create index traces_refused on traces (refused, id);
create index traces_at on traces (at);
