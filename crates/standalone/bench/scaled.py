"""Both services on a database with many tracks in it, made when it is not there yet; and asking them."""

import contextlib
import http.client
import json
import math
import os
import sqlite3
import subprocess
import threading
import time
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

from programs import Postgres, Running, cpu_seconds, free_port, memory_mb
from run import HERE

# Rows that a client who keeps a copy has not seen.
BEHIND = 50
# More answers than there are of what has to be read.
MOST_A_SECOND = 10_000


@dataclass
class Export:
    bytes: int
    rows: int
    seconds: float
    cpu: float
    # Memory of the API, in MB.
    before: float
    most: float


class Scaled:
    def __init__(self, release, kind, folder, size, asking):
        (tracks, people, heavy), self.years = size, 5
        self.data = Path(folder) / f"{kind}-{tracks}"
        self.data.mkdir(exist_ok=True)
        os.chmod(self.data, 0o755)
        self.postgres = Postgres(self.data) if kind == "postgres" else None
        self.url = self.postgres.url if self.postgres else lambda name: f"sqlite://{self.data}/{name}.db"
        self.release, self.programs, self.connection, self.number = release, [], None, 0
        try:
            self.start(tracks, people, heavy, min(asking, people))
        except BaseException:
            self.end()
            raise

    def start(self, tracks, people, heavy, asking):
        # The one with most comes first.
        before = 1 if heavy else 0
        made = self.make(tracks, people, heavy, asking + before)
        tokens = (self.data / "everybody").read_text().split()
        self.tokens, self.heavy = tokens[before:], tokens[0] if heavy else None
        self.alone = json.loads(self.run("examples/bench_questions", str(before), str(asking)))
        for program, port in (("authz", made["authz_port"]), ("timetracker-api", self.api_port)):
            self.programs.append(Running([self.release / program, "serve"], self.environment, port))
        self.api = self.programs[-1].pid
        self.connection = http.client.HTTPConnection("127.0.0.1", self.api_port, timeout=60)
        self.askers()
        self.about = f"{made['seeded'].strip()}, {self.megabytes():,.0f} MB"

    def make(self, tracks, people, heavy, asking):
        """The database and who asks, unless both are there. The issuer's address is in it, and so its port stays."""
        file = self.data / "made.json"
        made = json.loads(file.read_text()) if file.exists() else {"authz_port": free_port(), "size": [tracks, people, heavy, asking]}
        if made["size"] != [tracks, people, heavy, asking]:
            raise SystemExit(f"{self.data} was made for {made['size']}")
        if "secret" not in made:
            secret = subprocess.run([self.release / "authz", "key", "generate"], check=True, capture_output=True, text=True)
            made["secret"] = secret.stdout.strip()
        issuer, self.api_port = f"http://127.0.0.1:{made['authz_port']}/o", free_port()
        self.environment = {
            "AUTHZ_DATABASE_URL": self.url("authz"), "AUTHZ_ISSUER": issuer, "AUTHZ_LISTEN": f"127.0.0.1:{made['authz_port']}",
            "AUTHZ_SECRET_KEY": made["secret"], "AUTHZ_WORKERS": "1", "AUTHZ_PASSWORD_COST": "4",
            "TIMETRACKER_DATABASE_URL": self.url("timetracker"), "TIMETRACKER_ISSUER": issuer,
            "TIMETRACKER_LISTEN": f"127.0.0.1:{self.api_port}", "TIMETRACKER_WORKERS": "1", "TIMETRACKER_CLIENT_ID": "api",
            "TIMETRACKER_CLIENT_SECRET": "bench-secret", "TIMETRACKER_PUBLIC_URL": f"http://127.0.0.1:{self.api_port}",
            "TIMETRACKER_RATE_LIMIT": "0",
        }
        if "seeded" not in made:
            size = ("--tracks", str(tracks), "--people", str(people), "--heavy", str(heavy), "--years", str(self.years))
            made["seeded"] = self.run("examples/seed_tracks", *size, "--issuer", issuer)
        file.write_text(json.dumps(made))
        # What was kept may be older than the programs.
        self.run("timetracker-api", "migrate")
        if not (self.data / "everybody").exists():
            self.run("examples/bench_people", str(self.data / "everybody"), str(asking))
        return made

    def run(self, program, *arguments):
        command = [str(self.release / program), *arguments]
        return subprocess.run(command, env={**os.environ, **self.environment}, check=True, stdout=subprocess.PIPE, text=True).stdout

    def megabytes(self):
        if not self.postgres:
            return (self.data / "timetracker.db").stat().st_size / 1e6
        return sum(each.stat().st_size for each in (self.data / "cluster/base").rglob("*") if each.is_file()) / 1e6

    def pids(self, api):
        return [api] + ([self.postgres.pid] if self.postgres else [])

    def beside(self, release):
        """The API of another commit on the same database: its process, and where it listens."""
        port = free_port()
        environment = self.environment | {"TIMETRACKER_LISTEN": f"127.0.0.1:{port}"}
        self.programs.append(Running([release / "timetracker-api", "serve"], environment, port))
        return self.programs[-1].pid, port

    def end(self):
        if self.connection:
            self.connection.close()
        for program in reversed(self.programs):
            program.end()
        if self.postgres:
            self.postgres.end()

    def get(self, path, token):
        self.connection.request("GET", path, headers={"Authorization": f"Bearer {token}"})
        answer = self.connection.getresponse()
        body = answer.read()
        if answer.status != 200:
            raise SystemExit(f"{path}: {answer.status} {body[:300]}")
        return json.loads(body)

    def askers(self):
        """Files of tokens, and of paths that only one token leads to."""
        ask = lambda token, path: f"{token} {path}"
        files = {"people": self.tokens, "since": [ask(token, f"/api/changes/?since={self.behind(token)}") for token in self.tokens],
                 "deep": [ask(token, self.middle(token)) for token in self.tokens]}
        if self.heavy:
            files |= {"heavy": [self.heavy], "heavy-deep": [ask(self.heavy, self.middle(self.heavy))]}
        for name, lines in files.items():
            (self.data / name).write_text("".join(f"{line}\n" for line in lines))

    def middle(self, token):
        """The path of fifty recent ones behind half of all."""
        half, size = self.get("/api/tracks/?page_size=1", token)["count"] // 2, 1_000
        size = max(1, min(size, half))
        path = f"/api/tracks/?ordering=-start&page_size={size}&cursor="
        for _ in range(max(1, half // size)):
            url = urlsplit(self.get(path, token)["next"])
            path = f"{url.path}?{url.query}"
        return path.replace(f"page_size={size}", "page_size=50")

    def behind(self, token):
        """A cursor that leaves a few rows to tell."""
        ask, places, read, told = "/api/changes/?limit={}&since={}", [], 0, {"cursor": None, "has_more": True}
        while told["has_more"]:
            places.append((read, told["cursor"]))
            told = self.get(ask.format(500, told["cursor"]) if told["cursor"] else "/api/changes/", token)
            read += len(told["changes"])
        wanted = max(read - BEHIND, 0)
        at, cursor = max(place for place in places if place[0] <= wanted and place[1])
        return self.get(ask.format(wanted - at, cursor), token)["cursor"] if at < wanted else cursor

    def never_asked(self, case, seconds):
        """A file of paths for so many seconds, none of which was asked for before; for everybody in turn."""
        asks = [line.split() for line in (self.data / case.who).read_text().splitlines()]
        # The token, and the path that only it leads to, if there is one.
        asks = [(token, path[0] if path else f"/api/{case.path}") for token, *path in asks]
        first, self.number = self.number, self.number + math.ceil(seconds * MOST_A_SECOND / len(asks))
        lines = (f"{token} {case.anew(path, number)}\n" for number in range(first, self.number) for token, path in asks)
        (self.data / "anew").write_text("".join(lines))
        return ["GET", str(self.data / "anew"), "asks", "", "turns"]

    def commit_until(self, ended):
        """Something is committed in everybody's workspace ten times a second, as far as the counters say."""
        count = "UPDATE workspaces SET change_seq = change_seq + 1;\n"
        if self.postgres:
            with subprocess.Popen([self.postgres.bin / "psql", "-q", self.url("timetracker")], stdin=subprocess.PIPE, text=True) as psql:
                while not ended.wait(0.1):
                    psql.stdin.write(count)
                    psql.stdin.flush()
        else:
            with contextlib.closing(sqlite3.connect(self.data / "timetracker.db", isolation_level=None)) as database:
                while not ended.wait(0.1):
                    database.execute(count)

    def wrk(self, seconds, case, connections, of=None):
        """Asks the API, or the one that is `beside` it."""
        if case.commits:
            ended = threading.Event()
            committing = threading.Thread(target=self.commit_until, args=[ended])
            committing.start()
            try:
                return self.wrk(seconds, replace(case, commits=False), connections, of)
            finally:
                ended.set()
                committing.join()
        pid, port = of or (self.api, self.api_port)
        if case.anew:
            arguments = self.never_asked(case, seconds)
        else:
            arguments = ["GET", str(self.data / case.who), "bearer" if case.path else "asks", "", "many"]
        command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "10s", "-s", str(HERE / "bodies.lua"),
                   f"http://127.0.0.1:{port}/api/{case.path or ''}", "--", *arguments, "", "", "0", "1"]
        before = cpu_seconds(self.pids(pid))
        output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        figures = json.loads(output.strip().splitlines()[-1])
        figures["rate"] = figures["requests"] / figures["seconds"]
        figures["cpu_us"] = (cpu_seconds(self.pids(pid)) - before) / max(figures["requests"], 1) * 1e6
        return figures

    def export(self, path):
        """Takes all of an answer, as fast as it comes."""
        pid, buffer = self.api, memoryview(bytearray(1 << 20))
        before, cpu = memory_mb(pid), cpu_seconds(self.pids(pid))
        # From here on the peak counts anew.
        Path(f"/proc/{pid}/clear_refs").write_text("5")
        # The one from the beginning has been closed meanwhile: nothing was asked over it for long.
        self.connection.close()
        began, size, rows = time.perf_counter(), 0, 0
        self.connection.request("GET", f"/api/{path}", headers={"Authorization": f"Bearer {self.heavy}"})
        answer = self.connection.getresponse()
        if answer.status != 200:
            raise SystemExit(f"{path}: {answer.status}")
        while count := answer.readinto(buffer):
            size += count
            rows += bytes(buffer[:count]).count(b"\n")
        seconds = time.perf_counter() - began
        return Export(size, rows, seconds, cpu_seconds(self.pids(pid)) - cpu, before, memory_mb(pid, "VmHWM"))
