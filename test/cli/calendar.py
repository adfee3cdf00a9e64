# Reads a calendar strictly by RFC 5545 and says what is wrong, else the count of events and their summaries.
import re, sys

def content_lines(raw):
    assert raw.endswith(b"\r\n"), "does not end with CR LF"
    assert not re.search(rb"(?<!\r)\n|\r(?!\n)", raw), "a bare CR or LF"
    physical = raw[:-2].split(b"\r\n")
    assert all(len(line) <= 75 for line in physical), "a line over 75 octets"
    for line in physical:
        line.decode("utf-8")  # folding never splits a character
    return re.sub(r"\r\n[ \t]", "", raw.decode("utf-8")[:-2]).split("\r\n")

def parse(line):
    match = re.fullmatch(r"([A-Z-]+)((?:;[A-Z-]+=(?:[^\";:,]+|\"[^\"]*\"))*):(.*)", line)
    assert match, "no content line: " + line
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f]", match[3]), "a control character: " + line
    return match.groups()

def text(value):
    assert re.fullmatch(r"(?:[^\\;,]|\\[\\;,nN])*", value), "not escaped: " + value
    return re.sub(r"\\(.)", lambda m: "\n" if m[1] in "nN" else m[1], value)

def main(raw):
    lines = [parse(line) for line in content_lines(raw)]
    assert lines[0][0] == "BEGIN" and lines[0][2] == "VCALENDAR" and lines[-1] == ("END", "", "VCALENDAR"), "no calendar"
    head = [line[0] for line in lines]
    assert head.count("VERSION") == 1 and head.count("PRODID") == 1, "VERSION and PRODID once"
    events, event = [], None
    for name, parameters, value in lines[1:-1]:
        if name == "BEGIN":
            assert event is None and value == "VEVENT", "nested"
            event = {}
        elif name == "END":
            for once in ("UID", "DTSTAMP", "DTSTART", "SUMMARY"):
                assert len(event.get(once, [])) == 1, once + " is there once"
            assert re.fullmatch(r"\d{8}T\d{6}Z", event["DTSTAMP"][0]), "DTSTAMP in UTC"
            assert re.fullmatch(r"\d{8}", event["DTSTART"][0]) and event["DTEND"][0] > event["DTSTART"][0], "whole days"
            events.append(event)
            event = None
        elif event is not None:
            event.setdefault(name, []).append(text(value) if name in ("SUMMARY", "DESCRIPTION", "UID") else value)
    assert len({e["UID"][0] for e in events}) == len(events), "one UID twice"
    print(len(events), *sorted(e["SUMMARY"][0] for e in events), sep="\n")

main(open(sys.argv[1], "rb").read())
