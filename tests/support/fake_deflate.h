// FakeDeflate: what COMPRESS leads to in tests. Bytes pass as they are, and the stream says that it
// compresses.
#pragma once

#include "tests/support/passing_stream.h"

namespace postroom::testing {

class FakeDeflateStream : public PassingStream {
 public:
  FakeDeflateStream(std::unique_ptr<Stream> plain, std::string_view unread)
      : PassingStream(std::move(plain)) {
    unread_.append(unread);
  }

  std::size_t receive(Buffer& into) override {
    const std::size_t held = into.take(unread_);
    return held > 0 ? held : PassingStream::receive(into);
  }
  Compression compression() const override { return Compression::deflate; }

 private:
  Buffer unread_{1 << 16};
};

/// For imap::Options::compress.
inline std::unique_ptr<Stream> fake_deflate(std::unique_ptr<Stream>&& plain, std::string_view unread) {
  return std::make_unique<FakeDeflateStream>(std::move(plain), unread);
}

}  // namespace postroom::testing
