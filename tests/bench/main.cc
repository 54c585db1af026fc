// postroom_bench: see --help. Prints figures, never judges a machine: the raw limit stands beside each.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <sys/resource.h>
#include <unistd.h>

#include "tests/bench/bench.h"

namespace postroom::bench {

void heading(std::string_view title) {
  std::printf("\n%.*s\n", static_cast<int>(title.size()), title.data());
}

void row(std::string_view what, double figure, std::string_view unit, double raw, std::string_view raw_what) {
  std::printf("  %-58.*s %12.2f %-10.*s", static_cast<int>(what.size()), what.data(), figure,
              static_cast<int>(unit.size()), unit.data());
  if (raw > 0)
    std::printf("  %.*s %.2f, ratio %.2f", static_cast<int>(raw_what.size()), raw_what.data(), raw,
                figure / raw);
  std::printf("\n");
  std::fflush(stdout);
}

void row_goal(std::string_view what, double figure, std::string_view unit, double limit, bool at_most) {
  std::printf("  %-58.*s %12.2f %-10.*s  goal %s %.0f: %s\n", static_cast<int>(what.size()), what.data(),
              figure, static_cast<int>(unit.size()), unit.data(), at_most ? "at most" : "at least", limit,
              (at_most ? figure <= limit : figure >= limit) ? "met" : "NOT MET");
  std::fflush(stdout);
}

}  // namespace postroom::bench

namespace {

using namespace postroom::bench;

struct Section {
  const char* name;
  void (*run)(const Options&);
};

constexpr Section kSections[] = {
    {"startup", bench_startup}, {"deliveries", bench_deliveries},
    {"fetch", bench_fetch},     {"logins", bench_logins},
    {"idle", bench_idle},       {"latency", bench_latency},
    {"imap", bench_imap},       {"relay", bench_relay},
};

[[noreturn]] void usage(int status) {
  std::fprintf(
      status == 0 ? stdout : stderr,
      "postroom_bench [--quick] [--seconds S] [--scratch DIR] [--only SECTION] [--messages N] BINARY\n"
      "sections: startup deliveries fetch logins idle latency imap relay\n"
      "\n"
      "Section imap runs the same load beside Dovecot 2.3, when Debian's dovecot-imapd and\n"
      "dovecot-lmtpd are installed (their service need not run, and had better not). --only imap:PART\n"
      "runs one of its parts: fetch select changes search resync idle mixed append logins\n"
      "memory. --messages is the size of the largest mailbox, 20000 unless said; 1000000 needs some\n"
      "10 GB and 2,000,000 inodes in the scratch folder, and a while.\n"
      "\n"
      "Section relay runs beside Postfix, when Debian's postfix is installed and root runs this. Its\n"
      "parts: passing dead.\n");
  std::exit(status);
}

Options parse(int argc, char** argv) {
  Options options;
  options.scratch = std::filesystem::temp_directory_path();
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    const bool more = i + 1 < argc;
    if (word == "--help") usage(0);
    if (word == "--quick") {
      options.quick = true;
      options.seconds = 0.5;
      options.messages = 2000;
    } else if (word == "--seconds" && more) {
      options.seconds = std::atof(argv[++i]);
    } else if (word == "--scratch" && more) {
      options.scratch = argv[++i];
    } else if (word == "--only" && more) {
      options.only = argv[++i];
      const std::size_t colon = options.only.find(':');
      if (colon != std::string::npos) {
        options.part = options.only.substr(colon + 1);
        options.only.resize(colon);
      }
    } else if (word == "--messages" && more) {
      options.messages = std::strtoull(argv[++i], nullptr, 10);
    } else if (!word.starts_with("-") && options.binary.empty()) {
      options.binary = std::filesystem::absolute(word);
    } else {
      usage(2);
    }
  }
  if (options.binary.empty() || options.messages < 1000 || options.messages % 1000 != 0) usage(2);
  return options;
}

}  // namespace

int main(int argc, char** argv) {
  const Options options = parse(argc, argv);
  rlimit files{};
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  std::printf("%ld processors, scratch %s\n", sysconf(_SC_NPROCESSORS_ONLN), options.scratch.c_str());
  try {
    for (const Section& section : kSections)
      if (std::string_view(section.name).starts_with(options.only)) section.run(options);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "postroom_bench: %s\n", error.what());
    return 1;
  }
  return 0;
}
