#!/usr/bin/env python3
"""Files stay short, say at their top why they exist, and hold no unfinished work."""

import re

from sources import ROOT, files, read, report

LONGEST = 400
UNFINISHED = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b|[Nn]ot implemented|[Uu]nimplemented")


def check(name):
    lines = read(name).splitlines()
    if len(lines) > LONGEST:
        yield LONGEST, f"{len(lines)} lines; a file has {LONGEST} at most"
    has_header = name.endswith(".cc") and (ROOT / name).with_suffix(".h").is_file()
    if not has_header and not (lines and lines[0].startswith(("// ", '"""', "#!", "# "))):
        yield 1, "a file's first line says why it exists"
    if name.endswith(".h") and "#pragma once" not in lines:
        yield 1, "a header has #pragma once"
    for number, line in enumerate(lines, 1):
        if UNFINISHED.search(line) and name != ".ci/rules/shape.py":
            yield number, "unfinished work does not stay in the tree"
        if re.search(r"(^|[^\w.])/(work|home|root)/", line) and not name.startswith(".ci/rules/"):
            yield number, "a path of some machine"


if __name__ == "__main__":
    report("shape", [(name, *finding) for name in files(".h", ".cc", ".py", ".sh") for finding in check(name)])
