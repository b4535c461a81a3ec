"""The two ways not to be let in: the request is not good enough, or that cannot be decided now."""

from gatelodge.protocol.errors import ErrorCode
from gatelodge.protocol.reply import Headers
from gatelodge.protocol.rules import Rule


class Refused(Exception):
    """A request that is not let in.

    `error` is what the caller is told, `None` if the request brought no token at all (RFC 6750 3.1); `description` is
    lower case and echoes nothing. `rule` is the check that refused, and `expected` the setting of the API that the
    token does not fit, if it is one: both for the log of the API and not for the wire. `scheme` is that of the token,
    `headers` go with the answer.
    """

    def __init__(
        self,
        error: ErrorCode | None,
        description: str,
        rule: Rule,
        expected: str = "",
        *,
        scheme: str = "Bearer",
        headers: Headers = (),
    ) -> None:
        wanted = f"; expected {expected}" if expected else ""
        super().__init__(f"{error or 'no token'}: {description} ({rule.id}, {rule.section}{wanted})")
        self.error: ErrorCode | None = error
        self.description = description
        self.rule = rule
        self.expected = expected
        self.scheme = scheme
        self.headers = headers


class CannotDecide(Exception):
    """Whether a token is good cannot be found out now, so it is not let in: 503, and the token may well be good.

    `reason` is for the operator of the API. `retry_after` is in seconds.
    """

    def __init__(self, reason: str, retry_after: int = 5) -> None:
        super().__init__(reason)
        self.reason = reason
        self.retry_after = retry_after
