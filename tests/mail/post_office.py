"""A real SMTP server in the test session: takes mail, or refuses, hangs and hangs up as it is told."""

import asyncio
import ssl
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage

import trustme
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

PASSWORD = "a password of the relay's"


@dataclass
class Office:
    """What arrived, and how the server behaves: `refuses` is the answer to a recipient, `hangs` answers nobody."""

    taken: list[EmailMessage] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    encrypted: list[bool] = field(default_factory=list)
    signed_in: list[str] = field(default_factory=list)
    refuses: str = ""
    hangs: bool = False
    port: int = 0

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.hangs:
            await asyncio.sleep(3_600)
        if self.refuses:
            return self.refuses
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        assert isinstance(envelope.content, bytes)
        self.taken.append(message_from_bytes(envelope.content, policy=policy.default))
        self.recipients += envelope.rcpt_tos
        assert server.transport is not None
        self.encrypted.append(server.transport.get_extra_info("sslcontext") is not None)
        return "250 OK"

    def authenticate(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: object
    ) -> AuthResult:
        right = isinstance(data, LoginPassword) and data.password == PASSWORD.encode()
        if right:
            self.signed_in.append(data.login.decode())  # type: ignore[attr-defined]
        return AuthResult(success=right, handled=False)


@asynccontextmanager
async def open_office(authority: trustme.CA | None = None, *, smtps: bool = False) -> AsyncGenerator[Office]:
    """Run a server on a free port of this machine; with an `authority` it offers TLS, or speaks it from the start."""
    office, context = Office(), None if authority is None else tls(authority)

    def answer() -> SMTP:
        offered = None if smtps else context
        by = office.authenticate
        return SMTP(office, tls_context=offered, authenticator=by, auth_require_tls=offered is not None, timeout=60)

    loop = asyncio.get_running_loop()
    server = await loop.create_server(answer, "127.0.0.1", 0, ssl=context if smtps else None)
    office.port = server.sockets[0].getsockname()[1]
    try:
        yield office
    finally:
        server.close()


def tls(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost", "127.0.0.1").configure_cert(context)
    return context
