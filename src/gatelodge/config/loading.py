"""Reading the configuration: defaults, then gatelodge.toml, then the environment, then the command line.

Every mistake is one `ConfigError` that names the key as the operator wrote it and says what to do.
"""

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any, cast

from gatelodge.config import passkey_rules
from gatelodge.config import rules as configuration_rules
from gatelodge.config.policies import SECTIONS, Config, ConfigError
from gatelodge.config.values import Given, SettingName, read

FILE_NAME = "gatelodge.toml"
SHORT_NAMES: dict[str, SettingName] = {
    "GATELODGE_ISSUER": ("server", "issuer"),
    "GATELODGE_DATABASE": ("database", "url"),
    "GATELODGE_SECRET_KEY": ("keys", "secret_key"),
    "GATELODGE_SECRET_KEY_FILE": ("keys", "secret_key_file"),
}


def load(
    path: Path | None, environ: Mapping[str, str], overrides: Mapping[SettingName, object] | None = None
) -> Config:
    """Return the configuration; every value that was given is checked.

    `path` is the file to read; `None`: the one `GATELODGE_CONFIG` names, or `gatelodge.toml` here if there is one.
    `overrides` are the command line's. What `serve` cannot do without is asked of `configuration_rules.complete`.
    Raises `ConfigError`.
    """
    file = find(path, environ)
    given = [*_from_file(file), *_from_environment(environ), *_from_command_line(overrides or {})]
    config = _settled(given, Path.cwd() if file is None else file.absolute().parent)
    named = {item.setting: item.named for item in given}
    configuration_rules.check(config, named)
    passkey_rules.check(config, named)
    if file is not None and any(item.named == "keys.secret_key" for item in given):
        configuration_rules.check_private(str(file), "keys.secret_key")
    return config


def find(path: Path | None, environ: Mapping[str, str]) -> Path | None:
    """Return the configuration file that counts, or `None` if there is none and the environment says it all."""
    if path is not None:
        return path
    if named := environ.get("GATELODGE_CONFIG"):
        return Path(named)
    return Path(FILE_NAME) if Path(FILE_NAME).exists() else None


def check_given(path: Path | None, environ: Mapping[str, str]) -> None:
    """Check that something says what is configured. Raises `ConfigError`: this may be the wrong folder."""
    if find(path, environ) is None and not any(environ.get(name) for name in environment_names()):
        advice = "name the file here or in GATELODGE_CONFIG, go to its folder, or make one with gatelodge init"
        raise ConfigError("--config", f"there is no {FILE_NAME} in this folder: {advice}")


def overlooked(environ: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield each variable that sets nothing and looks as if it should, and the one that was meant.

    It may belong to the client library or to somebody else, so unlike a misspelt key of a section it is not refused.
    """
    known = environment_names()
    for name in sorted(environ):
        if name.startswith("GATELODGE_") and name not in known:
            of_the_server = name.replace("GATELODGE_", "GATELODGE_SERVER_", 1)
            near = [of_the_server] if of_the_server in known else get_close_matches(name, list(known), 1, 0.9)
            yield from ((name, meant) for meant in near)


def environment_names() -> dict[str, SettingName]:
    """Return every environment variable that is read, and the setting it sets."""
    names = [(section, key.name) for section, make in SECTIONS.items() for key in fields(make())]
    return {"_".join(("GATELODGE", *name)).upper(): name for name in names} | SHORT_NAMES


def _from_file(file: Path | None) -> Iterator[Given]:
    if file is None:
        return
    for section, keys in _document(file).items():
        if section not in SECTIONS:
            raise ConfigError(section, f"there is no such section{_meant(section, SECTIONS)} ({file})")
        if not isinstance(keys, dict):
            raise ConfigError(section, f"is a section: write [{section}] and its keys below it ({file})")
        yield from _from_section(file, section, cast("dict[str, object]", keys))


def _from_section(file: Path, section: str, keys: Mapping[str, object]) -> Iterator[Given]:
    known = [key.name for key in fields(SECTIONS[section]())]
    for key, value in keys.items():
        if key not in known:
            raise ConfigError(f"{section}.{key}", f"there is no such setting{_meant(key, known)} ({file})")
        yield Given((section, key), value, f"{section}.{key}", file.absolute().parent)


def _document(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text("utf-8"))
    except OSError as error:
        raise ConfigError(str(file), f"{str(error.strerror).lower()}; check --config and GATELODGE_CONFIG") from None
    except UnicodeDecodeError:
        raise ConfigError(str(file), "is not UTF-8 text") from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(str(file), f"is not TOML: {error}") from None


def _from_environment(environ: Mapping[str, str]) -> Iterator[Given]:
    known = environment_names()
    sections = tuple(f"GATELODGE_{section}_".upper() for section in SECTIONS)
    for name, value in environ.items():
        if name in known and value:
            yield Given(known[name], value, name, Path.cwd())
        elif name not in known and name.startswith(sections):
            raise ConfigError(name, f"there is no such setting{_meant(name, known)}")


def _from_command_line(overrides: Mapping[SettingName, object]) -> Iterator[Given]:
    for setting, value in overrides.items():
        yield Given(setting, value, "--" + setting[1].replace("_", "-"), Path.cwd())


def _settled(given: Iterable[Given], folder: Path) -> Config:
    """Return the defaults with what was given over them, later over earlier."""
    default_url = Given(("database", "url"), Config().database.url, "database.url", folder)
    config = Config()
    for item in (default_url, *given):
        section, key = item.setting
        policy = replace(getattr(config, section), **{key: read(item)})
        config = replace(config, **{section: policy})
    return replace(config, sessions=config.sessions.bounded())


def _meant(wrong: str, known: Iterable[str]) -> str:
    near = get_close_matches(wrong, list(known), 1, 0.7)
    return f"; did you mean {near[0]}?" if near else ""
