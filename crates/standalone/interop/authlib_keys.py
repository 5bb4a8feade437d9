"""A client that has a key: it signs who it is (RFC 7523), and what it asks for (RFC 9101), which Authlib has for servers
only: the application signs it by the library under it."""

import time
from functools import partial
from urllib.parse import parse_qsl, urlencode, urlsplit

from authlib.common.security import generate_token
from authlib.integrations.base_client import OAuthError
from authlib.oauth2.rfc7523 import PrivateKeyJWT, private_key_jwt_sign
from joserfc import jwt
from joserfc.jwk import ECKey, OKPKey, RSAKey

from authlib_application import ISSUER, Application, browse, is_the_person, refused, register, same, told, without

MAKE = {"RS256": partial(RSAKey.generate_key, 2048), "PS256": partial(RSAKey.generate_key, 2048),
        "ES256": partial(ECKey.generate_key, "P-256"), "EdDSA": partial(OKPKey.generate_key, "Ed25519")}


class Signing(PrivateKeyJWT):
    """For a minute: by itself Authlib signs for an hour, which is more than this server takes."""

    def __init__(self, alg, expires_in=60, jti=None):
        super().__init__(alg=alg)
        self.expires_in, self.jti = expires_in, jti

    def sign(self, auth, token_endpoint):
        return private_key_jwt_sign(auth.client_secret, client_id=auth.client_id, token_endpoint=token_endpoint,
                                    alg=self.alg, claims={"jti": self.jti or generate_token(36)},
                                    header={"kid": auth.client_secret.kid}, expires_in=self.expires_in)


def keyed(alg, signing, **metadata):
    """A client that registers itself with a key, and the application that has it."""
    key = MAKE[alg]({"kid": f"our {alg}"})
    wanted = {"token_endpoint_auth_method": "private_key_jwt", "jwks": {"keys": [key.as_dict(private=False)]}}
    answer = register(**wanted, **metadata)
    same([answer.status_code, "client_secret" in answer.json()], [201, False])
    made = {"client_id": answer.json()["client_id"], "client_secret": key}
    return Application(made["client_id"], registered=made, token_endpoint_auth_method=signing,
                       revocation_endpoint_auth_method=signing), key


def road(alg):
    application, _ = keyed(alg, Signing(alg), token_endpoint_auth_signing_alg=alg)
    token = application.sign_in()
    sub = is_the_person(application, token)
    same(without(application.userinfo(token=token), "updated_at"), told(sub))
    session, endpoint = application.session(token), application.endpoint("token")
    renewed = session.refresh_token(endpoint)
    same(session.revoke_token(application.endpoint("revocation"), renewed["refresh_token"]).status_code, 200)
    refused(OAuthError, "invalid_grant", session.refresh_token, endpoint, renewed["refresh_token"])


def bites(signing):
    application, _ = keyed("ES256", signing)
    refused(OAuthError, "invalid_client", application.sign_in)


def twice():
    application, _ = keyed("ES256", Signing("ES256", jti="again"))
    token = application.sign_in()
    refused(OAuthError, "invalid_client", application.session(token).refresh_token, application.endpoint("token"))


def signed_request(alg):
    application, key = keyed(alg, Signing(alg), require_signed_request_object=True, request_object_signing_alg=alg)
    url, asked = application.ask()
    parameters = dict(parse_qsl(urlsplit(url).query))
    claims = {**parameters, "iss": application.client_id, "aud": ISSUER, "exp": int(time.time()) + 60}
    # As OpenID Connect Core section 6.1 has it: what OAuth wants is beside it, too.
    beside = {name: parameters[name] for name in ("client_id", "response_type", "scope", "redirect_uri")}

    def visit(by):
        request = jwt.encode({"alg": alg, "kid": key.kid}, claims, by, algorithms=[alg])
        return browse().visit(f"{application.endpoint('authorization')}?{urlencode({**beside, 'request': request})}")

    is_the_person(application, application.redeem(visit(key), asked))
    refused(OAuthError, "invalid_request", application.sign_in)
    refused(OAuthError, "invalid_request_object", lambda: application.redeem(visit(MAKE[alg]()), asked))


FLOWS = {
    **{f"the code flow of a client that signs {alg}": partial(road, alg) for alg in MAKE},
    **{f"a request signed {alg}": partial(signed_request, alg) for alg in MAKE},
    "an assertion that lasts an hour is refused": partial(bites, Signing("ES256", expires_in=3600)),
    "an assertion that has ended is refused": partial(bites, Signing("ES256", expires_in=-60)),
    "an assertion is good once": twice,
}
