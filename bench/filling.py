"""What a full database holds: for each table, how many rows people have in it, and the statement that makes them.

The statements say the same on both engines. Each makes the rows of the people numbered `first` to `last`; `owned` has
a line for each of a person's rows in that table, `k` of `each`. Digests and names are made of numbers, so every run
makes the same rows, and they are as random, and as long, as real ones.
"""

from dataclasses import dataclass

HEAD = """
with recursive
given(first, last, at, base, each, every, people) as (select cast($1 as bigint), cast($2 as bigint),
    cast($3 as bigint), cast($4 as bigint), cast($5 as bigint), cast($6 as bigint), cast($7 as bigint)),
numbers(n) as (select first from given union all select n + 1 from numbers, given where n < last),
times(k) as (select cast(0 as bigint) union all select k + 1 from times, given where k + 1 < each),
owned as (
    select n, k, place, person, at, n * each + k as number, (base + n * each + k) * 1024 + place as id
    from (
        select n, bench_place(n) as place, (people + n) * 1024 + bench_place(n) as person, at, base, each, every
        from numbers, given
    ) someone, times
    where n % every = 0
)
"""
PASSWORD_HASH = "$8"  # what `users` needs besides: see `People`


@dataclass(frozen=True, slots=True)
class People:
    """The rows of people in one table: `each` of them for one in `every` person, made by `sql`.

    A `named` number of rows is that member of `Size`. `ids` says that its rows take ids from the sequence; `of_last`
    that they are about the rows that were made just before, whose ids they have.
    """

    table: str
    sql: str
    each: int = 1
    every: int = 1
    named: str = ""
    ids: bool = False
    of_last: bool = False


_LIFE = "at - (number * 7919) % 7776000"  # some time within 90 days
_SEEN = "at - (number * 104729) % 86400"  # some time today

