"""Both services on a database of their own, with the data that the cases need."""

import base64
import json
import os
import subprocess
import time
import urllib.request
from pathlib import Path

from cases import ALGS, FORM
from programs import Postgres, Running, free_port, memory_mb

TRACK = {"description": "Reading about pumps", "start": "2026-11-23T08:00:00Z", "end": "2026-11-23T08:15:00Z"}
# JWT access tokens to ask about.
JWTS = 200
CLIENT_CREDENTIALS = "grant_type=client_credentials"


class Services:
    def __init__(self, release, kind, folder):
        self.data = Path(folder) / kind
        self.data.mkdir(parents=True)
        self.postgres = Postgres(self.data) if kind == "postgres" else None
        authz_port, api_port = free_port(), free_port()
        self.issuer, self.api = f"http://127.0.0.1:{authz_port}/o/", f"http://127.0.0.1:{api_port}/api/"
        url = self.postgres.url if self.postgres else lambda name: f"sqlite://{self.data}/{name}.db"
        secret = subprocess.run([release / "authz", "key", "generate"], check=True, capture_output=True, text=True)
        environment = {
            "AUTHZ_DATABASE_URL": url("authz"), "AUTHZ_ISSUER": self.issuer.rstrip("/"),
            "AUTHZ_LISTEN": f"127.0.0.1:{authz_port}",
            "AUTHZ_SECRET_KEY": secret.stdout.strip(), "AUTHZ_WORKERS": "1", "AUTHZ_PASSWORD_COST": "4",
            "AUTHZ_UNKNOWN_TOKENS_PER_MINUTE": "0", "AUTHZ_CODE_TTL_SECONDS": "600",
            "TIMETRACKER_DATABASE_URL": url("timetracker"), "TIMETRACKER_ISSUER": self.issuer.rstrip("/"),
            "TIMETRACKER_LISTEN": f"127.0.0.1:{api_port}", "TIMETRACKER_WORKERS": "1", "TIMETRACKER_CLIENT_ID": "api",
            "TIMETRACKER_RATE_LIMIT": "0",
            "TIMETRACKER_CLIENT_SECRET": "bench-secret", "TIMETRACKER_PUBLIC_URL": f"http://127.0.0.1:{api_port}",
        }
        everything = {**os.environ, **environment}
        subprocess.run([release / "examples/bench_data", self.data], env=everything, check=True)
        commits = subprocess.run([release / "examples/bench_commits"], env=everything, check=True,
                                 capture_output=True, text=True)
        self.alone = json.loads(commits.stdout)
        for program, port in (("authz", authz_port), ("timetracker-api", api_port)):
            # Once to settle the files, then for the figure.
            Running([release / program, "serve"], environment, port).end()
        self.authz_program = Running([release / "authz", "serve"], environment, authz_port)
        self.api_program = Running([release / "timetracker-api", "serve"], environment, api_port)
        time.sleep(1)
        self.at_start = (
            f"authz ready in {self.authz_program.ready_ms:.0f} ms, {memory_mb(self.authz_program.pid):.0f} MB at rest; "
            f"timetracker-api {self.api_program.ready_ms:.0f} ms, {memory_mb(self.api_program.pid):.0f} MB")
        (self.data / "client").write_text(CLIENT_CREDENTIALS + "\n")
        for alg in ALGS:
            tokens = "".join(f"token={self.jwt(alg)}\n" for _ in range(JWTS))
            (self.data / f"jwt-{alg}").write_text(tokens)
        self.track = self.fill()

    def end(self):
        self.api_program.end()
        self.authz_program.end()
        if self.postgres:
            self.postgres.end()

    def url(self, case):
        return (self.api if case.path == "tracks/" else self.issuer) + case.path

    def pids(self, case):
        """Of all that answer it."""
        asked = [self.authz_program.pid] + ([self.api_program.pid] if case.path == "tracks/" else [])
        return asked + ([self.postgres.pid] if self.postgres else [])

    def jwt(self, alg):
        basic = base64.b64encode(f"jwt-{alg}:bench-secret".encode()).decode()
        answer = post(f"{self.issuer}token/", CLIENT_CREDENTIALS, f"Basic {basic}", FORM)
        return answer["access_token"]

    def fill(self):
        """A thousand tracks, and the body of one more."""
        bearer = "Bearer " + (self.data / "warm").read_text().strip()
        activity = post(f"{self.api}activities/", json.dumps({"name": "Reading"}), bearer, "application/json")["id"]
        track = json.dumps(TRACK | {"activity": activity})
        for _ in range(1000):
            post(f"{self.api}tracks/", track, bearer, "application/json")
        return track


def post(url, body, authorization, media_type):
    headers = {"Authorization": authorization, "Content-Type": media_type}
    request = urllib.request.Request(url, body.encode(), headers)
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.load(answer)
