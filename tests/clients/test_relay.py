"""Mail from our users to other servers: good ones, bad ones, and another Postroom."""

import ssl
import time

from harness import ALICE, BOB, PASSWORD, Server, ServerTest, make_certificate, message, patient
from sink import CLOSE, RESET, Sink, Slow

CAROL = "carol@b.example"


def once(wanted, action):
    """Answers the first time that this step comes, and as usual from then on."""
    left = [action]
    return lambda step, _: left.pop() if step == wanted and left else None


class RelayTest(ServerTest):
    """All mail for other servers goes to the sink."""

    patience = 'retry = ["1s"]'
    limits = {f"sent_{what}_per_{time}": 1_000_000 for what in ("messages", "recipients") for time in ("hour", "day")}

    def setUp(self):
        self.sink = self.enterContext(Sink())
        self.settings = (f'[relay]\nroutes = ["* = smtp://127.0.0.1:{self.sink.port}"]\n{self.patience}\n'
                         '[dns]\nforwarders = ["127.0.0.1:9"]\n')
        super().setUp()

    def names_of_arrivals(self):
        return [arrival.content.split(b"Subject: ")[1].split(b"\r\n")[0].decode() for arrival in self.sink.arrivals]

    def await_arrivals(self, *names, seconds=20):
        patient(lambda: len(self.sink.arrivals) >= len(names), seconds, f"the arrival of {names}")
        self.assertEqual(sorted(self.names_of_arrivals()), sorted(names))

    def await_report(self, user=ALICE, number=1):
        """The newest report in the INBOX, as text."""
        patient(lambda: len(self.server.messages(user)) >= number, what=lambda: f"{self.server.log_text()}\na report")
        reports = self.server.messages(user)
        self.assertEqual(len(reports), number)
        return reports[-1][1].decode()

    def await_log(self, text):
        patient(lambda: text in self.server.log_text(), what=lambda: f"{self.server.log_text()}\n{text!r} in the log")


