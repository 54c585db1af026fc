// The MIME fields of a part's header.
#include "protocols/mime/mime_fields.h"

#include <algorithm>
#include <array>
#include <utility>

#include "protocols/mime/chars.h"
#include "protocols/mime/header.h"

namespace postroom::mime {

namespace {

constexpr std::size_t kMaxLanguages = 100;

/// RFC 2045 5.2: a Content-Type that cannot be understood means text/plain.
void read_type(Part& part, std::string_view body) {
  ParameterizedValue value = parse_parameterized(body);
  const std::size_t slash = value.value.find('/');
  part.type = value.value.substr(0, slash);
  part.subtype = slash == std::string::npos ? "" : value.value.substr(slash + 1);
  part.parameters = std::move(value.parameters);
  if (!part.type.empty() && !part.subtype.empty()) return;
  if (part.type != "text") part.parameters.clear();
  part.type = "text";
  part.subtype = "plain";
}

void read_encoding(Part& part, std::string_view body) { part.encoding = parse_parameterized(body).value; }
void read_id(Part& part, std::string_view body) { part.id = unfold(body); }
void read_description(Part& part, std::string_view body) { part.description = unfold(body); }
void read_md5(Part& part, std::string_view body) { part.md5 = unfold(body); }

/// RFC 2183 2.8: a type that is not known, or not there, counts as attachment.
void read_disposition(Part& part, std::string_view body) {
  part.disposition = parse_parameterized(body);
  if (part.disposition.value.empty() && !part.disposition.parameters.empty())
    part.disposition.value = "attachment";
}

/// RFC 3282 2: tags, with commas between and comments anywhere.
void read_languages(Part& part, std::string_view body) {
  std::string tag;
  std::size_t depth = 0;
  const auto end_tag = [&] {
    if (!tag.empty() && part.languages.size() < kMaxLanguages)
      part.languages.push_back(std::exchange(tag, {}));
  };
  for (const char c : body) {
    if (c == '(')
      ++depth;
    else if (c == ')' && depth > 0)
      --depth;
    else if (c == ',' && depth == 0)
      end_tag();
    else if (!is_space(c) && depth == 0)
      tag += c;
  }
  end_tag();
}

/// RFC 2557 4.4.1: a URI that was folded has white space in it which is none of its own.
void read_location(Part& part, std::string_view body) {
  std::copy_if(body.begin(), body.end(), std::back_inserter(part.location),
               [](char c) { return !is_space(c); });
}

struct Reader {
  std::string_view name;
  void (*read)(Part&, std::string_view body);
};
constexpr std::array<Reader, 8> kReaders = {{{"content-type", &read_type},
                                             {"content-transfer-encoding", &read_encoding},
                                             {"content-id", &read_id},
                                             {"content-description", &read_description},
                                             {"content-md5", &read_md5},
                                             {"content-disposition", &read_disposition},
                                             {"content-language", &read_languages},
                                             {"content-location", &read_location}}};

}  // namespace

void read_mime_fields(std::string_view header_block, Part& part, std::size_t& room) {
  std::array<bool, kReaders.size()> seen{};
  HeaderFields fields(header_block);
  while (const auto field = fields.next()) {
    if (!istarts_with(field->name, "content-")) continue;
    const auto* const reader = std::find_if(kReaders.begin(), kReaders.end(),
                                            [&](const Reader& r) { return iequals(r.name, field->name); });
    if (reader == kReaders.end()) continue;
    const std::string_view body = field->body.substr(0, kMaxMimeField);
    if (std::exchange(seen[static_cast<std::size_t>(reader - kReaders.begin())], true) || body.size() > room)
      continue;
    room -= body.size();
    reader->read(part, body);
  }
}

}  // namespace postroom::mime
