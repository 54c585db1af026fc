"""A mail server for tests of a relay: it takes mail and remembers what came, or misbehaves as it is told."""

import asyncio
import contextlib
import dataclasses
import socket
import struct
import threading


@dataclasses.dataclass(eq=False)
class Arrival:
    """A message whose final dot has come."""
    sender: str
    recipients: list
    content: bytes
    tls: bool
    peer: str  # the address that it came from
    # Another command came on the same connection: the other side has read our 250.
    heard: bool = False


@dataclasses.dataclass(frozen=True)
class Slow:
    """Answers after some seconds."""
    seconds: float
    reply: str | None = None


# Ends the connection instead of an answer, by FIN or RST. A message whose final dot has come is taken.
CLOSE, RESET = object(), object()


class Gone(Exception):
    """This connection is over."""


class Sink:
    """`answer(step, argument)` says how to answer: None as usual, a reply, Slow, CLOSE or RESET.

    The steps are "greeting", "EHLO", "STARTTLS", "MAIL", "RCPT", "DATA", "end" (the final dot has come) and "QUIT";
    `argument` is what stands behind the command, or the content. Use as a context manager.
    """

    def __init__(self, answer=lambda step, argument: None, address="127.0.0.1", port=0, tls=None):
        self.answer = answer
        self.arrivals = []
        self.connections = 0
        self.tls = tls  # an ssl.SSLContext: offers STARTTLS
        self._listener = socket.create_server((address, port), backlog=1000)
        self.port = self._listener.getsockname()[1]
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_until_complete, args=(self._run(),), daemon=True)
        self._over = asyncio.Event()

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        """Nobody listens any more."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._over.set)
            self._thread.join()

    async def _run(self):
        # A whole message is read at once.
        async with await asyncio.start_server(self._talk, sock=self._listener, limit=1 << 26):
            await self._over.wait()
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()

    async def _talk(self, reader, writer):
        self.connections += 1
        with contextlib.suppress(Gone, OSError, EOFError, asyncio.CancelledError):
            await Conversation(self, reader, writer).run()
        writer.close()


class Conversation:
    def __init__(self, sink, reader, writer):
        self.sink, self.reader, self.writer = sink, reader, writer
        self.sender, self.recipients, self.last = None, [], None
        self.tls = False

    async def run(self):
        if not await self.say("greeting", "", "220 sink.example ESMTP"):
            return
        while line := (await self.reader.readuntil(b"\r\n")).decode().rstrip("\r\n"):
            if self.last:
                self.last.heard = True
            verb, _, argument = line.partition(" ")
            await getattr(self, verb.lower(), self.unknown)(argument)

    async def say(self, step, argument, usual):
        """Whether the answer was positive."""
        chosen = self.sink.answer(step, argument)
        if isinstance(chosen, Slow):
            await asyncio.sleep(chosen.seconds)
            chosen = chosen.reply
        if chosen is RESET:
            # RST instead of FIN.
            self.writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.writer.transport.abort()
        if chosen in (CLOSE, RESET):
            raise Gone
        reply = chosen or usual
        self.writer.write(reply.encode() + b"\r\n")
        await self.writer.drain()
        if reply.startswith("421"):
            raise Gone
        return reply[0] in "23"

    async def ehlo(self, argument):
        offered = ["sink.example", "PIPELINING", "8BITMIME", "SMTPUTF8", "ENHANCEDSTATUSCODES"]
        if self.sink.tls and not self.tls:
            offered.append("STARTTLS")
        await self.say("EHLO", argument, "\r\n".join(f"250-{word}" for word in offered) + "\r\n250 SIZE 100000000")

    async def starttls(self, _):
        if await self.say("STARTTLS", "", "220 Go ahead"):
            await self.writer.start_tls(self.sink.tls)
            self.tls = True

    async def mail(self, argument):
        self.sender, self.recipients = None, []
        if await self.say("MAIL", argument, "250 2.1.0 OK"):
            self.sender = argument.partition("<")[2].partition(">")[0]

    async def rcpt(self, argument):
        if self.sender is None:
            await self.say("RCPT", "", "503 5.5.1 MAIL first")
        elif await self.say("RCPT", argument, "250 2.1.5 OK"):
            self.recipients.append(argument.partition("<")[2].partition(">")[0])

    async def data(self, _):
        if not self.recipients:
            await self.say("DATA", "", "554 5.5.1 No valid recipients")
        elif await self.say("DATA", "", "354 Go on"):
            content = await self.content()
            arrival = Arrival(self.sender, self.recipients, content, self.tls,
                              self.writer.get_extra_info("peername")[0])
            self.sink.arrivals.append(arrival)
            if await self.say("end", content, "250 2.0.0 Taken"):
                self.last = arrival
            else:
                self.sink.arrivals.remove(arrival)

    async def content(self):
        """Without its final dot and those that were added (RFC 5321 4.5.2)."""
        line = await self.reader.readuntil(b"\r\n")
        if line == b".\r\n":
            return b""
        content = line + await self.reader.readuntil(b"\r\n.\r\n")
        return (b"\r\n" + content[:-3]).replace(b"\r\n.", b"\r\n")[2:]

    async def rset(self, _):
        await self.say("RSET", "", "250 2.0.0 OK")

    async def quit(self, _):
        await self.say("QUIT", "", "221 2.0.0 Bye")
        raise Gone

    async def unknown(self, argument):
        await self.say("?", argument, "500 5.5.2 What?")
