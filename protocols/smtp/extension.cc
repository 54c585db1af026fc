#include "protocols/smtp/extension.h"

#include <algorithm>

#include "base/text.h"

namespace postroom::smtp {

namespace {

/// RFC 5321 4.1.1.11
Reply unknown_parameter(std::string_view keyword) {
  return Reply(555, "5.5.4", "The parameter " + std::string(keyword) + " is not known here");
}

template <class Arguments>
void read_parameter(Cursor& in, const Parameter& parameter, Arguments& arguments,
                    std::span<const ParameterOf<Arguments>> Extension::* known_by) {
  for (const Extension* extension : extensions()) {
    for (const ParameterOf<Arguments>& known : extension->*known_by) {
      if (!iequals(known.keyword, parameter.keyword)) continue;
      if (std::ranges::find(arguments.uses, known.keyword, &Use::keyword) != arguments.uses.end())
        return in.bad_parameter(std::string(known.keyword) + " once");
      arguments.uses.push_back({extension, known.keyword});
      return known.read(in, parameter, arguments);
    }
  }
  in.fail(unknown_parameter(parameter.keyword));
}

}  // namespace

void read_parameters(Cursor& in, MailArguments& mail) {
  for (const Parameter& parameter : in.parameters()) read_parameter(in, parameter, mail, &Extension::mail);
}

void read_parameters(Cursor& in, RcptArguments& rcpt) {
  for (const Parameter& parameter : in.parameters()) {
    read_parameter(in, parameter, rcpt, &Extension::rcpt);
    if (!is_ascii(parameter.value.value_or(""))) rcpt.beyond_ascii = true;
  }
}

std::optional<Reply> refuse_uses(const Session& session, std::span<const Use> uses) {
  for (const Use& use : uses)
    if (!use.extension->offered(session)) return unknown_parameter(use.keyword);
  return std::nullopt;
}

}  // namespace postroom::smtp
