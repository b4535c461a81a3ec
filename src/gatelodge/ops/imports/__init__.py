"""The exports of other products that people are brought along from, one line each."""

from collections.abc import Mapping

from gatelodge.ops.imports import auth0, authentik, django, firebase, gatelodge, keycloak
from gatelodge.ops.imports.contract import ReadExport

FORMATS: Mapping[str, ReadExport] = {
    "gatelodge": gatelodge.read,
    "keycloak": keycloak.read,
    "auth0": auth0.read,
    "django": django.read,
    "authentik": authentik.read,
    "firebase": firebase.read,
}
