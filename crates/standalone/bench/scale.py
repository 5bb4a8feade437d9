#!/usr/bin/env python3
"""How it goes with ten million tracks: fills SQLite and PostgreSQL, starts the release programs on them, and asks what is asked
most, over 16 connections and over one, for somebody else each time. What the API keeps is measured twice: asked again, as clients do that poll,
and anew, for something that was not asked for before; a summary also while everybody's workspace counts a commit ten times a second. Beside each case is what the database alone takes for
the same question, asked by the same functions in one process without HTTP, one at a time and 16 at once. Lists are asked of a
thousand tracks as well. Prints tables in Markdown. Needs what run.py needs.

    just bench-scale                        ten million tracks of two thousand people, and two million of one more
    scale.py --tracks 200000 --people 40 --heavy 100000      a look
    scale.py --keep FOLDER                  makes the databases there, or takes those that are there, and leaves them
    scale.py --against FOLDER               beside the API of another commit, in turns: what became slower? FOLDER is its target/release
"""

import argparse
import os
import shutil
import statistics
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path

from run import begin, failed
from scaled import Scaled

FEW = 1_000
TODAY = date.today()


@dataclass(frozen=True)
class Case:
    name: str
    # The file of who asks.
    who: str
    # Unless it is in the file.
    path: str | None
    # What `bench_questions` calls it, of which the database alone is asked there.
    question: str | None
    # What p99 should be at most, in ms.
    goal: float | None
    # The path as nobody has asked it before, from the path and a number.
    anew: Callable[[str, int], str] | None = None
    # Whether it makes a difference that something was committed meanwhile, and not what; then whether something is.
    commits: bool = False

    def ways(self):
        """Asked again, after something was committed, and anew, where that is not the same."""
        again = replace(self, name=f"{self.name}, again" if self.anew else self.name, anew=None, commits=False)
        changed = replace(self, name=f"{self.name}, after commits", anew=None)
        anew = replace(self, name=f"{self.name}, anew", commits=False)
        return [again] + [changed] * self.commits + [anew] * bool(self.anew)


def days(back, until=0):
    first, last = (TODAY - timedelta(days=until + each) for each in (back, 0))
    return f"from={first}&to={last}&tz=Europe/Berlin"


# Nobody reads it, but it is another address.
other_address = lambda path, number: f"{path}&n={number}"
# None of them lies within the one before.
other_days = lambda path, number: path.replace(YEAR, days(364, number % 300))
YEAR = days(364)
RECENT = "tracks/?ordering=-start&page_size=50"
LISTS = [
    Case("50 recent, by cursor", "people", f"{RECENT}&cursor=", "recent", 5, other_address),
    Case("50 recent, by number", "people", RECENT, "numbered", 5, other_address),
    Case("50 in the middle of all, by cursor", "deep", None, "deep", 5, other_address),
    Case("first 50 by id, by number", "people", "tracks/?page_size=50", "first", 5, other_address),
]
OTHERS = [
    Case("running timer", "people", "timer/", "running", 3),
    Case("a year's summary, by day and activity", "people", f"reports/summary/?group_by=day,activity&{YEAR}", "year", 15, other_days, True),
    Case("50 changes since a cursor", "since", None, "changes", 5, other_address),
    Case("page of 50 of a year's detailed report", "people", f"reports/detailed/?page_size=50&{YEAR}", "detailed", None),
]
HEAVY = [
    Case("50 recent of the one with most", "heavy", f"{RECENT}&cursor=", None, 5, other_address),
    Case("50 in the middle of theirs", "heavy-deep", None, None, 5, other_address),
]
HEAD = ("| | 16 at once: requests/s | p50 | p99 ms | CPU µs | one at a time: p50 | p99 ms | database alone, one at a time: p50 | p99 "
        "| 16 at once: p50 | p99 | goal: p99 |\n|---|---|---|---|---|---|---|---|---|---|---|---|")


# How often each side has its turn.
ROUNDS = 8


def ms(micros):
    return f"{micros / 1e3:.2f}"


