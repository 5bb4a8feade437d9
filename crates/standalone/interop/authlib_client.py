"""Every flow as an application in Python would go through it, with Authlib. Argument: what run.py made (JSON)."""

import json
import time
import traceback
from functools import partial
from urllib.parse import urljoin

from authlib.common.security import generate_token
from authlib.integrations.base_client import OAuthError
from authlib.integrations.requests_client import OAuth2Session
from authlib.oauth2 import rfc8414
from authlib.oidc import discovery as oidc
from joserfc import jwt
from joserfc.jwk import RSAKey

import authlib_front
import authlib_keys
import authlib_leaving
import authlib_registering
import authlib_tokens
from authlib_application import ISSUER, PERSON, SCOPE, WORLD, Application, browse, is_the_person, refused
from authlib_application import same, told, without

DEVICE = "urn:ietf:params:oauth:grant-type:device_code"


def code(name, **kwargs):
    application = Application(name, **kwargs)
    token = application.sign_in()
    sub = is_the_person(application, token)
    same(without(application.userinfo(token=token), "updated_at"), told(sub))
    session = application.session(token)
    renewed = session.refresh_token(application.endpoint("token"))
    same(application.parse_id_token(renewed, None)["sub"], sub)
    assert renewed["refresh_token"] != token["refresh_token"]
    same(session.revoke_token(application.endpoint("revocation"), renewed["refresh_token"]).status_code, 200)
    refused(OAuthError, "invalid_grant", session.refresh_token, application.endpoint("token"), renewed["refresh_token"])


def signed(alg):
    application = Application(alg)
    token = application.sign_in()
    sub = is_the_person(application, token)
    same(jwt.decode(token["id_token"], application.keys(), algorithms=[alg]).header["alg"], alg)
    # Its `userinfo` reads JSON only; the library under it reads signatures.
    answer = application.get(application.endpoint("userinfo"), token=token)
    same(answer.headers["Content-Type"], "application/jwt")
    claims = jwt.decode(answer.text, application.keys(), algorithms=[alg]).claims
    same([claims["iss"], claims["aud"]], [ISSUER, application.client_id])
    same(without(claims, "iss", "aud", "updated_at"), told(sub))


def discovery(well_known, metadata_class):
    answer = OAuth2Session().get(well_known(ISSUER, external=True), withhold_token=True)
    same(answer.json()["issuer"], ISSUER)
    # It judges the URLs as they are in production, where they are https.
    metadata_class(json.loads(answer.text.replace("http://", "https://"))).validate()
    algs = {key["alg"] for key in Application("basic").fetch_jwk_set()["keys"]}
    same(algs, {"RS256", "ES256", "EdDSA"})


def api():
    application = Application("basic")
    token = application.sign_in()
    url = urljoin(WORLD["api"], "activities/")
    made = application.post(url, token=token, json={"name": "Reading"})
    same([made.status_code, made.json()["name"]], [201, "Reading"])
    same(application.get(url, token=token).json()["count"], 1)
    same(application.get(url, token={**token, "access_token": token["access_token"] + "x"}).status_code, 401)


def introspection():
    application = Application("basic")
    token = application.sign_in()
    session = application.session()

    def look():
        return session.introspect_token(application.endpoint("introspection"), token["access_token"], "access_token").json()

    found = look()
    same([found["active"], found["username"], found["client_id"]], [True, PERSON["username"], application.client_id])
    same([found["iss"], found["scope"], found["sub"]], [ISSUER, SCOPE, token["userinfo"]["sub"]])
    session.revoke_token(application.endpoint("revocation"), token["access_token"], "access_token")
    same(look(), {"active": False})


def client_credentials():
    application = Application("basic")
    token = application.fetch_access_token(grant_type="client_credentials", scope="read")
    same([token["scope"], "refresh_token" in token], ["read", False])


def password():
    application = Application("password", scope="read write")
    session, endpoint = application.session(), application.endpoint("token")
    token = session.fetch_token(endpoint, username=PERSON["username"], password=PERSON["password"])
    renewed = session.refresh_token(endpoint)
    same([token["scope"], renewed["scope"]], ["read write", "read write"])
    refused(OAuthError, "invalid_grant", session.fetch_token, endpoint, username=PERSON["username"], password="another")


def device():
    """Authlib knows the grant, and leaves asking and waiting to the application."""
    application = Application("device")
    asking = {"client_id": application.client_id, "scope": SCOPE}
    asked = application.post(application.endpoint("device_authorization"), data=asking, withhold_token=True).json()
    poll = partial(application.fetch_access_token, grant_type=DEVICE, device_code=asked["device_code"])
    refused(OAuthError, "authorization_pending", poll)
    refused(OAuthError, "slow_down", poll)
    same(browse().connect_device(asked["verification_uri_complete"]), "Go back to your device")
    # As often as was asked too soon, five seconds more (RFC 8628 section 3.5).
    time.sleep(asked["interval"] + 5)
    token = poll()
    sub = application.parse_id_token(token, None)["sub"]
    same(without(application.userinfo(token=token), "updated_at"), told(sub))


def refused_device():
    application = Application("device")
    asking = {"client_id": application.client_id, "scope": SCOPE}
    asked = application.post(application.endpoint("device_authorization"), data=asking, withhold_token=True).json()
    same(browse().connect_device(asked["verification_uri_complete"], decision="refuse"), "You refused")
    poll = partial(application.fetch_access_token, grant_type=DEVICE, device_code=asked["device_code"])
    refused(OAuthError, "access_denied", poll)


