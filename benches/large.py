"""Large executions on a real server: how long they take and how much memory it needs.

    python3 benches/large.py PROGRAM [SHAPE …]

Shapes: items, results, grid, counted_grid (each task publishes the same two variables),
named_grid (each publishes one of its own: 10,000 variables in the end), chain, fan. SCALE=0.1 makes all of them smaller.
Each shape has a server of its own on a free loopback port and a fresh database.
"""

import json
import os
import pathlib
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

SCALE = float(os.environ.get("SCALE", "1"))
LIMIT_MIB = 300


def scaled(number):
    return max(2, int(number * SCALE))


def items():
    count = scaled(100_000)
    return count, f"    t: {{with-items: 'i in <% range(0, {count}) %>', action: std.echo output=<% $.i %>}}\n"


def results():
    count = scaled(100_000)
    text = "x" * 500
    return count, (
        f"    t: {{with-items: 'i in <% range(0, {count}) %>', action: std.echo output='{text}'}}\n"
    )


def grid(publish=None):
    side = scaled(100) if SCALE < 1 else 100
    tasks = []
    for row in range(side):
        for column in range(side):
            next_ones = []
            if column + 1 < side:
                next_ones.append(f"t{row}_{column + 1}")
            if row + 1 < side:
                next_ones.append(f"t{row + 1}_{column}")
            parts = ["action: std.noop"]
            if publish:
                parts.append(f"publish: {{{publish(row, column)}}}")
            if row and column:
                parts.append("join: all")
            if next_ones:
                parts.append(f"on-success: [{', '.join(next_ones)}]")
            tasks.append(f"    t{row}_{column}: {{{', '.join(parts)}}}\n")
    return side * side, "".join(tasks)


def counted_grid():
    return grid(lambda row, column: f"at: [{row}, {column}], n: <% $.get(n, 0) + 1 %>")


def named_grid():
    return grid(lambda row, column: f"v{row}_{column}: 1")


def chain():
    count = scaled(50_000)
    links = [f"    t{n}: {{action: std.noop, on-success: [t{n + 1}]}}\n" for n in range(count - 1)]
    return count, "".join(links) + f"    t{count - 1}: {{action: std.noop}}\n"


def fan():
    count = scaled(10_000)
    names = ", ".join(f"t{n}" for n in range(count))
    branches = "".join(f"    t{n}: {{action: std.noop, on-success: [j]}}\n" for n in range(count))
    return count, f"    s: {{on-success: [{names}]}}\n{branches}    j: {{join: all}}\n"


SHAPES = {shape.__name__: shape for shape in (items, results, grid, counted_grid, named_grid, chain, fan)}


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    def __init__(self, program, folder):
        self.port = free_port()
        self.process = subprocess.Popen(
            [
                program,
                "serve",
                "--listen",
                f"127.0.0.1:{self.port}",
                "--database",
                f"sqlite://{folder}/ostro.db",
            ],
            cwd=folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for _ in range(200):
            try:
                self.ask("GET", "/readyz")
                return
            except OSError:
                time.sleep(0.05)
        raise SystemExit("the server does not start")

    def ask(self, method, path, body=None, kind="application/json"):
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{path}",
            data=body,
            method=method,
            headers={"Content-Type": kind},
        )
        with urllib.request.urlopen(request, timeout=600) as answer:
            text = answer.read()
        return json.loads(text) if text.startswith(b"{") else text

    def memory(self, field):
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        line = next(line for line in status.splitlines() if line.startswith(field))
        return int(line.split()[1]) / 1024

    def stop(self):
        self.process.terminate()
        self.process.wait(timeout=30)


def measure(program, name):
    count, tasks = SHAPES[name]()
    document = f"version: '2.0'\nlarge:\n  output: {{n: 1}}\n  tasks:\n{tasks}"
    with tempfile.TemporaryDirectory() as folder:
        server = Server(program, folder)
        try:
            begun = time.monotonic()
            server.ask("POST", "/v2/workflows", document.encode(), "text/plain")
            uploaded = time.monotonic()
            after_upload = server.memory("VmHWM")
            body = json.dumps({"workflow_name": "large"}).encode()
            execution = server.ask("POST", "/v2/executions", body)["id"]
            state = "RUNNING"
            while state == "RUNNING":
                path = f"/v2/executions/{execution}/wait?timeout=300"
                state = server.ask("GET", path)["state"]
            ended = time.monotonic()
            peak = server.memory("VmHWM")
        finally:
            server.stop()
    each = (ended - uploaded) / count * 1e6
    print(
        f"{name:<8} {count:>8} {state:<8} {uploaded - begun:>7.1f} {ended - uploaded:>7.1f}"
        f" {each:>7.0f} {after_upload:>9.0f} {peak:>9.0f}",
        flush=True,
    )
    return state == "SUCCESS" and peak <= LIMIT_MIB


def main():
    program = os.path.abspath(sys.argv[1])
    names = sys.argv[2:] or list(SHAPES)
    print("shape        size state     upload     run  µs each  MiB then  MiB peak")
    good = [measure(program, name) for name in names]
    if not all(good):
        raise SystemExit(f"not all ended in SUCCESS within {LIMIT_MIB} MiB")


if __name__ == "__main__":
    main()
