#!/usr/bin/env python3
"""How it goes with ten million tracks: fills SQLite and PostgreSQL, starts the release programs on them, and asks what is asked
most, by 16 connections and by somebody else each time. Beside each case is what the database alone takes for the same
question, asked by the same function on one connection; beside the lists, what they take with a thousand tracks. Needs
what run.py needs.

    just bench-scale                        ten million tracks of two thousand people: about half an hour
    scale.py --tracks 200000 --people 40    a look
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from datetime import date, timedelta
from pathlib import Path

from programs import Postgres, Running, cpu_seconds, free_port, memory_mb
from run import HERE, build, failed

CONNECTIONS = 16
FEW = 1_000
# Rows that a client who keeps a copy has not seen.
BEHIND = 50
TODAY = date.today()
YEAR = f"from={TODAY - timedelta(days=364)}&to={TODAY}&tz=Europe/Berlin"
# Of a case: its name, its path, the question that `bench_questions` asks the database, and what p99 should be at most, in ms.
CASES = [
    ("first 50 of a list", "tracks/?page_size=50", "first", 5),
    ("50 recent", "tracks/?ordering=-start&page_size=50&cursor=", "recent", 5),
    ("running timer", "timer/", "running", 3),
    ("year summary", f"reports/summary/?group_by=day,activity&{YEAR}", "year", 15),
    ("changes since", None, "changes", 5),
    ("page of 50 of a detailed report", f"reports/detailed/?page_size=50&{YEAR}", "detailed", None),
]
LISTS = ("first 50 of a list", "50 recent", "running timer")


class Scale:
    """Both services on a database with so many tracks in it."""

    def __init__(self, release, kind, folder, tracks, people, asking, heavy):
        self.data = Path(folder) / f"{kind}-{tracks}"
        self.data.mkdir()
        os.chmod(self.data, 0o755)
        self.postgres = Postgres(self.data) if kind == "postgres" else None
        authz_port, api_port = free_port(), free_port()
        issuer = f"http://127.0.0.1:{authz_port}/o"
        self.api = f"http://127.0.0.1:{api_port}/api/"
        url = self.postgres.url if self.postgres else lambda name: f"sqlite://{self.data}/{name}.db"
        secret = subprocess.run([release / "authz", "key", "generate"], check=True, capture_output=True, text=True)
        environment = {
            "AUTHZ_DATABASE_URL": url("authz"), "AUTHZ_ISSUER": issuer, "AUTHZ_LISTEN": f"127.0.0.1:{authz_port}",
            "AUTHZ_SECRET_KEY": secret.stdout.strip(), "AUTHZ_WORKERS": "1", "AUTHZ_PASSWORD_COST": "4",
            "TIMETRACKER_DATABASE_URL": url("timetracker"), "TIMETRACKER_ISSUER": issuer,
            "TIMETRACKER_LISTEN": f"127.0.0.1:{api_port}", "TIMETRACKER_WORKERS": "1", "TIMETRACKER_CLIENT_ID": "api",
            "TIMETRACKER_CLIENT_SECRET": "bench-secret", "TIMETRACKER_PUBLIC_URL": f"http://127.0.0.1:{api_port}",
            "TIMETRACKER_RATE_LIMIT": "0",
        }
        self.environment = {**os.environ, **environment}
        asking = min(asking, people)
        # The heavy one comes first.
        before = 1 if heavy else 0
        self.run(release / "examples/bench_people", self.data / "everybody", str(asking + before))
        seeded = self.run(release / "examples/seed_tracks", "--tracks", str(tracks), "--people", str(people), "--issuer", issuer,
                          "--heavy", str(heavy))
        tokens = (self.data / "everybody").read_text().split()
        (self.data / "people").write_text("".join(f"{token}\n" for token in tokens[before:]))
        self.heavy = tokens[0] if heavy else None
        self.alone = json.loads(self.run(release / "examples/bench_questions", str(before), str(asking)))
        self.authz_program = Running([release / "authz", "serve"], environment, authz_port)
        self.api_program = Running([release / "timetracker-api", "serve"], environment, api_port)
        self.about = f"{kind}: {seeded.strip()}, {self.megabytes():.0f} MB"

    def run(self, *command):
        done = subprocess.run([str(each) for each in command], env=self.environment, check=True, capture_output=True, text=True)
        return done.stdout

    def megabytes(self):
        if not self.postgres:
            return (self.data / "timetracker.db").stat().st_size / 1e6
        files = (self.data / "cluster").rglob("*")
        return sum(each.stat().st_size for each in files if each.is_file()) / 1e6

    def pids(self):
        return [self.api_program.pid] + ([self.postgres.pid] if self.postgres else [])

    def end(self):
        self.api_program.end()
        self.authz_program.end()
        if self.postgres:
            self.postgres.end()
        shutil.rmtree(self.data, ignore_errors=True)

    def get(self, path, token):
        request = urllib.request.Request(self.api + path, headers={"Authorization": f"Bearer {token}"})
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)

    def since(self):
        """A file of requests for changes, each with a cursor that leaves a few rows to tell."""
        tokens = (self.data / "people").read_text().split()
        lines = (f"{token} /api/changes/?since={self.cursor(token)}\n" for token in tokens)
        (self.data / "since").write_text("".join(lines))

    def cursor(self, token):
        ask, places, read, told = "changes/?types=tracks&limit={}&since={}", [], 0, {"cursor": "", "has_more": True}
        while told["has_more"]:
            places.append((read, told["cursor"]))
            told = self.get(ask.format(500, told["cursor"]), token)
            read += len(told["changes"])
        wanted = max(read - BEHIND, 0)
        at, cursor = max(place for place in places if place[0] <= wanted)
        return self.get(ask.format(wanted - at, cursor), token)["cursor"] if at < wanted else cursor

    def wrk(self, seconds, path):
        file, what = ("people", "bearer") if path else ("since", "asks")
        arguments = ["GET", str(self.data / file), what, "", "many", "", "", "0", "1"]
        command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "--timeout", "10s", "-s", str(HERE / "bodies.lua"),
                   self.api + (path or "changes/"), "--", *arguments]
        before = cpu_seconds(self.pids())
        output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        figures = json.loads(output.strip().splitlines()[-1])
        figures["rate"] = figures["requests"] / figures["seconds"]
        figures["cpu_us"] = (cpu_seconds(self.pids()) - before) / max(figures["requests"], 1) * 1e6
        return figures

    def export(self, form):
        """Megabytes a second of everything the heavy one has, rows, and how much memory that took."""
        began, size, rows, most = time.perf_counter(), 0, 0, 0.0
        path = f"{self.api}reports/detailed/?format={form}&from={TODAY - timedelta(days=3650)}&to={TODAY}&tz=Europe/Berlin"
        request = urllib.request.Request(path, headers={"Authorization": f"Bearer {self.heavy}"})
        with urllib.request.urlopen(request, timeout=60) as answer:
            while chunk := answer.read(1 << 20):
                size += len(chunk)
                rows += chunk.count(b"\n")
                most = max(most, memory_mb(self.api_program.pid))
        seconds = time.perf_counter() - began
        return size / 1e6 / seconds, rows, rows / seconds, most


def measure(scale, seconds, cases, beside=None):
    """Prints a line for each case; answers p50 and p99 of each, in ms."""
    figures = {}
    for name, path, question, goal in CASES:
        if name not in cases:
            continue
        scale.wrk(1, path)
        one = scale.wrk(seconds, path)
        p50, p99 = one["p50_us"] / 1e3, one["p99_us"] / 1e3
        figures[name] = p50, p99
        alone = scale.alone[question]
        line = (f"  {name:34} {one['rate']:8.0f}/s  p50 {p50:6.2f}  p99 {p99:6.2f} ms  {one['cpu_us']:7.1f} µs CPU"
                f"   the database alone p50 {alone['p50_us'] / 1e3:6.2f}  p99 {alone['p99_us'] / 1e3:6.2f} ms")
        if beside and name in beside:
            few = beside[name]
            line += f"   {p50 / few[0]:.2f} and {p99 / few[1]:.2f} of {FEW:,} tracks"
        if goal and beside is not None:
            line += f"   goal {goal} ms" + ("" if p99 <= goal else "  !!")
        print(line + failed(one["refused"] + one["broken"]), flush=True)
    return figures


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--tracks", type=int, default=10_000_000)
    arguments.add_argument("--people", type=int, default=2_000)
    arguments.add_argument("--asking", type=int, default=200, help="so many of them ask")
    arguments.add_argument("--heavy", type=int, default=1_000_000, help="tracks of somebody who exports them")
    arguments.add_argument("--seconds", type=int, default=5, help="how long each case is measured")
    arguments.add_argument("--only", choices=["sqlite", "postgres"], help="one database")
    arguments.add_argument("--folder", help="where the databases are made, and removed again")
    arguments.add_argument("--target", help="the folder cargo builds into")
    arguments.add_argument("--no-build", action="store_true", help="measure what is built already")
    said = arguments.parse_args()
    if not shutil.which("wrk"):
        sys.exit("wrk is not installed (Debian: apt-get install wrk)")
    release = build(said.target, said.no_build)
    with tempfile.TemporaryDirectory(dir=said.folder) as folder:
        os.chmod(folder, 0o755)
        for kind in [said.only] if said.only else ["sqlite", "postgres"]:
            few = Scale(release, kind, folder, FEW, 1, 1, 0)
            try:
                print(f"\n{few.about}", flush=True)
                beside = measure(few, said.seconds, LISTS)
            finally:
                few.end()
            many = Scale(release, kind, folder, said.tracks, said.people, said.asking, said.heavy)
            try:
                print(f"\n{many.about}", flush=True)
                many.since()
                measure(many, said.seconds, [name for name, *_ in CASES], beside)
                for form in ("csv", "ndjson") if said.heavy else ():
                    rate, rows, per_second, memory = many.export(form)
                    alone = many.alone["export"]["rows_per_second"]
                    print(f"  {'export, ' + form:34} {rate:8.1f} MB/s, {rows:,} lines, {per_second:,.0f} of them a second"
                          f" (the database alone {alone:,.0f}), {memory:.0f} MB of memory   goal 50 MB/s"
                          + ("" if rate >= 50 else "  !!"), flush=True)
            finally:
                many.end()


if __name__ == "__main__":
    main()
