"""Every setting with its default: small frozen policies that `loading.load` fills from TOML and the environment.

A class is a section of `gatelodge.toml`, a field is a key, and the sentence beside it is its documentation.
`setting()` (`setting.py`) carries that sentence and the range; a test fails for a key without a sentence.
"""

from collections.abc import Callable
from dataclasses import MISSING, dataclass, field, fields, replace
from typing import Any

from gatelodge.config.account_policy import AccountsPolicy as AccountsPolicy
from gatelodge.config.authorization_policy import AuthorizationPolicy as AuthorizationPolicy
from gatelodge.config.mail_policy import MailPolicy as MailPolicy
from gatelodge.config.proving import PasskeyPolicy as PasskeyPolicy
from gatelodge.config.proving import SignInPolicy as SignInPolicy
from gatelodge.config.setting import DAY as DAY
from gatelodge.config.setting import PORTS, setting
from gatelodge.config.setting import YEAR as YEAR
from gatelodge.config.setting import ConfigError as ConfigError


@dataclass(frozen=True, slots=True)
class ServerPolicy:
    """`[server]`: where it listens and what it is called."""

    issuer: str = setting(
        "", "The issuer: the one URL this server is known by. https, or http on loopback; no trailing slash."
    )
    host: str = setting("127.0.0.1", "The address to listen on.")
    port: int = setting(8000, "The port to listen on.", low=1, high=PORTS)
    workers: int = setting(1, "How many processes serve requests.", low=1, high=256)
    hosts: tuple[str, ...] = setting((), "Further values of the Host header to answer to, besides the issuer's own.")
    proxies: tuple[str, ...] = setting(
        (), "Addresses or networks of reverse proxies whose X-Forwarded-For is believed. None by default."
    )
    tls_cert: str = setting("", "Certificate chain (PEM) when this process ends TLS itself.", path=True)
    tls_key: str = setting("", "Private key (PEM) of that certificate.", path=True)
    management_host: str = setting("127.0.0.1", "The address of the management listener: /livez, /readyz, /metrics.")
    management_port: int = setting(0, "The port of the management listener. 0: none.", low=0, high=PORTS)
    max_body: int = setting(65_536, "The largest request body in bytes.", low=4_096, high=1_048_576)
    hsts: int = setting(
        63_072_000,
        "Seconds for which a browser that was here over https comes back over https alone. 0 makes it forget that.",
        low=0,
        high=10 * YEAR,
    )
    hsts_subdomains: bool = setting(
        False, "Say the same for every host below this one. Only for a name under which nothing is left on plain http."
    )
    inspector: bool = setting(
        False,
        "Keep a short trace of every request, without any value of it, for gatelodge why and /inspector, which "
        "administrators may open; always on in the demo.",
    )
    playground: bool = setting(
        False,
        "Show every flow at /playground, with a sample application and an API of its own. For servers where people "
        "learn and try; always on in the demo.",
    )


@dataclass(frozen=True, slots=True)
class DatabasePolicy:
    """`[database]`: where everything is kept."""

    url: str = setting(
        "sqlite:///gatelodge.db", "sqlite:///FILE or postgresql://USER:PASSWORD@HOST/NAME.", secret=True, path=True
    )
    lanes: int = setting(2, "PostgreSQL connections per process that run batches of transactions.", low=1, high=64)
    queue: int = setting(
        2_000, "How many transactions may wait. Beyond it the answer is 503 with Retry-After.", low=1, high=1_000_000
    )
    deadline: float = setting(5.0, "Seconds a transaction may wait and run before the answer is 503.", low=0.1, high=60)
    prepare: bool = setting(
        True, "Prepare statements on PostgreSQL. A pooler that loses them is noticed; off saves the noticing."
    )
    places: int = setting(
        1,
        "How many places rows are spread over, fixed when the database is made: 1, or 1024 where PostgreSQL may"
        " one day lie on many machines.",
        low=1,
        high=1_024,
    )


