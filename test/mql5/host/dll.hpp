// Calls into DLLs, with exactly the types that the program declared.
#pragma once
#include "types.hpp"

namespace mql {

struct DllSlot {
  const char *dll;
  const char *name;
  /** As declared: `int(ulong,ptr,int)`. */
  const char *signature;
  void *address;
  DllSlot *next;
};

/** Adds an import to the list that is resolved before the program starts. */
void DeclareImport(DllSlot &slot);

/** Ends the program if DLL calls are not allowed. */
void AllowDllCall(const DllSlot &slot);

template <class R, class... A>
class DllFunction {
 public:
  DllFunction(const char *dll, const char *name, const char *signature)
      : m_slot{dll, name, signature, nullptr, nullptr} {
    DeclareImport(m_slot);
  }
  R operator()(A... arguments) const {
    AllowDllCall(m_slot);
    return reinterpret_cast<R (*)(A...)>(m_slot.address)(arguments...);
  }

 private:
  DllSlot m_slot;
};

/** Looks every import up, in the genuine DLL or in its emulation; ends the program if one is missing. */
void ResolveImports();

/** The platform's part: the function's address, or null. May check the declared signature. */
void *FindDllFunction(const DllSlot &slot);

}  // namespace mql
