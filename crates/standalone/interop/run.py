#!/usr/bin/env python3
"""Whether what others wrote gets on with this server: starts the real program `timetracker` in an empty folder, makes
people and clients by the command line, and lets openid-client (Node) and Authlib (Python) go through every flow
against it, and Django OAuth Toolkit ask about tokens. Prints a line for each and, last, how many passed.

    just interop
    run.py --python venv/bin/python --node-modules npm/node_modules --programs target/debug

A flow is a function of an `openid_….mjs` or `authlib_….py` (or of `toolkit.py`) and its line in the list at the end
there; what it needs registered is a line in CLIENTS here.
"""

import argparse
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
START_WITHIN, FLOWS_WITHIN = 30, 200
# Nobody is there: the browsers of the scripts stop before it.
REDIRECT_URI = "http://localhost:7999/callback"
ELSEWHERE = {"redirect_uri_there": "http://127.0.0.1:7999/callback", "post_logout_redirect_uri": "http://localhost:7999/bye"}
DJANGO = "https://django.example.com/"
PASSWORD = "seven rusty kettles hum"
CODE, DEVICE = "authorization_code", "urn:ietf:params:oauth:grant-type:device_code"
SIGNED = [{"id_token_signed_response_alg": alg, "userinfo_signed_response_alg": alg} for alg in ("RS256", "ES256", "EdDSA")]
FRONT = {"response_types": ["code", "code id_token", "code token", "code id_token token", "id_token", "id_token token", "token"]}
PAIRWISE = {"subject_type": "pairwise"}
# By the names the scripts use: the type, the grant types, the metadata, and what else the command line says.
CLIENTS = {
    "basic": ("confidential", [CODE, "client_credentials"], {}),
    "post": ("confidential", [CODE], {}),
    "public": ("public", [CODE], {}),
    "RS256": ("confidential", [CODE], SIGNED[0]),
    "ES256": ("confidential", [CODE], SIGNED[1]),
    "EdDSA": ("confidential", [CODE], SIGNED[2]),
    "front": ("confidential", [CODE], FRONT),
    "remembered": ("confidential", [CODE], {}),
    "password": ("confidential", ["password"], {}),
    "device": ("public", [DEVICE], {}),
    "dpop-only": ("confidential", ["client_credentials"], {"dpop_bound_access_tokens": True}),
    "page": ("public", [CODE], {"allowed_origins": ["https://app.example.com"]}),
    "pairwise": ("confidential", [CODE], PAIRWISE),
    "pairwise-too": ("confidential", [CODE], PAIRWISE),
    "pairwise-there": ("confidential", [CODE], PAIRWISE, "--redirect-uri", ELSEWHERE["redirect_uri_there"]),
    "resources": ("confidential", [CODE], {}, "--audience", "https://one.example/", "--audience", "https://two.example/"),
    # As the README has it: a resource server that is Django OAuth Toolkit, and a client whose tokens it takes.
    "django": ("confidential", ["client_credentials"], {}, "--id", "django", "--introspects", DJANGO, "--scope", "introspection"),
    "of-django": ("confidential", ["password"], {}, "--audience", DJANGO),
    "django-alone": ("confidential", ["client_credentials"], {}, "--audience", DJANGO),
    "of-django-jwt": ("confidential", ["password"], {"access_token_format": "jwt"}, "--audience", DJANGO),
}
CLIENTS |= {f"jwt-{each['id_token_signed_response_alg']}": ("confidential", [CODE], {
    "access_token_format": "jwt", "access_token_signed_response_alg": each["id_token_signed_response_alg"],
}) for each in SIGNED}


class Program:
    """`timetracker`, ended by its own id."""

    def __init__(self, programs, folder, **settings):
        self.programs = programs
        folder.mkdir()
        # What the developer has set is not meant for this one.
        theirs = ("AUTHZ_", "TIMETRACKER_", "STANDALONE_")
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith(theirs)}
        self.folder = folder / "var"
        self.output = open(folder / "output", "w+", encoding="utf-8")
        settings |= {"STANDALONE_DIR": str(self.folder), "STANDALONE_LISTEN": "127.0.0.1:0",
                     "AUTHZ_LOG_LEVEL": "warn", "AUTHZ_PASSWORD_COST": "4"}
        self.process = subprocess.Popen([programs / "timetracker"], env={**self.environment, **settings}, cwd=folder,
                                        stdout=self.output, stderr=subprocess.STDOUT)
        try:
            self.url = self.wait()
        except BaseException:
            self.end()
            raise

    def wait(self):
        until = time.monotonic() + START_WITHIN
        while time.monotonic() < until and self.process.poll() is None:
            # It says who may sign in after it has made them.
            said = re.search(r"^Timetracker listens on (http\S+).*^Sign in as", self.said(), re.MULTILINE | re.DOTALL)
            if said:
                return said.group(1)
            time.sleep(0.05)
        sys.exit(f"timetracker did not start:\n{self.said()}")

    def said(self):
        return Path(self.output.name).read_text(encoding="utf-8")

    def command(self, *arguments, said=""):
        environment = {**self.environment, "AUTHZ_CONFIG": str(self.folder / "authz.toml")}
        done = subprocess.run([self.programs / "authz", *arguments], env=environment, input=said, text=True,
                              capture_output=True)
        if done.returncode != 0:
            sys.exit(f"authz {' '.join(arguments)}: {done.stderr}")
        return done.stdout

    def register(self, name, kind, grant_types, metadata, *more):
        arguments = ["--json", "client", "create", "--name", f"Interop {name}", "--type", kind,
                     "--metadata", json.dumps(metadata), *more]
        arguments += [f"--grant-type={each}" for each in grant_types]
        if CODE in grant_types and "--redirect-uri" not in more:
            arguments += ["--redirect-uri", REDIRECT_URI]
        made = json.loads(self.command(*arguments))
        return {"client_id": made["client_id"], "client_secret": made.get("client_secret")}

    def sign_up(self, username):
        self.command("user", "create", username, said=PASSWORD)
        # An address is one person's.
        profile = {"name": "Ada Lovelace", "email": f"{username}@example.com", "email_verified": True}
        self.command("user", "set-profile", username, said=json.dumps(profile))
        self.command("user", "groups", username, "staff")
        return {"username": username, "password": PASSWORD, **profile}

    def end(self):
        """Whether it was still there and ended as it should."""
        if self.process.poll() is not None:
            return False
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(20) == 0
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            return False
        finally:
            self.output.close()