@dataclass(frozen=True, slots=True)
class KeyPolicy:
    """`[keys]`: secrets and signing keys."""

    secret_key: str = setting(
        "",
        "At least 32 random characters that seal private keys. Prefer secret_key_file or the environment.",
        secret=True,
    )
    secret_key_file: str = setting(
        "", "A file with the secret key; further lines hold older ones that still unseal.", path=True
    )
    rotation_days: int = setting(
        90, "Days a signing key signs before the next one takes over. 0: only by command.", low=0, high=3_650
    )
    publish_ahead: int = setting(2 * DAY, "Seconds a key is published before it may sign.", low=0, high=30 * DAY)


@dataclass(frozen=True, slots=True)
class TokenPolicy:
    """`[tokens]`: how long things live, in seconds."""

    code_lifetime: int = setting(60, "Seconds an authorization code may wait for its exchange.", low=1, high=600)
    device_code_lifetime: int = setting(
        600, "Seconds a device may wait for its person, and a code that it shows is good.", low=60, high=1_800
    )
    device_interval: int = setting(
        5, "Seconds a device waits between two questions whether its person has decided.", low=1, high=60
    )
    access_token_lifetime: int = setting(
        600, "Seconds an access token lives when its API does not say otherwise.", low=1, high=DAY
    )
    id_token_lifetime: int = setting(600, "Seconds an ID token is valid.", low=1, high=DAY)
    refresh_idle_lifetime: int = setting(14 * DAY, "Seconds a refresh token lives unused.", low=1, high=10 * YEAR)
    refresh_lifetime: int = setting(
        90 * DAY,
        "Seconds after which the person must sign in again, however often it was refreshed.",
        low=1,
        high=10 * YEAR,
    )
    refresh_overlap: int = setting(
        30,
        "Seconds the previous refresh token may be presented again, in case its answer was lost. 0: never.",
        low=0,
        high=300,
    )


@dataclass(frozen=True, slots=True)
class SessionPolicy:
    """`[sessions]`: browsers that are signed in."""

    idle_lifetime: int = setting(DAY, "Seconds a session lives unused.", low=1, high=YEAR)
    lifetime: int = setting(14 * DAY, "Seconds a session lives at most.", low=1, high=YEAR)
    profile: str = setting(
        "standard",
        "aal2 bounds both as NIST SP 800-63B asks of sign-ins with two factors: an hour unused, a day at most.",
        choices=("standard", "aal2"),
    )
    most: int = setting(
        50, "Sessions one person may have; beyond it the one that was seen the longest ago ends.", low=1, high=1_000
    )
    interaction_lifetime: int = setting(
        1_800, "Seconds a person may take from the authorization request to its answer.", low=1, high=DAY
    )
    interaction_memory: int = setting(
        DAY,
        "Seconds after that for which a page that was left open, or is gone back to, begins the same request again.",
        low=0,
        high=30 * DAY,
    )
    change_lifetime: int = setting(
        300,
        "Seconds after a sign-in for which it is proof enough to change what an account is entered by, where it is"
        " reached, or to delete it; then the person signs in again.",
        low=60,
        high=3_600,
    )
    logout_hosts: tuple[str, ...] = setting(
        (),
        "Hosts inside your own network that are told by back-channel logout that a session is over, each by its whole"
        " name and over https. All others must be on the internet.",
    )
    admin_lifetime: int = setting(
        28_800,
        "Seconds after a sign-in for which it opens the pages of administrators; then they sign in again.",
        low=60,
        high=28_800,
    )

    def bounded(self) -> "SessionPolicy":
        """Return it with the lifetimes that its profile allows."""
        if self.profile != "aal2":
            return self
        return replace(self, idle_lifetime=min(self.idle_lifetime, 3_600), lifetime=min(self.lifetime, DAY))


