#!/usr/bin/env python3
"""The await rule. g++ 12 silently miscompiles several coroutine forms, so that a statement with co_await is

    co_await f(x);    [const] T x = co_await f(x);    x = co_await f(x);    co_return co_await f(x);

and holds no { [ ? && ||. It stands in no condition, no catch block, and no lambda that captures. Also under an if,
else, case or loop head without co_await."""

import re

from sources import code_only, files, read, report

# One call, with nothing around it.
CALL = re.compile(r"[\w.:>-]+(<[\w:, ]+>)?(\(§\)(\.|->)?[\w.:]*)*$")
FORM = re.compile(r"(co_return |(const )?[\w:<>,*& ]+[ &*]\w+ = |[\w.:>-]+ = |co_return )?co_await ")
BANNED = re.compile(r"[{\[?]|&&|\|\|")
LAMBDA = re.compile(r"\[(?P<captures>[^\[\]]*)\]\s*(\([^{};]*\))?\s*(mutable|noexcept)?\s*(->\s*[\w:<>*& ]+)?\s*$")
HEAD = re.compile(r"^(else\b|case [\w:]+\s*:|default\s*:|[a-z_]+ ?: ?(?=$))\s*")


def after_heads(statement):
    """Drops `if (…)`, `else`, `for (…)`, `case x:` from the front of a statement."""
    while True:
        statement = statement.strip()
        label = HEAD.match(statement)
        if label:
            statement = statement[label.end():]
            continue
        head = re.match(r"(if( constexpr)?|while|for|switch) ?\(", statement)
        if not head:
            return statement
        depth = 0
        for at in range(head.end() - 1, len(statement)):
            depth += {"(": 1, ")": -1}.get(statement[at], 0)
            if depth == 0:
                break
        if "co_await" in statement[: at + 1]:
            return statement
        statement = statement[at + 1:]


def without_arguments(call):
    """f(a, g(b)) → f(§)"""
    flat, depth = "", 0
    for char in call:
        depth -= char == ")"
        if depth == 0:
            flat += "§)" if char == ")" else char
        depth += char == "("
    return flat


def statements(text):
    """(offset of the co_await, whole statement, braces that are open there)."""
    for found in re.finditer(r"\bco_await\b", text):
        if re.search(r"\boperator\s*$", text[: found.start()]):
            continue
        start = found.start()
        while start > 0 and text[start - 1] not in ";{}":
            start -= 1
        # A for head's semicolons do not end a statement.
        while text.count("(", start, found.start()) < text.count(")", start, found.start()):
            start -= 1
            while start > 0 and text[start - 1] not in ";{}":
                start -= 1
        end = found.start()
        depth = 0
        while end < len(text) and not (text[end] == ";" and depth <= 0):
            depth += {"(": 1, "{": 1, ")": -1, "}": -1}.get(text[end], 0)
            end += 1
        yield found.start(), " ".join(text[start:end].split())


def enclosing(text):
    """For every offset of an opening brace still open: what stands before it."""
    stack = []
    opened = {}
    for at, char in enumerate(text):
        if char == "{":
            stack.append(text[max(0, at - 300): at])
        elif char == "}" and stack:
            stack.pop()
        elif char == "c" and text.startswith("co_await", at):
            opened[at] = list(stack)
    return opened


def check(name):
    text = code_only(read(name))
    if "co_await" not in text:
        return
    opened = enclosing(text)
    for at, statement in statements(text):
        line = text.count("\n", 0, at) + 1
        rest = after_heads(statement)
        if not FORM.match(rest):
            yield line, f"not a form of the await rule: {rest}"
        elif BANNED.search(rest):
            yield line, f"a statement with co_await holds no {{ [ ? && ||: {rest}"
        elif not CALL.match(without_arguments(rest.split("co_await ", 1)[1])):
            yield line, f"co_await takes one call and nothing more: {rest}"
        elif rest.count("co_await") > 1:
            yield line, f"one co_await a statement: {rest}"
        for before in opened.get(at, []):
            if re.search(r"\bcatch\s*\([^)]*\)\s*$", before):
                yield line, "no co_await in a catch block"
            found = LAMBDA.search(before)
            if found and found["captures"].strip():
                yield line, "no co_await in a lambda that captures"


if __name__ == "__main__":
    report("awaits", [(name, *finding) for name in files(".h", ".cc") for finding in check(name)])
