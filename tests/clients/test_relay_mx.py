"""Where the DNS says that mail goes: MX records, their preference, and what stands in for them (RFC 5321 5.1)."""

import socket
import time

from harness import ALICE, ServerTest, message, patient
from names import Names
from sink import RESET, Sink

# Mail by MX records goes to port 25. All of 127.0.0.0/8 is this machine.
FIRST, SECOND, DEAD = "127.0.0.2", "127.0.0.3", "127.0.0.4"


class ByMx(ServerTest):
    def setUp(self):
        for address in (FIRST, SECOND, DEAD):
            try:
                socket.create_server((address, 25)).close()
            except OSError as error:
                self.skipTest(f"{address}:25 is not to be had: {error}")
        self.first = self.enterContext(Sink(address=FIRST, port=25))
        self.second = self.enterContext(Sink(address=SECOND, port=25))
        self.names = self.enterContext(Names())
        self.names.address("first.example", FIRST)
        self.names.address("second.example", SECOND)
        self.names.address("dead.example", DEAD)
        self.names.failing.add("failing.example")
        self.settings = ('[relay]\nretry = ["1s"]\n'
                         f'[dns]\nforwarders = ["127.0.0.1:{self.names.port}"]\ntrust_anchor = "none"\n')
        super().setUp()

    def mx(self, domain, *hosts):
        """From the second one on of less preference."""
        for number, host in enumerate(hosts):
            self.names.mx(domain, 10 * number, host)

    def send(self, domain, users=("carol",)):
        self.server.submit(message(domain), [f"{user}@{domain}" for user in users])

    def arrived(self, sink):
        return sorted(recipient.partition("@")[2] for arrival in sink.arrivals for recipient in arrival.recipients)

    def await_arrivals(self, first=(), second=()):
        patient(lambda: len(self.arrived(self.first) + self.arrived(self.second)) >= len(first) + len(second),
                what=lambda: f"{self.server.log_text()}\nmail for {first} and {second}")
        self.assertEqual(self.arrived(self.first), sorted(first))
        self.assertEqual(self.arrived(self.second), sorted(second))

    def test_hosts(self):
        self.mx("preferred.example", "first.example", "second.example")
        # The order of the records means nothing.
        self.names.mx("reversed.example", 20, "first.example")
        self.names.mx("reversed.example", 10, "second.example")
        self.mx("refuses.example", "dead.example", "second.example")
        self.mx("unknown.example", "no-address.example", "failing.example", "second.example")
        self.mx("two.example", "addresses.example")
        self.names.address("addresses.example", DEAD, SECOND)
        self.names.address("implicit.example", FIRST)
        # RFC 5321 5.1: the name that the alias stands for is looked at instead.
        self.names.cname("alias.example", "preferred.example")
        # Backup servers send to those that are preferred to them.
        self.mx("backed.example", "first.example", "mail.example.org", "second.example")
        first = ["preferred.example", "implicit.example", "alias.example", "backed.example"]
        second = ["reversed.example", "refuses.example", "unknown.example", "two.example", f"[{SECOND}]"]
        for domain in first + second:
            self.send(domain)
        self.await_arrivals(first, second)
        self.assertEqual(self.server.messages(), [], "there is nothing to report")

    def test_those_that_cannot_be(self):
        self.names.mx("null.example", 0, "")
        self.names.address("null.example", FIRST)
        self.names.exists("empty.example")
        self.mx("ours.example", "mail.example.org", "first.example")
        expected = {
            "null.example": ("5.1.10", "The domain null.example takes no mail."),
            "typo.example": ("5.1.2", "There is no domain typo.example."),
            "empty.example": ("5.1.2", "The domain empty.example has neither a mail server nor an address"),
            "ours.example": ("5.4.6", "The domain ours.example sends its mail to this server"),
        }
        for domain in expected:
            self.send(domain)
        patient(lambda: len(self.server.messages()) == len(expected), what=lambda: f"{self.server.log_text()}\nreports")
        reports = [" ".join(report.decode().split()) for _, report in self.server.messages()]
        for domain, (status, why) in expected.items():
            [report] = [report for report in reports if f"<carol@{domain}>" in report]
            self.assertIn(f"Status: {status}", report)
            self.assertIn(why, report)
        self.assertEqual((self.first.connections, self.second.connections), (0, 0))

    def test_equal_ones_share(self):
        for number in range(24):
            domain = f"shared{number}.example"  # to one domain, all would go by one connection
            self.names.mx(domain, 10, "first.example")
            self.names.mx(domain, 10, "second.example")
            self.send(domain)
            patient(lambda: len(self.first.arrivals) + len(self.second.arrivals) == number + 1)
        # Once in eight million runs all go one way.
        self.assertTrue(self.first.arrivals and self.second.arrivals)

    def test_the_next_one_when_the_first_is_out_of_sorts(self):
        self.mx("b.example", "first.example", "second.example")
        for number, action in enumerate(("421 4.3.2 Not now", "554 5.3.2 We do no mail", RESET)):
            self.first.answer = lambda step, _, action=action: action if step == "greeting" else None
            self.send("b.example")
            self.await_arrivals(second=["b.example"] * (number + 1))

    def test_dns_that_fails_is_asked_again(self):
        self.names.failing.add("b.example")
        self.mx("b.example", "first.example")
        self.send("b.example", users=("carol", "dave"))
        patient(lambda: "relay.unreachable" in self.server.log_text())
        time.sleep(1)
        self.assertEqual(self.server.messages(ALICE), [])
        # That it failed may be remembered for some seconds.
        self.names.failing.clear()
        self.await_arrivals(["b.example", "b.example"])
        self.assertEqual(len(self.first.arrivals), 1, "one message for both")
