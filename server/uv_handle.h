// UvHandle: owns a libuv handle. uv_close is asynchronous, so the memory lives until its callback.
#pragma once

#include <memory>
#include <uv.h>

namespace postroom {

struct UvClose {
  template <class Handle>
  void operator()(Handle* handle) const noexcept {
    handle->data = nullptr;
    uv_close(reinterpret_cast<uv_handle_t*>(handle),
             [](uv_handle_t* closed) { delete reinterpret_cast<Handle*>(closed); });
  }
};

/// For handles that were initialised by their uv_…_init().
template <class Handle>
using UvHandle = std::unique_ptr<Handle, UvClose>;

}  // namespace postroom
