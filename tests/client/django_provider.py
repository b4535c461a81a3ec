"""django-oauth-toolkit as a process of its own, over a SQLite file of its own: `python django_provider.py '{...}'`.

Told by one JSON argument: port, folder, redirect_uri, secret. Nothing of Gatelodge is imported here.
"""

import json
import sys
from pathlib import Path

import django
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from django.conf import settings

TOLD = json.loads(sys.argv[1])
FOLDER = Path(TOLD["folder"])
LOGIN = """<form method="post" action="{{ request.get_full_path }}">{% csrf_token %}
<input name="username"><input name="password" type="password"></form>"""


def configure() -> None:
    pem = rsa.generate_private_key(65537, 2048).private_bytes(
        Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()
    )
    settings.configure(
        SECRET_KEY="a key of the tests",
        ALLOWED_HOSTS=["127.0.0.1"],
        ROOT_URLCONF=__name__,
        USE_TZ=True,
        LOGIN_URL="/accounts/login/",
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": FOLDER / "provider.db"}},
        INSTALLED_APPS=[
            "django.contrib.auth",
            "django.contrib.contenttypes",
            "django.contrib.sessions",
            "django.contrib.messages",
            "oauth2_provider",
        ],
        MIDDLEWARE=[
            "django.contrib.sessions.middleware.SessionMiddleware",
            "django.middleware.csrf.CsrfViewMiddleware",
            "django.contrib.auth.middleware.AuthenticationMiddleware",
            "django.contrib.messages.middleware.MessageMiddleware",
        ],
        PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
        TEMPLATES=[
            {
                "BACKEND": "django.template.backends.django.DjangoTemplates",
                "DIRS": [],
                "OPTIONS": {
                    "context_processors": [
                        "django.template.context_processors.request",
                        "django.contrib.auth.context_processors.auth",
                    ],
                    "loaders": [
                        ("django.template.loaders.locmem.Loader", {"registration/login.html": LOGIN}),
                        "django.template.loaders.app_directories.Loader",
                    ],
                },
            }
        ],
        OAUTH2_PROVIDER={
            "OIDC_ENABLED": True,
            "OIDC_RSA_PRIVATE_KEY": pem.decode(),
            "OIDC_RP_INITIATED_LOGOUT_ENABLED": True,
            "SCOPES": {"openid": "Who you are", "read": "Read", "write": "Write", "introspection": "Look"},
            "ROTATE_REFRESH_TOKEN": True,
            "REFRESH_TOKEN_REUSE_PROTECTION": True,
            "PKCE_REQUIRED": True,
        },
    )
    django.setup()


configure()

from django.contrib.auth.models import User  # noqa: E402 - only after Django is set up
from django.contrib.auth.views import LoginView  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.urls import include, path  # noqa: E402
from oauth2_provider.models import get_application_model  # noqa: E402

urlpatterns = [
    path("o/", include("oauth2_provider.urls", namespace="oauth2_provider")),
    path("accounts/login/", LoginView.as_view()),
]


def fill() -> None:
    alice = User.objects.create_user("alice", "alice@example.org", "wonderland")
    code, machine = "authorization-code", "client-credentials"
    for client_id, kind, grant in (
        ("web", "confidential", code),
        ("public", "public", code),
        ("daemon", "confidential", machine),
        ("legacy", "confidential", "password"),
    ):
        get_application_model().objects.create(
            client_id=client_id,
            client_secret=TOLD["secret"],
            client_type=kind,
            authorization_grant_type=grant,
            redirect_uris=TOLD["redirect_uri"] if grant == code else "",
            name=client_id,
            user=alice,
            algorithm="RS256",
        )


if __name__ == "__main__":
    call_command("migrate", verbosity=0)
    fill()
    call_command("runserver", f"127.0.0.1:{TOLD['port']}", "--noreload")
