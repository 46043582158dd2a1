"""Runs commands in turns and keeps every measurement, so that a page can go on where it was interrupted."""
import json
import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
OURS = ROOT / ".build/release/ftbench"
PYTHON = Path(os.environ.get("FTBENCH_PEERS", ROOT / ".venv-bench")) / "bin/python"
# A variant this far behind the best of the first turn is not measured again.
CLOSE = 0.9


def run(command, timeout=3600):
    """The last JSON line a command prints; None when it fails, and why on standard error."""
    try:
        done = subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=timeout)
    except (OSError, subprocess.TimeoutExpired) as error:
        print(f"{command[0]}: {error}", file=sys.stderr)
        return None
    lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
    if done.returncode != 0 or not lines:
        print(f"{' '.join(map(str, command))}: {done.stderr.strip()[-300:]}", file=sys.stderr)
        return None
    return json.loads(lines[-1])


class Results:
    """Measurements by row, turn and engine; a JSON line is written for each as soon as it is there."""

    def __init__(self, path, resume):
        self.path, self.kept = Path(path), {}
        if resume and self.path.exists():
            for line in self.path.read_text().splitlines():
                try:
                    entry = json.loads(line)
                except json.JSONDecodeError:
                    continue  # the line that an interruption cut
                self.kept[self.key(entry)] = entry
        self.path.parent.mkdir(parents=True, exist_ok=True)
        if self.kept:
            self.path.write_text("".join(json.dumps(entry) + "\n" for entry in self.kept.values()))
        else:
            self.path.write_text("")

    @staticmethod
    def key(entry):
        # Another command is another measurement, whatever its name.
        return entry["row"], entry["turn"], entry["who"], json.dumps(entry["command"])

    def measure(self, row, turn, who, command):
        entry = dict(row=row, turn=turn, who=who, command=[str(part) for part in command])
        known = self.kept.get(self.key(entry))
        if known:
            return known["line"]
        line = run(command)
        if line is not None:
            entry["line"] = line
            self.kept[self.key(entry)] = entry
            with self.path.open("a") as file:
                file.write(json.dumps(entry) + "\n")
        return line


def value(line, path):
    """`by_threads.speedup`, `products.3.gflops_per_s`: a figure of a JSON line, None where there is none."""
    for part in path.split("."):
        if isinstance(line, list):
            line = line[int(part)] if int(part) < len(line) else None
        else:
            line = line.get(part) if isinstance(line, dict) else None
    return line if isinstance(line, (int, float)) and not isinstance(line, bool) else None


def in_turns(results, name, ours, peers, repeats, has_peers):
    """(our lines, {variant: its lines}); who goes first changes from turn to turn, so that a machine that warms up or
    is disturbed favours nobody. The first turn takes every variant, later ones those near the best."""
    mine, theirs = [], {variant: [] for variant, _, _ in peers}
    for turn in range(repeats):
        jobs = [("ftbench", ours, None)] if ours else []
        if has_peers:
            best = max((value(lines[0], unit) or 0 for v, _, unit in peers for lines in [theirs[v]] if lines), default=0)
            jobs += [(v, command, unit) for v, command, unit in peers
                     if turn == 0 or (theirs[v] and (value(theirs[v][0], unit) or 0) >= CLOSE * best)]
        for who, command, _ in jobs if turn % 2 == 0 else reversed(jobs):
            line = results.measure(name, turn, who, command)
            if line is not None:
                (mine if who == "ftbench" else theirs[who]).append(line)
    return mine, theirs
