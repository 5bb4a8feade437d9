"""A resource server that is Django OAuth Toolkit, unmodified and set up as the README says. Arguments: what run.py made
(JSON), by what it asks (`credentials` or `token`), and a folder of its own. It says on which port it listens, and serves
until its input ends."""

import json
import os
import sys
import threading
from pathlib import Path
from wsgiref.simple_server import WSGIRequestHandler, make_server

import django
from django.conf import settings
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application
from django.http import JsonResponse
from django.urls import path

WORLD, BY, FOLDER = json.loads(Path(sys.argv[1]).read_text()), sys.argv[2], Path(sys.argv[3])
ASKS_BY = {
    "credentials": lambda: {"RESOURCE_SERVER_INTROSPECTION_CREDENTIALS": ("django", WORLD["clients"]["django"]["client_secret"])},
    "token": lambda: {"RESOURCE_SERVER_AUTH_TOKEN": WORLD["django_token"]},
}

settings.configure(
    SECRET_KEY="only for this run",
    ALLOWED_HOSTS=["django.example.com"],
    # A gateway is before it: it serves https://django.example.com/.
    SECURE_PROXY_SSL_HEADER=("HTTP_X_FORWARDED_PROTO", "https"),
    ROOT_URLCONF=__name__,
    USE_TZ=True,
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": FOLDER / f"{BY}.db"}},
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "oauth2_provider"],
    OAUTH2_PROVIDER={
        "RESOURCE_SERVER_INTROSPECTION_URL": f"{WORLD['issuer']}/introspect/",
        "RESOURCE_SERVER_TOKEN_CACHING_SECONDS": 10,
        **ASKS_BY[BY](),
    },
)
django.setup()

from oauth2_provider.decorators import protected_resource, protected_resource_metadata  # noqa: E402


def person(request):
    return JsonResponse({"username": request.resource_owner and request.resource_owner.username})


urlpatterns = [
    path("read/", protected_resource(scopes=["read"])(person)),
    path("write/", protected_resource(scopes=["write"])(person)),
    # The other of its decorators, which says why.
    path("said/", protected_resource_metadata(scopes=["write"], resource_metadata_url="https://django.example.com/")(person)),
]


class Quiet(WSGIRequestHandler):
    def log_message(self, *_):
        """The script that asks says what went wrong."""


call_command("migrate", verbosity=0)
server = make_server("127.0.0.1", 0, get_wsgi_application(), handler_class=Quiet)
threading.Thread(target=server.serve_forever, daemon=True).start()
print(server.server_port, flush=True)
sys.stdin.read()
os._exit(0)
