"""The settings of how people prove who they are."""

from dataclasses import dataclass

from gatelodge.config.setting import DAY, setting


@dataclass(frozen=True, slots=True)
class SignInPolicy:
    """`[sign_in]`: passwords and guessing."""

    hash_workers: int = setting(1, "Threads that hash passwords.", low=1, high=64)
    hash_queue: int = setting(
        64, "Sign-ins that may wait for a hashing thread. Beyond it the answer is 503.", low=1, high=10_000
    )
    argon2_memory_kib: int = setting(19_456, "argon2id memory in KiB.", low=7_168, high=1_048_576)
    argon2_passes: int = setting(2, "argon2id passes.", low=1, high=32)
    account_failures: int = setting(
        10,
        "Failures per account and window before strangers must wait; known browsers have a counter of their own. After"
        " 3, 6 and 10 times as many the window is 4, 24 and 96 times as long, a day at most, until a quiet day.",
        low=1,
        high=1_000,
    )
    address_failures: int = setting(
        100,
        "Failures per address and window before that address must wait. A /64 of IPv6 is one address, and a /48 may"
        " fail ten times as often.",
        low=1,
        high=100_000,
    )
    network_names: int = setting(
        30,
        "Names at which one address may fail in ten minutes before it must wait, but for known browsers and passkeys; a"
        " /48 of IPv6 ten times as many.",
        low=1,
        high=100_000,
    )
    tell_owner_after: int = setting(
        10,
        "Failures of strangers in a day after which the owner of an account is told by mail, once a day. 0: never.",
        low=0,
        high=10_000,
    )
    window: int = setting(900, "Seconds a failure is remembered.", low=10, high=DAY)
    min_password: int = setting(15, "Characters a new password must have.", low=8, high=128)
    min_password_with_factor: int = setting(
        8, "The same where second_factor is required, so that no password is enough by itself.", low=8, high=128
    )
    factor_failures: int = setting(
        5, "Wrong codes of a second factor per person and window before they must wait.", low=1, high=100
    )
    factor_failures_a_day: int = setting(
        20,
        "Wrong codes per person and day before an authenticator app is closed until another factor opens it.",
        low=1,
        high=1_000,
    )
    trust_days: int = setting(
        30,
        "Days for which a browser may stand for the second factor that was proven in it. 0: none does.",
        low=0,
        high=365,
    )
    second_factor: str = setting(
        "offered",
        "Who must prove two different things at a sign-in: with offered whoever set up a second factor, with required"
        " everybody, with required_for_admins also every administrator. off: there are no second factors.",
        choices=("off", "offered", "required", "required_for_admins"),
    )
    second_factor_grace: int = setting(
        0,
        "Seconds for which somebody who must have a second factor may put off setting one up, from the first sign-in"
        " that tells them. 0: they set it up right then.",
        low=0,
        high=90 * DAY,
    )


@dataclass(frozen=True, slots=True)
class PasskeyPolicy:
    """`[passkeys]`: signing in with passkeys (WebAuthn)."""

    rp_id: str = setting(
        "",
        "The domain that passkeys are made for: the issuer's host, or a parent domain of it. Empty: the host. A "
        "passkey works for its domain alone, so changing this loses every one.",
    )
    origins: tuple[str, ...] = setting(
        (),
        "Further https origins at which the same passkeys are used, besides the issuer's own; browsers are told at "
        "/.well-known/webauthn.",
    )
    abandoned_rp_ids: tuple[str, ...] = setting(
        (), "Earlier domains whose passkeys are given up. The server does not start while there are others."
    )
    uv_is_a_factor: bool = setting(
        True, "Let a passkey that verified its person, by fingerprint, face or PIN, count as two factors."
    )
    strict_counter: bool = setting(
        False, "Refuse a passkey that is not synced when its counter went back. Off: note it, and tell the person."
    )
    require_device_bound: bool = setting(
        False, "Take only passkeys that say they cannot leave their device; those reach the level phrh."
    )
    allow: tuple[str, ...] = setting(
        (), "AAGUIDs of the authenticators that may be added. Empty: any. An authenticator is believed which it is."
    )
    deny: tuple[str, ...] = setting((), "AAGUIDs of authenticators that may not be added.")
