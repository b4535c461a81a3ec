"""The command `gatelodge`, and `python -m gatelodge`: the command line, or what to install to have it."""

import sys

OF_A_PERSON = frozenset({"login", "token", "whoami", "logout", "git-credential"})  # they need the extra `cli` only


def main() -> None:
    """Run the command line; without it, say in one line how to get it."""
    try:
        from gatelodge.cli import main as run
    except ModuleNotFoundError as missing:
        if missing.name is None or missing.name.startswith("gatelodge"):
            raise
        extra = "cli" if missing.name == "click" and OF_A_PERSON.intersection(sys.argv[1:2]) else "server"
        sys.exit(f"gatelodge: this needs {missing.name}: pip install 'gatelodge[{extra}]', or '.[{extra}]' in a clone")
    run()


if __name__ == "__main__":
    main()
