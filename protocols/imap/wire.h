// Wire: the one place where IMAP bytes are made. What is appended waits here until the session flushes it.
#pragma once

#include <string>
#include <string_view>

#include "protocols/imap/types.h"

namespace postroom::imap {

class Wire {
 public:
  /// Above this the writer of a long response lets the session flush (Session::give_way).
  static constexpr std::size_t kHigh = 64 * 1024;

  /// From now on quoted strings may hold UTF-8: the client has said that it takes it (RFC 6855 3, RFC 9051
  /// A).
  void send_utf8() { utf8_ = true; }

  // Pieces. Each returns *this, so that a response reads like what is sent.

  /// As it is: protocol words, and what is stored ready to send (ENVELOPE, BODYSTRUCTURE).
  Wire& raw(std::string_view bytes);
  Wire& number(std::uint64_t value);
  /// Quoted, or a literal where quoted cannot hold it.
  Wire& string(std::string_view bytes);
  /// An atom where possible, else as string().
  Wire& astring(std::string_view bytes);
  /// A mailbox name given in UTF-8: in modified UTF-7 (RFC 3501 5.1.3), or as it is once UTF-8 is sent.
  Wire& mailbox(std::string_view utf8);
  /// BODY or BODYSTRUCTURE as it is stored, in the form of IMAP4rev2 or IMAP4rev1 (mime::body_structure).
  Wire& body(std::string_view stored, bool rev2);
  /// "{310}" CRLF; exactly `size` bytes follow by raw().
  Wire& literal_header(std::uint64_t size);
  /// (\Seen $Forwarded); `keywords` are the account's, by number; those without a name are left out.
  Wire& flags(Flags flags, bool recent, const std::vector<std::string>& keywords);
  /// The same with one more name among them: "\*" for PERMANENTFLAGS.
  Wire& flag_list(Flags flags, const std::vector<std::string>& keywords, std::string_view more);
  /// "17-Jul-1996 02:44:25 +0000" with its quotes.
  Wire& date_time(WallTime time);
  Wire& crlf() { return raw("\r\n"); }

  // Whole responses.

  /// * 23 EXISTS
  void untagged(std::uint64_t number, std::string_view what);
  /// * OK [code] text
  void untagged_ok(std::string_view code, std::string_view text);
  /// + text
  void continuation(std::string_view text);
  void tagged(std::string_view tag, const Tagged& reply);
  void bye(Code code, std::string_view text);

  bool full() const { return out_.size() >= kHigh; }
  bool empty() const { return out_.empty(); }
  std::size_t size() const { return out_.size(); }
  std::string_view view() const { return out_; }
  /// What was appended has been sent; memory is kept for the next response.
  void clear() { out_.clear(); }
  /// Gives the memory back when nothing waits.
  void rest();

 private:
  std::string out_;
  bool utf8_ = false;
};

/// 1:5,7,9:12 as text, for response codes.
std::string format_set(const UidSet& set);
/// The same for numbers in the order given, runs joined where they ascend (COPYUID, RFC 4315 3).
std::string format_uids(const std::vector<Uid>& uids);

}  // namespace postroom::imap