def form_post():
    application = Application("basic")
    is_the_person(application, application.sign_in(response_mode="form_post"))


def silent():
    application, browser = Application("remembered"), browse()
    refused(OAuthError, "login_required", application.sign_in, browser, prompt="none")
    Application("basic").sign_in(browser)
    refused(OAuthError, "consent_required", application.sign_in, browser, prompt="none")
    first = application.sign_in(browser)["userinfo"]
    count = (browser.sign_ins, browser.consents)
    again = application.sign_in(browser, prompt="none")["userinfo"]
    same((browser.sign_ins, browser.consents), count)
    same([again["sub"], again["sid"]], [first["sub"], first["sid"]])


def age():
    application, browser = Application("basic"), browse()
    application.sign_in(browser, max_age="600")
    application.sign_in(browser, max_age="600")
    same(browser.sign_ins, 1)
    assert isinstance(application.sign_in(browser, max_age="0")["userinfo"]["auth_time"], int)
    same(browser.sign_ins, 2)


def login():
    application, browser = Application("basic"), browse()
    first = application.sign_in(browser)
    again = application.sign_in(browser, prompt="login", login_hint=PERSON["username"])
    same(browser.sign_ins, 2)
    hinted = application.sign_in(browser, prompt="none", id_token_hint=first["id_token"])
    same(hinted["userinfo"]["sub"], again["userinfo"]["sub"])


def claims():
    """What is told in the ID token, and not at UserInfo, because it was asked for by name."""
    application = Application("basic", scope="openid")
    token = application.sign_in(claims=json.dumps({"id_token": {"email": {"essential": True}}}))
    same(token["userinfo"]["email"], PERSON["email"])
    same(application.userinfo(token=token), {"sub": token["userinfo"]["sub"]})


def refusal():
    application = Application("public")
    url, asked = application.ask()
    refused(OAuthError, "access_denied", application.redeem, browse().visit(url, decision="refuse"), asked)


def bites(reason, expected=None, metadata=None):
    """What must not pass: the library is told to expect something else, of the answer or of the server."""
    application = Application("basic")
    url, asked = application.ask()
    application.server_metadata.update(metadata or {})
    refused(Exception, reason, application.redeem, browse().visit(url), {**asked, **(expected or {})})


def other_keys():
    ours = Application("basic").fetch_jwk_set()["keys"]
    keys = [RSAKey.generate_key(2048, {"kid": key["kid"]}).as_dict(private=False) for key in ours]
    bites("bad_signature", metadata={"jwks": {"keys": keys}})


def replay():
    application = Application("basic")
    url, asked = application.ask()
    arrived = browse().visit(url)
    application.redeem(arrived, asked)
    refused(OAuthError, "invalid_grant", application.redeem, arrived, asked)


FLOWS = {
    "the code flow by Basic: UserInfo, refresh, revocation": partial(code, "basic"),
    "the code flow by post: UserInfo, refresh, revocation": partial(
        code, "post", token_endpoint_auth_method="client_secret_post", revocation_endpoint_auth_method="client_secret_post"),
    "the code flow of a public client: UserInfo, refresh, revocation": partial(code, "public"),
    "ID token and UserInfo signed RS256": partial(signed, "RS256"),
    "ID token and UserInfo signed ES256": partial(signed, "ES256"),
    "ID token and UserInfo signed EdDSA": partial(signed, "EdDSA"),
    "discovery as OpenID says, and the keys": partial(discovery, oidc.get_well_known_url, oidc.OpenIDProviderMetadata),
    "discovery as RFC 8414 says, and the keys": partial(
        discovery, rfc8414.get_well_known_url, rfc8414.AuthorizationServerMetadata),
    "the API, with and without a good token": api,
    "introspection before and after revocation": introspection,
    "client credentials": client_credentials,
    "a password": password,
    "a device": device,
    "a device that is refused": refused_device,
    "the code flow, posted as a form": form_post,
    "prompt=none: refused, then silent": silent,
    "max_age: within it, and again": age,
    "prompt=login asks again; a hint is who it was": login,
    "claims asked for by name": claims,
    "the person refuses": refusal,
    "a wrong state is refused": partial(bites, "mismatching_state", expected={"state": "other"}),
    "a wrong nonce is refused": partial(bites, "'nonce'", expected={"nonce": "other"}),
    "a wrong iss is refused": partial(bites, "'iss'", metadata={"issuer": f"{ISSUER}x"}),
    "a wrong verifier is refused": partial(bites, "invalid_grant", expected={"code_verifier": generate_token(48)}),
    "another algorithm is refused": partial(
        bites, "algorithm", metadata={"id_token_signing_alg_values_supported": ["ES256"]}),
    "other keys are refused": other_keys,
    "a code is good once": replay,
    **authlib_front.FLOWS,
    **authlib_tokens.FLOWS,
    **authlib_registering.FLOWS,
    **authlib_keys.FLOWS,
    **authlib_leaving.FLOWS,
}

for name, flow in FLOWS.items():
    try:
        flow()
        print(f"ok {name}", flush=True)
    except Exception as error:
        print(f"FAILED {name}: {error!r}".replace("\n", " "), flush=True)
        traceback.print_exc()
print("end")
