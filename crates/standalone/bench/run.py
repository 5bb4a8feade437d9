#!/usr/bin/env python3
"""The benchmark: starts the release programs on SQLite and on PostgreSQL and measures them with wrk, beside a bare
actix-web handler in the same run. One worker and 32 kept-alive connections; ratios are what counts, because
machines are noisy. Needs wrk, and for PostgreSQL its server programs (Debian: wrk, postgresql).

    just bench                      all of it, about four minutes
    run.py --seconds 3 --only sqlite
"""

import argparse
import base64
import glob
import json
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
TICKS = os.sysconf("SC_CLK_TCK")
BASIC = "Basic " + base64.b64encode(b"bench:bench-secret").decode()
API_BASIC = "Basic " + base64.b64encode(b"api:bench-secret").decode()
TRACK = {"description": "Reading about pumps", "start": "2026-11-23T08:00:00Z", "end": "2026-11-23T08:15:00Z"}


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def build(target, built):
    if not built:
        subprocess.run(["cargo", "build", "--release", "--locked", "--workspace", "--bins", "--examples"],
                       cwd=ROOT, check=True)
    return Path(target or os.environ.get("CARGO_TARGET_DIR") or ROOT / "target") / "release"


def family(pid):
    """A process and its descendants."""
    parents = {}
    for stat in glob.glob("/proc/[0-9]*/stat"):
        try:
            fields = Path(stat).read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        parents.setdefault(int(fields[1]), []).append(int(stat.split("/")[2]))
    found, waiting = [], [pid]
    while waiting:
        each = waiting.pop()
        found.append(each)
        waiting += parents.get(each, [])
    return found


def cpu_seconds(pids):
    total = 0
    for pid in pids:
        for each in family(pid):
            try:
                fields = Path(f"/proc/{each}/stat").read_text().rsplit(")", 1)[1].split()
            except OSError:
                continue
            total += int(fields[11]) + int(fields[12])
    return total / TICKS


def memory_mb(pid):
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024
    return 0.0


