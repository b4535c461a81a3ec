"""The configuration: what is read from where, and that every mistake is one line that names the key."""

import os
import re
from dataclasses import fields
from pathlib import Path

import pytest
import trustme
from cryptography.hazmat.primitives import serialization
from tests.cost import seconds_of

from gatelodge.config import table as config_table
from gatelodge.config.loading import environment_names, load, overlooked
from gatelodge.config.policies import SECTIONS, Config, ConfigError
from gatelodge.config.rules import complete, secret_keys
from gatelodge.config.setting import about

KEY = "k" * 32


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def written(folder: Path, text: str) -> Path:
    file = folder / "gatelodge.toml"
    file.write_text(text)
    return file


def mistake(toml: str = "", **environ: str) -> str:
    file = written(Path.cwd(), toml) if toml else None
    with pytest.raises(ConfigError) as caught:
        complete(load(file, environ))
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_nothing_given_is_the_defaults(tmp_path: Path) -> None:
    config = load(None, {})
    assert config.tokens == Config().tokens
    assert config.database.url == f"sqlite:///{tmp_path}/gatelodge.db"


def test_the_file_here_is_read(tmp_path: Path) -> None:
    written(tmp_path, '[server]\nissuer = "https://as.test"\nproxies = ["10.0.0.1"]\n[tokens]\ncode_lifetime = 30\n')
    config = load(None, {})
    assert (config.server.issuer, config.server.proxies) == ("https://as.test", ("10.0.0.1",))
    assert config.tokens.code_lifetime == 30


def test_the_environment_wins_over_the_file_and_the_command_line_over_both(tmp_path: Path) -> None:
    file = written(tmp_path, "[server]\nport = 1\nworkers = 2\nmax_body = 8192\n")
    environ = {"GATELODGE_SERVER_PORT": "3", "GATELODGE_SERVER_WORKERS": "4"}
    server = load(file, environ, {("server", "port"): 5}).server
    assert (server.port, server.workers, server.max_body) == (5, 4, 8192)


def test_gatelodge_config_names_the_file(tmp_path: Path) -> None:
    (tmp_path / "other.toml").write_text("[server]\nport = 99\n")
    assert load(None, {"GATELODGE_CONFIG": "other.toml"}).server.port == 99