@dataclass(frozen=True, slots=True)
class LooksPolicy:
    """`[looks]`: how the pages look."""

    name: str = setting("Gatelodge", "What the pages and mails call this service.")
    logo: str = setting("", "A picture (SVG, PNG, JPEG or WebP) in place of ours; square is best.", path=True)
    brand: str = setting("", "The colour of buttons and links, such as #1d5c45; what stands on it follows.")
    brand_dark: str = setting("", "The same where people prefer dark pages; else brand is used there, too.")
    background: str = setting("", "A picture behind every page.", path=True)
    stylesheet: str = setting("", "A style sheet that comes after ours: every colour is a custom property.", path=True)
    links: tuple[str, ...] = setting((), "Links in the foot of every page, each LABEL=URL: privacy, imprint, help.")
    templates: str = setting(
        "",
        "A folder with templates that come before ours; `gatelodge doctor` says when one of them is old.",
        path=True,
    )


@dataclass(frozen=True, slots=True)
class LegacyPolicy:
    """`[legacy]`: what OAuth 2.1 and browsers removed. All off; what a client asks for needs its permission, too."""

    password: bool = setting(False, "The resource owner password credentials grant (RFC 6749 4.3).")
    implicit: bool = setting(False, "The implicit response types token, id_token and id_token token (RFC 6749 4.2).")
    hybrid: bool = setting(False, "The hybrid response types: code with id_token or token (OpenID Connect Core 3.3).")
    session_management: bool = setting(
        False,
        "A frame that applications ask whether somebody is still signed in (OpenID Connect Session Management 1.0). "
        "Browsers that keep cookies from frames of other sites answer wrongly.",
    )


@dataclass(frozen=True, slots=True)
class LogPolicy:
    """`[log]`: structured logs on standard error."""

    level: str = setting("info", "How much is logged.", choices=("debug", "info", "warning", "error"))
    format: str = setting(
        "auto",
        "console is for people; auto is console on a terminal and json elsewhere.",
        choices=("auto", "json", "console"),
    )


@dataclass(frozen=True, slots=True)
class RetentionPolicy:
    """`[retention]`: how long history is kept."""

    audit_days: int = setting(90, "Days the audit trail is kept.", low=1, high=36_500)
    deletion_days: int = setting(
        14, "Days an account waits whose person asked for its deletion; until then they can stop it.", low=0, high=365
    )
    purge_interval: int = setting(300, "Seconds between purges of expired rows.", low=1, high=DAY)
    purge_batch: int = setting(500, "Rows one purge statement removes at most.", low=1, high=100_000)


@dataclass(frozen=True, slots=True)
class Config:
    """All of it. `demo` is set by `gatelodge demo` alone and can not be configured."""

    server: ServerPolicy = field(default_factory=ServerPolicy)
    database: DatabasePolicy = field(default_factory=DatabasePolicy)
    keys: KeyPolicy = field(default_factory=KeyPolicy)
    tokens: TokenPolicy = field(default_factory=TokenPolicy)
    authorization: AuthorizationPolicy = field(default_factory=AuthorizationPolicy)
    sessions: SessionPolicy = field(default_factory=SessionPolicy)
    sign_in: SignInPolicy = field(default_factory=SignInPolicy)
    passkeys: PasskeyPolicy = field(default_factory=PasskeyPolicy)
    looks: LooksPolicy = field(default_factory=LooksPolicy)
    mail: MailPolicy = field(default_factory=MailPolicy)
    accounts: AccountsPolicy = field(default_factory=AccountsPolicy)
    legacy: LegacyPolicy = field(default_factory=LegacyPolicy)
    log: LogPolicy = field(default_factory=LogPolicy)
    retention: RetentionPolicy = field(default_factory=RetentionPolicy)
    demo: bool = False

    @property
    def plays(self) -> bool:
        """Whether there is a playground here."""
        return self.demo or self.server.playground


SECTIONS: dict[str, Callable[[], Any]] = {
    key.name: key.default_factory for key in fields(Config) if key.default_factory is not MISSING
}
