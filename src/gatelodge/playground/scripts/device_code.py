"""The device code: somebody signs in elsewhere for a device without a browser (RFC 8628). It cannot be played yet."""

from gatelodge.playground.scenes import front
from gatelodge.playground.script import Advice, Facts, Script

_ELSEWHERE = "No browser can open there, so the person uses one elsewhere."

DEVICE_CODE = Script(
    key="device",
    grant="urn:ietf:params:oauth:grant-type:device_code",
    name="Device",
    lead="For a television, a printer, a terminal on another machine: it shows a short code, and you enter that code "
    "in a browser somewhere else.",
    facts=Facts(
        person="yes, elsewhere",
        secret="no",
        refresh="yes",
        when="Devices without a browser or a keyboard",
        section="RFC 8628",
        standing="special",
    ),
    advice=(Advice({"person": "yes", "browser": "no"}, (front.SOMEBODY, _ELSEWHERE)),),
)
