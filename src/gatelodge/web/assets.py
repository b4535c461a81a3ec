"""The static files: read once, named by their content, kept by browsers for a year."""

from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from types import MappingProxyType

from gatelodge.protocol.reply import Headers, Reply

HOUSE = Path(__file__).parents[1]
ROOMS_WITH_PAGES = (
    "account",
    "entry",
    "inspector",
    "playground",
    "demo",
    "providers",
)  # besides `web/`: each has its templates, and static files if it needs some
STATIC = tuple(folder for room in ("web", *ROOMS_WITH_PAGES) if (folder := HOUSE / room / "static").is_dir())
CONTENT_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".webp": "image/webp",
}
NOTHING: Mapping[str, bytes] = MappingProxyType({})
FOR_EVER = "public, max-age=31536000, immutable"
FOR_A_WHILE = "public, max-age=300"


class Assets:
    """What `/static/` serves: exactly the files that were there at the start, so no path can lead elsewhere.

    `own` are those of the installation (`Looks`), by name.
    """

    def __init__(self, own: Mapping[str, bytes] = NOTHING) -> None:
        self._bodies = {path.name: path.read_bytes() for path in _files()} | dict(own)
        self._versions = {name: sha256(body).hexdigest()[:12] for name, body in self._bodies.items()}

    def url(self, name: str) -> str:
        """Return the path of a file, below the issuer's path, under which it never changes."""
        return f"/static/{name}?v={self._versions[name]}"

    def reply(self, name: str, version: str | None) -> Reply | None:
        """Return the file, or `None` if there is none of that name. Only the right `version` is kept for ever."""
        body = self._bodies.get(name)
        if body is None:
            return None
        return Reply(200, _headers(Path(name).suffix, version == self._versions[name]), body)


def _files() -> list[Path]:
    return [path for folder in STATIC for path in folder.iterdir() if path.suffix in CONTENT_TYPES]


def picture_headers(suffix: str) -> Headers:
    """Return what a picture is sent with that never changes under its name."""
    return _headers(suffix, True)


def _headers(suffix: str, versioned: bool) -> Headers:
    return (
        ("content-type", CONTENT_TYPES[suffix]),
        ("cache-control", FOR_EVER if versioned else FOR_A_WHILE),
        ("content-security-policy", "default-src 'none'; frame-ancestors 'none'"),
        ("x-content-type-options", "nosniff"),
        ("cross-origin-resource-policy", "same-origin"),
    )
