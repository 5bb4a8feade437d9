"""Whether Django OAuth Toolkit, as a resource server of its own, takes the tokens it should and no others. Argument: what
run.py made (JSON)."""

import json
import subprocess
import sys
import tempfile
import time
import traceback
from functools import partial
from pathlib import Path

import requests

WORLD = json.loads(Path(sys.argv[1]).read_text())
ISSUER, PERSON, CLIENTS = WORLD["issuer"], WORLD["person"], WORLD["clients"]
HERE = Path(__file__).resolve().parent
# What it believes for ten seconds it may believe that long.
STALE_FOR = 10 + 5


class Django:
    """A resource server in a process of its own, asked as a gateway asks for others."""

    def __init__(self, by, world, folder):
        command = [sys.executable, "-B", HERE / "toolkit_resource_server.py", world, by, folder]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.port = int(self.process.stdout.readline())

    def get(self, path, token, **headers):
        headers = {"Host": "django.example.com", "X-Forwarded-Proto": "https", "Authorization": f"Bearer {token}", **headers}
        return requests.get(f"http://127.0.0.1:{self.port}{path}", headers=headers, timeout=10)

    def status(self, path, token, **headers):
        return self.get(path, token, **headers).status_code

    def end(self):
        self.process.stdin.close()
        self.process.wait(10)


def at(client, path, **form):
    registered = CLIENTS[client]
    return requests.post(f"{ISSUER}/{path}/", data=form, auth=(registered["client_id"], registered["client_secret"]),
                         timeout=10)


def token(client="of-django", scope="read", grant_type="password", **form):
    if grant_type == "password":
        form = {"username": PERSON["username"], "password": PERSON["password"], **form}
    answer = at(client, "token", grant_type=grant_type, scope=scope, **form)
    assert answer.status_code == 200, answer.text
    return answer.json()["access_token"]


def same(found, expected):
    assert found == expected, f"{found!r} is not {expected!r}"


def taken(django, client):
    answer = django.get("/read/", token(client))
    same([answer.status_code, answer.json()], [200, {"username": PERSON["username"]}])


def client_alone(django):
    answer = django.get("/read/", token("django-alone", grant_type="client_credentials"))
    same([answer.status_code, answer.json()], [200, {"username": None}])


def too_little(django):
    narrow = token(scope="read")
    same([django.status("/read/", narrow), django.status("/write/", narrow)], [200, 403])
    answer = django.get("/said/", narrow)
    assert answer.status_code == 403 and 'error="insufficient_scope"' in answer.headers["WWW-Authenticate"], answer.headers
    same(django.status("/write/", token(scope="read write")), 200)


def not_for_it(django):
    """Of a token for others our server tells it nothing, and of one for both it is taken at its own address only."""
    same(django.status("/read/", token("password")), 403)
    same(django.status("/read/", token(), **{"X-Forwarded-Proto": "http"}), 403)


def none_at_all(django):
    for made_up in ("x", "tta_x", token()[:-1], "e30.e30.e30"):
        same(django.status("/read/", made_up), 403)
        assert django.status("/said/", made_up) == 401


def revoked(*djangos):
    tokens = {django: token() for django in djangos}
    for django, mine in tokens.items():
        same(django.status("/read/", mine), 200)
        same(at("of-django", "revoke_token", token=mine).status_code, 200)
        # One that it has not heard of before it does not take for a moment.
        fresh = token()
        at("of-django", "revoke_token", token=fresh)
        same(django.status("/read/", fresh), 403)
    end = time.monotonic() + STALE_FOR
    for django, mine in tokens.items():
        while django.status("/read/", mine) == 200:
            assert time.monotonic() < end, "it is still taken"
            time.sleep(0.25)
        same(django.status("/said/", mine), 401)


def main():
    WORLD["django_token"] = token("django", "introspection", "client_credentials")
    with tempfile.TemporaryDirectory() as folder:
        world = Path(folder) / "world.json"
        world.write_text(json.dumps(WORLD))
        djangos = {by: Django(by, world, folder) for by in ("credentials", "token")}
        flows = {}
        for by, django in djangos.items():
            flows |= {
                f"asking by {by}: a person's token is taken": partial(taken, django, "of-django"),
                f"asking by {by}: a JWT is taken": partial(taken, django, "of-django-jwt"),
                f"asking by {by}: a client's own token is taken": partial(client_alone, django),
                f"asking by {by}: a token with too little scope is not": partial(too_little, django),
                f"asking by {by}: a token for somebody else is not": partial(not_for_it, django),
                f"asking by {by}: what is none is not": partial(none_at_all, django),
            }
        flows["a revoked token is not taken once it has forgotten"] = partial(revoked, *djangos.values())
        for name, flow in flows.items():
            try:
                flow()
                print(f"ok {name}", flush=True)
            except Exception as error:
                print(f"FAILED {name}: {error!r}".replace("\n", " "), flush=True)
                traceback.print_exc()
        for django in djangos.values():
            django.end()
    print("end")


main()
