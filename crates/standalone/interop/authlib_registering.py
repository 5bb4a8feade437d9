"""A client that registers itself (RFC 7591), and looks after that (RFC 7592)."""

from functools import partial

from authlib.integrations.base_client import OAuthError
from authlib.integrations.requests_client import OAuth2Session

from authlib_application import ISSUER, REDIRECT_URI, WORLD, is_the_person, refused, register, registered, same, told
from authlib_application import without


def road(method):
    application, made = registered(token_endpoint_auth_method=method)
    same([made["redirect_uris"], made["client_name"]], [[REDIRECT_URI], "Interop"])
    assert made["registration_client_uri"].startswith(f"{ISSUER}/register/")
    token = application.sign_in()
    sub = is_the_person(application, token)
    same(without(application.userinfo(token=token), "updated_at"), told(sub))
    renewed = application.session(token).refresh_token(application.endpoint("token"))
    same(application.parse_id_token(renewed, None)["sub"], sub)


def managing(made):
    token = {"access_token": made["registration_access_token"], "token_type": "Bearer"}
    return OAuth2Session(token=token, default_timeout=10)


def managed():
    application, made = registered()
    manage, uri = managing(made), made["registration_client_uri"]
    read = manage.get(uri).json()
    same([read["client_id"], read["client_name"], "client_secret" in read], [made["client_id"], "Interop", False])
    _, other = registered()
    same(managing(other).get(uri).status_code, 401)

    moved = f"{REDIRECT_URI}/moved"
    body = {"client_id": made["client_id"], "client_secret": made["client_secret"], "redirect_uris": [moved]}
    replaced = manage.put(uri, json=body)
    same([replaced.status_code, replaced.json()["redirect_uris"]], [200, [moved]])
    same(manage.put(uri, json={**body, "client_id": other["client_id"]}).status_code, 400)
    same(manage.put(uri, json={**body, "redirect_uris": ["javascript:alert(1)"]}).status_code, 400)
    # To the old address nobody is sent, to the new one they are.
    refused(AssertionError, "nothing to do on this page (400)", application.sign_in)
    token = application.sign_in(redirect_uri=moved)
    same(token["userinfo"]["aud"], made["client_id"])

    same(manage.delete(uri).status_code, 204)
    same(manage.get(uri).status_code, 401)
    refused(OAuthError, "invalid_client", application.session(token).refresh_token, application.endpoint("token"))


def told_why(status, error, **asked):
    answer = register(**asked)
    same([answer.status_code, answer.json()["error"]], [status, error])


def unfit():
    told_why(400, "invalid_redirect_uri", redirect_uris=["https://client.example/cb#x"])
    told_why(400, "invalid_redirect_uri", redirect_uris=["javascript:alert(1)"])
    told_why(400, "invalid_client_metadata", grant_types=["client_credentials"])
    told_why(400, "invalid_client_metadata", id_token_signed_response_alg="HS256")


def without_token():
    told_why(401, "invalid_token", token=None)
    told_why(401, "invalid_token", token="another")


def closed():
    issuer = WORLD["other"]["issuer"]
    metadata = OAuth2Session().get(f"{issuer}/.well-known/openid-configuration", withhold_token=True).json()
    assert "registration_endpoint" not in metadata
    told_why(403, "access_denied", issuer=issuer)


FLOWS = {
    "registered with a token, then the code flow by Basic": partial(road, "client_secret_basic"),
    "registered with a token, then the code flow by post": partial(road, "client_secret_post"),
    "registered with a token as a public client": partial(road, "none"),
    "a registration is read, replaced and ended": managed,
    "registering what must not be is refused": unfit,
    "registering without a token is refused": without_token,
    "registering where nobody may is refused": closed,
}
