"""Programs that are started for a measurement and ended after it, and what the system says about them."""

import glob
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
TICKS = os.sysconf("SC_CLK_TCK")


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


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


def memory_mb(pid, of="VmRSS"):
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(of):
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
    """A cluster of its own in a folder, made unless it is there. It has a quarter of the machine's memory, as PostgreSQL's manual
    says ("Resource Consumption": shared_buffers), and is as it comes otherwise."""

    def __init__(self, folder):
        bins = sorted(glob.glob("/usr/lib/postgresql/*/bin")) or [os.path.dirname(shutil.which("initdb") or "")]
        self.data, self.port = Path(folder) / "cluster", free_port()
        is_new = not self.data.exists()
        self.data.mkdir(exist_ok=True)
        self.user = None
        if os.geteuid() == 0:
            self.user = "postgres"
            os.chmod(folder, 0o755)
            os.chown(self.data, pwd.getpwnam("postgres").pw_uid, -1)
        self.bin = Path(bins[-1])
        if is_new:
            self.run("initdb", "-D", self.data, "-A", "trust", "-U", "postgres")
        quarter = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 4 // 2**20
        options = f"-p {self.port} -k {self.data} -c listen_addresses=127.0.0.1 -c shared_buffers={quarter}MB"
        self.run("pg_ctl", "-D", self.data, "-o", options, "-w", "-l", self.data / "log", "start")
        self.pid = int((self.data / "postmaster.pid").read_text().splitlines()[0])
        for name in ("authz", "timetracker") if is_new else ():
            self.run("createdb", "-h", "127.0.0.1", "-p", str(self.port), "-U", "postgres", name)

    def run(self, program, *arguments):
        command = [str(self.bin / program), *map(str, arguments)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, user=self.user, cwd="/")

    def url(self, name):
        # Over its socket: on one machine nobody would go through TCP.
        return f"postgres://postgres@/{name}?host={self.data}&port={self.port}"

    def end(self):
        self.run("pg_ctl", "-D", self.data, "-m", "fast", "stop")
