#!/usr/bin/env python3
"""Whether the document of the API is one, and the API does what it says: starts the real program `timetracker` in an empty
folder, lets openapi-spec-validator judge `/api/openapi.json`, and schemathesis send requests made from it, with a token for
everything. schemathesis.toml says how many, and what is not a fault.

    just openapi
    openapi.py --python venv/bin/python --programs target/debug
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import urllib.parse
import urllib.request
from base64 import b64encode
from pathlib import Path

from run import HERE, PASSWORD, ROOT, Program

JUDGE = "import json, sys; from openapi_spec_validator import validate; validate(json.load(open(sys.argv[1])))"


def token(program):
    """A person's, for everything."""
    client = program.register("openapi", "confidential", ["password"], {})
    program.sign_up("grace")
    form = {"grant_type": "password", "username": "grace", "password": PASSWORD, "scope": "read write reports:share"}
    credentials = b64encode(f"{client['client_id']}:{client['client_secret']}".encode()).decode()
    request = urllib.request.Request(f"{program.url}/o/token/", urllib.parse.urlencode(form).encode(),
                                     {"Authorization": f"Basic {credentials}"})
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.load(answer)["access_token"]


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    target = Path(os.environ.get("CARGO_TARGET_DIR") or ROOT / "target")
    arguments.add_argument("--programs", type=Path, default=target / "debug", help="the folder of timetracker and authz")
    arguments.add_argument("--python", type=Path, default=Path(sys.executable), help="a Python that has what openapi_requirements.txt names")
    arguments.add_argument("more", nargs="*", help="more for schemathesis, behind --")
    said = arguments.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended"))
    python = said.python.absolute()
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        program = Program(said.programs.resolve(), folder / "one", TIMETRACKER_RATE_LIMIT="0")
        try:
            with urllib.request.urlopen(f"{program.url}/api/openapi.json", timeout=10) as answer:
                (folder / "openapi.json").write_bytes(answer.read())
            subprocess.run([python, "-B", "-c", JUDGE, folder / "openapi.json"], check=True)
            print("ok openapi-spec-validator", flush=True)
            command = [python, "-B", "-m", "schemathesis.cli", "--config-file", HERE / "schemathesis.toml", "run",
                       "--url", program.url, "--header", f"Authorization: Bearer {token(program)}", *said.more,
                       folder / "openapi.json"]
            failed = subprocess.run(command, cwd=folder, stdin=subprocess.DEVNULL).returncode
        finally:
            ended_well = program.end()
    if not ended_well:
        sys.exit("FAILED timetracker did not stop as it should")
    sys.exit(failed)


if __name__ == "__main__":
    main()
