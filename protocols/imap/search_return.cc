// RFC 4466 2.6.1, RFC 4731 3.1, RFC 5182 3, RFC 9394 3.1.
#include "protocols/imap/search_return.h"

namespace postroom::imap {

namespace {

struct Option {
  std::string_view name;
  bool SearchReturn::* flag;
};
constexpr Option kOptions[] = {{"MIN", &SearchReturn::min},
                               {"MAX", &SearchReturn::max},
                               {"ALL", &SearchReturn::all},
                               {"COUNT", &SearchReturn::count},
                               {"SAVE", &SearchReturn::save}};

void parse_option(Cursor& in, SearchReturn& returns) {
  if (in.take_word("PARTIAL")) {
    in.sp();
    if (returns.partial) in.fail("PARTIAL once");
    returns.partial = parse_partial_range(in);
    return;
  }
  for (const Option& option : kOptions) {
    if (!in.take_word(option.name)) continue;
    returns.*option.flag = true;
    return;
  }
  in.fail("search-return-opt");
}

}  // namespace

SearchReturn parse_search_return(Cursor& in) {
  SearchReturn returns;
  returns.extended = true;
  in.need("(");
  if (in.take(")")) {
    returns.all = true;
    return returns;
  }
  do {
    parse_option(in, returns);
  } while (in.take(" "));
  if (returns.all && returns.partial) in.fail("either ALL or PARTIAL");
  in.need(")");
  return returns;
}

UidSet SearchReturn::meant(const UidSet& found) const {
  const bool some = (min || max || partial) && !all && !count;
  if (!some || found.empty()) return found;
  UidSet told;
  if (partial) told = partial->of(found);
  if (min) told.add(found.first());
  if (max) told.add(found.last());
  return told;
}

}  // namespace postroom::imap