class Relay(RelayTest):
    def test_delivered(self):
        sent = message("delivered", 200_000)
        self.server.submit(sent, ["one@b.example", "two@b.example", BOB])
        self.await_arrivals("delivered")
        [arrival] = self.sink.arrivals
        self.assertEqual((arrival.sender, sorted(arrival.recipients)), (ALICE, ["one@b.example", "two@b.example"]))
        self.assert_delivered(arrival.content, sent)
        self.assertNotIn(b"Return-Path", arrival.content)
        [(_, stored)] = self.server.messages(BOB)
        self.assert_delivered(stored, sent)
        self.assertEqual(self.server.messages(ALICE), [])

    def test_delivered_by_swaks(self):
        self.run_client("swaks", "--server", "127.0.0.1", "--port", self.server.ports["submission"], "--tls", "--auth",
                        "PLAIN", "--auth-user", ALICE, "--auth-password", PASSWORD, "--from", ALICE, "--to", CAROL,
                        "--helo", "client.example.org", "--header", "Subject: by-swaks")
        self.await_arrivals("by-swaks")

    def test_the_connection_is_used_again(self):
        with self.server.smtp("submission") as client:
            client.login(ALICE, PASSWORD)
            for number in range(50):
                client.sendmail(ALICE, [CAROL], message(f"many-{number}"))
        self.await_arrivals(*[f"many-{number}" for number in range(50)])
        self.assertLess(self.sink.connections, 40)

    def test_refused(self):
        self.sink.answer = lambda step, argument: "550 5.1.1 No such person" if step == "RCPT" and "no@" in argument else None
        self.server.submit(message("refused"), ["no@b.example", "yes@b.example"])
        report = self.await_report()
        self.await_arrivals("refused")
        self.assertEqual(self.sink.arrivals[0].recipients, ["yes@b.example"])
        self.assertIn("Return-Path: <>", report)
        self.assertIn("Final-Recipient: rfc822;no@b.example", report.replace("rfc822; ", "rfc822;"))
        self.assertIn("Action: failed", report)
        self.assertIn("Status: 5.1.1", report)
        self.assertIn("No such person", report)
        self.assertIn("Subject: refused", report)
        self.assertNotIn("yes@b.example", report.split("Subject: refused")[0].split("delivery-status")[1])

    def test_refused_after_the_data(self):
        self.sink.answer = lambda step, _: "554 5.7.1 It looks like spam" if step == "end" else None
        self.server.submit(message("spam"), [CAROL])
        self.assertIn("It looks like spam", self.await_report())
        self.assertEqual(self.sink.arrivals, [])

    def test_greylisted(self):
        seen = set()

        def greylist(step, argument):
            if step != "RCPT" or argument in seen:
                return None
            seen.add(argument)
            return "450 4.7.1 Greylisted, come back"

        self.sink.answer = greylist
        self.server.submit(message("grey"), ["one@b.example", "two@c.example"])
        self.await_arrivals("grey", "grey")
        self.assertIn("Greylisted", self.server.log_text())
        self.assertEqual(self.server.messages(), [], "nobody has to know")

    def test_every_step_may_fail(self):
        """Whatever goes wrong on the way, all messages arrive by one of the next attempts, and once."""
        actions = (CLOSE, RESET, "421 4.3.2 Shutting down", "451 4.3.0 Not now", Slow(0.2, "452 4.3.1 Full"))
        left = {step: list(actions) for step in ("greeting", "EHLO", "MAIL", "RCPT", "DATA")}
        self.sink.answer = lambda step, _: left[step].pop() if left.get(step) else None
        names = [f"step-{number}" for number in range(25)]
        for number, name in enumerate(names):
            self.server.submit(message(name), [f"carol@d{number}.example"])
        self.await_arrivals(*names, seconds=30)
        self.assertEqual(sum(left.values(), []), [])
        self.assertEqual(self.server.messages(), [], "there is nothing to report")

    def test_dropped_after_the_final_dot(self):
        """Nobody knows whether it was taken: better twice than never."""
        self.sink.answer = once("end", RESET)
        self.server.submit(message("dot"), [CAROL])
        self.await_arrivals("dot", "dot")
        time.sleep(2)
        self.assertEqual(len(self.sink.arrivals), 2)
        self.assertEqual(self.server.messages(), [])

    def test_goodbye_is_not_waited_for(self):
        self.sink.answer = lambda step, _: Slow(60) if step == "QUIT" else None
        self.server.submit(message("polite"), [CAROL])
        self.await_arrivals("polite")
        self.server.kill()  # that its end waits for the goodbye for a while is all right

    def test_tls_with_whatever_certificate(self):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*make_certificate(self.folder, "sink"))
        self.sink.tls = context
        self.server.submit(message("sealed"), [CAROL])
        self.await_arrivals("sealed")
        self.assertTrue(self.sink.arrivals[0].tls)

    def test_tls_that_fails_is_done_without(self):
        # No protocol that both could speak, as with servers of old.
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*make_certificate(self.folder, "sink"))
        context.set_ciphers("PSK")
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        self.sink.tls = context
        self.server.submit(message("open"), [CAROL])
        self.await_arrivals("open")
        self.assertFalse(self.sink.arrivals[0].tls)
        self.await_log("relay.tls_failed")

    def test_a_server_that_stops_while_mail_goes_out(self):
        self.sink.answer = lambda step, _: Slow(1) if step == "end" else None
        for number in range(20):
            self.server.submit(message(f"stop-{number}"), [CAROL])
        patient(lambda: self.sink.arrivals)
        began = time.monotonic()
        self.assertEqual(self.server.stop(), 0)
        self.assertLess(time.monotonic() - began, 15)
        self.sink.answer = lambda *_: None
        self.server.start()
        self.await_arrivals(*[f"stop-{number}" for number in range(20)])


