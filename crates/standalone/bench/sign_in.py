#!/usr/bin/env python3
"""Whether the time of a refused sign-in tells why it was refused. Starts the release program on SQLite and on a PostgreSQL
of its own, tries kinds of people who must all get the same answer, one after another in an order drawn anew each
round, through the password grant and through the page, and compares the times: medians within 5 percent, and the
two-sample Kolmogorov-Smirnov test between any two kinds above 0.01. What misses that is measured once more and counts
if it misses twice, because of so many comparisons one in a hundred is low by chance.

    just bench-sign-in
    sign_in.py --rounds 1000 --only sqlite
"""

import argparse
import base64
import html
import http.client
import itertools
import json
import math
import os
import random
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.parse
from pathlib import Path

from programs import ROOT, Postgres, Running, free_port

GOAL_PERCENT, GOAL_P = 5.0, 0.01
WARM_UP = 20
TRIES_PER_NAME = 40
RIGHT, WRONG = "seven rusty kettles hum", "seven rusty kettles ham"
# What each kind of person is, and the password that is tried. All of their names are equally long.
KINDS = {
    "nobody": WRONG,
    "person": WRONG,
    "disabled": RIGHT,
    "stopped": RIGHT,
}
# So many wrong passwords in a row are looked at.
WRONG_IN_A_ROW = 50


def built(target, is_built):
    if not is_built:
        subprocess.run(["cargo", "build", "--release", "--locked", "-p", "authz"], cwd=ROOT, check=True)
    return Path(target or os.environ.get("CARGO_TARGET_DIR") or ROOT / "target") / "release/authz"


def kolmogorov_smirnov(ones, others):
    """How likely two samples of one distribution are at least as far apart as these (asymptotic)."""
    ones, others = sorted(ones), sorted(others)
    apart = at = beside = 0
    for each in sorted(set(ones + others)):
        while at < len(ones) and ones[at] <= each:
            at += 1
        while beside < len(others) and others[beside] <= each:
            beside += 1
        apart = max(apart, abs(at / len(ones) - beside / len(others)))
    root = math.sqrt(len(ones) * len(others) / (len(ones) + len(others)))
    scaled = (root + 0.12 + 0.11 / root) * apart
    if scaled < 0.2:
        return 1.0
    terms = (2 * (-1) ** (k - 1) * math.exp(-2 * (k * scaled) ** 2) for k in range(1, 101))
    return min(max(sum(terms), 0.0), 1.0)


class Door:
    """A way in. Every try comes from another address, so that none is held back."""

    addresses = (f"198.{18 + number // 65536}.{number // 256 % 256}.{number % 256}" for number in itertools.count())

    def __init__(self, port):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        self.connection.connect()
        self.connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def ask(self, method, path, fields, headers):
        body = urllib.parse.urlencode(fields).encode() if fields else None
        headers = {"X-Forwarded-For": next(Door.addresses), "Content-Type": "application/x-www-form-urlencoded", **headers}
        began = time.perf_counter()
        self.connection.request(method, path, body, headers)
        answer = self.connection.getresponse()
        text = answer.read().decode()
        seconds = time.perf_counter() - began
        return seconds, answer, text


class Grant(Door):
    name = "password grant"

    def __init__(self, port, client):
        super().__init__(port)
        self.basic = base64.b64encode(f"{client['client_id']}:{client['client_secret']}".encode()).decode()

    def try_to_sign_in(self, name, password):
        fields = {"grant_type": "password", "username": name, "password": password}
        seconds, answer, text = self.ask("POST", "/o/token/", fields, {"Authorization": f"Basic {self.basic}"})
        return seconds, (answer.status, text)


class Page(Door):
    name = "page"

    def __init__(self, port, _client):
        super().__init__(port)
        self.origin = {"Origin": f"http://127.0.0.1:{port}"}
        _, answer, text = self.ask("GET", "/accounts/login/", None, {})
        self.cookie = answer.getheader("Set-Cookie").split(";")[0]
        self.token = html.unescape(re.search(r'name="csrf_token" value="([^"]*)"', text).group(1))

    def try_to_sign_in(self, name, password):
        fields = {"csrf_token": self.token, "username": name, "password": password}
        seconds, answer, text = self.ask("POST", "/accounts/login/", fields, {"Cookie": self.cookie, **self.origin})
        text = re.sub(r'name="csrf_token" value="[^"]*"', "", text)
        return seconds, (answer.status, answer.getheader("Set-Cookie") is None, text.replace(name, "[name]"))


