#!/usr/bin/env python3
"""Every section that a comment cites (`RFC 3501 6.4.5`) exists. rfc_sections.txt holds the sections of each RFC;
`rfc_sections.py FOLDER` writes it anew from a folder of rfcNNNN.txt."""

import pathlib
import re
import sys

from sources import files, read, report

INDEX = pathlib.Path(__file__).with_name("rfc_sections.txt")
HEADING = re.compile(r"^ {0,6}(?:Appendix |APPENDIX )?(\d+(?:\.\d+)*|[A-Z](?:\.\d+)*)\.?\s+\S")
CITED = re.compile(
    r"RFC (?P<rfc>\d{3,4})"
    r"(?:,? (?:§ ?|section |appendix )?(?P<sections>(?:\d{1,2}(?:\.\d+)*|[A-Z]\.\d[\d.]*)(?:(?:, | and )\d+(?:\.\d+)+)*)(?![\w-]))?"
)


def order(section):
    return [(1, part) if part.isalpha() else (0, int(part)) for part in section.split(".")]


def sections_of(text):
    found = set()
    for line in text.splitlines():
        heading = HEADING.match(line)
        if heading and all(not part.isdigit() or int(part) < 100 for part in heading[1].split(".")):
            found.add(heading[1])
    return sorted(found, key=lambda s: [(isinstance(p[1], str), str(p[1]).zfill(4)) for p in order(s)])


def write_index(folder):
    with INDEX.open("w", encoding="ascii") as out:
        out.write("# RFC: its sections. Written by rfc_sections.py from the texts of the RFCs.\n")
        for path in sorted(folder.glob("rfc*.txt"), key=lambda p: int(p.stem[3:])):
            sections = sections_of(path.read_text(encoding="utf-8", errors="replace"))
            out.write(f"{int(path.stem[3:])}: {' '.join(sections)}\n")


def read_index():
    known = {}
    for line in INDEX.read_text(encoding="ascii").splitlines():
        if not line.startswith("#"):
            rfc, sections = line.split(":")
            known[rfc] = set(sections.split())
    return known


def check(name, known):
    for number, line in enumerate(read(name).splitlines(), 1):
        for cited in CITED.finditer(line):
            rfc = cited["rfc"].lstrip("0")
            if rfc not in known:
                continue  # the index holds what could be had
            for section in re.split(r", | and ", cited["sections"] or ""):
                section = section.rstrip(".")
                if section and section not in known[rfc]:
                    yield number, f"RFC {rfc} has no section {section}"


if __name__ == "__main__":
    if len(sys.argv) > 1:
        write_index(pathlib.Path(sys.argv[1]))
    else:
        index = read_index()
        names = files(".h", ".cc", ".txt", ".sql", ".py", ".toml")
        names = [name for name in names if not name.endswith("rfc_sections.txt")]
        report("rfc sections", [(name, *finding) for name in names for finding in check(name, index)])
