"""What is measured: one line a case."""

import base64
from dataclasses import dataclass

FORM = "application/x-www-form-urlencoded"
ALGS = ("RS256", "ES256", "EdDSA")


@dataclass(frozen=True)
class Case:
    name: str
    # Under the issuer, or under /api of the time tracker.
    path: str
    # Of the data: one request's body or token to a line.
    file: str
    # The client that asks; none where the token says enough.
    by: str = ""
    # What a line is: a body, a bearer token, or a refresh token, whose successor is used next.
    line: str = "body"
    method: str = "POST"
    media_type: str = FORM
    # Of every request, when a line is not it.
    body: str = ""
    # Each line is good for one request only.
    once: bool = False
    # The same writes in `bench_commits`.
    alone: str = ""
    # The signature that is made or verified on the way, as `bench_signatures` has it.
    signature: tuple = ()
    # Without, one database is enough.
    on_both: bool = True

    def basic(self):
        """The client's credentials, as a header's value; nothing without a client."""
        secret = f"{self.by}:bench-secret".encode()
        return "Basic " + base64.b64encode(secret).decode() if self.by else ""

    def arguments(self, data, part, parts):
        """For the script: the `part`th of so many `parts` of the lines, where a line is used up."""
        basic = self.basic()
        if not (self.once or self.line == "refresh"):
            part, parts = 0, 1
        turns = "once" if self.once else "many"
        file, share = str(data / self.file), [str(part), str(parts)]
        if self.line == "refresh":
            return "refresh.lua", [file, basic, *share]
        return "bodies.lua", [self.method, file, self.line, basic, turns, self.media_type, self.body, *share]


def of_authz():
    cases = [
        Case("introspect valid", "introspect/", "valid", "api"),
        Case("introspect unknown", "introspect/", "unknown", "api"),
        Case("client_credentials", "token/", "client", "bench"),
        Case("refresh", "token/", "refreshes", "bench", line="refresh", alone="refresh"),
        Case("code exchange", "token/", "codes", "bench", once=True, alone="exchange"),
        Case("userinfo", "userinfo/", "userinfo", line="bearer", method="GET", media_type=""),
    ]
    for alg in ALGS:
        sign, verify = (alg, "sign"), (alg, "verify")
        cases += [
            Case(f"code exchange, {alg} ID token", "token/", f"codes-{alg}", f"id-{alg}", once=True, alone="exchange",
                 signature=sign),
            Case(f"refresh, {alg} ID token", "token/", f"refreshes-{alg}", f"id-{alg}", line="refresh",
                 alone="refresh", signature=sign, on_both=False),
            Case(f"userinfo, {alg}", "userinfo/", f"userinfo-{alg}", line="bearer", method="GET", media_type="",
                 signature=sign, on_both=False),
            Case(f"client_credentials, {alg} JWT", "token/", "client", f"jwt-{alg}", signature=sign, on_both=False),
            Case(f"introspect {alg} JWT", "introspect/", f"jwt-{alg}", "api", signature=verify, on_both=False),
        ]
    return cases


def of_api(track):
    json = {"line": "bearer", "media_type": "application/json"}
    return [
        Case("page of 20 of 1,000 tracks, asked again", "tracks/", "warm", method="GET", **json),
        Case("POST a track", "tracks/", "warm", body=track, alone="track_post", **json),
    ]
