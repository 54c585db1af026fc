// BODY and BODYSTRUCTURE. It calls itself once for each level of parts, of which there are kMaxDepth.
#include "protocols/mime/body_structure.h"

#include "base/text.h"
#include "protocols/mime/imap_form.h"

namespace postroom::mime {

namespace {

/// Protocol words are sent in upper case, as the RFC's examples have them.
void append_word(std::string& out, std::string_view word) { append_string(out, upper(word)); }

void append_text_or_nil(std::string& out, std::string_view text) {
  if (text.empty())
    out += " NIL";
  else
    append_string(out += ' ', text);
}

/// RFC 3501 9 body-fld-param. `text`: the default charset is named (RFC 2046 4.1.2).
void append_parameters(std::string& out, const std::vector<Parameter>& parameters, bool text) {
  const bool add_charset =
      text && !find_parameter(parameters, "charset") && !find_parameter(parameters, "charset*");
  if (parameters.empty() && !add_charset) {
    out += "NIL";
    return;
  }
  std::string_view separator = "(";
  for (const Parameter& parameter : parameters) {
    append_word(out += separator, parameter.name);
    append_string(out += ' ', parameter.value);
    separator = " ";
  }
  if (add_charset) out.append(separator).append("\"CHARSET\" \"US-ASCII\"");
  out += ')';
}

/// What ends both forms of extension data: disposition, language, location.
void append_extensions(std::string& out, const Part& part) {
  if (part.disposition.value.empty()) {
    out += " NIL";
  } else {
    append_word(out += " (", part.disposition.value);
    append_parameters(out += ' ', part.disposition.parameters, false);
    out += ')';
  }
  if (part.languages.size() == 1) {
    append_string(out += ' ', part.languages.front());
  } else if (part.languages.empty()) {
    out += " NIL";
  } else {
    std::string_view separator = " (";
    for (const std::string& language : part.languages) {
      append_string(out += separator, language);
      separator = " ";
    }
    out += ')';
  }
  append_text_or_nil(out, part.location);
}

void append_part(std::string& out, const Part& part, Extensions extensions);

void append_multipart(std::string& out, const Part& part, Extensions extensions) {
  for (const Part& child : part.children) append_part(out, child, extensions);
  append_word(out += ' ', part.subtype);
  if (extensions == Extensions::no) return;
  append_parameters(out += ' ', part.parameters, false);
  append_extensions(out, part);
}

/// What a body-type-msg has besides a basic one: envelope, body, lines.
void append_message(std::string& out, const Part& part, Extensions extensions) {
  const bool rev2_only = part.subtype == "global";
  if (rev2_only) out += kRev2Begin;
  out.append(" ").append(part.children.front().envelope.wire).append(" ");
  append_part(out, part.children.front(), extensions);
  out += ' ' + std::to_string(part.body_lines);
  if (rev2_only) out += kRev2End;
}

void append_single(std::string& out, const Part& part, Extensions extensions) {
  const bool text = part.type == "text";
  append_word(out, part.type);
  append_word(out += ' ', part.subtype);
  append_parameters(out += ' ', part.parameters, text);
  append_text_or_nil(out, part.id);
  append_text_or_nil(out, part.description);
  append_word(out += ' ', part.encoding.empty() ? "7BIT" : part.encoding);
  out += ' ' + std::to_string(part.body_size);
  if (text) out += ' ' + std::to_string(part.body_lines);
  if (part.kind == Part::Kind::message) append_message(out, part, extensions);
  if (extensions == Extensions::no) return;
  append_text_or_nil(out, part.md5);
  append_extensions(out, part);
}

void append_part(std::string& out, const Part& part, Extensions extensions) {
  out += '(';
  if (part.kind == Part::Kind::multipart)
    append_multipart(out, part, extensions);
  else
    append_single(out, part, extensions);
  out += ')';
}

}  // namespace

std::string body_structure(const Part& root, Extensions extensions) {
  std::string out;
  append_part(out, root, extensions);
  return out;
}

}  // namespace postroom::mime
