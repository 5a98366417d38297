#include "native/eval/variants/variant_fit.hpp"

#include <algorithm>
#include <string>

namespace sluice::eval {
namespace {

constexpr std::size_t kLongestName = 64;

std::string dims_text(std::span<const std::int64_t> dims) {
  std::string text = "[";
  for (const std::int64_t dim : dims) {
    append_text(text, {text.size() > 1 ? ", " : "", dim < 0 ? "?" : std::to_string(dim)});
  }
  return text + "]";
}

std::string tensor_names(std::span<const model::TensorInfo> tensors) {
  std::string names;
  for (const model::TensorInfo& tensor : tensors) append_text(names, {names.empty() ? "'" : "', '", tensor.name});
  return names.empty() ? "none" : names + "'";
}

}  // namespace

Result<void> check_variant_name(std::string_view name) {
  const auto allowed = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; };
  if (!name.empty() && name.size() <= kLongestName && std::ranges::all_of(name, allowed)) return {};
  return fail(ErrorCode::kInvalidArgument,
              {"'", name, "' is no name of a variant: 1 to ", kLongestName, " of a-z, 0-9 and -"});
}

Result<void> check_tensors(std::string_view which, std::span<const model::TensorInfo> model,
                           std::span<const model::TensorInfo> variant) {
  if (model.size() != variant.size()) {
    return fail(ErrorCode::kShapeMismatch, {"it has ", variant.size(), " ", which, "s (", tensor_names(variant),
                                            "); the model has ", model.size(), " (", tensor_names(model), ")"});
  }
  for (std::size_t i = 0; i < model.size(); ++i) {
    const model::TensorInfo& wanted = model[i];
    const model::TensorInfo& found = variant[i];
    if (found.name != wanted.name) {
      return fail(ErrorCode::kNotFound, {"its ", which, " ", i, " is '", found.name, "'; the model's is '", wanted.name,
                                         "', and a server tells them apart by name: export it so"});
    }
    if (found.type != wanted.type) {
      return fail(ErrorCode::kTypeMismatch, {"its ", which, " '", found.name, "' is ", type_name(found.type),
                                             "; the model's is ", type_name(wanted.type)});
    }
    if (found.dims != wanted.dims) {
      return fail(ErrorCode::kShapeMismatch,
                  {"its ", which, " '", found.name, "' is ", dims_text(found.dims), "; the model's is ",
                   dims_text(wanted.dims), found.dims.size() == wanted.dims.size() ? " (? is open in the file)" : ""});
    }
  }
  return {};
}

}  // namespace sluice::eval
