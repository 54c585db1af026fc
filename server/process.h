// The process as its surroundings see it: its limits, its memory, and the word to systemd.
#pragma once

#include <cstddef>

namespace postroom {

/// Once, before anything else: no SIGPIPE, as many file descriptors as the system allows, and a malloc that
/// gives memory back. Returns how many descriptors there may be.
std::size_t prepare_process();

/// Hands what malloc keeps of freed memory to the system. Takes milliseconds: not for the loop.
void give_memory_back();

/// Tells systemd, if it waits for it (sd_notify(3)): "READY=1".
void notify_service_manager(const char* state);

}  // namespace postroom