def measure(scaled, seconds, cases):
    """Prints a row for each case."""
    print(HEAD)
    for case in cases:
        scaled.wrk(1, case, 16)
        many, one = scaled.wrk(seconds, case, 16), scaled.wrk(max(1, seconds // 2), case, 1)
        alone = scaled.alone.get(case.question)
        cells = [f"{many['rate']:,.0f}", ms(many["p50_us"]), ms(many["p99_us"]), f"{many['cpu_us']:.0f}", ms(one["p50_us"]), ms(one["p99_us"])]
        kinds = ("one", "many")
        cells += [ms(alone[kind][figure]) if alone else "–" for kind in kinds for figure in ("p50_us", "p99_us")]
        verdict = "–" if not case.goal else f"{case.goal}: {'met' if many['p99_us'] <= case.goal * 1e3 else 'missed'}"
        bad = failed(sum(each["refused"] + each["broken"] for each in (many, one)))
        print(f"| {case.name} | {' | '.join(cells)} | {verdict} |{bad}", flush=True)


def in_turns(scaled, seconds, cases, release):
    """Prints medians for each case, of ours and of theirs, and of the ratios of neighbours: what one turn shows holds only beside those."""
    sides = {"ours": None, "theirs": scaled.beside(release)}
    print("| 16 at once, medians | requests/s | p50 | p99 ms | CPU µs | ours to theirs: requests/s | p99 | CPU |\n" + "|---" * 8 + "|")
    for case in cases:
        taken = {side: [] for side in sides}
        for part in range(ROUNDS):
            for side in sorted(sides, reverse=part % 2 == 0):
                scaled.wrk(1, case, 16, sides[side])
                taken[side].append(scaled.wrk(seconds, case, 16, sides[side]))
        middle = lambda side, figure: statistics.median(each[figure] for each in taken[side])
        pairs = list(zip(taken["ours"], taken["theirs"]))
        ratios = [f"{statistics.median(ours[each] / theirs[each] for ours, theirs in pairs):.2f}" for each in ("rate", "p99_us", "cpu_us")]
        for side in sides:
            cells = [f"{middle(side, 'rate'):,.0f}", ms(middle(side, "p50_us")), ms(middle(side, "p99_us")), f"{middle(side, 'cpu_us'):.0f}"]
            cells += ratios if side == "ours" else ["", "", ""]
            bad = failed(sum(each["refused"] + each["broken"] for each in taken[side]))
            print(f"| {case.name}, {side} | {' | '.join(cells)} |{bad}", flush=True)


def export(scaled):
    """Everything the one with most has, and a tenth of it: the same memory."""
    print("\n| export | rows | MB | MB/s | rows/s | of the database alone | CPU s | memory before, at most MB | goal |\n" + "|---" * 9 + "|")
    for form in ("csv", "ndjson"):
        for name, back in (("a tenth", scaled.years * 365 // 10), ("everything", scaled.years * 365 + 30)):
            told = scaled.export(f"reports/detailed/?format={form}&{days(back)}")
            rate, rows = told.bytes / 1e6 / told.seconds, told.rows / told.seconds
            alone = scaled.alone["export"]["rows_per_second"]
            print(f"| {form}, {name} | {told.rows:,} | {told.bytes / 1e6:,.0f} | {rate:.0f} | {rows:,.0f} | {rows / alone:.2f} of {alone:,}"
                  f" | {told.cpu:.1f} | {told.before:.0f}, {told.most:.0f} | 50 MB/s: {'met' if rate >= 50 else 'missed'} |", flush=True)


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--tracks", type=int, default=10_000_000)
    arguments.add_argument("--people", type=int, default=2_000)
    arguments.add_argument("--asking", type=int, default=500, help="so many of them ask")
    arguments.add_argument("--heavy", type=int, default=2_000_000, help="tracks of somebody who exports them")
    arguments.add_argument("--seconds", type=int, help="how long each case is measured at a time (6, in turns 2)")
    arguments.add_argument("--against", type=Path, metavar="FOLDER", help="the API of another commit")
    arguments.add_argument("--keep", metavar="FOLDER", help="where the databases stay")
    said, release = begin(arguments)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(said.keep or temporary)
        os.chmod(folder, 0o755)
        for kind in [said.only] if said.only else ["sqlite", "postgres"]:
            for tracks, people, heavy, cases in (
                (FEW, 1, 0, LISTS),
                (said.tracks, said.people, said.heavy, LISTS + OTHERS + (HEAVY if said.heavy else [])),
            ):
                cases = [way for case in cases for way in case.ways() if said.case in way.name]
                scaled = Scaled(release, kind, folder, (tracks, people, heavy), said.asking)
                try:
                    print(f"\n{kind}: {scaled.about}\n", flush=True)
                    if said.against:
                        in_turns(scaled, said.seconds or 2, cases, said.against.resolve())
                        continue
                    measure(scaled, said.seconds or 6, cases)
                    if heavy and said.case in "export":
                        export(scaled)
                finally:
                    scaled.end()
                    if not said.keep:
                        shutil.rmtree(scaled.data)


if __name__ == "__main__":
    main()
