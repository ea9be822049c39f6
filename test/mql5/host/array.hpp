// MQL5's arrays: every access is checked, and new elements hold rubbish until they are written.
#pragma once
#include <cstdlib>
#include <cstring>
#include <new>
#include <type_traits>

#include "types.hpp"

namespace mql {

constexpr int kPoison = 0xCD;

[[noreturn]] void OutOfRange(mlong index, int size);

template <class I>
constexpr bool Inside(I index, int size) {
  static_assert(std::is_integral_v<I> || std::is_enum_v<I>);
  return static_cast<ulong>(index) < static_cast<ulong>(size);
}

/** Storage for an object outside the stack: filled with rubbish before its constructor runs. */
template <class T>
T *PoisonedNew() {
  void *memory = ::operator new(sizeof(T), std::align_val_t(alignof(T)));
  std::memset(memory, kPoison, sizeof(T));
  return ::new (memory) T;
}

/** `T x[N]`: laid out as T[N], so that it is right inside packed structures too. */
template <class T, int N>
struct Fix {
  using Item = T;
  T m_items[N];

  template <class I>
  T &operator[](I index) {
    if (!Inside(index, N)) OutOfRange(static_cast<mlong>(index), N);
    return m_items[index];
  }
  template <class I>
  const T &operator[](I index) const {
    if (!Inside(index, N)) OutOfRange(static_cast<mlong>(index), N);
    return m_items[index];
  }
  int Size() const { return N; }
  T *Data() { return m_items; }
  const T *Data() const { return m_items; }
  int Resize(int size, int) { return size <= N ? size : -1; }
};

/** `T x[]`. Plain data lies in one block; objects lie apart and never move, as the terminal's handles. */
template <class T>
class Dyn {
 public:
  using Item = T;
  static constexpr bool kPlain = std::is_trivially_copyable_v<T>;
  using Slot = std::conditional_t<kPlain, T, T *>;

  Dyn() = default;
  Dyn(const Dyn &) = delete;
  Dyn &operator=(const Dyn &) = delete;
  ~Dyn() { Free(); }

  template <class I>
  T &operator[](I index) {
    if (!Inside(index, m_size)) OutOfRange(static_cast<mlong>(index), m_size);
    return At(index);
  }
  template <class I>
  const T &operator[](I index) const {
    if (!Inside(index, m_size)) OutOfRange(static_cast<mlong>(index), m_size);
    return At(index);
  }
  int Size() const { return m_size; }
  T *Data() const {
    static_assert(kPlain);
    return m_slots;
  }

  int Resize(int size, int reserve) {
    if (size < 0) return -1;
    if (size > m_capacity && !Grow(size, reserve > 0 ? reserve : 0)) return -1;
    if constexpr (kPlain) {
      // Elements given up and taken back hold rubbish again.
      if (size > m_size) std::memset(static_cast<void *>(m_slots + m_size), kPoison, sizeof(T) * Count(size - m_size));
    } else {
      for (int i = m_size; i < size; i++) m_slots[i] = PoisonedNew<T>();
      for (int i = size; i < m_size; i++) Drop(m_slots[i]);
    }
    m_size = size;
    return size;
  }

  void Free() {
    if constexpr (!kPlain) {
      for (int i = 0; i < m_size; i++) Drop(m_slots[i]);
    }
    std::free(static_cast<void *>(m_slots));
    m_slots = nullptr;
    m_size = 0;
    m_capacity = 0;
  }

 private:
  static std::size_t Count(int count) { return static_cast<std::size_t>(count); }

  template <class I>
  T &At(I index) const {
    if constexpr (kPlain) {
      return m_slots[index];
    } else {
      return *m_slots[index];
    }
  }

  static void Drop(T *item) {
    item->~T();
    ::operator delete(static_cast<void *>(item), std::align_val_t(alignof(T)));
  }

  bool Grow(int size, int reserve) {
    const std::size_t capacity = Count(size) + Count(reserve);
    if (capacity > 0x7fffffffu / sizeof(Slot)) return false;
    void *slots = std::realloc(static_cast<void *>(m_slots), capacity * sizeof(Slot));
    if (slots == nullptr) return false;
    m_slots = static_cast<Slot *>(slots);
    m_capacity = static_cast<int>(capacity);
    return true;
  }

  Slot *m_slots = nullptr;
  int m_size = 0;
  int m_capacity = 0;
};

template <class T>
class CRef;

/** `T &x[]` as a parameter. */
template <class T>
class Ref {
 public:
  using Item = T;
  Ref(Dyn<T> &array) : m_dynamic(&array) {}
  template <int N>
  Ref(Fix<T, N> &array) : m_items(array.m_items), m_size(N) {}

