#include "dll.hpp"

#include <string>

#include "terminal.hpp"

namespace mql {

namespace {

DllSlot *&FirstSlot() {
  static DllSlot *first = nullptr;
  return first;
}

}  // namespace

void DeclareImport(DllSlot &slot) {
  slot.next = FirstSlot();
  FirstSlot() = &slot;
}

void AllowDllCall(const DllSlot &slot) {
  if (!g_terminal.options.dllsAllowed)
    Critical((std::string("DLL calls are not allowed: ") + slot.dll + " " + slot.name).c_str());
}

void ResolveImports() {
  for (DllSlot *slot = FirstSlot(); slot != nullptr; slot = slot->next) {
    slot->address = FindDllFunction(*slot);
    if (slot->address == nullptr)
      Critical((std::string("cannot find '") + slot->name + "' in '" + slot->dll + "'").c_str());
  }
}

}  // namespace mql
