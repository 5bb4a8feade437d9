#!/usr/bin/env python3
"""How many instructions a request costs, beside the programs of another commit: what the time of a noisy machine
cannot say. On SQLite, which works in the program that is counted; what the kernel does is not in it. Needs valgrind.

    instructions.py --against FOLDER [--target FOLDER] [--case NAME]

FOLDER is the `target/release` of that commit, built with the examples.
"""

import argparse
import http.client
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from urllib.parse import urlsplit

import cases
from run import build
from services import Services

# Not counted, so that caches are warm; and counted.
BEFORE, COUNTED = 50, 500


class Counted:
    """A program, started anew under valgrind's counter."""

    def __init__(self, running, port, folder):
        process = Path(f"/proc/{running.pid}")
        program, variables = (process / "exe").resolve(), (process / "environ").read_text().split("\0")
        running.end()
        self.dump, self.dumps = folder / f"dump-{port}", 0
        command = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={self.dump}", "--log-file=/dev/null"]
        environment = dict(variable.split("=", 1) for variable in variables if variable)
        self.process = subprocess.Popen([*command, program, "serve"], env=environment)
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                return
            except OSError:
                if self.process.poll() is not None:
                    sys.exit(f"{program} did not start")
                time.sleep(0.1)

    def since_last(self):
        """The instructions since this was asked last."""
        subprocess.run(["callgrind_control", "--dump", str(self.process.pid)], check=True, stdout=subprocess.DEVNULL)
        self.dumps += 1
        written = Path(f"{self.dump}.{self.dumps}")
        while True:
            # The total is the last line.
            if written.exists() and (lines := written.read_text().splitlines()) and lines[-1].startswith("totals:"):
                return int(lines[-1].split()[1])
            time.sleep(0.1)

    def end(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(60)


class Side:
    def __init__(self, release, folder):
        self.services = services = Services(release, "sqlite", folder)
        self.authz = Counted(services.authz_program, urlsplit(services.issuer).port, folder)
        self.api = Counted(services.api_program, urlsplit(services.api).port, folder)

    def measure(self, case):
        """Instructions of one request, in both programs."""
        lines = (self.services.data / case.file).read_text().splitlines()
        url = urlsplit(self.services.url(case))
        connection = http.client.HTTPConnection(url.netloc, timeout=60)
        programs = [self.authz] + ([self.api] if url.port == urlsplit(self.services.api).port else [])
        # Counting makes programs so slow that one gives up on the other, until it has the token in its cache.
        while self.send(connection, url, case, lines[0]) == 503:
            time.sleep(1)
        for number in range(1, BEFORE + COUNTED):
            if number == BEFORE:
                for program in programs:
                    program.since_last()
            status = self.send(connection, url, case, lines[number % len(lines)])
            if status >= 300:
                sys.exit(f"{case.name}: {status}")
        connection.close()
        return sum(program.since_last() for program in programs) / COUNTED

    def send(self, connection, url, case, line):
        headers, body = {}, case.body or (line if case.line == "body" else None)
        if case.line == "refresh":
            body = f"grant_type=refresh_token&refresh_token={line}"
        if case.media_type:
            headers["Content-Type"] = case.media_type
        if case.by:
            headers["Authorization"] = case.basic()
        if case.line == "bearer":
            headers["Authorization"] = f"Bearer {line}"
        connection.request(case.method, url.path, body, headers)
        answer = connection.getresponse()
        answer.read()
        return answer.status

    def end(self):
        for program in (self.authz, self.api):
            program.end()


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--against", type=Path, metavar="FOLDER", required=True)
    arguments.add_argument("--target", help="the folder cargo builds into")
    arguments.add_argument("--no-build", action="store_true", help="measure what is built already")
    arguments.add_argument("--case", default="", help="the cases with this in their names")
    said = arguments.parse_args()
    releases = [build(said.target, said.no_build), said.against]
    with tempfile.TemporaryDirectory() as folder:
        sides = [Side(release, Path(folder) / str(number)) for number, release in enumerate(releases)]
        try:
            for case in cases.of_authz() + cases.of_api(sides[0].services.track):
                if said.case in case.name:
                    ours, theirs = (side.measure(case) for side in sides)
                    print(f"{case.name:44} {ours:9.0f} instructions, {ours / theirs:.3f} of theirs", flush=True)
        finally:
            for side in sides:
                side.end()


if __name__ == "__main__":
    main()
