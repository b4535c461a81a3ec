"""Pages: HTML out of templates, with the headers every page of this server carries."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from jinja2 import (
    BaseLoader,
    ChoiceLoader,
    Environment,
    FileSystemLoader,
    PrefixLoader,
    StrictUndefined,
    TemplateSyntaxError,
)

from gatelodge.authn.contract import TEMPLATES
from gatelodge.config.policies import ConfigError
from gatelodge.endpoints import languages
from gatelodge.endpoints.failures import Onward
from gatelodge.protocol.languages import DEFAULT, LANGUAGES, RIGHT_TO_LEFT
from gatelodge.protocol.reply import NO_STORE, Headers, Reply
from gatelodge.web import locales
from gatelodge.web.assets import HOUSE, ROOMS_WITH_PAGES, Assets
from gatelodge.web.looks import Looks
from gatelodge.web.mishaps import kind_of

PLAIN = Looks()


@dataclass(frozen=True, slots=True)
class Allows:
    """What a page may do besides being looked at: run our scripts, where its forms may lead, and whom it may frame.

    `forms` is `anywhere` where an answer to the form redirects to a client: Chromium applies `form-action` to the whole
    chain of redirects, so `'self'` would stop the browser on its way back to the application. `frames` are origins.
    """

    scripts: bool = False
    forms: Literal["nowhere", "here", "anywhere"] = "nowhere"
    frames: frozenset[str] = frozenset()


class Pages:
    """Renders templates into replies.

    `issuer` says where this server lives: links start with its path.
    `demo` adds the way to the demo to the home page, `inspector` the way to a request's trace to the error page.
    `ways` are the folders in which the ways to sign in have their templates, `looks` is what the installation changed.
    `registers` and `recovers` say whether the sign-in page leads to where accounts, and new passwords, are asked for,
    and `regains` whether the page of a code leads to what can be done without any.
    """

    def __init__(
        self,
        issuer: str,
        *,
        demo: bool = False,
        inspector: bool = False,
        playground: bool = False,
        ways: Iterable[Path] = (TEMPLATES,),
        looks: Looks = PLAIN,
        registers: bool = False,
        recovers: bool = False,
        regains: bool = False,
    ) -> None:
        self.issuer = issuer
        parts = urlsplit(issuer)
        self.base = parts.path
        self.assets = Assets(looks.files)
        self._shared = {
            "base": parts.path,
            "host": parts.netloc,
            "demo": demo,
            "inspector": inspector,
            "playground": playground,
            "asset": self._asset,
            "looks": looks,
            "registers": registers,
            "recovers": recovers,
            "regains": regains,
        }
        self._environments = {name: _environment(name, _loader(ways, looks.templates)) for name in LANGUAGES}
        if looks.templates:
            _check_templates(self._environments[DEFAULT], looks.templates)

    def render(
        self,
        template: str,
        *,
        status: int = 200,
        locale: str | None = None,
        allows: Allows = Allows(),
        **values: object,
    ) -> Reply:
        """Return the page of `template` (its file name without `.html`) with `values`.

        `locale` is the language the application asked for, one of ours; a language chosen in this browser comes first.
        """
        reader = languages.reader()
        language = reader.language(locale) or DEFAULT
        page = self._environments[language].get_template(template + ".html")
        direction = "rtl" if language in RIGHT_TO_LEFT else "ltr"
        body = page.render(
            values,
            **self._shared,
            locale=language,
            direction=direction,
            languages=reader.links() if template != "error" else [],
        )
        return Reply(status, _headers(allows), body.encode())

    def error(
        self, code: str, description: str, request_id: str, status: int = 400, onward: Onward | None = None
    ) -> Reply:
        """Return the page that says what went wrong: the error's `code`, a plain sentence and the request's id.

        `description` is for the developer of the application. It never echoes what was sent. `onward` is the
        application it leads on to; without one it leads home.
        """
        return self.render(
            "error",
            status=status,
            kind=kind_of(status, code),
            code=code,
            description=description,
            request_id=request_id,
            onward=onward,
        )

    def _asset(self, name: str) -> str:
        return self.base + self.assets.url(name)


def _loader(ways: Iterable[Path], own: Path | None) -> ChoiceLoader:
    """Find `consent` in this room, `playground/flow` in that one, and `authn/password` where its way has it.

    The operator's own come first; theirs can extend `house/lodge.html` or `house/authn/password.html`, which is always
    ours.
    """
    rooms = {room: FileSystemLoader(HOUSE / room / "templates") for room in ROOMS_WITH_PAGES}
    rooms["authn"] = FileSystemLoader(sorted(ways))
    house = ChoiceLoader([FileSystemLoader(HOUSE / "web" / "templates"), PrefixLoader(rooms)])
    return ChoiceLoader([*([FileSystemLoader(own)] if own else []), house, PrefixLoader({"house": house})])


def _check_templates(environment: Environment, own: Path) -> None:
    """Read what the operator wrote before anybody is shown it. Raises `ConfigError` with the line that is wrong."""
    for file in sorted(own.rglob("*.html")):
        name = file.relative_to(own).as_posix()
        try:
            environment.get_template(name)
        except TemplateSyntaxError as error:
            raise ConfigError(
                "looks.templates", f"{error.name or name}, line {error.lineno}: {error.message}"
            ) from None


def _environment(locale: str, loader: BaseLoader) -> Environment:
    environment = Environment(
        loader=loader,
        autoescape=True,
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,  # compiled once, kept as code for the life of the process
        cache_size=-1,
    )
    locales.install(environment, locale)
    return environment


@lru_cache(maxsize=256)
def _headers(allows: Allows) -> Headers:
    """Return what every page is sent with (RFC 9700 4.2.4, 4.16), besides what the door adds to every answer."""
    return (
        ("content-type", "text/html; charset=utf-8"),
        ("content-security-policy", content_security_policy(allows)),
        ("referrer-policy", "no-referrer"),
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
        *NO_STORE,
    )


def content_security_policy(allows: Allows) -> str:
    """Return a policy under which nothing but our own files is loaded and nobody frames the page."""
    policy = ["default-src 'none'", "style-src 'self'", "img-src 'self'"]
    if allows.scripts:
        policy += ["script-src 'self'", "connect-src 'self'"]
    if allows.frames:
        policy.append(f"frame-src {' '.join(sorted(allows.frames))}")
    if allows.forms != "anywhere":
        policy.append("form-action 'self'" if allows.forms == "here" else "form-action 'none'")
    policy += ["base-uri 'none'", "object-src 'none'", "frame-ancestors 'none'"]
    return "; ".join(policy)
