"""What the authorization endpoint itself hands out: each response type beyond `code`, as a fragment and as a form."""

from functools import partial

from authlib.common.security import generate_token
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import HybridIDToken, ImplicitIDToken

from authlib_application import ISSUER, PERSON, Application, answer_of, browse, is_the_person, refused, same, told, without


def asked_by(response_type, **parameters):
    """An application, its request, and what arrives."""
    has_code = "code" in response_type.split()
    application = Application("front", code_challenge_method="S256" if has_code else None)
    if has_code:
        # It makes challenges for pure codes only.
        parameters["code_verifier"] = generate_token(48)
        parameters["code_challenge"] = create_s256_code_challenge(parameters["code_verifier"])
        parameters["code_challenge_method"] = "S256"
    url, asked = application.ask(response_type=response_type, **parameters)
    return application, asked, browse().visit(url)


def hybrid(**parameters):
    application, asked, arrived = asked_by("code id_token", **parameters)
    answer = answer_of(arrived)
    beside = {"nonce": asked["nonce"], "code": answer["code"]}
    claims = application.judge(HybridIDToken, answer["id_token"], **beside)
    refused(Exception, "'c_hash'", application.judge, HybridIDToken, answer["id_token"], **{**beside, "code": "other"})
    same(is_the_person(application, application.redeem(arrived, asked)), claims["sub"])


def with_access(response_type, kind=None, **parameters):
    application, asked, arrived = asked_by(response_type, **parameters)
    answer = answer_of(arrived)
    same([answer["state"], answer["iss"]], [asked["state"], ISSUER])
    # Of a form it reads nothing.
    read = partial(application.session().fetch_token, authorization_response=arrived.url, state=asked["state"])
    token = answer if arrived.posted else read()
    userinfo = without(application.userinfo(token=token), "updated_at")
    sub = userinfo["sub"]
    if kind:
        beside = {"nonce": asked["nonce"], "access_token": token["access_token"], "code": answer.get("code")}
        same(application.judge(kind, token["id_token"], **beside)["sub"], sub)
        other = {**beside, "access_token": "other"}
        refused(Exception, "'at_hash'", application.judge, kind, token["id_token"], **other)
    same(userinfo, told(sub))
    if "code" in answer:
        same(is_the_person(application, application.redeem(arrived, asked)), sub)


def implicit(**parameters):
    application, asked, arrived = asked_by("id_token", **parameters)
    answer = answer_of(arrived)
    same([answer["state"], answer["iss"]], [asked["state"], ISSUER])
    # No access token, so all that it would tell is in here.
    same(application.parse_id_token(answer, asked["nonce"])["name"], PERSON["name"])


def unmarked(response_type):
    """To a client that was not marked, nothing but a code."""
    application = Application("basic", code_challenge_method=None)
    url, asked = application.ask(response_type=response_type)
    arrived = browse().visit(url)
    # It looks for a token before it looks for an error.
    same([answer_of(arrived)["error"], answer_of(arrived)["state"]], ["unauthorized_client", asked["state"]])


FLOWS = {
    "hybrid, code and ID token": hybrid,
    "hybrid, posted as a form": partial(hybrid, response_mode="form_post"),
    "hybrid, code and access token": partial(with_access, "code token"),
    "hybrid, code, ID and access token": partial(with_access, "code id_token token", HybridIDToken),
    "hybrid, all of it posted as a form": partial(
        with_access, "code id_token token", HybridIDToken, response_mode="form_post"),
    "implicit, an ID token": implicit,
    "implicit, posted as a form": partial(implicit, response_mode="form_post"),
    "implicit, ID and access token": partial(with_access, "id_token token", ImplicitIDToken),
    "implicit, an access token": partial(with_access, "token"),
    "an access token to a client that is not marked for it is refused": partial(unmarked, "token"),
    "an ID token to a client that is not marked for it is refused": partial(unmarked, "id_token"),
}
