"""What an answer on the consent page leaves allowed."""

from gatelodge.protocol.consent import Settled, settle
from gatelodge.protocol.progress import ConsentAnswer
from gatelodge.protocol.targets import permission

FILES, MAIL = "https://files.test", "https://mail.test"
OPENID = frozenset({"openid"})


def test_a_first_answer_is_all_there_is() -> None:
    answer = ConsentAnswer("bob", ("openid", "email"), ("openid",))

    assert settle((), (), answer) == Settled(OPENID, frozenset())


def test_what_was_not_asked_stays() -> None:
    answer = ConsentAnswer("bob", ("email",), ("email",))

    assert settle({"openid"}, {FILES}, answer) == Settled(OPENID | {"email"}, frozenset({FILES}))


def test_AZ_26_what_is_left_out_goes() -> None:
    answer = ConsentAnswer("bob", ("openid", "email"), ("openid",))

    assert settle({"openid", "email", "phone"}, (), answer) == Settled(OPENID | {"phone"}, frozenset())


def test_AZ_26_a_scope_left_out_at_one_api_stays_at_another() -> None:
    there, here = permission(MAIL, "read"), permission(FILES, "read")
    answer = ConsentAnswer("bob", ("openid", "read"), ("openid",), (FILES,), (FILES,), refused=(here,))

    assert settle({"openid", "read"}, {MAIL, there, FILES, here}, answer) == Settled(
        OPENID | {"read"}, frozenset({MAIL, there})
    )


def test_AZ_26_an_api_goes_with_its_last_scope_and_not_before() -> None:
    read, write = permission(FILES, "read"), permission(FILES, "write")
    answer = ConsentAnswer("bob", ("openid", "read"), ("openid",), (FILES,), (FILES,), refused=(read,))

    assert settle({"openid", "read", "write"}, {FILES, read, write}, answer) == Settled(
        OPENID | {"write"}, frozenset({FILES, write})
    )
    assert settle({"openid", "read"}, {FILES, read}, answer) == Settled(OPENID, frozenset())