class Running:
    """A process that is ended by its own id."""

    def __init__(self, command, environment, port):
        self.began = time.perf_counter()
        self.process = subprocess.Popen(command, env={**os.environ, **environment})
        self.pid = self.process.pid
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), 0.2).close()
                break
            except OSError:
                if self.process.poll() is not None or time.perf_counter() - self.began > 20:
                    sys.exit(f"{command[0]} did not start")
                time.sleep(0.0005)
        self.ready_ms = (time.perf_counter() - self.began) * 1000

    def end(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(20)


class Postgres:
    """A cluster of its own in a temporary folder, with its default durability."""

    def __init__(self, folder):
        bins = sorted(glob.glob("/usr/lib/postgresql/*/bin")) or [os.path.dirname(shutil.which("initdb") or "")]
        self.data, self.port = Path(folder) / "cluster", free_port()
        self.data.mkdir()
        self.user = None
        if os.geteuid() == 0:
            self.user = "postgres"
            os.chmod(folder, 0o755)
            os.chown(self.data, pwd.getpwnam("postgres").pw_uid, -1)
        self.bin = Path(bins[-1])
        self.run("initdb", "-D", self.data, "-A", "trust", "-U", "postgres")
        options = f"-p {self.port} -k {self.data} -c listen_addresses=127.0.0.1"
        self.run("pg_ctl", "-D", self.data, "-o", options, "-w", "-l", self.data / "log", "start")
        self.pid = int((self.data / "postmaster.pid").read_text().splitlines()[0])
        for name in ("authz", "timetracker"):
            self.run("createdb", "-h", "127.0.0.1", "-p", str(self.port), "-U", "postgres", name)

    def run(self, program, *arguments):
        command = [str(self.bin / program), *map(str, arguments)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, user=self.user, cwd="/")

    def url(self, name):
        return f"postgres://postgres@127.0.0.1:{self.port}/{name}"

    def end(self):
        self.run("pg_ctl", "-D", self.data, "-m", "fast", "stop")


class Bench:
    """Every case comes right after a short look at the bare handler: the machine's mood changes within a minute."""

    def __init__(self, release, seconds, folder):
        self.release, self.seconds = release, seconds
        (Path(folder) / "empty").write_text("-\n")
        port = free_port()
        self.bare = Running([release / "examples/bare", f"127.0.0.1:{port}", "1"], {}, port)
        self.bare_arguments = (f"http://127.0.0.1:{port}/", "bodies.lua",
                               ["GET", f"{folder}/empty", "none", "", "many", "application/json"], [self.bare.pid])

    def wrk(self, seconds, url, script, arguments, pids):
        before = cpu_seconds(pids)
        command = ["wrk", "-t1", "-c32", f"-d{seconds}s", "--timeout", "10s", "-s", str(HERE / script), url, "--", *arguments]
        output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        figures = json.loads(output.strip().splitlines()[-1])
        figures["cpu_us"] = (cpu_seconds(pids) - before) / max(figures["requests"], 1) * 1e6
        figures["rate"] = figures["requests"] / figures["seconds"]
        return figures

    def measure(self, name, url, script, arguments, pids, alone=None):
        bare = self.wrk(2, *self.bare_arguments)["rate"]
        figures = self.wrk(self.seconds, url, script, arguments, pids)
        against = f"{figures['rate'] / alone:5.2f} of the database alone" if alone else ""
        bad = figures["refused"] + figures["broken"]
        print(f"{name:34} {figures['rate']:9.0f}/s  p50 {figures['p50_us'] / 1000:7.2f} ms  p99 {figures['p99_us'] / 1000:7.2f} ms"
              f"  {figures['cpu_us']:6.1f} µs CPU  {figures['rate'] / bare:5.2f} of bare  {against}"
              + (f"  !! {bad} failed" if bad else ""), flush=True)

    def on(self, kind, folder):
        data = Path(folder) / kind
        data.mkdir()
        postgres = Postgres(folder) if kind == "postgres" else None
        authz_port, api_port = free_port(), free_port()
        issuer = f"http://127.0.0.1:{authz_port}/o"
        url = postgres.url if postgres else lambda name: f"sqlite://{data}/{name}.db"
        secret = subprocess.run([self.release / "authz", "key", "generate"], check=True, capture_output=True, text=True)
        environment = {
            "AUTHZ_DATABASE_URL": url("authz"), "AUTHZ_ISSUER": issuer, "AUTHZ_LISTEN": f"127.0.0.1:{authz_port}",
            "AUTHZ_SECRET_KEY": secret.stdout.strip(), "AUTHZ_WORKERS": "1", "AUTHZ_PASSWORD_COST": "4",
            "AUTHZ_UNKNOWN_TOKENS_PER_MINUTE": "0", "AUTHZ_CODE_TTL_SECONDS": "600",
            "TIMETRACKER_DATABASE_URL": url("timetracker"), "TIMETRACKER_ISSUER": issuer, "TIMETRACKER_WORKERS": "1",
            "TIMETRACKER_LISTEN": f"127.0.0.1:{api_port}", "TIMETRACKER_CLIENT_ID": "api",
            "TIMETRACKER_CLIENT_SECRET": "bench-secret", "TIMETRACKER_PUBLIC_URL": f"http://127.0.0.1:{api_port}",
        }
        everything = {**os.environ, **environment}
        subprocess.run([self.release / "examples/bench_data", data], env=everything, check=True)
        commits = subprocess.run([self.release / "examples/bench_commits"], env=everything, check=True,
                                 capture_output=True, text=True)
        alone = json.loads(commits.stdout)
        for program, port in (("authz", authz_port), ("timetracker-api", api_port)):
            # Once to settle the files, then for the figure.
            Running([self.release / program, "serve"], environment, port).end()
        authz = Running([self.release / "authz", "serve"], environment, authz_port)
        api = Running([self.release / "timetracker-api", "serve"], environment, api_port)
        time.sleep(1)
        print(f"\n{kind}: authz ready in {authz.ready_ms:.0f} ms, {memory_mb(authz.pid):.0f} MB at rest; "
              f"timetracker-api {api.ready_ms:.0f} ms, {memory_mb(api.pid):.0f} MB")
        try:
            self.cases(kind, data, issuer, api_port, alone,
                       [authz.pid] + ([postgres.pid] if postgres else []),
                       [api.pid, authz.pid] + ([postgres.pid] if postgres else []))
        finally:
            api.end()
            authz.end()
            if postgres:
                postgres.end()

    def cases(self, kind, data, issuer, api_port, alone, authz, api):
        form = ["many", "application/x-www-form-urlencoded"]
        bodies = "bodies.lua"
        (data / "client").write_text("grant_type=client_credentials\n")
        self.measure(f"{kind}: introspect valid", f"{issuer}/introspect/", bodies,
                     ["POST", f"{data}/valid", "body", API_BASIC, *form], authz)
        self.measure(f"{kind}: introspect unknown", f"{issuer}/introspect/", bodies,
                     ["POST", f"{data}/unknown", "body", API_BASIC, *form], authz)
        self.measure(f"{kind}: client_credentials", f"{issuer}/token/", bodies,
                     ["POST", f"{data}/client", "body", BASIC, *form], authz)
        self.measure(f"{kind}: refresh", f"{issuer}/token/", "refresh.lua",
                     [f"{data}/refreshes", BASIC], authz, alone["refresh"])
        self.measure(f"{kind}: code exchange", f"{issuer}/token/", bodies,
                     ["POST", f"{data}/codes", "body", BASIC, "once", form[1]], authz, alone["exchange"])
        tracks = f"http://127.0.0.1:{api_port}/api/tracks/"
        track = self.fill(api_port, (data / "warm").read_text().strip())
        self.measure(f"{kind}: page of 20 of 1,000 tracks", tracks, bodies,
                     ["GET", f"{data}/warm", "bearer", "", "many", "application/json"], api)
        self.measure(f"{kind}: POST a track", tracks, bodies,
                     ["POST", f"{data}/warm", "bearer", "", "many", "application/json", track], api, alone["track_post"])

    @staticmethod
    def fill(port, token):
        def post(path, body):
            headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
            request = urllib.request.Request(f"http://127.0.0.1:{port}/api/{path}/", body.encode(), headers)
            return json.load(urllib.request.urlopen(request, timeout=10))
        activity = post("activities", json.dumps({"name": "Reading"}))["id"]
        track = json.dumps(TRACK | {"activity": activity})
        for _ in range(1000):
            post("tracks", track)
        return track


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--seconds", type=int, default=5, help="how long each case is measured")
    arguments.add_argument("--only", choices=["sqlite", "postgres"], help="one database")
    arguments.add_argument("--target", help="the folder cargo builds into")
    arguments.add_argument("--no-build", action="store_true", help="measure what is built already")
    said = arguments.parse_args()
    if not shutil.which("wrk"):
        sys.exit("wrk is not installed (Debian: apt-get install wrk)")
    release = build(said.target, said.no_build)
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(release, said.seconds, folder)
        try:
            bench.measure("bare", *bench.bare_arguments)
            for kind in [said.only] if said.only else ["sqlite", "postgres"]:
                bench.on(kind, folder)
        finally:
            bench.bare.end()


if __name__ == "__main__":
    main()
