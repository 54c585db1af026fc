// Addresses as the account tables hold them.
#include "storage/sqlite/address.h"

#include <algorithm>

#include "base/text.h"

namespace postroom::sqlite {

namespace {

bool is_letter_or_digit(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || static_cast<unsigned char>(c) >= 0x80;
}

bool is_label(std::string_view label) {
  return !label.empty() && label.size() <= 63 && label.front() != '-' && label.back() != '-' &&
         std::all_of(label.begin(), label.end(), [](char c) { return is_letter_or_digit(c) || c == '-'; });
}

/// RFC 5322 3.2.3 atext, but for '+'.
bool is_atom(std::string_view atom) {
  constexpr std::string_view kOther = "!#$%&'*-/=?^_`{|}~";
  return !atom.empty() && std::all_of(atom.begin(), atom.end(), [&](char c) {
    return is_letter_or_digit(c) || kOther.find(c) != kOther.npos;
  });
}

template <class Test>
bool all_parts(std::string_view text, Test test) {
  const auto parts = split(text, '.');
  return std::all_of(parts.begin(), parts.end(), test);
}

}  // namespace

std::string_view domain_of(std::string_view address) {
  const std::size_t at = address.rfind('@');
  return at == address.npos ? std::string_view() : address.substr(at + 1);
}

bool is_wanted(std::string_view address, std::string_view wanted) {
  if (iequals(address, wanted)) return true;
  return wanted.size() > 1 && wanted.starts_with('@') && iequals(domain_of(address), wanted.substr(1));
}

std::string lookup_form(std::string_view address) {
  std::string form = lower(address);
  const std::size_t at = form.rfind('@');
  const std::size_t plus = form.find('+');
  if (at != form.npos && plus != 0 && plus < at) form.erase(plus, at - plus);
  return form;
}

std::optional<std::string> domain_form(std::string_view domain) {
  if (domain.size() > 253 || !is_utf8(domain)) return std::nullopt;
  std::string form = lower(domain);
  if (!all_parts(form, is_label)) return std::nullopt;
  return form;
}

std::optional<std::string> address_form(std::string_view address) {
  const std::size_t at = address.rfind('@');
  if (at == address.npos || at > 64 || !is_utf8(address) || !domain_form(domain_of(address)))
    return std::nullopt;
  std::string form = lower(address);
  if (!all_parts(std::string_view(form).substr(0, at), is_atom)) return std::nullopt;
  return form;
}

}  // namespace postroom::sqlite
