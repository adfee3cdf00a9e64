"""What a browser would say of the pages in a bundle, and bytes to damage. Used by audit_bundle.sh.

    audit_bundle.py pages DIRECTORY        every page: no script, nothing fetched, links resolve, headings in order, ids once; and the way is there
    audit_bundle.py flip IN OUT MEMBER     the same archive with one byte of the member changed
    audit_bundle.py blobs FILE             names of its blobs
"""
import html.parser
import os
import sys
import tarfile


class Page(html.parser.HTMLParser):
    def __init__(self, path):
        super().__init__()
        self.path, self.ids, self.links, self.levels, self.faults, self.tags = path, [], [], [], [], set()

    def handle_starttag(self, tag, attributes):
        a = dict(attributes)
        self.tags.add(tag)
        if tag in ("script", "iframe", "object", "embed", "link", "img", "form", "base"):
            self.faults.append(f"<{tag}>")
        for name, value in attributes:
            if name.startswith("on") or name == "style":
                self.faults.append(f"attribute {name}")
            if value and "javascript:" in value.lower():
                self.faults.append("javascript:")
        if tag == "html" and not a.get("lang"):
            self.faults.append("no language")
        if a.get("id"):
            self.ids.append(a["id"])
        if tag == "a":
            self.links.append(a.get("href", ""))
        if len(tag) == 2 and tag[0] == "h" and tag[1].isdigit():
            self.levels.append(int(tag[1]))


def pages(root):
    found = {}
    for folder, _, names in os.walk(root):
        for name in names:
            path = os.path.join(folder, name)
            if name.endswith(".html") and "/audit/" not in path:
                page = Page(path)
                text = open(path, encoding="utf-8").read()
                page.feed(text)
                found[os.path.normpath(path)] = page
                if "url(" in text or "@import" in text:
                    page.faults.append("fetches something")
    bad = []
    for path, page in found.items():
        bad += [f"{path}: {fault}" for fault in page.faults]
        if page.levels[:1] != [1] or page.levels.count(1) != 1 or any(b > a + 1 for a, b in zip(page.levels, page.levels[1:])):
            bad.append(f"{path}: headings {page.levels}")
        if len(page.ids) != len(set(page.ids)):
            bad.append(f"{path}: an id stands twice")
        for tag in ("title", "main", "style"):
            if tag not in page.tags:
                bad.append(f"{path}: no <{tag}>")
        for link in page.links:
            target, _, anchor = link.partition("#")
            if ":" in target or target.startswith("/"):
                bad.append(f"{path}: leads outside: {link}")
                continue
            there = os.path.normpath(os.path.join(os.path.dirname(path), target)) if target else path
            if not os.path.exists(there):
                bad.append(f"{path}: leads nowhere: {link}")
            elif anchor and there in found and anchor not in found[there].ids:
                bad.append(f"{path}: no such place: {link}")
    # Can one walk from the first page to every other one?
    seen, due = set(), [os.path.normpath(os.path.join(root, "index.html"))]
    while due:
        path = due.pop()
        if path in seen or path not in found:
            continue
        seen.add(path)
        due += [os.path.normpath(os.path.join(os.path.dirname(path), link.partition("#")[0])) for link in found[path].links if link.partition("#")[0]]
    bad += [f"{path}: no page leads to it" for path in found if path not in seen]
    print(f"{len(found)} pages, {sum(len(p.links) for p in found.values())} links")
    print("\n".join(bad[:20]))
    return 1 if bad else 0


def main():
    what = sys.argv[1]
    if what == "pages":
        return pages(sys.argv[2])
    with tarfile.open(sys.argv[2]) as archive:
        members = {m.name: m for m in archive.getmembers()}
    if what == "blobs":
        print("\n".join(name for name, m in members.items() if name.startswith("blobs/") and m.size > 0))
        return 0
    data = bytearray(open(sys.argv[2], "rb").read())
    member = members[sys.argv[4]]
    data[member.offset_data + member.size // 2] ^= 1
    open(sys.argv[3], "wb").write(data)
    return 0


sys.exit(main())
