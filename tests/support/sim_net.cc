#include "tests/support/sim_net.h"

#include <algorithm>
#include <deque>

namespace postroom::testing {

namespace {

using Reason = ConnectionEnded::Reason;

struct Piece {
  TimePoint due;
  std::string bytes;
  bool last = false;  // the sender has finished
};

}  // namespace

/// One connection. What is said of a side is said of the end that is there, and of the bytes that come to it.
class SimNet::Link {
 public:
  Link(Runtime& runtime, const Conditions& conditions, Counts& counts, std::uint64_t seed)
      : news(runtime), runtime_(runtime), conditions_(conditions), counts_(counts), dice_(seed) {}

  std::size_t receive(std::size_t side, Buffer& into);
  std::size_t send(std::size_t side, std::string_view bytes);
  bool sent(std::size_t side);
  void finish(std::size_t side);
  void abort(std::size_t side);
  void leave(std::size_t side);
  void enter(std::size_t side, End& end) { sides_[side].end = &end; }
  bool cut() const { return cut_; }

  bool over() const { return !sides_[0].end && !sides_[1].end; }
  TimePoint next_due() const;
  void carry_due();

  Signal news;  // of the coroutine that carries

 private:
  struct Side {
    End* end = nullptr;  // null: gone
    std::deque<Piece> coming;
    std::size_t under_way = 0;  // bytes that were sent and have not arrived
    std::string arrived;
    std::uint64_t carried = 0;
    TimePoint last_due{};          // pieces do not overtake each other
    TimePoint breaks_at = kNever;  // the reset is on its way
    bool broken = false;           // and has arrived
    bool closed = false;           // the other end has finished
    bool finished = false;         // this end has
    bool aborted = false;          // this end was
    bool wants_room = false;       // its send() took less than it was given
    bool wants_sent = false;       // and it was told that not all had been sent
  };

  std::size_t up_to(std::size_t most) { return 1 + dice_() % most; }
  bool one_in(std::uint32_t count) { return dice_() % count == 0; }
  TimePoint some_time() {
    return runtime_.now() + Duration(1 + dice_() % static_cast<std::uint64_t>(conditions_.delay.count() + 1));
  }
  void depart(std::size_t to, std::string_view bytes, bool last);
  void arrive(std::size_t side);
  void break_up();
  void wake(Side& side) const {
    if (side.end) side.end->signal().raise();
  }
  void end_if_over(const Side& side) const {
    if (side.aborted) throw ConnectionEnded(Reason::aborted, "aborted");
    if (side.broken) throw ConnectionEnded(Reason::peer_closed, "connection reset");
  }

