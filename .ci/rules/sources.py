"""What the rules look at: the project's own source files, their text without comments and strings, findings."""

import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]

_TOKEN = re.compile(
    r"""//[^\n]*|/\*.*?\*/|R"(?P<tag>[^()\s]*)\(.*?\)(?P=tag)"|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])+'""",
    re.DOTALL,
)


def files(*suffixes):
    """Paths relative to the root, of all files that git knows or would add."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout.splitlines()
    return sorted(name for name in set(listed) if name.endswith(suffixes) and (ROOT / name).is_file())


def read(name):
    return (ROOT / name).read_text(encoding="utf-8", errors="replace")


def code_only(text):
    """The same number of lines, with comments and preprocessor lines empty and strings as ""."""

    def blank(match):
        token = match.group(0)
        newlines = "\n" * token.count("\n")
        if token.startswith("/"):
            return " " + newlines
        if token.startswith("'"):
            # A digit separator (1'000'000) is no character literal.
            before = text[match.start() - 1 : match.start()]
            return token if before.isalnum() else "' '"
        return '""' + newlines

    text = _TOKEN.sub(blank, text)
    return re.sub(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", lambda m: "\n" * m.group(0).count("\n"), text, flags=re.MULTILINE)


def report(rule, findings):
    """Prints `file:line: what` for each finding and ends the program."""
    for name, line, what in findings:
        print(f"{name}:{line}: {what}")
    print(f"{rule}: {len(findings)} findings" if findings else f"{rule}: ok")
    sys.exit(1 if findings else 0)
