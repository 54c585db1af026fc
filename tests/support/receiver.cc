#include "tests/support/receiver.h"

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "tests/support/fake_tls.h"

namespace postroom::testing {

using Reason = ConnectionEnded::Reason;

class Receiver::Talk {
 public:
  Talk(Receiver& owner, std::unique_ptr<Stream> stream)
      : owner_(owner), stream_(std::move(stream)), lines_(*stream_, in_) {}

  Task<> run();
  /// The connection has ended: does the sender know that its last message was taken?
  void end() {
    if (last_ < owner_.taken.size()) owner_.taken[last_].unsure = true;
  }

 private:
  static constexpr std::size_t kNone = ~std::size_t{0};

  Fault decide(Step step, const std::string& address = {}) const {
    return owner_.fault ? owner_.fault(step, address) : Fault::none;
  }
  Task<bool> answer(Fault trouble, std::string well);
  Task<> say(std::string text);
  Task<std::string> line();
  Task<> handle(std::string command);
  Task<> hello(bool extended);
  Task<> recipient(std::string command);
  Task<> content();
  Task<> chunk(std::string command);
  Task<> take();
  [[noreturn]] void leave(bool reset) {
    if (reset) stream_->abort();
    stream_->finish();
    throw ConnectionEnded(Reason::aborted, "as the test wants it");
  }

  Receiver& owner_;
  FakeTls tls_;
  std::unique_ptr<Stream> stream_;
  Buffer in_{64 << 10};
  LineReader lines_;
  Taken mail_;
  std::size_t last_ = kNone;  // the message taken after which nothing was heard
  bool over_ = false;
  std::size_t mails_ = 0;
};

Task<> Receiver::Talk::say(std::string text) {
  text += "\r\n";
  co_await stream_->write(text, kNever);
}

/// True: all is well.
Task<bool> Receiver::Talk::answer(Fault trouble, std::string well) {
  if (owner_.pause > Duration{}) {
    const TimePoint until = owner_.runtime_.now() + owner_.pause;
    co_await sleep_until(owner_.runtime_, until);
  }
  switch (trouble) {
    case Fault::none: co_await say(std::move(well)); break;
    case Fault::transient: co_await say("450 4.7.1 come again"); break;
    case Fault::permanent: co_await say("550 5.1.1 nobody is there"); break;
    case Fault::nonsense: co_await say("how do you do"); break;
    case Fault::busy: co_await say("421 4.3.2 good night"); leave(false);
    case Fault::close: leave(false);
    case Fault::lost:
    case Fault::reset: leave(true);
    case Fault::lost_late:
    case Fault::hang:
      for (;;) {
        in_.clear();
        co_await stream_->read(in_, kNever);
      }
  }
  co_return trouble == Fault::none;
}

Task<std::string> Receiver::Talk::line() {
  for (;;) {
    const std::optional<Line> one = co_await lines_.read(4096, kNever);
    if (one) co_return one->text;
  }
}

Task<> Receiver::Talk::run() {
  const bool welcome = co_await answer(decide(Step::greeting), "220 receiver.example");
  if (!welcome) leave(false);
  while (!over_) {
    const std::string command = co_await line();
    last_ = kNone;
    owner_.heard.push_back(command);
    co_await handle(command);
  }
  stream_->finish();
}

Task<> Receiver::Talk::handle(std::string command) {
  const std::string verb = upper(command.substr(0, command.find(' ')));
  if (verb == "EHLO" || verb == "HELO") co_return co_await hello(verb == "EHLO");
  if (verb == "RCPT") co_return co_await recipient(std::move(command));
  if (verb == "DATA") co_return co_await content();
  if (verb == "BDAT") co_return co_await chunk(std::move(command));
  if (verb == "MAIL") {
    mail_ = Taken();
    const std::size_t end = command.find('>');
    mail_.from = command.substr(11, end - 11);
    mail_.parameters = command.substr(end + 1);
    Fault trouble = decide(Step::mail);
    if (mails_++ == owner_.most_messages) trouble = Fault::busy;
    co_await answer(trouble, "250 2.1.0 ok");
  } else if (verb == "AUTH") {
    co_await answer(decide(Step::login), "235 2.7.0 welcome");
  } else if (verb == "STARTTLS") {
    const bool begin = co_await answer(decide(Step::tls), "220 2.0.0 go on");
    if (!begin) co_return;
    stream_ = tls_.start_tls(std::move(stream_));
    in_.clear();
    lines_.attach(*stream_);
  } else if (verb == "QUIT") {
    over_ = true;
    co_await say("221 2.0.0 bye");
  } else {
    co_await say("250 2.0.0 ok");
  }
}

Task<> Receiver::Talk::hello(bool extended) {
  std::string all = "250 receiver.example";
  if (extended) {
    all = "250-receiver.example\r\n";
    for (const std::string& ability : owner_.abilities)
      if (ability != "STARTTLS" || stream_->tls().empty()) all += "250-" + ability + "\r\n";
    all += "250 HELP";
  }
  co_await answer(decide(Step::hello), std::move(all));
}

Task<> Receiver::Talk::recipient(std::string command) {
  const std::size_t end = command.find('>');
  const std::string address = command.substr(9, end - 9);
  if (mail_.recipients.size() == owner_.most_recipients) co_return co_await say("452 4.5.3 no more of them");
  const bool accepted = co_await answer(decide(Step::recipient, address), "250 2.1.5 ok");
  if (!accepted) co_return;
  mail_.recipients.push_back(address);
  mail_.parameters += command.substr(end + 1);
}

Task<> Receiver::Talk::content() {
  if (mail_.recipients.empty()) co_return co_await say("554 5.5.1 for whom?");
  const bool wanted = co_await answer(decide(Step::data), "354 go on");
  if (!wanted) co_return;
  mail_.content.clear();
  const Fault trouble = decide(Step::content);
  for (;;) {
    std::string text = co_await line();
    if (text == ".") break;
    if (text.starts_with('.')) text.erase(0, 1);
    mail_.content += text + "\r\n";
    if (trouble == Fault::reset || trouble == Fault::close) leave(trouble == Fault::reset);
  }
  co_await take();
}

/// RFC 3030 2; of one chunk.
Task<> Receiver::Talk::chunk(std::string command) {
  const std::size_t size = std::stoul(command.substr(5));
  mail_.content.clear();
  while (mail_.content.size() < size) {
    if (in_.view().empty()) {
      co_await stream_->read(in_, kNever);
    }
    const std::string_view piece = in_.view().substr(0, size - mail_.content.size());
    mail_.content += piece;
    in_.consume(piece.size());
  }
  co_await take();
}

Task<> Receiver::Talk::take() {
  const Fault trouble = decide(Step::end);
  const bool lost = trouble == Fault::lost || trouble == Fault::lost_late;
  const bool good = trouble == Fault::none;
  if (good || lost) {
    mail_.tls = !stream_->tls().empty();
    mail_.unsure = lost;
    mail_.when = owner_.runtime_.now();
    last_ = owner_.taken.size();
    owner_.taken.push_back(mail_);
  }
  co_await answer(trouble, "250 2.0.0 taken");
}

Task<> Receiver::serve(std::unique_ptr<Stream> stream) {
  ++connections;
  ++inside;
  most_inside = std::max(most_inside, inside);
  Talk talk(*this, std::move(stream));
  try {
    co_await talk.run();
  } catch (const ConnectionEnded&) {
    talk.end();
  }
  --inside;
}

}  // namespace postroom::testing