def test_the_four_short_names_are_read(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text(KEY)
    (tmp_path / "secret").chmod(0o600)
    environ = {
        "GATELODGE_ISSUER": "https://as.test/tenant",
        "GATELODGE_DATABASE": "postgresql://u:p@db/name",
        "GATELODGE_SECRET_KEY_FILE": "secret",
    }
    config = load(None, environ)
    assert (config.server.issuer, config.database.url) == ("https://as.test/tenant", "postgresql://u:p@db/name")
    assert secret_keys(config.keys) == (KEY,)
    assert secret_keys(load(None, {"GATELODGE_SECRET_KEY": KEY}).keys) == (KEY,)


@pytest.mark.parametrize(
    ("value", "expected"), [("true", True), ("YES", True), ("1", True), ("off", False), ("0", False)]
)
def test_truth_is_read_from_the_environment(value: str, expected: bool) -> None:
    assert load(None, {"GATELODGE_LEGACY_PASSWORD": value}).legacy.password is expected


def test_lists_and_numbers_are_read_from_the_environment() -> None:
    config = load(None, {"GATELODGE_SERVER_HOSTS": "a.test, b.test", "GATELODGE_DATABASE_DEADLINE": "2.5"})
    assert (config.server.hosts, config.database.deadline) == (("a.test", "b.test"), 2.5)


def test_an_empty_variable_counts_as_not_set() -> None:
    assert load(None, {"GATELODGE_SERVER_PORT": ""}).server.port == 8000


def test_variables_that_are_not_settings_are_left_alone() -> None:
    assert load(None, {"GATELODGE_TEST_POSTGRES": "x", "GATELODGE_CLIENT_SECRET": "y", "PATH": "z"}) == load(None, {})


def test_relative_paths_start_from_the_file_that_names_them(tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    key = tmp_path / "etc" / "secret"
    key.write_text(KEY)
    key.chmod(0o600)
    file = written(tmp_path / "etc", '[database]\nurl="sqlite:///a.db"\n[keys]\nsecret_key_file="secret"\n')
    config = load(file, {})
    assert config.database.url == f"sqlite:///{tmp_path}/etc/a.db"
    assert config.keys.secret_key_file == str(key)


def test_every_line_of_the_secret_key_file_is_a_key(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text(f"{'n' * 40}\n\n{'o' * 40}\n")
    (tmp_path / "secret").chmod(0o640)
    assert secret_keys(load(None, {"GATELODGE_SECRET_KEY_FILE": "secret"}).keys) == ("n" * 40, "o" * 40)


ISSUERS = {
    "https://as.test/": "must not end with a slash",
    "https://as.test/a/": "must not end with a slash",
    "https://as.test?x=1": "must not have a query",
    "https://as.test?": "must not have a query",
    "https://as.test#": "must not have a fragment",
    "https://me:pw@as.test": "must not hold a user name",
    "http://as.test": "must be https",
    "http://127.0.0.1.evil.test": "must be https",
    "http://localhost.evil.test": "must be https",
    "HTTPS://as.test": "lower case",
    "https://AS.test": "lower case",
    "https://аs.test": "lower case ASCII",
    "https://as.test:443": "scheme's own port",
    "https://as.test:0": "scheme's own port",
    "https://as.test:99999": "is not a URL",
    "https://as.test/a//b": "plain path",
    "https://as.test/a/../b": "plain path",
    "https://as.test/%61": "plain path",
    "https://[::1": "is not a URL",
    "as.test": "is not a URL",
    "ftp://as.test": "is not a URL",
    "https://": "is not a URL",
}


@pytest.mark.parametrize("issuer", ISSUERS)
def test_a_bad_issuer_is_refused_by_name(issuer: str) -> None:
    said = mistake(GATELODGE_ISSUER=issuer)
    assert said.startswith("GATELODGE_ISSUER: ")
    assert ISSUERS[issuer] in said


@pytest.mark.parametrize(
    "issuer",
    ["https://as.test", "https://as.test/t/1", "https://as.test:8443", "http://localhost:8000", "http://[::1]:8000"],
)
def test_a_good_issuer_is_taken_as_it_is(issuer: str) -> None:
    assert load(None, {"GATELODGE_ISSUER": issuer}).server.issuer == issuer


FILES = {
    "[sever]\nport=1": "sever: there is no such section; did you mean server?",
    "[server]\nprot=1": "server.prot: there is no such setting; did you mean port?",
    "server=1": "server: is a section",
    "[server]\nport='x'": "server.port: must be a whole number",
    "[server]\nport=true": "server.port: must be a whole number",
    "[server]\nport=1.5": "server.port: must be a whole number",
    "[server]\nport=0": "server.port: must be between 1 and 65535",
    "[server]\nhost=1": "server.host: must be text",
    '[server]\nhost="a\\u0007"': "server.host: contains a control character",
    "[server]\nhosts='a'\nproxies=[1]": "server.proxies: must be a list",
    "[sessions]\nlogout_hosts=['https://shop.internal']": "sessions.logout_hosts: each must be a host alone",
    "[sessions]\nlogout_hosts=['*.internal']": "sessions.logout_hosts: each must be a host alone",
    "[sessions]\nlogout_hosts=['shop.internal:8443']": "sessions.logout_hosts: each must be a host alone",
    "[server]\nproxies=['proxy.test']": "server.proxies: must list addresses",
    "[server]\nproxies=['0.0.0.0/0']": "server.proxies: would believe the whole internet",
    "[server]\nport=9\nmanagement_port=9": "server.management_port: must not be server.port",
    '[looks]\nbrand="green"': "looks.brand: must be a colour with six digits, such as #1d5c45",
    '[looks]\nlogo="none.svg"': "looks.logo: cannot be read: No such file or directory",
    '[looks]\nlogo="gatelodge.toml"': "looks.logo: must be a file that ends in .svg or .png",
    '[looks]\nlinks=["javascript:alert(1)"]': "looks.links: each must be LABEL=URL",
    '[looks]\nlinks=["Help=javascript:alert(1)"]': "looks.links: each must be LABEL=URL",
    '[looks]\ntemplates="nowhere"': "looks.templates: there is no such folder",
    "[legacy]\npassword='perhaps'": "legacy.password: must be true or false",
    "[log]\nlevel='loud'": "log.level: must be one of debug, info, warning, error",
    "[database]\ndeadline=nan": "database.deadline: must be a number",
    "[database]\nurl='mysql://x'": "database.url: must be sqlite:///FILE or postgresql://",
    "[database]\nurl='sqlite:///:memory:'": "database.url: must name a file",
    "[database]\nurl='sqlite:///'": "database.url: must name a file",
    "[database]\nurl='sqlite:////nowhere/at/all.db'": "database.url: the folder /nowhere/at does not exist",
    "[database]\nurl='postgresql://h:port/x'": "database.url: must be",
    "[server]\ntls_cert='c.pem'": "server.tls_cert: needs server.tls_key too",
    "[server]\ntls_key='k.pem'": "server.tls_key: needs server.tls_cert too",
    "[server]\ntls_key='k.pem'\ntls_cert='c.pem'": "server.tls_cert: ",
    "[keys]\nsecret_key='short'": "keys.secret_key: must have at least 32",
    "[keys]\nsecret_key_file='nowhere'": "keys.secret_key_file: ",
    "[keys\n": "gatelodge.toml: is not TOML",
    "[server]\nport=1\nport=2": "gatelodge.toml: is not TOML",
}


@pytest.mark.parametrize("toml", FILES)
def test_a_mistake_in_the_file_is_one_line_that_names_the_key(toml: str) -> None:
    assert FILES[toml] in mistake(toml)


def test_a_misspelt_variable_of_a_section_is_refused() -> None:
    said = mistake(GATELODGE_SERVER_PROT="1")
    assert said == "GATELODGE_SERVER_PROT: there is no such setting; did you mean GATELODGE_SERVER_PORT?"


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"nowhere\.toml: no such file .* GATELODGE_CONFIG"):
        load(tmp_path / "nowhere.toml", {})


def test_a_missing_issuer_is_named() -> None:
    assert mistake(GATELODGE_SECRET_KEY=KEY).startswith("server.issuer: is missing")


def test_a_missing_secret_key_is_named() -> None:
    assert mistake(GATELODGE_ISSUER="https://as.test").startswith("keys.secret_key_file: is missing")


def test_two_secret_keys_are_refused(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text(KEY)
    assert "given twice" in mistake(GATELODGE_SECRET_KEY=KEY, GATELODGE_SECRET_KEY_FILE="secret")


@pytest.mark.parametrize("mode", [0o644, 0o604, 0o602, 0o620])
def test_a_secret_key_file_that_strangers_may_touch_is_refused(tmp_path: Path, mode: int) -> None:
    (tmp_path / "secret").write_text(KEY)
    (tmp_path / "secret").chmod(mode)
    said = mistake(GATELODGE_SECRET_KEY_FILE="secret")
    assert said.startswith("GATELODGE_SECRET_KEY_FILE: ")
    assert "chmod 600" in said


def test_a_short_key_in_the_secret_key_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text(f"{KEY}\nshort\n")
    (tmp_path / "secret").chmod(0o600)
    assert "at least 32" in mistake(GATELODGE_SECRET_KEY_FILE="secret")


def test_a_secret_key_inside_a_file_that_everyone_reads_is_refused(tmp_path: Path) -> None:
    file = written(tmp_path, f"[keys]\nsecret_key='{KEY}'\n")
    file.chmod(0o644)
    with pytest.raises(ConfigError, match=r"keys\.secret_key: .* chmod 600"):
        load(file, {})
    file.chmod(0o600)
    assert load(file, {}).keys.secret_key == KEY


def test_tls_with_an_http_issuer_is_refused(tmp_path: Path) -> None:
    (tmp_path / "pem").write_text("x")
    environ = {"GATELODGE_SERVER_TLS_CERT": "pem", "GATELODGE_SERVER_TLS_KEY": "pem"}
    assert "GATELODGE_SERVER_TLS_CERT: does not go with" in mistake(GATELODGE_ISSUER="http://localhost:8000", **environ)


def test_a_certificate_and_a_key_that_cannot_serve_are_refused_by_name(tmp_path: Path) -> None:
    mine, other = (trustme.CA().issue_cert("login.test") for _ in range(2))
    mine.cert_chain_pems[0].write_to_path("cert.pem")
    mine.private_key_pem.write_to_path("key.pem")
    other.private_key_pem.write_to_path("other.pem")
    (tmp_path / "locked.pem").write_bytes(locked(mine.private_key_pem.bytes()))
    https = {"GATELODGE_ISSUER": "https://login.test"}
    for cert, key, said in (
        ("key.pem", "key.pem", "GATELODGE_SERVER_TLS_CERT: .*key.pem holds no certificate"),
        ("cert.pem", "cert.pem", "GATELODGE_SERVER_TLS_KEY: .*cert.pem holds no usable key"),
        ("cert.pem", "other.pem", "GATELODGE_SERVER_TLS_KEY: .*other.pem is not the key of that certificate"),
        ("cert.pem", "locked.pem", "GATELODGE_SERVER_TLS_KEY: .*locked.pem holds no usable key"),
    ):
        assert re.match(said, mistake(GATELODGE_SERVER_TLS_CERT=cert, GATELODGE_SERVER_TLS_KEY=key, **https))
    assert load(None, https | {"GATELODGE_SERVER_TLS_CERT": "cert.pem", "GATELODGE_SERVER_TLS_KEY": "key.pem"})


def locked(key: bytes) -> bytes:
    """Return a private key behind a password."""
    password = serialization.BestAvailableEncryption(b"sesame")
    opened = serialization.load_pem_private_key(key, None)
    return opened.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, password)


def test_a_variable_that_only_looks_like_a_setting_is_noticed() -> None:
    others = dict.fromkeys(
        ("GATELODGE_DATA", "GATELODGE_CONFIG", "GATELODGE_CLIENT_ID", "GATELODGE_LOGIN", "PATH"), "x"
    )
    meant = {"GATELODGE_ISUER": "GATELODGE_ISSUER", "GATELODGE_WORKERS": "GATELODGE_SERVER_WORKERS"}
    assert dict(overlooked(others | dict.fromkeys(meant, "x") | {"GATELODGE_DATABASE": "x"})) == meant


def test_secrets_are_not_in_the_repr() -> None:
    config = load(None, {"GATELODGE_SECRET_KEY": KEY, "GATELODGE_DATABASE": "postgresql://u:hunter2@db/x"})
    assert KEY not in repr(config)
    assert "hunter2" not in repr(config)


def test_no_refusal_repeats_a_secret() -> None:
    assert "hunter2" not in mistake(GATELODGE_DATABASE="mysql://u:hunter2@db/x")
    assert "hunter2" not in mistake(GATELODGE_SECRET_KEY="hunter2")


def test_every_setting_has_a_sentence_and_every_number_a_range() -> None:
    for section, make in SECTIONS.items():
        for key in fields(make()):
            assert about(key).sentence.endswith("."), f"{section}.{key.name} has no sentence"
            if type(getattr(make(), key.name)) in (int, float):
                assert about(key).low is not None, f"{section}.{key.name} has no range"


def test_every_default_passes_its_own_check() -> None:
    environ = {
        name: str(getattr(SECTIONS[section](), key))
        for name, (section, key) in environment_names().items()
        if type(getattr(SECTIONS[section](), key)) in (int, float, bool)
    }
    assert load(None, environ) == load(None, {})


def test_the_page_about_settings_is_not_stale() -> None:
    page = (Path(__file__).parents[2] / "docs" / "configuration.md").read_text("utf-8")
    assert page == config_table.fresh(page), "run python -m gatelodge.config.table docs/configuration.md"


def test_the_example_on_the_page_loads(tmp_path: Path) -> None:
    page = (Path(__file__).parents[2] / "docs" / "configuration.md").read_text("utf-8")
    (tmp_path / "gatelodge.key").write_text(KEY)
    os.chmod(tmp_path / "gatelodge.key", 0o600)
    complete(load(written(tmp_path, page.split("```toml\n")[1].split("```")[0]), {}))


def test_reading_takes_no_time() -> None:
    assert seconds_of(lambda: load(None, {"GATELODGE_ISSUER": "https://as.test"})) < 0.5


def test_the_profile_of_two_factors_bounds_how_long_sessions_live(tmp_path: Path) -> None:
    sessions = load(written(tmp_path, '[sessions]\nprofile = "aal2"\nidle_lifetime = 600\n'), {}).sessions
    assert (sessions.idle_lifetime, sessions.lifetime) == (600, 86_400)
    assert load(written(tmp_path, '[sessions]\nprofile = "aal2"\n'), {}).sessions.idle_lifetime == 3_600
