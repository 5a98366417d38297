// From a run-time element type to code for it: lists of types, and visit() which calls a templated lambda with the one that
// matches. Moving data needs only the width, for which visit_width() picks an unsigned integer.
// Booleans are visited as std::uint8_t, since a tensor from outside may hold bytes other than 0 and 1.
#pragma once

#include <cstdint>

#include "core/model/ops/float16.hpp"
#include "core/tensor/data_type.hpp"

namespace sluice::model::ops {

template <typename... Ts>
struct Types {};

template <typename A, typename B>
struct Joined;
template <typename... As, typename... Bs>
struct Joined<Types<As...>, Types<Bs...>> {
  using type = Types<As..., Bs...>;
};

using FloatTypes = Types<float, double, Float16>;
using SignedTypes = Types<std::int8_t, std::int16_t, std::int32_t, std::int64_t>;
using UnsignedTypes = Types<std::uint8_t, std::uint16_t, std::uint32_t, std::uint64_t>;
using IntegerTypes = Joined<SignedTypes, UnsignedTypes>::type;
using NumericTypes = Joined<FloatTypes, IntegerTypes>::type;
using IndexTypes = Types<std::int64_t, std::int32_t>;

// Calls f.operator()<T>() with the T of the list that stores `type`; false when none does.
template <typename... Ts, typename F>
constexpr bool visit(DataType type, Types<Ts...>, F&& f) {
  return ((data_type_of<Ts> == type ? (f.template operator()<Ts>(), true) : false) || ...);
}

template <typename List>
constexpr bool contains(DataType type, List list) {
  return visit(type, list, []<typename T>() {});
}

// Calls f.operator()<U>() with the unsigned integer as wide as an element of `type`; false for kUndefined.
template <typename F>
constexpr bool visit_width(DataType type, F&& f) {
  switch (element_size(type)) {
    case 1: f.template operator()<std::uint8_t>(); return true;
    case 2: f.template operator()<std::uint16_t>(); return true;
    case 4: f.template operator()<std::uint32_t>(); return true;
    case 8: f.template operator()<std::uint64_t>(); return true;
    default: return false;
  }
}

// The type in which arithmetic on T happens: float for Float16, T otherwise.
template <typename T>
struct Arithmetic {
  using type = T;
};
template <>
struct Arithmetic<Float16> {
  using type = float;
};
template <typename T>
using ArithmeticOf = typename Arithmetic<T>::type;

template <typename T>
inline constexpr bool kIsFloat = std::is_floating_point_v<ArithmeticOf<T>>;

}  // namespace sluice::model::ops
