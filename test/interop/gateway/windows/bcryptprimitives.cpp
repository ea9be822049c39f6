// Wine 8 lacks this library of Windows, of which Bun's programs take one function.
#include <windows.h>

extern "C" BOOLEAN NTAPI SystemFunction036(PVOID, ULONG);

extern "C" __declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE bytes, SIZE_T length) {
  while (length > 0) {
    const ULONG part = length > 0x10000000 ? 0x10000000 : static_cast<ULONG>(length);
    if (!SystemFunction036(bytes, part)) return FALSE;
    bytes += part;
    length -= part;
  }
  return TRUE;
}