  Runtime& runtime_;
  const Conditions conditions_;
  Counts& counts_;
  std::minstd_rand dice_;
  std::array<Side, 2> sides_;  // client, server
  bool resetting_ = false;
  bool cut_ = false;
};

std::size_t SimNet::Link::receive(std::size_t side, Buffer& into) {
  Side& here = sides_[side];
  if (here.aborted || here.arrived.empty()) end_if_over(here);
  if (here.arrived.empty() && here.closed) throw ConnectionEnded(Reason::peer_closed, "peer closed");
  std::size_t count = std::min(into.room(), here.arrived.size());
  if (count == 0) return 0;
  if (one_in(4)) count = up_to(count);
  into.append(std::string_view(here.arrived).substr(0, count));
  here.arrived.erase(0, count);
  Side& other = sides_[1 - side];
  if (std::exchange(other.wants_room, false)) wake(other);
  return count;
}

std::size_t SimNet::Link::send(std::size_t side, std::string_view bytes) {
  Side& here = sides_[side];
  Side& there = sides_[1 - side];
  end_if_over(here);
  if (!there.end && !resetting_) return bytes.size();  // nobody gets it
  const std::size_t room =
      conditions_.window - std::min(conditions_.window, there.under_way + there.arrived.size());
  std::size_t count = std::min(room, bytes.size());
  if (count > 0 && one_in(4)) count = up_to(count);
  if (count > 0) depart(1 - side, bytes.substr(0, count), false);
  if (count == bytes.size()) return count;
  if (count == room) ++counts_.full;
  here.wants_room = true;
  if (count < room) wake(here);
  return count;
}

bool SimNet::Link::sent(std::size_t side) {
  sides_[side].wants_sent = sides_[1 - side].under_way > 0;
  return !sides_[side].wants_sent;
}

/// A few pieces of any size, so that no boundary between two bytes is safe; and not too many, for speed.
void SimNet::Link::depart(std::size_t to, std::string_view bytes, bool last) {
  Side& there = sides_[to];
  if (there.coming.empty()) news.raise();
  do {
    std::size_t count = std::min(bytes.size(), conditions_.piece);
    if (count > 0 && one_in(4)) count = one_in(2) ? up_to(std::min<std::size_t>(count, 4)) : up_to(count);
    there.last_due = std::max(there.last_due + Duration(1), some_time());
    if (!resetting_) there.coming.push_back({there.last_due, std::string(bytes.substr(0, count)), last});
    there.under_way += count;
    bytes.remove_prefix(count);
  } while (!bytes.empty());
}

TimePoint SimNet::Link::next_due() const {
  TimePoint next = kNever;
  for (const Side& side : sides_) {
    if (!side.coming.empty()) next = std::min(next, side.coming.front().due);
    if (!side.broken) next = std::min(next, side.breaks_at);
  }
  return next;
}

void SimNet::Link::carry_due() {
  for (std::size_t side = 0; side < sides_.size(); ++side) {
    Side& here = sides_[side];
    while (!here.coming.empty() && here.coming.front().due <= runtime_.now()) arrive(side);
    if (here.broken || here.breaks_at > runtime_.now()) continue;
    here.broken = true;
    if (one_in(2)) here.arrived.clear();
    wake(here);
  }
}

/// Some are woken more often than they have reason to: others raise a stream's signal too.
void SimNet::Link::arrive(std::size_t side) {
  Side& here = sides_[side];
  const Piece piece = std::move(here.coming.front());
  here.coming.pop_front();
  here.under_way -= piece.bytes.size();
  here.carried += piece.bytes.size();
  ++counts_.pieces;
  if (here.end) here.arrived += piece.bytes;
  here.closed |= piece.last;
  Side& sender = sides_[1 - side];
  const bool all_sent = here.under_way == 0 && std::exchange(sender.wants_sent, false);
  wake(here);
  if (all_sent || (conditions_.restless && one_in(2))) wake(sender);
  if (here.carried >= conditions_.reset_after[1 - side]) {
    ++counts_.resets;
    break_up();
  }
}

/// What is under way is lost, and each end learns of it in its own time; till then it sends into the void, as
/// much as fits into the window.
void SimNet::Link::break_up() {
  if (resetting_) return;
  resetting_ = cut_ = true;
  for (Side& side : sides_) {
    side.coming.clear();
    side.breaks_at = some_time();
  }
  news.raise();
}

void SimNet::Link::finish(std::size_t side) {
  if (std::exchange(sides_[side].finished, true) || resetting_) return;
  depart(1 - side, {}, true);
}

/// What has been taken arrives or not.
void SimNet::Link::abort(std::size_t side) {
  Side& here = sides_[side];
  if (std::exchange(here.aborted, true)) return;
  cut_ = true;
  if (one_in(2)) {
    finish(side);
  } else {
    break_up();
  }
  wake(here);
}

void SimNet::Link::leave(std::size_t side) {
  Side& here = sides_[side];
  here.end = nullptr;
  if (!here.finished) abort(side);
  here.arrived.clear();
  if (std::exchange(sides_[1 - side].wants_room, false)) wake(sides_[1 - side]);
  if (over()) news.raise();
}

Task<> SimNet::carry(std::shared_ptr<Link> link) {
  while (!link->over()) {
    const TimePoint due = link->next_due();
    co_await link->news.wait(due);
    link->carry_due();
  }
}

SimNet::Connected SimNet::connect(const Conditions& conditions) {
  ++counts_.connections;
  const auto link = std::make_shared<Link>(runtime_, conditions, counts_, dice_());
  Connected connected;
  connected.client = std::make_unique<End>(runtime_, link, 0);
  connected.server = std::make_unique<End>(runtime_, link, 1);
  runtime_.spawn(carry(link));
  return connected;
}

SimNet::End::End(Runtime& runtime, std::shared_ptr<Link> link, std::size_t side)
    : Stream(runtime), link_(std::move(link)), side_(side) {
  link_->enter(side_, *this);
}

SimNet::End::~End() { link_->leave(side_); }

std::size_t SimNet::End::receive(Buffer& into) { return link_->receive(side_, into); }
std::size_t SimNet::End::send(std::string_view bytes) { return link_->send(side_, bytes); }
bool SimNet::End::sent() const { return link_->sent(side_); }
void SimNet::End::finish() noexcept { link_->finish(side_); }
void SimNet::End::abort() noexcept { link_->abort(side_); }
bool SimNet::End::cut() const { return link_->cut(); }

}  // namespace postroom::testing
