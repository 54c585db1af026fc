// Mails at random, in every charset, encoding and form, of words that fold in every way.
#pragma once

#include <random>
#include <string>
#include <vector>

namespace postroom::testing {

/// What mails are made of, in UTF-8.
const std::vector<std::string>& mail_words();

/// A mail. One in thirty has more terms than are indexed.
std::string random_mail(std::mt19937_64& dice);

/// Arguments of SEARCH that look for text in some way, from the SP before them on.
std::string random_query(std::mt19937_64& dice);

}  // namespace postroom::testing
