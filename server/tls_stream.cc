// TlsStream: see tls_stream.h.
#include "server/tls_stream.h"

#include <algorithm>
#include <cstring>
#include <new>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include "base/log.h"
#include "server/tls_binding.h"
#include "server/tls_failure.h"

namespace postroom {

namespace {

using Reason = ConnectionEnded::Reason;

/// The most plaintext that is turned into records before the plain stream is asked to take them.
constexpr std::size_t kAtOnce = 64 << 10;
constexpr std::size_t kRecord = 16 << 10;
/// Each KeyUpdate costs us new keys and an answer, and asking for one costs the peer next to nothing. A
/// handshake has up to five messages of a client's and about ten of a server's.
constexpr int kMaxHandshakes = 32;
/// Answers to a peer that does not read them: from here on it is not listened to.
constexpr std::size_t kMaxOut = 256 << 10;

TlsRecords& records_of(BIO* bio) { return *static_cast<TlsRecords*>(BIO_get_data(bio)); }

int read_records(BIO* bio, char* into, std::size_t room, std::size_t* count) noexcept {
  TlsRecords& records = records_of(bio);
  Buffer& in = records.in;
  BIO_clear_retry_flags(bio);
  if (in.empty() || records.handshakes >= kMaxHandshakes) {
    BIO_set_retry_read(bio);
    return 0;
  }
  *count = std::min(room, in.size());
  std::memcpy(into, in.view().data(), *count);
  in.consume(*count);
  return 1;
}

int write_records(BIO* bio, const char* bytes, std::size_t size, std::size_t* count) noexcept {
  records_of(bio).out.append(bytes, size);
  *count = size;
  return 1;
}

void note_message(int sent, int, int type, const void*, std::size_t, SSL*, void* records) noexcept {
  if (sent == 0 && type == SSL3_RT_HANDSHAKE) ++static_cast<TlsRecords*>(records)->handshakes;
}

long control(BIO*, int command, long, void*) noexcept { return command == BIO_CTRL_FLUSH ? 1 : 0; }

struct FreeMethod {
  void operator()(BIO_METHOD* method) const noexcept { BIO_meth_free(method); }
};

BIO* make_bio(TlsRecords& records) {
  static const std::unique_ptr<BIO_METHOD, FreeMethod> method = [] {
    std::unique_ptr<BIO_METHOD, FreeMethod> made(
        BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "TLS records"));
    if (!made) throw std::bad_alloc();
    BIO_meth_set_read_ex(made.get(), read_records);
    BIO_meth_set_write_ex(made.get(), write_records);
    BIO_meth_set_ctrl(made.get(), control);
    return made;
  }();
  BIO* const bio = BIO_new(method.get());
  if (bio == nullptr) throw std::bad_alloc();
  BIO_set_data(bio, &records);
  BIO_set_init(bio, 1);
  return bio;
}

}  // namespace

void FreeSsl::operator()(SSL* ssl) const noexcept { SSL_free(ssl); }

void drop_arrived(Stream& plain) {
  Buffer early(64 << 10);
  while (plain.receive(early) > 0) early.clear();
}

TlsStream::TlsStream(Ssl ssl, std::unique_ptr<Stream>&& plain)
    : Stream(plain->signal()), ssl_(std::move(ssl)) {
  BIO* const bio = make_bio(records_);
  SSL_set_bio(ssl_.get(), bio, bio);
  SSL_set_msg_callback(ssl_.get(), note_message);
  SSL_set_msg_callback_arg(ssl_.get(), &records_);
  plain_.swap(plain);  // last: what throws leaves it to the caller
}

TlsStream::~TlsStream() = default;

void TlsStream::throw_if_over() const {
  if (over_) throw ConnectionEnded(Reason::aborted, "TLS has ended");
}

/// After a call to OpenSSL that did not succeed: true when it needs bytes from the peer. Throws
/// ConnectionEnded.
bool TlsStream::wants_more(int outcome) {
  const int error = SSL_get_error(ssl_.get(), outcome);
  const bool flood = records_.handshakes >= kMaxHandshakes;
  if (error == SSL_ERROR_WANT_READ && !flood) return true;
  over_ = true;
  if (error == SSL_ERROR_ZERO_RETURN) throw ConnectionEnded(Reason::peer_closed, "peer ended TLS");
  const bool untrusted = is_untrusted(*ssl_);
  const std::string reason = flood ? "handshakes without end" : tls_failure(*ssl_);
  log::debug("tls.failed", {{"reason", reason}});
  push_alert();
  throw ConnectionEnded(untrusted ? Reason::untrusted : Reason::failed, "TLS: " + reason);
}

