// The part of a delivery report that people read (RFC 6522 3), and how its lines are made. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "protocols/smtp/delivery_report.h"

namespace postroom::smtp {

/// What a peer said, on one line: at most `limit` bytes of UTF-8, with '?' for control characters and for
/// what is no UTF-8, white space trimmed at both ends.
std::string one_line(std::string_view text, std::size_t limit = 1000);

/// Appends text of one line, broken at spaces where it would be wider than `width` bytes; lines after the
/// first begin with `indent`. `column` is where the first begins. A word of more than 900 bytes is cut in
/// two.
void append_wrapped(std::string& out, std::size_t column, std::string_view text, std::size_t width,
                    std::string_view indent);

/// "Your message could not be delivered", by the most important that happened.
std::string_view report_subject(const ReportFacts& facts);

/// In UTF-8, with CRLF.
std::string report_text(const ReportFacts& facts);

}  // namespace postroom::smtp
