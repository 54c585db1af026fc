// A backup's list of contents, from whoever could write to the folder: what is read is read again the same,
// and names nothing outside of the data directory.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "server/backup/manifest.h"

namespace {

using namespace postroom::backup;

void check(const std::string& text) {
  try {
    const Manifest manifest = parse_manifest(text);
    if (parse_manifest(manifest_text(manifest)) != manifest) std::abort();
    if (manifest.blocks.size() != block_count(manifest.database_size)) std::abort();
    for (const BackedFile& file : manifest.files)
      if (!is_safe_name(file.name) || !is_hash(file.block)) std::abort();
  } catch (const BackupFault&) {
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  check(text);
  // Nobody guesses a checksum.
  check(text + "end " + hash_of(text) + "\n");
  return 0;
}
