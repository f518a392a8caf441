# SPDX-License-Identifier: GPL-2.0-or-later
"""reach.py HUTCH TABLE - in tests/net/world: run the table's cases, each group in one sandbox, and say which went wrong."""
import os
import shlex
import subprocess
import sys
import time

hutch, table = sys.argv[1:3]
here = os.path.dirname(os.path.abspath(__file__))
world = os.environ["WORLD"]
probe = here + "/probe.py"


def read(path):
    groups = []
    for line in open(path):
        line = line.split("#")[0].strip()
        if line.startswith("["):
            groups.append((line[1:-1], []))
        elif line:
            expected, rest = line.split(None, 1)
            groups[-1][1].append((expected, rest))
    return groups


def run(command, cases):
    text = "".join(f"{case} {rest}\n" for case, rest in cases)
    done = subprocess.run(command, input=text, capture_output=True, text=True, timeout=120, check=False)
    results = dict(line.split(None, 1) for line in done.stdout.splitlines())
    if done.returncode or len(results) != len(cases):
        print(f"# {shlex.join(command)}: status {done.returncode}\n# {done.stderr.strip()}")
    return results


def arrived():
    """Everything that came to either machine."""
    return "".join(open(f"{world}/{log}.log").read() for log in ("host", "internet"))


if subprocess.run([hutch, "explain", "--net", "internet", "true"], capture_output=True, check=False).returncode:
    print("SKIP: there is no hutch-net")
    sys.exit(77)
groups = read(table)
total = sum(len(cases) for _, cases in groups)
print(f"1..{total}")
number = bad = 0
for options, cases in groups:
    named = [(f"case{number + i + 1:03}x", expected, rest) for i, (expected, rest) in enumerate(cases)]
    outside = run(["python3", probe], [(case.replace("case", "before"), rest) for case, expected, rest in named if expected == "refused!"])
    inside = run([hutch, "run", *shlex.split(options), "--seccomp", "default", "--ro", probe, "--", "python3", probe],
                 [(case, rest) for case, _, rest in named])
    time.sleep(0.3)
    seen = arrived()
    for case, expected, rest in named:
        number += 1
        result = inside.get(case, "no answer")
        reason = ""
        if expected.startswith("refused"):
            if not result.startswith("refused"):
                reason = result
            elif case in seen:
                reason = "it arrived all the same"
            elif expected.endswith("!") and outside.get(case.replace("case", "before")) != "reached":
                reason = f"not even outside: {outside.get(case.replace('case', 'before'))}"
        elif result != "reached":
            reason = result
        bad += bool(reason)
        print(f"{'not ' if reason else ''}ok {number} {options}: {rest}: {expected}")
        if reason:
            print(f"# {reason}")
print(f"# {total} cases, {sum(e.startswith('refused') for _, c in groups for e, _ in c)} of them to be refused")
sys.exit(bad > 0)
