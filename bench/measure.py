"""Runs a command several times and prints the medians of its CPU seconds, wall seconds and peak memory (largest process), children included.

    measure.py [-n RUNS] [--prepare 'SHELL COMMAND'] NAME -- COMMAND...

Prints "NAME_cpu X s", "NAME_wall X s", "NAME_peak X MB", so that other scripts can read the figures.
"""
import os
import resource
import statistics
import subprocess
import sys
import time


def run(command):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started = time.monotonic()
    with open(os.devnull, "w", encoding="utf-8") as nothing:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=nothing, stderr=nothing)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = status
    wall = time.monotonic() - started
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return cpu, wall, usage.ru_maxrss / 1024.0, os.waitstatus_to_exitcode(status)


def main():
    arguments = sys.argv[1:]
    runs, prepare = 5, None
    while arguments and arguments[0].startswith("-") and arguments[0] != "--":
        if arguments[0] == "-n":
            runs = int(arguments[1])
        elif arguments[0] == "--prepare":
            prepare = arguments[1]
        arguments = arguments[2:]
    name, command = arguments[0], arguments[2:]
    figures = []
    for _ in range(runs):
        if prepare:
            subprocess.run(prepare, shell=True, check=True, stdout=subprocess.DEVNULL)
        figures.append(run(command))
    for i, (what, unit) in enumerate([("cpu", "s"), ("wall", "s"), ("peak", "MB")]):
        print(f"{name}_{what} {statistics.median(f[i] for f in figures):.3f} {unit}")
    if any(f[3] not in (0, 1) for f in figures):
        print(f"{name}: exit statuses {[f[3] for f in figures]}", file=sys.stderr)
        sys.exit(3)


main()