/// The alert that tells the peer why it is over. What has failed is more than that the peer may be gone too.
void TlsStream::push_alert() {
  try {
    push();
  } catch (const ConnectionEnded&) {
    // The caller throws its own.
  }
}

/// Hands records to the plain stream, as far as it takes them.
void TlsStream::push() {
  while (!records_.out.empty()) {
    const std::size_t count = plain_->send(records_.out);
    if (count == 0) return;
    records_.out.erase(0, count);
  }
}

std::size_t TlsStream::decrypt(Buffer& into) {
  std::size_t total = 0;
  char piece[kRecord];
  while (into.room() > 0) {
    std::size_t count = 0;
    ERR_clear_error();
    const int outcome = SSL_read_ex(ssl_.get(), piece, std::min(sizeof piece, into.room()), &count);
    if (outcome != 1) {
      // What came before the end is delivered first; OpenSSL says the same again at the next call.
      if (total > 0 || wants_more(outcome)) break;
    }
    into.append(std::string_view(piece, count));
    total += count;
  }
  if (total > 0) records_.handshakes = 0;
  return total;
}

std::size_t TlsStream::receive(Buffer& into) {
  throw_if_over();
  if (records_.out.size() >= kMaxOut) push();
  if (records_.out.size() >= kMaxOut) return 0;  // the plain stream raises the signal when it has room
  for (;;) {
    const std::size_t count = decrypt(into);
    push();
    if (count > 0 || into.room() == 0) return count;
    if (plain_->receive(records_.in) == 0) return 0;
  }
}

/// True when the handshake is done.
bool TlsStream::shake_hands() {
  while (!established()) {
    ERR_clear_error();
    const int outcome = SSL_do_handshake(ssl_.get());
    const bool waits = outcome != 1 && wants_more(outcome);
    push();
    if (waits && plain_->receive(records_.in) == 0) return false;
  }
  return true;
}

std::size_t TlsStream::send(std::string_view bytes) {
  throw_if_over();
  push();
  if (bytes.empty()) {
    plain_->send({});  // notices an end
    return 0;
  }
  if (!shake_hands()) return 0;
  std::size_t taken = 0;
  while (taken < bytes.size() && records_.out.empty()) {
    const std::string_view piece = bytes.substr(taken, kAtOnce);
    std::size_t count = 0;
    ERR_clear_error();
    const int outcome = SSL_write_ex(ssl_.get(), piece.data(), piece.size(), &count);
    if (outcome != 1 && wants_more(outcome)) break;
    taken += count;
    push();
  }
  return taken;
}

bool TlsStream::sent() const { return records_.out.empty() && plain_->sent(); }

void TlsStream::finish() noexcept {
  try {
    if (!over_ && established()) {
      SSL_shutdown(ssl_.get());
      push();
    }
  } catch (const ConnectionEnded&) {
    // It has ended already.
  }
  over_ = true;
  plain_->finish();
}

void TlsStream::abort() noexcept {
  over_ = true;
  plain_->abort();
}

void TlsStream::release_buffers() noexcept {
  records_.in.shrink_if_empty();
  if (records_.out.empty()) std::string().swap(records_.out);
  SSL_free_buffers(ssl_.get());
  plain_->release_buffers();
}

bool TlsStream::established() const { return SSL_is_init_finished(ssl_.get()) == 1; }

std::string TlsStream::tls() const {
  if (!established()) return "TLS";
  return std::string(SSL_get_version(ssl_.get())) + " " + SSL_get_cipher_name(ssl_.get());
}

std::string TlsStream::channel_binding(std::string_view type) const {
  return type == "tls-exporter" ? tls_exporter(*ssl_) : std::string();
}

Stream::Compression TlsStream::compression() const {
  return SSL_get_current_compression(ssl_.get()) != nullptr ? Compression::tls : Compression::none;
}

}  // namespace postroom
