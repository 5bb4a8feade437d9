"""What tokens are for and whom they name, the keys they are signed with, and who may see what."""

import re
from functools import partial
from urllib.parse import urljoin

import requests
from authlib.integrations.base_client import OAuthError
from authlib.oauth2.rfc6750.errors import InsufficientScopeError, InvalidTokenError
from authlib.oauth2.rfc9068 import JWTBearerTokenValidator
from joserfc import jws

from authlib_application import ISSUER, PERSON, REDIRECT_URI, SCOPE, WORLD, Application, administer, answer_of, browse
from authlib_application import is_the_person, refused, same, told, until, without
from browser import Browser


class Judge(JWTBearerTokenValidator):
    """A resource server that judges by the published keys (RFC 9068), as the library does it: RS256 and ES256, and not
    EdDSA."""

    def __init__(self, application, audience):
        super().__init__(issuer=ISSUER, resource_server=audience)
        self.application = application

    def get_jwks(self):
        return self.application.fetch_jwk_set()


def judged(application, token, scopes, audience="timetracker"):
    judge = Judge(application, audience)
    claims = judge.authenticate_token(token)
    judge.validate_token(claims, scopes, None)
    return claims


def header(token):
    return jws.extract_compact(token.encode()).headers()


def jwt_access(alg):
    application = Application(f"jwt-{alg}")
    token = application.sign_in()
    access = token["access_token"]
    same(header(access)["alg"], alg)
    claims = judged(application, access, ["read write"])
    same([claims["sub"], claims["client_id"]], [token["userinfo"]["sub"], application.client_id])
    same(sorted(claims["scope"].split()), SCOPE.split())
    refused(InvalidTokenError, "invalid_token", judged, application, access, ["read"], audience="other")
    refused(InvalidTokenError, "invalid_token", judged, application, token["id_token"], [])
    refused(InsufficientScopeError, "insufficient_scope", judged, application, access, ["admin"])
    same(without(application.userinfo(token=token), "updated_at"), told(claims["sub"]))
    same(application.get(urljoin(WORLD["api"], "activities/"), token=token).status_code, 200)


def audience(application, token):
    found = application.session().introspect_token(application.endpoint("introspection"), token["access_token"]).json()["aud"]
    return [found] if isinstance(found, str) else found


def resources():
    one, two = "https://one.example/", "https://two.example/"
    application = Application("resources")
    same(audience(application, application.sign_in()), [one, two])
    narrowed = application.sign_in(resource=one)
    same(audience(application, narrowed), [one])
    same(application.get(application.endpoint("userinfo"), token=narrowed).status_code, 403)
    session = application.session(narrowed)
    refused(OAuthError, "invalid_target", session.refresh_token, application.endpoint("token"), body=f"resource={two}")
    refused(OAuthError, "invalid_target", application.sign_in, resource="https://three.example/")


def pairwise():
    def subject(name, **parameters):
        application = Application(name)
        token = application.sign_in(**parameters)
        same(without(application.userinfo(token=token), "updated_at"), told(token["userinfo"]["sub"]))
        return token["userinfo"]["sub"]

    known = subject("basic")
    there = subject("pairwise-there", redirect_uri=WORLD["redirect_uri_there"])
    here = {subject("pairwise"), subject("pairwise"), subject("pairwise-too")}
    # One name per sector, and none of them the one that others know.
    same([len(here), len({known, there} | here)], [1, 3])


def narrower():
    application = Application("basic")
    endpoint = application.endpoint("token")
    session = application.session(application.sign_in())
    renewed = session.refresh_token(endpoint, scope="read")
    same(renewed["scope"], "read")
    same(session.refresh_token(endpoint, renewed["refresh_token"], scope="")["scope"], SCOPE)
    narrow = Application("basic", scope="openid read").sign_in()
    wider = {"refresh_token": narrow["refresh_token"], "scope": "openid read write"}
    refused(OAuthError, "invalid_scope", session.refresh_token, endpoint, **wider)


def userinfo_by_post():
    application = Application("basic")
    endpoint = application.endpoint("userinfo")
    same(application.post(endpoint, token=application.sign_in()).json()["name"], PERSON["name"])
    same(application.get(endpoint, token=Application("basic", scope="read").sign_in()).status_code, 403)


def prompts():
    application, browser = Application("remembered"), browse()
    first = application.sign_in(browser)
    application.sign_in(browser)

    def again(**parameters):
        before = (browser.sign_ins, browser.consents)
        application.sign_in(browser, **parameters)
        return browser.sign_ins - before[0], browser.consents - before[1]

    same(again(display="popup", ui_locales="fr-CA fr", acr_values="2 1", login_hint="bob"), (0, 0))
    same(again(prompt="consent"), (0, 1))
    same(again(prompt="select_account"), (1, 0))
    refused(OAuthError, "invalid_request", application.sign_in, browser, prompt="none login")
    # Somebody new, for whom the hint of the other is no good.
    newcomer = Browser(WORLD["origin"], {"username": f"{PERSON['username']}-too", "password": PERSON["password"]})
    made = application.sign_in(newcomer, prompt="create")
    same(newcomer.sign_ins, 0)
    same(application.userinfo(token=made)["preferred_username"], f"{PERSON['username']}-too")
    hint = {"prompt": "none", "id_token_hint": first["id_token"]}
    refused(OAuthError, "login_required", application.sign_in, newcomer, **hint)


