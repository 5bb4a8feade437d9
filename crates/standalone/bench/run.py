#!/usr/bin/env python3
"""The benchmark: starts the release programs on SQLite and on PostgreSQL and measures them with wrk, beside a bare
actix-web handler in the same run. One worker and 32 kept-alive connections; ratios are what counts, because
machines are noisy. Needs wrk, and for PostgreSQL its server programs (Debian: wrk, postgresql).

    just bench                      all of it, about five minutes
    run.py --seconds 3 --only sqlite --case userinfo
    run.py --against FOLDER         beside the programs of another commit, in turns: what became slower?

FOLDER is the `target/release` of that commit, built with the examples.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import cases
from programs import ROOT, Running, cpu_seconds, free_port
from services import Services

HERE = Path(__file__).resolve().parent


def build(target, built):
    if not built:
        subprocess.run(["cargo", "build", "--release", "--locked", "--workspace", "--bins", "--examples"],
                       cwd=ROOT, check=True)
    return Path(target or os.environ.get("CARGO_TARGET_DIR") or ROOT / "target") / "release"


def wrk(seconds, url, script, arguments, pids):
    before = cpu_seconds(pids)
    command = ["wrk", "-t1", "-c32", f"-d{seconds}s", "--timeout", "10s", "-s", str(HERE / script), url, "--", *arguments]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    figures = json.loads(output.strip().splitlines()[-1])
    figures["cpu_us"] = (cpu_seconds(pids) - before) / max(figures["requests"], 1) * 1e6
    figures["rate"] = figures["requests"] / figures["seconds"]
    figures["bad"] = figures["refused"] + figures["broken"]
    return figures


class Beside:
    """Every case comes right after a short look at the bare handler, and at the bare signature if there is one in it:
    the machine's mood changes within a minute."""

    def __init__(self, release, seconds, folder):
        self.release, self.seconds, self.folder = release, seconds, folder
        (Path(folder) / "empty").write_text("-\n")
        port = free_port()
        self.bare = Running([release / "examples/bare", f"127.0.0.1:{port}", "1"], {}, port)
        self.bare_url = f"http://127.0.0.1:{port}/"

    def start(self, kind):
        services = Services(self.release, kind, self.folder)
        print(f"\n{kind}: {services.at_start}", flush=True)
        return [services]

    def look(self):
        arguments = ["GET", f"{self.folder}/empty", "none", "", "many", "application/json", "", "0", "1"]
        return wrk(1, self.bare_url, "bodies.lua", arguments, [self.bare.pid])

    def measure(self, title, case, sides):
        services, = sides
        bare = self.look()["rate"]
        compared = ""
        if case.signature:
            command = [self.release / "examples/bench_signatures", *case.signature]
            alone = 1e6 / float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
        figures = wrk(self.seconds, services.url(case), *case.arguments(services.data, 0, 1), services.pids(case))
        if case.signature:
            compared = f"  {alone / figures['cpu_us']:.2f} of that is to {' '.join(case.signature)} ({alone:.1f} µs)"
        if case.alone:
            compared += f"  {figures['rate'] / services.alone[case.alone]:.2f} of the database alone"
        print(f"{title:44} {figures['rate']:9.0f}/s  p50 {figures['p50_us'] / 1000:7.2f} ms"
              f"  p99 {figures['p99_us'] / 1000:7.2f} ms  {figures['cpu_us']:6.1f} µs CPU"
              f"  {figures['rate'] / bare:.2f} of bare{compared}" + failed(figures["bad"]), flush=True)

    def end(self):
        self.bare.end()


class Against:
    """Each case is measured in turns with the programs of another commit: the ratio of neighbours is what holds."""

    ROUNDS = 4

    def __init__(self, release, other, seconds, folder):
        self.folders = {"ours": release, "theirs": other}
        self.seconds, self.folder = seconds, Path(folder)

    def start(self, kind):
        print(f"\n{kind}: theirs is 1.00", flush=True)
        return [Services(release, kind, self.folder / name) for name, release in self.folders.items()]

    def measure(self, title, case, sides):
        if not all((services.data / case.file).exists() for services in sides):
            return
        rates, cpu, bad = [], [], 0
        for part in range(self.ROUNDS):
            taken = [None, None]
            for place in ((0, 1), (1, 0))[part % 2]:
                services = sides[place]
                arguments = case.arguments(services.data, part, self.ROUNDS)
                taken[place] = wrk(self.seconds, services.url(case), *arguments, services.pids(case))
            ours, theirs = taken
            rates.append(ours["rate"] / theirs["rate"])
            cpu.append(ours["cpu_us"] / theirs["cpu_us"])
            bad += ours["bad"] + theirs["bad"]
        print(f"{title:44} {statistics.median(rates):.2f} by rate ({min(rates):.2f} to {max(rates):.2f}),"
              f" {statistics.median(cpu):.2f} by CPU ({min(cpu):.2f} to {max(cpu):.2f})" + failed(bad), flush=True)

    def end(self):
        pass


def failed(bad):
    return f"  !! {bad} failed" if bad else ""


def begin(arguments):
    """Reads what was said, with what every benchmark under load understands, and builds: that, and where the programs are."""
    arguments.add_argument("--only", choices=["sqlite", "postgres"], help="one database")
    arguments.add_argument("--case", default="", help="the cases with this in their names")
    arguments.add_argument("--target", help="the folder cargo builds into")
    arguments.add_argument("--no-build", action="store_true", help="measure what is built already")
    said = arguments.parse_args()
    if not shutil.which("wrk"):
        sys.exit("wrk is not installed (Debian: apt-get install wrk)")
    return said, build(said.target, said.no_build)


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--seconds", type=int, help="how long each case is measured at a time (4, in turns 2)")
    arguments.add_argument("--against", type=Path, metavar="FOLDER", help="programs of another commit")
    said, release = begin(arguments)
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        if said.against:
            bench = Against(release, said.against, said.seconds or 2, folder)
        else:
            bench = Beside(release, said.seconds or 4, folder)
        try:
            for kind in [said.only] if said.only else ["sqlite", "postgres"]:
                sides = bench.start(kind)
                try:
                    for case in cases.of_authz() + cases.of_api(sides[0].track):
                        if said.case in case.name and (case.on_both or kind == "sqlite"):
                            bench.measure(f"{kind}: {case.name}", case, sides)
                finally:
                    for services in sides:
                        services.end()
        finally:
            bench.end()


if __name__ == "__main__":
    main()
