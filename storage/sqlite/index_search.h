// Asking the text index which messages of a mailbox a search may find, by short reads.
#pragma once

#include "storage/sqlite/readers.h"
#include "storage/terms.h"

namespace postroom::sqlite {

/// As Store::candidates(), by what was indexed as `version`.
Task<UidSet> candidates(Readers& readers, MailboxId mailbox, UidSet uids, TermQuery query,
                        std::string version);

}  // namespace postroom::sqlite
