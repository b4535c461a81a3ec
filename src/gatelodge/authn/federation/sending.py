"""Carrying the client library's messages to providers by the only door out."""

from gatelodge.client.errors import ServerUnavailable
from gatelodge.client.sending.http import MAX_BODY, AsyncSend, HttpRequest, HttpResponse
from gatelodge.outbound import Call, FetchFailed, Outbound


def sender(outbound: Outbound) -> AsyncSend:
    """Return what sends by this door: no redirect is followed, no address inside our network dialled unasked."""

    async def send(request: HttpRequest) -> HttpResponse:
        call = Call(request.method, None if request.form is None else dict(request.form), request.headers)
        try:
            answer = await outbound.send(call, request.url, MAX_BODY)
        except FetchFailed as failed:
            raise ServerUnavailable(request.url, failed.reason, sent=True) from None
        return HttpResponse(answer.status, answer.headers, answer.body)

    return send
