"""An application with Authlib: the parts it builds its Flask, Django and Starlette clients of, without a web framework
around them; and what every flow is judged by."""

import json
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit

from authlib.integrations.base_client import FrameworkIntegration, OAuthError
from authlib.integrations.base_client.sync_app import BaseApp, OAuth2Mixin
from authlib.integrations.base_client.sync_openid import OpenIDMixin
from authlib.integrations.requests_client import OAuth2Session
from authlib.oidc.discovery import get_well_known_url
from joserfc import jwt
from joserfc.jwk import KeySet

from browser import Browser

WORLD = json.loads(Path(sys.argv[1]).read_text())
ISSUER, PERSON, REDIRECT_URI = WORLD["issuer"], WORLD["person"], WORLD["redirect_uri"]
# In the order in which the server names them.
SCOPE = "email groups openid profile read write"


def browse():
    return Browser(WORLD["origin"], PERSON)


class Integration(FrameworkIntegration):
    def update_token(self, token, refresh_token=None, access_token=None):
        """Tokens are kept by whoever asked for them."""


class Application(OAuth2Mixin, OpenIDMixin, BaseApp):
    """A client of ours by its name, as the library is told to be it."""

    client_cls = OAuth2Session

    def __init__(self, name, **kwargs):
        kwargs.setdefault("code_challenge_method", "S256")
        issuer, registered = kwargs.pop("issuer", ISSUER), kwargs.pop("registered", None) or WORLD["clients"][name]
        super().__init__(Integration(name), name, client_id=registered["client_id"],
                         client_secret=registered.get("client_secret"),
                         client_kwargs={"scope": SCOPE, "default_timeout": 10, **kwargs},
                         server_metadata_url=get_well_known_url(issuer, external=True))

    def keys(self):
        return KeySet.import_key_set(self.fetch_jwk_set())

    def endpoint(self, name):
        return self.load_server_metadata()[f"{name}_endpoint"]

    def session(self, token=None):
        session = self._get_oauth_client(**self.load_server_metadata())
        session.token = token
        return session

    def ask(self, redirect_uri=REDIRECT_URI, **parameters):
        """An authorization request, and what its answer is judged by."""
        asked = self.create_authorization_url(redirect_uri, **parameters)
        return asked["url"], {**asked, "redirect_uri": redirect_uri}

    def redeem(self, arrived, asked, **parameters):
        """The tokens for what arrived; the ID token judged as well."""
        answer = answer_of(arrived)
        if "error" in answer:
            raise OAuthError(answer["error"], answer.get("error_description"))
        # Authlib finds a code in the query only.
        token = self.fetch_access_token(asked["redirect_uri"], state=asked["state"], code_verifier=asked["code_verifier"],
                                        authorization_response=f"{asked['redirect_uri']}?{urlencode(answer)}", **parameters)
        token["userinfo"] = self.parse_id_token(token, asked.get("nonce"))
        return token

    def sign_in(self, browser=None, **parameters):
        """From the question to the tokens."""
        url, asked = self.ask(**parameters)
        return self.redeem((browser or browse()).visit(url), asked)

    def judge(self, kind, id_token, **beside):
        """What Authlib's `parse_id_token` does, with what it does not hand on: what was issued beside the token."""
        decoded = jwt.decode(id_token, self.keys(), algorithms=["RS256"])
        claims = kind(decoded.claims, decoded.header, {"iss": {"values": [ISSUER]}}, {"client_id": self.client_id, **beside})
        claims.validate()
        return claims


def register(token=WORLD["registration_token"], issuer=ISSUER, **metadata):
    """A client that registers itself (RFC 7591), which Authlib has for servers only: the application posts it by its
    session. The answer as it came."""
    wanted = {"client_name": "Interop", "redirect_uris": [REDIRECT_URI], "scope": SCOPE, **metadata}
    session = OAuth2Session(token=token and {"access_token": token, "token_type": "Bearer"}, default_timeout=10)
    return session.post(f"{issuer}/register/", json=wanted, withhold_token=token is None)


def registered(**metadata):
    """And an application that is that client."""
    answer = register(**metadata)
    same(answer.status_code, 201)
    made = answer.json()
    method = made.get("token_endpoint_auth_method", "client_secret_basic")
    return Application(made["client_id"], registered=made, token_endpoint_auth_method=method), made


def administer(*said):
    """What an administrator says at the command line."""
    command = WORLD["command"]
    done = subprocess.run([command["program"], "--json", *said], env={"AUTHZ_CONFIG": command["config"]}, check=True,
                          capture_output=True, text=True)
    return json.loads(done.stdout)


def until(holds):
    """The server notices within a quarter of a second what was said at the command line."""
    end = time.monotonic() + 5
    while not holds():
        assert time.monotonic() < end, "never"
        time.sleep(0.05)


def answer_of(arrived):
    """What reaches the application: of an address with a query, browsers keep the fragment to themselves."""
    address = urlsplit(arrived.url)
    return arrived.posted or dict(parse_qsl(address.query or address.fragment))


def same(found, expected):
    assert found == expected, f"{found!r} is not {expected!r}"


def refused(error, reason, act, *arguments, **named):
    """What is refused for another reason has not been refused."""
    try:
        act(*arguments, **named)
    except error as caught:
        assert reason in str(caught), f"refused, but for {caught!r}"
    else:
        raise AssertionError("it was taken")


def told(sub):
    return {"sub": sub, "name": PERSON["name"], "preferred_username": PERSON["username"], "email": PERSON["email"],
            "email_verified": True, "groups": ["staff"]}


def is_the_person(application, token, scope=SCOPE):
    """What an ID token must say beside what the library has judged."""
    claims = token["userinfo"]
    same([claims["iss"], claims["aud"]], [ISSUER, application.client_id])
    same([claims["acr"], claims["amr"]], ["1", ["pwd"]])
    assert claims["at_hash"] and claims["sid"]
    same(token["scope"], scope)
    return claims["sub"]


def without(claims, *names):
    return {name: value for name, value in claims.items() if name not in names}
