"""The command `gatelodge`, and `python -m gatelodge`: the command line, or what to install to have it."""

import sys


def main() -> None:
    """Run the command line; without it, say in one line how to get it."""
    try:
        from gatelodge.cli import main as run
    except ModuleNotFoundError as missing:
        if missing.name is None or missing.name.startswith("gatelodge"):
            raise
        extra = "cli" if missing.name == "click" else "server"
        sys.exit(f"gatelodge: the command line needs {missing.name}: in a clone, pip install '.[{extra}]'")
    run()


if __name__ == "__main__":
    main()
