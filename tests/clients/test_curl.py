"""curl sends and reads by every service it knows."""

from harness import ALICE, APOP_SECRET, BOB, PASSWORD, ServerTest, message, mime_message


class Curl(ServerTest):
    def curl(self, *arguments, **more):
        return self.run_client("curl", "--silent", "--show-error", "--max-time", "60", *arguments, **more)

    def send(self, url, sent, *arguments):
        self.curl(url, "--mail-from", BOB, "--mail-rcpt", ALICE, "--upload-file", "-", *arguments, stdin=sent)

    def test_sends_by_smtp(self):
        sent = message("curl-smtp")
        self.send(self.server.url("smtp", "client.example.org"), sent)
        [(_, stored)] = self.server.messages()
        self.assert_delivered(stored, sent)

    def test_sends_by_starttls_and_submissions(self):
        login = ["--user", f"{BOB}:{PASSWORD}", "--cacert", self.server.certificate]
        first, second = message("curl-starttls"), mime_message("curl-submissions")
        self.send(self.server.url("submission", "client.example.org", scheme="smtp"), first, "--ssl-reqd", *login)
        self.send(self.server.url("submissions", "client.example.org", scheme="smtps"), second, *login)
        stored = [content for _, content in self.server.messages()]
        self.assert_delivered(stored[0], first)
        self.assert_delivered(stored[1], second)

    def test_wrong_password_is_refused(self):
        self.curl(self.server.url("submission", scheme="smtp"), "--ssl-reqd", "--cacert", self.server.certificate,
                  "--user", f"{BOB}:wrong", "--mail-from", BOB, "--mail-rcpt", ALICE, "--upload-file", "-",
                  stdin=message("refused"), status=67)
        self.assertEqual(self.server.messages(), [])

    def test_reads_by_pop3(self):
        self.server.send(message("curl-pop3"))
        [(_, stored)] = self.server.messages()
        tls = ["--cacert", self.server.certificate]
        for url, login in [
            (self.server.url("pop3", "1"), ["--user", f"{ALICE}:{PASSWORD}"]),
            (self.server.url("pop3", "1"), ["--user", f"{ALICE}:{APOP_SECRET}", "--login-options", "AUTH=+APOP"]),
            (self.server.url("pop3", "1"), ["--user", f"{ALICE}:{PASSWORD}", "--ssl-reqd", *tls]),
            (self.server.url("pop3s", "1"), ["--user", f"{ALICE}:{PASSWORD}", *tls]),
        ]:
            with self.subTest(url=url, login=login):
                self.assertEqual(self.curl(url, *login), stored)
        listing = self.curl(self.server.url("pop3"), "--user", f"{ALICE}:{PASSWORD}")
        self.assertEqual(listing, b"1 %d\r\n" % len(stored))

    def test_reads_by_imap(self):
        self.server.send(mime_message("curl-imap"))
        [(uid, stored)] = self.server.messages()
        tls = ["--cacert", self.server.certificate]
        for url, arguments in [
            (self.server.url("imap", f"INBOX;UID={uid}"), []),
            (self.server.url("imap", f"INBOX;UID={uid}"), ["--ssl-reqd", *tls]),
            (self.server.url("imaps", f"INBOX;UID={uid}"), tls),
        ]:
            with self.subTest(url=url, arguments=arguments):
                self.assertEqual(self.curl(url, "--user", f"{ALICE}:{PASSWORD}", *arguments), stored)

    def test_appends_searches_and_deletes_by_imap(self):
        login = ["--user", f"{ALICE}:{PASSWORD}"]
        sent = message("curl-append")
        file = self.folder / "draft.eml"
        file.write_bytes(sent)
        self.curl(self.server.url("imap", "Drafts"), *login, "--upload-file", file)
        self.assertEqual([content for _, content in self.server.messages(mailbox="Drafts")], [sent])
        found = self.curl(self.server.url("imap", "Drafts?SUBJECT%20curl-append"), *login)
        self.assertIn(b"* SEARCH 1", found)
        self.curl(self.server.url("imap", "Drafts"), *login, "--request", "STORE 1 +FLAGS (\\Deleted)")
        self.curl(self.server.url("imap", "Drafts"), *login, "--request", "EXPUNGE")
        self.assertEqual(self.server.messages(mailbox="Drafts"), [])
