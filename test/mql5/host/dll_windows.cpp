// The genuine DLLs. A wrong prototype misbehaves here as it would in the terminal.
#ifdef _WIN32
#include <windows.h>
#undef ZeroMemory
#include "dll.hpp"

namespace mql {

void *FindDllFunction(const DllSlot &slot) {
  const HMODULE module = LoadLibraryA(slot.dll);
  if (module == nullptr) return nullptr;
  return reinterpret_cast<void *>(GetProcAddress(module, slot.name));
}

}  // namespace mql
#endif
