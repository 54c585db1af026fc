#!/usr/bin/env python3
"""The rooms may include only what stands above them, and each library is seen by few files only."""

import re

from sources import ROOT, files, read, report

# Room → what its files may include besides themselves. The first room that a path begins with counts.
ROOMS = {
    "base/": [],
    "config/": ["base/"],
    "storage/sqlite/": ["base/", "storage/"],
    "storage/": ["base/"],
    "protocols/mime/": ["base/", "storage/types.h", "storage/content_form.h"],
    "protocols/sasl/": ["base/", "storage/types.h"],
    "protocols/smtp/": ["base/", "STORE", "SHARED", "protocols/mime/", "protocols/sasl/"],
    "protocols/pop3/": ["base/", "STORE", "SHARED", "protocols/mime/", "protocols/sasl/"],
    "protocols/imap/": ["base/", "STORE", "SHARED", "protocols/mime/", "protocols/sasl/"],
    "protocols/": ["base/", "STORE", "protocols/"],
    "server/relay/": ["base/", "storage/", "protocols/"],
    "server/": ["base/", "config/", "storage/", "protocols/"],
    "tests/": [""],
}
# The storage headers that protocols may see.
STORE = ["storage/types.h", "storage/store.h", "storage/spool.h", "storage/changes.h", "storage/uid_set.h",
         "storage/terms.h", "storage/queue.h", "storage/dsn.h", "storage/content_form.h"]

# What sessions of all protocols use.
SHARED = ["protocols/service.h", "protocols/channel.h", "protocols/authenticator.h", "protocols/login_exchange.h",
          "protocols/intake.h", "protocols/reencode.h"]

# Library headers → the files that may include them (tests/ may include all).
LIBRARIES = {
    r"sqlite3\.h": r"storage/sqlite/(connection|image)\.(h|cc)",
    r"uv\.h": r"server/(uv_|listener)\w*\.(h|cc)",
    r"unbound\.h": r"server/unbound_resolver\.cc",
    r"curl/.*": r"server/curl_fetcher\.cc",
    r"zlib\.h": r"server/deflate_\w+\.(h|cc)",
    r"openssl/.*": r"base/crypto\.cc|server/tls_\w+\.(h|cc)",
    r"unicode/.*": r"protocols/mime/(charset|canonical)\.cc|protocols/sasl/saslprep\.cc",
    r"toml\+\+/.*|toml\.hpp": r"config/\w+\.(h|cc)",
    r"(spdlog|fmt)/.*": r"base/log\.cc",
    r"nlohmann/.*": r"server/.*",
    r"CLI/.*": r"server/.*",
}
# Pure: bytes in, values out. They may not even see what waits.
PURE = re.compile(
    r"protocols/(mime|sasl)/.*|protocols/(imap|smtp|pop3)/(cursor|framer|dot_reader|reply|types)\.(h|cc)"
    r"|protocols/smtp/(dot_writer|remote_reply|abilities|tls_required_field)\.(h|cc)"
)
WAITING = {"base/task.h", "base/signal.h", "base/runtime.h", "base/stream.h", "base/gate.h"}


def allowed(room, name, included):
    may = [room]
    for entry in ROOMS[room]:
        may += {"STORE": STORE, "SHARED": SHARED}.get(entry, [entry])
    if room == "storage/" and included.startswith("storage/sqlite/"):
        return False
    return any(included.startswith(prefix) for prefix in may)


def check(name):
    room = next((room for room in ROOMS if name.startswith(room)), None)
    if room is None:
        yield 1, "lies in no room"
        return
    for number, line in enumerate(read(name).splitlines(), 1):
        ours = re.match(r'\s*#\s*include\s+"([^"]+)"', line)
        theirs = re.match(r"\s*#\s*include\s+<([^>]+)>", line)
        if ours and not (ROOT / ours[1]).is_file():
            yield number, f'"{ours[1]}" is not a path from the root'
        elif ours and not allowed(room, name, ours[1]):
            yield number, f'{room} may not include "{ours[1]}"'
        elif ours and PURE.fullmatch(name) and ours[1] in WAITING:
            yield number, f'a pure file may not include "{ours[1]}"'
        elif theirs and not name.startswith("tests/"):
            for header, where in LIBRARIES.items():
                if re.fullmatch(header, theirs[1]) and not re.fullmatch(where, name):
                    yield number, f"<{theirs[1]}> belongs in {where} only"


if __name__ == "__main__":
    report("includes", [(name, *finding) for name in files(".h", ".cc") for finding in check(name)])