ROWS = (
    People(
        "users",
        f"insert into users (place, id, sub, username, email, email_verified, name, handle, created_at, updated_at)"
        f" select place, person, bench_sub(n), 'person' || n, 'person' || n || '@people.bench.test', 1,"
        f" 'Person Number ' || n, bench_digest('handle' || n), {_LIFE}, {_LIFE} from owned",
    ),
    People(
        "names",
        "insert into names (kind, name, place, user_id) select 'login', 'person' || n || case when k = 1"
        " then '@people.bench.test' else '' end, place, person from owned",
        each=2,
    ),
    People(
        "credentials",
        f"insert into credentials (place, id, user_id, kind, secret, created_at, updated_at)"
        f" select place, id, person, 'password', {PASSWORD_HASH}, {_LIFE}, {_LIFE} from owned",
        ids=True,
    ),
    People(
        "credentials",
        f"insert into credentials (place, id, user_id, kind, secret, last_step, created_at, updated_at)"
        f" select place, id, person, 'totp', bench_hex('seed' || n), 0, {_LIFE}, {_LIFE} from owned",
        every=10,
        ids=True,
    ),
    People(
        "recovery_codes",
        f"insert into recovery_codes (place, id, user_id, digest, created_at)"
        f" select place, id, person, bench_digest('code' || number), {_LIFE} from owned",
        each=10,
        every=10,
        ids=True,
    ),
    People(
        "trusted_browsers",
        f"insert into trusted_browsers (place, id, user_id, digest, created_at, expires_at, browser, system, address)"
        f" select place, id, person, bench_digest('trusted' || n), {_SEEN}, at + 2592000 - n % 86400, 'Firefox',"
        f" 'Linux', '198.51.100.7' from owned",
        every=10,
        ids=True,
    ),
    People(
        "passkeys",
        f"insert into passkeys (place, id, user_id, credential_id, public_key, sign_count, aaguid, transports, name,"
        f" backup_eligible, backed_up, uv_seen, rp_id, created_at) select place, id, person,"
        f" bench_digest('passkey' || n), bench_digest('public key' || n), 0, '00000000-0000-0000-0000-000000000000',"
        f" 'internal', 'Phone', 1, 1, 1, 'bench.test', {_LIFE} from owned",
        every=5,
        ids=True,
    ),
    People(
        "names",
        "insert into names (kind, name, place, user_id)"
        " select 'passkey', bench_hex('credential' || n), place, person from owned",
        every=5,
    ),
    People(
        "links",
        f"insert into links (place, id, user_id, provider, issuer, subject, shown, created_at, used_at, renew_at)"
        f" select place, id, person, 'corp', 'https://corp.bench.test', bench_hex('subject' || n),"
        f" 'person' || n || '@corp.bench.test', {_LIFE}, {_SEEN}, case when n % 2 = 0 then at + n % 86400 end"
        f" from owned",
        every=10,
        ids=True,
    ),
    People(
        "names",
        "insert into names (kind, name, place, user_id)"
        " select 'link', 'https://corp.bench.test ' || bench_hex('subject' || n), place, person from owned",
        every=10,
    ),
    People(
        "sessions",  # of one person in five, one session is over: what a sweep has to do
        f"insert into sessions (place, id, digest, user_id, sub, sid, auth_time, amr, acr, created_at, seen_at,"
        f" expires_at, address, browser, system) select place, id, bench_digest('session' || number), person,"
        f" bench_sub(n), bench_hex('sid' || number), {_SEEN}, 'pwd', 'urn:gatelodge:acr:password', {_SEEN}, {_SEEN},"
        f" case when n % 5 = 0 and k = 0 then at - 172800 - n % 3600 else at + 86400 - number % 3600 end,"
        f" '198.51.100.7', 'Firefox', 'Linux' from owned",
        named="sessions",
        ids=True,
    ),
    People(
        "visits",
        f"insert into visits (place, session_id, client_id, since)"
        f" select place, id, bench_app(n * 7 + k), {_SEEN} from owned where k < 2",
        named="sessions",
        of_last=True,
    ),
    People(
        "vouched_sessions",
        "insert into vouched_sessions (place, session_id, link_id, sid)"
        " select place, id, person, bench_hex('elsewhere' || n) from owned where k = 0",
        named="sessions",
        every=10,
        of_last=True,
    ),
    People(
        "consents",
        f"insert into consents (place, user_id, client_id, scopes, granted_at) select place, person,"
        f" bench_app(n * 7 + k), 'openid profile email', {_LIFE} from owned",
        named="consents",
    ),
    People(
        "families",
        f"insert into families (place, id, nonce, client_id, user_id, generation, rotated_at, created_at,"
        f" idle_expires_at, expires_at, payload) select place, id, bench_digest('nonce' || number),"
        f" bench_app(n * 7 + k), person, 1, {_SEEN}, {_SEEN}, at + 1209600 - number % 86400,"
        f' at + 7776000 - number % 86400, \'{{"scope":["openid","profile","email","offline_access"],'
        f'"sub":"\' || bench_sub(n) || \'","sid":"\' || bench_hex(\'sid\' || number) || \'"}}\' from owned',
        named="families",
        ids=True,
    ),
    People(
        "access_tokens",
        f"insert into access_tokens (place, id, digest, client_id, user_id, issued_at, expires_at, payload)"
        f" select place, id, bench_digest('token' || n), bench_app(n), person, {_SEEN}, at + 600, '{{}}' from owned",
        every=10,
        ids=True,
    ),
    People(
        "audit",
        f"insert into audit (place, at, event, client_id, user_id, request_id, address, detail) select place,"
        f" {_LIFE}, case k when 0 then 'signed_in' when 1 then 'token_issued' else 'consent_granted' end,"
        f" bench_app(n), person, bench_hex('request' || number), '198.51.100.7', '{{\"amr\":\"pwd\"}}' from owned",
        named="events",
    ),
    People(
        "tickets",
        "insert into tickets (place, id, digest, kind, expires_at, payload) select place, id,"
        " bench_digest('ticket' || number), case k when 0 then 'interaction' else 'code' end, at + 1800 - n % 600,"
        " '{}' from owned",
        each=2,
        every=20,
        ids=True,
    ),
    People(
        "outbox",
        f"insert into outbox (place, id, kind, recipient, dedupe, payload, template, locale, user_id, since, due_at,"
        f" sent_at, dead_at) select place, id, 'mail', 'person' || n || '@people.bench.test', bench_hex('letter' || n),"
        f" bench_digest('letter' || n), 'new_sign_in', 'en', person, {_SEEN}, {_SEEN},"
        f" case when n % 100 >= 20 then {_SEEN} end, case when n % 100 < 10 then {_SEEN} end from owned",
        every=10,
        ids=True,
    ),
    People(
        "deletions",
        "insert into deletions (place, user_id, asked_at, due_at)"
        " select place, person, at, at + 1209600 - n % 86400 from owned",
        every=1000,
    ),
    People(
        "recoveries",
        "insert into recoveries (place, user_id, mark, due_at, until, letters)"
        " select place, person, bench_hex('mark' || n), at + 86400, at + 172800, '[]' from owned",
        every=1000,
    ),
    People(
        "tombstones",
        "insert into tombstones (place, sub, at) select place, 'gone-' || n, at from owned",
        every=20,
    ),
    People(
        "seen",
        "insert into seen (digest, expires_at) select bench_digest('seen' || n), at + n % 600 from owned",
        every=100,
    ),
    People(
        "throttle",
        "insert into throttle (bucket, count, resets_at) select bench_digest('bucket' || n), 1, at + n % 900"
        " from owned",
        every=20,
    ),
)