class Patience(RelayTest):
    patience = 'retry = ["1s"]\ndelay_notice = "1s"\n'

    def start_again(self, *change):
        """A start looks for what is late at once; otherwise that is done each minute."""
        self.assertEqual(self.server.stop(), 0)
        self.server.config.write_text(self.server.config.read_text().replace(*change))
        self.server.start()

    def check_reports(self, *texts):
        time.sleep(2.1)
        self.start_again("", "")
        report = self.await_report()
        self.assertIn("Action: delayed", report)
        for text in texts:
            self.assertIn(text, report)
        self.start_again("delay_notice", 'give_up = "1s"\ndelay_notice')
        report = self.await_report(number=2)
        self.assertIn("Action: failed", report)
        for text in texts:
            self.assertIn(text, report)
        attempts = self.sink.connections
        time.sleep(2.5)
        self.assertEqual((len(self.server.messages()), self.sink.connections), (2, attempts))

    def test_a_server_that_always_says_later(self):
        self.sink.answer = lambda step, _: "451 4.3.2 The disk is being mended" if step == "RCPT" else None
        self.server.submit(message("late"), [CAROL])
        self.await_log("relay.deferred")
        self.check_reports("The disk is being mended", "Subject: late")

    def test_nobody_listens(self):
        self.sink.stop()
        self.server.submit(message("nobody"), [CAROL])
        self.await_log("relay.unreachable")
        self.check_reports("Connection refused", "Subject: nobody")


class Source(RelayTest):
    patience = 'source_ipv4 = "127.0.0.9"'

    def test_goes_out_from_the_address_that_is_configured(self):
        self.server.submit(message("source"), [CAROL])
        self.await_arrivals("source")
        self.assertEqual(self.sink.arrivals[0].peer, "127.0.0.9")


class Another(ServerTest):
    """Between two Postrooms."""

    def setUp(self):
        super().setUp()
        folder = self.folder / "b"
        folder.mkdir()
        self.other = Server(folder)
        self.other.cli("domain", "add", "b.example")
        self.other.cli("user", "add", CAROL, "--password-stdin", stdin=PASSWORD + "\n")
        self.other.start()
        self.addCleanup(self.other.stop)

    def send_by(self, route, trusted=True):
        """Our mail for b.example goes by this route from now on."""
        self.server.stop()
        passwords = self.folder / "relay.passwords"
        passwords.write_text(f"{CAROL}@127.0.0.1 {PASSWORD}\n")
        passwords.chmod(0o600)
        with self.server.config.open("a") as config:
            config.write(f'[relay]\nroutes = ["b.example = {route}"]\npasswords = "{passwords}"\nretry = ["1s"]\n'
                         '[dns]\nforwarders = ["127.0.0.1:9"]\n')
        self.server.start()

    def test_smtp(self):
        self.send_by(f"smtp://127.0.0.1:{self.other.ports['smtp']}")
        sent = message("between", 100_000)
        self.server.submit(sent, [CAROL, "nobody@b.example"])
        patient(lambda: self.other.messages(CAROL))
        [(_, stored)] = self.other.messages(CAROL)
        self.assertTrue(stored.endswith(sent))
        self.assertTrue(stored.startswith(f"Return-Path: <{ALICE}>\r\n".encode()), stored[:200])
        self.assertIn(b"with ESMTPS", stored)
        patient(lambda: self.server.messages())
        self.assertIn(b"nobody@b.example", self.server.messages()[0][1])

    def check_untrusted(self, service):
        self.send_by(f"{service}://{CAROL}@127.0.0.1:{self.other.ports[service]}")
        self.server.submit(message("untrusted"), [CAROL])
        patient(lambda: "relay.unreachable" in self.server.log_text(), what=self.server.log_text)
        self.assertIn("certificate", self.server.log_text())
        self.assertEqual(self.other.messages(CAROL), [])
        print([line for line in self.server.log_text().splitlines() if "relay." in line][-1], end=" ")

    def test_submission_to_who_is_not_trusted(self):
        self.check_untrusted("submission")

    def test_submissions_to_who_is_not_trusted(self):
        self.check_untrusted("submissions")
