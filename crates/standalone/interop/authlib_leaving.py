"""Signing out at an application: the person is asked, goes back, and the other applications hear of it. Authlib has this
for servers only, so that the application makes the address by itself; its JWT library verifies what it is told."""

from functools import partial
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

from authlib.common.security import generate_token
from authlib.integrations.base_client import OAuthError
from joserfc import jwt

from authlib_application import ISSUER, WORLD, Application, browse, refused, registered, same
from listener import Listener

EVENT = "http://schemas.openid.net/event/backchannel-logout"
BACK = WORLD["post_logout_redirect_uri"]


def leaving(application, **parameters):
    return f"{application.load_server_metadata()['end_session_endpoint']}?{urlencode(parameters)}"


def asked():
    application, _ = registered(post_logout_redirect_uris=[BACK])
    browser, state = browse(), generate_token()
    token = application.sign_in(browser)
    url = leaving(application, id_token_hint=token["id_token"], post_logout_redirect_uri=BACK, state=state)
    same(browser.sign_out(url, decision="stay").words["h1"], "Nothing has changed")
    application.sign_in(browser, prompt="none")
    same(browser.sign_out(url).url, f"{BACK}?state={state}")
    refused(OAuthError, "login_required", application.sign_in, browser, prompt="none")
    # Nobody is left to be asked.
    same(browser.sign_out(url).url, f"{BACK}?state={state}")


def elsewhere():
    application, browser = Application("basic"), browse()
    hint = application.sign_in(browser)["id_token"]
    same(browser.sign_out(leaving(application, id_token_hint=hint, post_logout_redirect_uri=BACK)).status, 400)
    other = Application("post", token_endpoint_auth_method="client_secret_post")
    hint = other.sign_in(browser)["id_token"]
    same(browser.sign_out(leaving(application, id_token_hint=hint, client_id=application.client_id)).status, 400)


def judged(application, token, alg):
    """The claims of a logout token (Back-Channel Logout section 2.6)."""
    decoded = jwt.decode(token, application.keys(), algorithms=[alg])
    if decoded.header.get("typ") != "logout+jwt":
        raise ValueError("typ")
    needed = {name: {"essential": True} for name in ("iat", "exp", "jti", "events", "sid", "sub")}
    expected = {"iss": {"essential": True, "value": ISSUER}, "aud": {"essential": True, "value": application.client_id}}
    jwt.JWTClaimsRegistry(leeway=5, **needed, **expected).validate(decoded.claims)
    assert "nonce" not in decoded.claims and decoded.claims["exp"] - decoded.claims["iat"] <= 120
    return decoded.claims


def back_channel(alg):
    with Listener() as listener:
        application, _ = registered(backchannel_logout_uri=listener.url("/told"), id_token_signed_response_alg=alg)
        browser = browse()
        token = application.sign_in(browser)
        same(browser.sign_out(leaving(application, id_token_hint=token["id_token"])).words["h1"], "You are signed out")
        method, path, body = listener.next()
    same([method, path], ["POST", "/told"])
    logout_token = dict(parse_qsl(body))["logout_token"]
    claims = judged(application, logout_token, alg)
    same([claims["sub"], claims["sid"]], [token["userinfo"]["sub"], token["userinfo"]["sid"]])
    same(claims["events"], {EVENT: {}})
    # Neither is taken for the other.
    refused(ValueError, "typ", judged, application, token["id_token"], alg)
    same(browser.sign_out(leaving(application, id_token_hint=logout_token)).status, 400)


def front_channel():
    with Listener() as listener:
        application, _ = registered(
            post_logout_redirect_uris=[BACK], frontchannel_logout_uri=listener.url("/out?a=1"),
            frontchannel_logout_session_required=True)
        browser = browse()
        token = application.sign_in(browser)
        hint = {"id_token_hint": token["id_token"], "post_logout_redirect_uri": BACK, "state": "s"}
        arrived = browser.sign_out(leaving(application, **hint))
        method, path, _ = listener.next()
    told = parse_qs(urlsplit(path).query)
    same([method, told], ["GET", {"a": ["1"], "iss": [ISSUER], "sid": [token["userinfo"]["sid"]]}])
    same(arrived.url, f"{BACK}?state=s")


FLOWS = {
    "logout: asked, signed out, sent back with the state": asked,
    "logout to another address, or with a foreign hint, is refused": elsewhere,
    "back-channel logout, signed RS256": partial(back_channel, "RS256"),
    "back-channel logout, signed ES256": partial(back_channel, "ES256"),
    "back-channel logout, signed EdDSA": partial(back_channel, "EdDSA"),
    "front-channel logout": front_channel,
}
