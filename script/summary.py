"""Adds up the results of one meson test run and prints the closing line.

Reads meson's testlog.json (one JSON object a line). A test that prints libcheck's "Checks: N, Failures: N, Errors: N" or a line
"N passed, N failed[, N skipped]" counts as that many; any other one counts as one. Exit status 1 if anything failed.
"""
import json
import re
import sys

CHECK = re.compile(r"^\d+%: Checks: (\d+), Failures: (\d+), Errors: (\d+)", re.M)
PLAIN = re.compile(r"^(?:\w+: )?(\d+) passed, (\d+) failed(?:, (\d+) skipped)?$", re.M)


def counts(test):
    text = test.get("stdout") or ""
    result = test["result"]
    passed = failed = skipped = 0
    for total, failures, errors in CHECK.findall(text):
        failed += int(failures) + int(errors)
        passed += int(total) - int(failures) - int(errors)
    for p, f, s in PLAIN.findall(text):
        passed, failed, skipped = passed + int(p), failed + int(f), skipped + int(s or 0)
    if result == "SKIP":
        return 0, 0, max(1, skipped)
    if result not in ("OK", "EXPECTEDFAIL"):
        return passed, max(1, failed), skipped
    return (passed, failed, skipped) if passed + failed + skipped else (1, 0, 0)


def skips(test):
    """The cases that a test left out by itself, each with its reason (test/cli/lib.sh)."""
    reason = "no reason given"
    for line in (test.get("stdout") or "").splitlines():
        if line.startswith("  skipped: "):
            reason = line[11:]
        elif line.startswith("skipped: "):
            yield f"{line[9:]}: {reason}"
            reason = "no reason given"


def main():
    passed = failed = skipped = 0
    with open(sys.argv[1], encoding="utf-8") as log:
        for line in log:
            test = json.loads(line)
            p, f, s = counts(test)
            passed, failed, skipped = passed + p, failed + f, skipped + s
            if test["result"] == "SKIP":
                print(f"skipped: {test['name']}: {(test.get('stdout') or '').strip().splitlines()[-1:] or ['no reason given']}")
            else:
                for words in skips(test):
                    print(f"skipped: {test['name']}: {words}")
            if f:
                print(f"failed: {test['name']}")
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    sys.exit(1 if failed or not passed else 0)


main()
