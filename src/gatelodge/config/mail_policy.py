"""The settings of `[mail]`."""

from dataclasses import dataclass

from gatelodge.config.setting import setting


@dataclass(frozen=True, slots=True)
class MailPolicy:
    """`[mail]`: how letters leave."""

    url: str = setting(
        "",
        "The server that sends mail: smtp://USER:PASSWORD@HOST:587 or smtps://...; file:///FOLDER keeps each letter as "
        "a file. None: nobody is written to.",
        secret=True,
    )
    sender: str = setting("", "Whom mail is from: an address, or a name with one in angle brackets.")
    starttls: str = setting(
        "offered",
        "When mail to an smtp server is encrypted: where the server offers it, or nothing is sent without. A password "
        "never goes unencrypted to another machine.",
        choices=("offered", "required"),
    )