class Program:
    """`authz` with people of every kind in it."""

    def __init__(self, program, url, names, cost):
        self.program, self.port = program, free_port()
        secret = subprocess.run([program, "key", "generate"], check=True, capture_output=True, text=True)
        self.environment = {
            "AUTHZ_DATABASE_URL": url, "AUTHZ_ISSUER": f"http://127.0.0.1:{self.port}/o",
            "AUTHZ_LISTEN": f"127.0.0.1:{self.port}", "AUTHZ_SECRET_KEY": secret.stdout.strip(),
            "AUTHZ_PASSWORD_COST": str(cost), "AUTHZ_TRUSTED_PROXIES": "127.0.0.1", "AUTHZ_LOG_LEVEL": "warn",
        }
        self.client = json.loads(self.command("--json", "client", "create", "--name", "Bench", "--type", "confidential",
                                              "--grant-type", "password", "--scope", "read"))
        for name in names["person"] + names["disabled"] + names["stopped"]:
            self.command("user", "create", name, said=RIGHT)
        for name in names["disabled"]:
            self.command("user", "disable", name)
        self.running = Running([program, "serve"], self.environment, self.port)
        door = Grant(self.port, self.client)
        for name in names["stopped"] * WRONG_IN_A_ROW:
            door.try_to_sign_in(name, WRONG)

    def command(self, *arguments, said=""):
        done = subprocess.run([self.program, *arguments], env={**os.environ, **self.environment}, input=said, check=True,
                              capture_output=True, text=True)
        return done.stdout

    def end(self):
        self.running.end()


def measure(door, names, rounds):
    """The times of each kind, in seconds. Every answer must be the same."""
    waiting = {kind: itertools.cycle(names[kind]) for kind in KINDS}
    times, answers = {kind: [] for kind in KINDS}, {}
    for turn in range(WARM_UP + rounds):
        order = list(KINDS)
        random.shuffle(order)
        for kind in order:
            name = next(waiting[kind])
            seconds, told = door.try_to_sign_in(name, KINDS[kind])
            answers.setdefault(told, (kind, name))
            if turn >= WARM_UP:
                times[kind].append(seconds)
    if len(answers) != 1:
        sys.exit(f"the answers differ: {answers}")
    return times


def judge(title, times):
    medians = {kind: statistics.median(each) * 1000 for kind, each in times.items()}
    spread = (max(medians.values()) / min(medians.values()) - 1) * 100
    pairs = {pair: kolmogorov_smirnov(times[pair[0]], times[pair[1]]) for pair in itertools.combinations(times, 2)}
    is_good = spread <= GOAL_PERCENT and min(pairs.values()) > GOAL_P
    print(f"{title:28}" + "".join(f"  {kind} {median:.3f} ms" for kind, median in medians.items())
          + f"  spread {spread:.2f} %" + "".join(f"  p({one}, {other}) {p:.3f}" for (one, other), p in pairs.items())
          + ("" if is_good else "  !!"), flush=True)
    return is_good


def on(kind, program, rounds, cost, folder):
    tries = 2 * (WARM_UP + rounds) * 2
    count = math.ceil(tries / TRIES_PER_NAME)
    names = {each: [f"{each:.>8}{number:04}" for number in range(count)] for each in KINDS}
    postgres = Postgres(folder) if kind == "postgres" else None
    try:
        running = Program(program, postgres.url("authz") if postgres else f"sqlite://{folder}/authz.db", names, cost)
        try:
            is_good = True
            for door in (Grant, Page):
                title = f"{kind}: {door.name}"
                if not judge(title, measure(door(running.port, running.client), names, rounds)):
                    is_good &= judge(f"{title}, again", measure(door(running.port, running.client), names, rounds))
            return is_good
        finally:
            running.end()
    finally:
        if postgres:
            postgres.end()


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--rounds", type=int, default=200, help="tries of each kind at each door")
    arguments.add_argument("--cost", type=int, default=8, help="bcrypt's; at 4 what else takes time shows better")
    arguments.add_argument("--only", choices=["sqlite", "postgres"], help="one database")
    arguments.add_argument("--target", help="the folder cargo builds into")
    arguments.add_argument("--no-build", action="store_true", help="measure what is built already")
    said = arguments.parse_args()
    program = built(said.target, said.no_build)
    verdicts = []
    for kind in [said.only] if said.only else ["sqlite", "postgres"]:
        with tempfile.TemporaryDirectory() as folder:
            verdicts.append(on(kind, program, said.rounds, said.cost, folder))
    sys.exit(0 if all(verdicts) else 1)


if __name__ == "__main__":
    main()
