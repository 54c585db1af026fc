// One session of imapflow: node session.mjs PORT USER PASSWORD CERTIFICATE. Says on each line of its output what it
// saw, as JSON; waits for mail after the line with "idle".
import { readFileSync } from "node:fs";
import { ImapFlow } from "imapflow";

const [port, user, pass, certificate] = process.argv.slice(2);
const say = (what) => console.log(JSON.stringify(what));

const client = new ImapFlow({
  host: "127.0.0.1", port: Number(port), secure: false, auth: { user, pass }, logger: false, qresync: true,
  tls: { ca: readFileSync(certificate), servername: "localhost" },
});
await client.connect();
say({ secure: client.secureConnection, enabled: [...client.enabled], mailboxes: (await client.list()).map((box) => [box.path, box.specialUse]) });

const gone = [];
client.on("expunge", (one) => gone.push([one.uid, one.vanished]));
let lock = await client.getMailboxLock("INBOX");
const sources = [];
for await (const message of client.fetch("1:*", { uid: true, flags: true, envelope: true, bodyStructure: true, source: true }))
  sources.push({ uid: message.uid, subject: message.envelope.subject, type: message.bodyStructure.type, source: message.source.toString("base64") });
say({ exists: client.mailbox.exists, sources });

await client.messageFlagsAdd("1", ["\\Seen", "project"]);
const appended = await client.append("Sent", "Subject: sent\r\n\r\nby imapflow\r\n", ["\\Seen"]);
await client.mailboxCreate("Lists");
const copied = await client.messageCopy("1", "Lists");
const moved = await client.messageMove({ subject: "second" }, "Archive");
say({
  found: await client.search({ keyword: "project" }, { uid: true }), appended: appended.uid, copied: [...copied.uidMap], moved: [...moved.uidMap],
  gone, status: await client.status("Archive", { messages: true, unseen: true }),
});

lock.release();
await client.mailboxOpen("Archive", { readOnly: true });
lock = await client.getMailboxLock("INBOX");
say({ exists: client.mailbox.exists, noModseq: !!client.mailbox.noModseq, highestModseq: Number(client.mailbox.highestModseq) });

const news = new Promise((resolve) => client.on("exists", resolve));
const idle = client.idle();
say("idle");
const { count } = await news;
const latest = await client.fetchOne("*", { envelope: true });
say({ count, subject: latest.envelope.subject });
await idle;
lock.release();
await client.logout();
