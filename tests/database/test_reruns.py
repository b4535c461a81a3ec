"""Every body that writes may be run again: what its first, forgotten run did shows nowhere."""

import pytest
from tests.consenting import allow
from tests.holding import begin_session, open_family

from gatelodge.protocol.client import Api, Client
from gatelodge.protocol.rotation import RefreshValue
from gatelodge.stores import (
    access_tokens,
    apis,
    audit,
    clients,
    consents,
    credentials,
    endings,
    instance,
    refresh_tokens,
    seen,
    signing_keys,
    throttle,
    tickets,
    users,
)
from gatelodge.stores.refresh_tokens import NewFamily
from gatelodge.stores.sessions import NewSession
from gatelodge.stores.signing_keys import SigningKey
from gatelodge.stores.users import NewUser
from gatelodge.telemetry.events import Origin, PasswordSet

pytestmark = pytest.mark.anyio

NOW = 1_800_000_000
DIGEST = b"d" * 32
CLIENT = Client(id="web1", name="Web", type="spa", auth_method="none")


async def test_what_is_spent_once_is_spent_by_the_run_that_counts(rerunning_database):
    db = rerunning_database
    row_id = await db.write(tickets.put, "code", DIGEST, "{}", NOW + 60)

    assert await db.write(tickets.rewrite, "code", row_id, DIGEST, "[]") is True
    assert (await db.write(tickets.take, "code", row_id, DIGEST, NOW)).payload == "[]"
    assert await db.write(tickets.take, "code", row_id, DIGEST, NOW) is None
    assert await db.write(seen.once, "assertion", "jti", NOW) is True
    assert await db.write(seen.once, "assertion", "jti", NOW) is False


async def test_tokens(rerunning_database):
    db = rerunning_database
    user = await db.write(users.add, NewUser(sub="sub", username="alice"), NOW)
    new = NewFamily(
        nonce=b"n" * 8,
        client_id="web1",
        code_id=None,
        generation=1,
        idle_expires_at=NOW + 60,
        expires_at=NOW + 60,
        payload="{}",
    )
    family_id = await db.write(open_family, user.id, new, NOW)
    token = (DIGEST, family_id, "web1", NOW, NOW + 60, "{}")
    row_id = await db.write(access_tokens.put, *token)

    rotated = await db.write(refresh_tokens.rotate, RefreshValue(family_id, b"n" * 8, 1), "web1", NOW, 30, 60)
    assert (rotated.generation, rotated.repeated) == (2, False)
    assert await db.write(access_tokens.revoke, row_id, DIGEST, "web1", NOW) is True
    assert await db.write(access_tokens.revoke_jwt, "jti", NOW) is True
    assert await db.write(refresh_tokens.revoke, family_id, b"n" * 8, NOW) is True


async def test_people(rerunning_database):
    db = rerunning_database
    user = await db.write(users.add, NewUser(sub="sub", username="alice"), NOW)
    await db.write(credentials.set_password, user.id, "hash", NOW)
    new = NewSession(digest=DIGEST, sub=user.sub, sid="sid", auth_time=NOW, amr=("pwd",), acr="1", expires_at=NOW + 60)
    await db.write(begin_session, user.id, new, NOW)

    assert await db.write(credentials.replace_password, user.id, "hash", "anew", NOW) is True
    assert (await db.write(endings.end_sessions, user.id, lambda sid: sid == "sid", NOW)).sids == {"sid"}
    assert await db.write(users.update, user, user, NOW) is True
    assert await db.write(throttle.raise_count, DIGEST, NOW, 900) == 1
    assert await db.read(users.list_all) == [user]


async def test_registrations(rerunning_database):
    db = rerunning_database
    await db.write(instance.create, b"epoch", b"check", NOW)
    await db.write(clients.add, CLIENT, NOW)
    await db.write(clients.set_enabled, "web1", False, NOW)
    await db.write(apis.add, Api("https://a.test", "Api"), NOW)
    await db.write(signing_keys.add, SigningKey("kid", "ES256", "{}", b"sealed", NOW, NOW))

    assert await db.read(instance.revision) == 4
    assert len(await db.read(clients.list_all)) == 1


async def test_consents_and_the_trail(rerunning_database):
    db = rerunning_database
    user = await db.write(users.add, NewUser(sub="sub", username="alice"), NOW)
    await db.write(clients.add, CLIENT, NOW)

    allowed = await db.write(allow, user.id, "web1", frozenset({"openid"}), frozenset(), NOW)
    await db.write(audit.record, PasswordSet(user_id=user.id), Origin(), NOW)

    assert await db.read(consents.granted, user.id, "web1") == allowed
    assert len(await db.read(audit.list_recent, 10)) == 1
