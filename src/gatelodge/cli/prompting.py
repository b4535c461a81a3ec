"""What a person who signs in has to do, said on standard error: the browser, a URL, or a code with its picture."""

import sys
from io import StringIO
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from gatelodge.client.native.sign_in import Prompt


def tell(prompt: "Prompt") -> None:
    """Show a person what to do, on standard error: standard output is the answer."""
    from gatelodge.client.native.sign_in import EnterCode, InBrowser, OpenUrl

    match prompt:
        case InBrowser(url):
            lines = ("Your browser was opened to sign in. If it was not, open this on this machine:", f"  {url}")
        case OpenUrl(url):
            lines = ("Open this in a browser on this machine:", f"  {url}")
        case EnterCode(page, code, complete):
            lines = (f"Open {page} on any device and enter the code {click.style(code, bold=True)}",)
            lines += (f"or open {complete}",) if complete else ()
            lines += _picture(complete) if complete and sys.stderr.isatty() else ()
    for line in lines:
        click.echo(line, err=True)


def _picture(url: str) -> tuple[str, ...]:
    """Return a QR code of a URL for a phone's camera, if there is what draws it: the server's own package has it."""
    try:
        import segno
    except ImportError:
        return ()
    drawn = StringIO()
    segno.make(url, micro=False).terminal(out=drawn, compact=True)
    return (drawn.getvalue(),)