def found_by_the_api():
    """From a 401 of the API alone to its data: the challenge leads to its metadata, that to the server (RFC 9728)."""
    challenge = requests.get(WORLD["api"], timeout=10).headers["WWW-Authenticate"]
    metadata = requests.get(re.search('resource_metadata="([^"]*)"', challenge).group(1), timeout=10).json()
    same(metadata["resource"], WORLD["api"].rstrip("/"))
    same([metadata["authorization_servers"], metadata["scopes_supported"][:2]], [[ISSUER], ["read", "write"]])
    application = Application("basic", issuer=metadata["authorization_servers"][0], scope="openid read")
    same(application.get(WORLD["api"], token=application.sign_in()).status_code, 200)


def pages():
    ours, theirs = "https://app.example.com", "https://evil.example"
    application = Application("page")
    token, jwks = application.endpoint("token"), application.load_server_metadata()["jwks_uri"]

    def allowed(method, url, origin, **more):
        headers = {"Origin": origin, **more.pop("headers", {})}
        answer = requests.request(method, url, headers=headers, timeout=10, allow_redirects=False, **more)
        return answer.headers.get("Access-Control-Allow-Origin")

    asks = {"headers": {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type"}}
    form = {"grant_type": "refresh_token", "refresh_token": "x", "client_id": application.client_id}
    same([allowed("OPTIONS", token, each, **asks) for each in (ours, theirs)], [ours, None])
    same([allowed("POST", token, each, data=form) for each in (ours, theirs)], [ours, None])
    same([allowed("GET", f"{ISSUER}/.well-known/openid-configuration", theirs), allowed("GET", jwks, theirs)], ["*", "*"])
    assert allowed("GET", application.endpoint("userinfo"), theirs)
    for closed in ("introspection", "authorization"):
        same([allowed("OPTIONS", application.endpoint(closed), ours, **asks),
              allowed("GET", application.endpoint(closed), ours)], [None, None])


def errors():
    application = Application("basic")
    wrong = Application("basic", registered={"client_id": application.client_id, "client_secret": "another"})
    by_itself = {"grant_type": "client_credentials"}
    refused(OAuthError, "invalid_client", wrong.fetch_access_token, **by_itself)
    refused(OAuthError, "invalid_scope", application.fetch_access_token, **by_itself, scope="admin")
    other = Application("post", token_endpoint_auth_method="client_secret_post")
    refused(OAuthError, "unauthorized_client", other.fetch_access_token, **by_itself)
    refused(OAuthError, "unsupported_grant_type", application.fetch_access_token, grant_type="made-up")
    refused(OAuthError, "invalid_scope", Application("basic", scope="openid admin").sign_in)
    refused(AssertionError, "on this page (400)", application.sign_in, redirect_uri=f"{REDIRECT_URI}/x")
    plain = {"code_challenge": "x" * 43, "code_challenge_method": "plain"}
    refused(OAuthError, "invalid_request", Application("basic", code_challenge_method=None).sign_in, **plain)


def mix_up():
    """Two servers that an application knows (RFC 9207). Authlib does not look at whose an answer is: the application
    compares, and can."""
    application = Application("basic")
    url, asked = application.ask()
    arrived = browse().visit(url)
    other = Application("basic", issuer=WORLD["other"]["issuer"]).load_server_metadata()
    assert other["authorization_response_iss_parameter_supported"]
    assert answer_of(arrived)["iss"] != other["issuer"]
    same(answer_of(arrived)["iss"], application.load_server_metadata()["issuer"])
    is_the_person(application, application.redeem(arrived, asked))


def rotation():
    """A new key is published before it signs; what a removed one signed has ended."""

    def published():
        return {key["kid"] for key in requests.get(f"{ISSUER}/.well-known/jwks.json", timeout=10).json()["keys"]}

    before = Application("ES256").sign_in()
    kid, known = header(before["id_token"])["kid"], published()
    administer("key", "rotate")
    until(lambda: published() - known)
    same(header(Application("ES256").sign_in()["id_token"])["kid"], kid)
    administer("key", "remove", kid)
    until(lambda: kid not in published())
    application, browser = Application("ES256"), browse()
    after = application.sign_in(browser)
    assert header(after["id_token"])["kid"] != kid
    same(is_the_person(application, after), before["userinfo"]["sub"])
    application.sign_in(browser, id_token_hint=after["id_token"])
    refused(OAuthError, "invalid_request", application.sign_in, browser, id_token_hint=before["id_token"])


FLOWS = {
    "a JWT access token signed RS256, judged by the library": partial(jwt_access, "RS256"),
    "a JWT access token signed ES256, judged by the library": partial(jwt_access, "ES256"),
    "resource indicators": resources,
    "pairwise subjects": pairwise,
    "a refresh narrows, and never widens": narrower,
    "UserInfo by POST, and only for openid": userinfo_by_post,
    "prompt=consent, select_account and create; hints that change nothing": prompts,
    "from a 401 of the API to its data": found_by_the_api,
    "pages of other origins": pages,
    "faults are told by their names": errors,
    "the answer of another server is seen to be that": mix_up,
    "a new key between two ID tokens": rotation,
}