  template <class I>
  T &operator[](I index) const {
    if (m_dynamic != nullptr) return (*m_dynamic)[index];
    if (!Inside(index, m_size)) OutOfRange(static_cast<mlong>(index), m_size);
    return m_items[index];
  }
  int Size() const { return m_dynamic != nullptr ? m_dynamic->Size() : m_size; }
  T *Data() const { return m_dynamic != nullptr ? m_dynamic->Data() : m_items; }
  int Resize(int size, int reserve) const {
    if (m_dynamic != nullptr) return m_dynamic->Resize(size, reserve);
    return size <= m_size ? size : -1;
  }
  void Free() const {
    if (m_dynamic != nullptr) m_dynamic->Free();
  }

 private:
  friend class CRef<T>;
  Dyn<T> *m_dynamic = nullptr;
  T *m_items = nullptr;
  int m_size = 0;
};

/** `const T &x[]` as a parameter. */
template <class T>
class CRef {
 public:
  using Item = T;
  CRef(const Dyn<T> &array) : m_dynamic(&array) {}
  template <int N>
  CRef(const Fix<T, N> &array) : m_items(array.m_items), m_size(N) {}
  CRef(const Ref<T> &array) : m_dynamic(array.m_dynamic), m_items(array.m_items), m_size(array.m_size) {}

  template <class I>
  const T &operator[](I index) const {
    if (m_dynamic != nullptr) return (*m_dynamic)[index];
    if (!Inside(index, m_size)) OutOfRange(static_cast<mlong>(index), m_size);
    return m_items[index];
  }
  int Size() const { return m_dynamic != nullptr ? m_dynamic->Size() : m_size; }
  const T *Data() const { return m_dynamic != nullptr ? m_dynamic->Data() : m_items; }

 private:
  const Dyn<T> *m_dynamic = nullptr;
  const T *m_items = nullptr;
  int m_size = 0;
};

template <class A>
int ArraySize(const A &array) {
  return array.Size();
}

template <class A>
[[nodiscard]] int ArrayResize(A &array, int size, int reserve = 0) {
  return array.Resize(size, reserve);
}

template <class A>
void ArrayFree(A &array) {
  array.Free();
}

template <class A, class V>
void ArrayFill(A &array, int start, int count, V value) {
  static_assert(std::is_arithmetic_v<V>);
  if (start < 0 || count < 0 || static_cast<mlong>(start) + count > array.Size()) OutOfRange(mlong(start) + count, array.Size());
  for (int i = 0; i < count; i++) array[start + i] = static_cast<typename A::Item>(value);
}

/**
 * Stricter than the terminal: the target must have room, since whether a dynamic one grows is documented for series
 * only; and the element types must be the same.
 */
template <class A, class B>
int ArrayCopy(A &target, const B &source, int targetStart = 0, int sourceStart = 0, int count = -1) {
  using T = typename A::Item;
  static_assert(std::is_same_v<T, typename B::Item>);
  static_assert(std::is_trivially_copyable_v<T>);
  if (sourceStart < 0 || sourceStart > source.Size()) OutOfRange(sourceStart, source.Size());
  const int rest = source.Size() - sourceStart;
  if (count < 0 || count > rest) count = rest;
  if (targetStart < 0 || static_cast<mlong>(targetStart) + count > target.Size())
    OutOfRange(mlong(targetStart) + count, target.Size());
  if (count > 0)
    std::memmove(target.Data() + targetStart, source.Data() + sourceStart, sizeof(T) * static_cast<std::size_t>(count));
  return count;
}

template <class T>
void ZeroMemory(T &variable) {
  if constexpr (requires { typename T::Item; }) {
    static_assert(std::is_trivially_copyable_v<typename T::Item>);
    if (variable.Size() > 0)
      std::memset(static_cast<void *>(variable.Data()), 0, sizeof(typename T::Item) * static_cast<std::size_t>(variable.Size()));
  } else if constexpr (std::is_trivially_copyable_v<T>) {
    std::memset(static_cast<void *>(&variable), 0, sizeof(T));
  } else {
    static_assert(std::is_aggregate_v<T>);
    variable = T{};
  }
}

template <class A>
void *DllAddress(const A &array) {
  return const_cast<void *>(static_cast<const void *>(array.Data()));
}

}  // namespace mql
