"""Which tests concern which file: those that are run for each of its mutants, so they are few and quick."""

from pathlib import Path

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "gatelodge"
ROOMS = ["sessions", "tokens", "grants", "client_auth", "keys", "protocol", "database"]

REMOVED = "tests/tokens/test_removed_clients.py"
EXCHANGES = [*(f"tests/grants/test_{name}.py" for name in ("authorization_code", "refresh_token")), REMOVED]
RUNS = ["tests/database/test_runner.py"]

# Beside tests/ROOM/test_FILE.py, or all of tests/ROOM where a file has no test of its own name.
MORE = {
    **{f"sessions/{name}.py": ["tests/endpoints/test_tabs.py"] for name in ("browser", "interactions")},
    "tokens/own.py": [f"tests/endpoints/test_{name}.py" for name in ("introspect", "revoke", "userinfo")],
    "tokens/issue.py": [
        *EXCHANGES,
        *[f"tests/endpoints/test_{name}.py" for name in ("introspect", "legacy_answers", "userinfo")],
    ],
    "tokens/serve.py": [*EXCHANGES, "tests/grants/test_client_credentials.py"],
    "tokens/front.py": [f"tests/endpoints/test_{name}.py" for name in ("legacy_answers", "signing_out")],
    "tokens/revoke.py": ["tests/endpoints/test_revoke.py", "tests/tokens/test_own.py"],
    "tokens/introspect.py": ["tests/endpoints/test_introspect.py"],
    "client_auth/client_secret_basic.py": ["tests/client_auth/test_contract.py", "tests/client_auth/test_secrets.py"],
    "client_auth/client_secret_post.py": ["tests/client_auth/test_contract.py", "tests/client_auth/test_secrets.py"],
    "client_auth/none.py": ["tests/client_auth/test_contract.py"],
    "client_auth/private_key_jwt.py": ["tests/client_auth/test_contract.py"],
    **{
        f"grants/{name}.py": ["tests/grants/test_contract.py", REMOVED]
        for name in ("authorization_code", "client_credentials", "password", "refresh_token")
    },
    "grants/families.py": EXCHANGES,
    "grants/narrowing.py": EXCHANGES,
    "database/jobs.py": RUNS,
    "database/engines.py": [*RUNS, "tests/database/test_read_only.py"],
    **{f"database/{name}.py": [*RUNS, "tests/database/test_sqlite.py"] for name in ("render", "rows", "worker_thread")},
    "database/schema.py": ["tests/database/test_migrate.py"],
    "database/sqlite/schema.py": ["tests/database/test_migrate.py"],
    "database/sqlite/file.py": ["tests/database/test_sqlite_file.py", "tests/database/test_sqlite.py"],
    **{
        f"database/sqlite/{name}.py": [*RUNS, *[f"tests/database/test_{one}.py" for one in ("sqlite", "commit")]]
        for name in ("engine", "writer")
    },
    "database/postgres/schema.py": ["tests/database/test_migrate.py"],
    **{
        f"database/postgres/{name}.py": [
            *RUNS,
            *[f"tests/database/test_{one}.py" for one in ("postgres", "neighbours")],
        ]
        for name in ("attempt", "engine", "lane", "shape", "values", "wire")
    },
    "protocol/addresses.py": ["tests/test_outbound.py"],
    "protocol/jwks.py": ["tests/resource/test_keys.py", "tests/resource/test_profiles.py"],
    "protocol/uri_differences.py": ["tests/inspector/test_uri_differences.py"],
}


def concerning(file: str) -> list[str]:
    """Return the tests of a file below `src/gatelodge`."""
    room, _, rest = file.partition("/")
    own, of_room = f"tests/{room}/test_{rest}", f"tests/{room}"
    if (ROOT / own).exists():
        return [own, *MORE.get(file, [])]
    return MORE.get(file, [of_room])


def uses_postgres(file: str) -> bool:
    """Whether PostgreSQL takes part: where it is driven. Elsewhere both engines say the same, and SQLite is quicker."""
    return file.startswith("database/postgres/")
