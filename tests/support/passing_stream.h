// PassingStream: a stream over another one that changes nothing, for fakes that say what they are.
#pragma once

#include <utility>

#include "base/stream.h"

namespace postroom::testing {

class PassingStream : public Stream {
 public:
  explicit PassingStream(std::unique_ptr<Stream> plain) : Stream(plain->signal()), plain_(std::move(plain)) {}

  std::size_t receive(Buffer& into) override { return plain_->receive(into); }
  std::size_t send(std::string_view bytes) override { return plain_->send(bytes); }
  bool sent() const override { return plain_->sent(); }
  void finish() noexcept override { plain_->finish(); }
  void abort() noexcept override { plain_->abort(); }
  void release_buffers() noexcept override { plain_->release_buffers(); }
  std::string channel_binding(std::string_view type) const override { return plain_->channel_binding(type); }
  std::string tls() const override { return plain_->tls(); }

 private:
  std::unique_ptr<Stream> plain_;
};

}  // namespace postroom::testing
