"""The authorization code grant (RFC 6749 4.1): a code, once, by the client it was made for, with the right verifier."""

from msgspec import Struct

from gatelodge.database.places import place_of
from gatelodge.database.tx import Tx
from gatelodge.grants.award import Award
from gatelodge.grants.codes import CODE, read_code
from gatelodge.grants.contract import Grant, GrantContext, GrantRefused
from gatelodge.grants.families import begin_family
from gatelodge.grants.narrowing import narrowed
from gatelodge.keys.mint import StoredValue
from gatelodge.protocol import rules
from gatelodge.protocol.checks import DPOP_HEADER, need, one, some
from gatelodge.protocol.code import check_code
from gatelodge.protocol.errors import OAuthError
from gatelodge.protocol.params import Params
from gatelodge.stores import refresh_tokens, tickets
from gatelodge.telemetry.events import CodeReplayed, TokenIssued

REPLAY_TELLS = 600  # seconds after its exchange in which a code that comes again means that somebody else has it


class CodeRequest(Struct, frozen=True):
    """An exchange as it was asked for."""

    code: str
    redirect_uri: str | None
    verifier: str | None
    resource: tuple[str, ...]
    value: StoredValue | None = None  # what the code says

    def __repr__(self) -> str:
        return "CodeRequest(...)"


class AuthorizationCode(Grant[CodeRequest]):
    """Exchanges an authorization code for tokens."""

    grant_type = "authorization_code"
    parameters = frozenset({"code", "redirect_uri", "code_verifier", "resource"})
    checks = (
        need("code"),
        some(rules.CODE_VALID, rules.CODE_ONCE),
        one(rules.CODE_OWNER),
        one(rules.CODE_REDIRECT),
        one(rules.PKCE_DOWNGRADE),
        one(rules.PKCE_VERIFIER_SYNTAX, "code_verifier"),
        one(rules.PKCE_VERIFIER, "code_verifier"),
        one(rules.DPOP_BOUND, DPOP_HEADER),
        one(rules.TARGET_GRANTED, "resource"),
        one(rules.TARGET_KNOWN, "resource"),
        one(rules.TARGET_ONE),
        one(rules.TARGET_THERE),
        one(rules.ACCOUNT_ENABLED),
        one(rules.CONSENT_STANDS),
    )

    def read(self, params: Params) -> CodeRequest:
        code = params.get("code")
        if code is None:
            raise OAuthError("invalid_request", "code is missing", rules.REQUIRED)
        return CodeRequest(code, params.get("redirect_uri"), params.get("code_verifier"), params.all("resource"))

    async def prepare(self, asked: CodeRequest, context: GrantContext) -> CodeRequest:
        value = context.mint.take_apart(asked.code)
        if value is None:
            raise _unknown()
        return CodeRequest(asked.code, asked.redirect_uri, asked.verifier, asked.resource, value)

    def place(self, asked: CodeRequest) -> int | None:
        return None if asked.value is None else place_of(asked.value.row_id)

    async def redeem(self, tx: Tx, asked: CodeRequest, context: GrantContext) -> Award:
        value = asked.value
        if value is None:
            raise RuntimeError("a code is redeemed only after prepare() took it apart")
        proof = context.mint.digest(CODE, value.secret)
        ticket = await tickets.take(tx, CODE, value.row_id, proof, context.now)
        if ticket is None:
            raise await self._refusal(tx, value, proof, asked, context)
        code = read_code(ticket.payload)
        check_code(code.proof, context.client, asked.redirect_uri, asked.verifier, context.proof)
        if code.grounds.client_generation != context.client.generation:
            raise _unknown()  # it was another client's that had this id before
        scope, target = narrowed(context, code.grounds, None, asked.resource)
        family = await begin_family(tx, context, code.grounds, code_id=ticket.id)
        event = TokenIssued(
            client_id=context.client.id,
            user_id=code.grounds.user_id,
            grant=self.grant_type,
            scope=" ".join(scope),
        )
        return Award(context.client, scope, target, event, code.grounds, family, nonce=code.nonce)

    @staticmethod
    async def _refusal(
        tx: Tx, value: StoredValue, proof: bytes, asked: CodeRequest, context: GrantContext
    ) -> OAuthError:
        """Say why, and end what came of a code that its own client presents again (RFC 6749 4.1.2).

        Only with all that an exchange must prove, and only soon after the first: a code that is found in a log is no
        switch for what it was exchanged for.
        """
        spent = await tickets.find_spent(tx, CODE, value.row_id, proof)
        if spent is None or spent.spent_at is None:
            return _unknown()
        code = read_code(spent.payload)
        check_code(code.proof, context.client, asked.redirect_uri, asked.verifier, context.proof)
        if context.now > spent.spent_at + REPLAY_TELLS:
            return OAuthError("invalid_grant", "code was used before", rules.CODE_ONCE)
        await refresh_tokens.revoke_of_code(tx, spent.id, context.now)
        event = CodeReplayed(client_id=context.client.id, user_id=code.grounds.user_id)
        return GrantRefused("invalid_grant", "code was used before", rules.CODE_ONCE, event)


def _unknown() -> OAuthError:
    return OAuthError("invalid_grant", "code is not valid", rules.CODE_VALID)