def drive(title, command):
    """Lets a script go through its flows; how many passed and failed. A script that stops half-way has failed."""
    script = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    too_long = threading.Timer(FLOWS_WITHIN, script.kill)
    too_long.start()
    counts, is_done = {"ok": 0, "FAILED": 0}, False
    try:
        for line in script.stdout:
            verdict, _, rest = line.rstrip("\n").partition(" ")
            is_done = verdict == "end"
            if verdict in counts:
                counts[verdict] += 1
                print(f"{verdict} {title}: {rest}", flush=True)
        status = script.wait()
    finally:
        too_long.cancel()
        script.kill()
        script.wait()
    if not is_done or status != 0:
        print(f"FAILED {title}: the script did not come to its end ({status})", flush=True)
        counts["FAILED"] += 1
    return counts["ok"], counts["FAILED"]


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    target = Path(os.environ.get("CARGO_TARGET_DIR") or ROOT / "target")
    arguments.add_argument("--programs", type=Path, default=target / "debug", help="the folder of timetracker and authz")
    arguments.add_argument("--python", type=Path, default=Path(sys.executable), help="a Python that has what requirements.txt names")
    arguments.add_argument("--node-modules", type=Path, required=True, help="the folder that has openid-client")
    said = arguments.parse_args()
    if not (said.programs / "timetracker").exists():
        sys.exit(f"no timetracker in {said.programs}: cargo build -p authz -p standalone")
    # Also then, what was started is ended.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended"))
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        programs = said.programs.resolve()
        # Who registers itself needs a token, and listens for logouts on this machine.
        program = Program(programs, folder / "one", AUTHZ_REGISTRATION="token", AUTHZ_OUTBOUND_NETWORKS="127.0.0.1")
        other = None
        try:
            # Another server, as one is that nobody has set up for anything.
            other = Program(programs, folder / "other")
            token = json.loads(program.command("--json", "client", "registration-token", "create", "--uses", "1000"))
            world = {"issuer": f"{program.url}/o", "origin": program.url, "api": f"{program.url}/api/",
                     "redirect_uri": REDIRECT_URI, **ELSEWHERE, "django": DJANGO, "registration_token": token["token"],
                     "command": {"program": str(programs / "authz"), "config": str(program.folder / "authz.toml")},
                     "other": {"issuer": f"{other.url}/o"},
                     "clients": {name: program.register(name, *each) for name, each in CLIENTS.items()}}
            path = folder / "world.json"
            # A person each: what one has agreed to, the other is still asked.
            scripts = {
                "openid-client": ["node", HERE / "openid_client.mjs", path, said.node_modules.resolve()],
                # Not `resolve`: a venv is known by the link to its Python. What it warns of: RFC 9864 has another name.
                "Authlib": [said.python.absolute(), "-B", "-W", "ignore:EdDSA is deprecated",
                            HERE / "authlib_client.py", path],
                "Django OAuth Toolkit": [said.python.absolute(), "-B", HERE / "toolkit.py", path],
            }
            passed = failed = 0
            for number, (title, command) in enumerate(scripts.items()):
                path.write_text(json.dumps({**world, "person": program.sign_up(f"ada{number}")}))
                counts = drive(title, command)
                passed, failed = passed + counts[0], failed + counts[1]
        finally:
            ended_well = all([each.end() for each in (program, other) if each])
        if not ended_well or failed:
            print(*re.findall("^.* (?:WARN|ERROR) .*$", program.said(), re.MULTILINE), sep="\n", file=sys.stderr)
        if not ended_well:
            print("FAILED timetracker did not stop as it should")
            failed += 1
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
