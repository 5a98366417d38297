#include "native/eval/variants/variants_command.hpp"

#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <utility>

#include "native/bundle/bundle_folder.hpp"
#include "native/bundle/sha256.hpp"
#include "native/eval/progress_line.hpp"
#include "native/eval/variants/manifest_variants.hpp"
#include "native/eval/variants/variant_fit.hpp"
#include "native/eval/variants/variant_measurement.hpp"
#include "native/eval/variants/variant_report.hpp"

namespace sluice::eval {
namespace {

namespace fs = std::filesystem;

constexpr double kAgreementStep = 1e-4;  // that the written share is rounded down to
constexpr std::size_t kFewDraws = 200;

struct Named {
  std::string name;
  fs::path file;
};

Result<std::vector<Named>> parse_added(const std::vector<std::string>& texts) {
  std::vector<Named> added;
  for (const std::string& text : texts) {
    const std::size_t equals = text.find('=');
    if (equals == std::string::npos || equals + 1 == text.size()) {
      return fail(ErrorCode::kInvalidArgument, {"--add '", text, "' is not NAME=FILE"});
    }
    Named one{text.substr(0, equals), text.substr(equals + 1)};
    if (auto good = check_variant_name(one.name); !good) return fail(good.error());
    if (std::ranges::find(added, one.name, &Named::name) != added.end()) {
      return fail(ErrorCode::kInvalidArgument, {"--add names '", one.name, "' twice"});
    }
    added.push_back(std::move(one));
  }
  return added;
}

std::string variant_names(const std::vector<pipeline::ModelVariant>& variants) {
  std::string names;
  for (const auto& variant : variants) append_text(names, {names.empty() ? "'" : "', '", variant.name});
  return names.empty() ? "none" : names + "'";
}

Result<void> remove_variants(const std::vector<std::string>& removed, pipeline::Manifest& manifest) {
  for (const std::string& name : removed) {
    const auto found = std::ranges::find(manifest.variants, name, &pipeline::ModelVariant::name);
    if (found == manifest.variants.end()) {
      return fail(ErrorCode::kNotFound, {"the bundle '", manifest.name, "' has no variant '", name, "'; it has ",
                                         variant_names(manifest.variants)});
    }
    manifest.variants.erase(found);
  }
  return {};
}

// Into the bundle in memory: its file becomes a part, in place of the one that a variant of that name had.
Result<void> add_variant(const Named& one, bundle::Bundle& bundle) {
  auto onnx = bundle::read_file(one.file);
  if (!onnx) return fail(onnx.error());
  const auto hash = bundle::sha256_hex(as_bytes(*onnx));
  if (!hash) return fail(hash.error());
  pipeline::Manifest& manifest = bundle.manifest;
  auto variant = std::ranges::find(manifest.variants, one.name, &pipeline::ModelVariant::name);
  if (variant == manifest.variants.end()) {
    if (manifest.find_part(one.name) != nullptr) {
      return fail(ErrorCode::kInvalidArgument, {"the bundle '", manifest.name, "' has a part '", one.name,
                                                "' that is none of its variants; give the variant another name"});
    }
    const std::string file = one.name + ".onnx";
    if (std::ranges::find(manifest.parts, file, &pipeline::Part::file) != manifest.parts.end()) {
      return fail(ErrorCode::kInvalidArgument,
                  {"a part of the bundle '", manifest.name, "' is the file ", file, "; give the variant another name"});
    }
    manifest.parts.push_back({one.name, file, 0, {}});
    manifest.variants.push_back({one.name, one.name, 0, {}});
    variant = std::prev(manifest.variants.end());
  }
  variant->profile.clear();  // other weights take another time on every device
  pipeline::Part& part = *std::ranges::find(manifest.parts, variant->part, &pipeline::Part::name);
  part.bytes = onnx->size();
  part.sha256 = *hash;
  bundle.parts[part.name] = *std::move(onnx);
  return {};
}

AgreementFigures agreement_figures(const std::vector<BlockAgreement>& blocks, double confidence) {
  return {agreement_share(blocks), least_agreement(blocks, confidence), most_agreement(blocks, confidence)};
}

std::size_t pictures_of(const FormMeasurement& variant) {
  std::size_t pictures = 0;
  for (const BlockAgreement& block : variant.blocks) pictures += block.inputs;
  return pictures;
}

// The folder that is written to, once it is known that it may be.
Result<fs::path> find_place(const VariantsOptions& options, const pipeline::Manifest& manifest) {
  fs::path place = options.out.empty() ? options.bundle : options.out;
  std::error_code unknown;
  if (!options.out.empty() && fs::exists(place, unknown)) {
    const auto there = bundle::read_manifest(place);
    const bool same = there && there->name == manifest.name;
    if (!same && !(fs::is_directory(place, unknown) && fs::is_empty(place, unknown))) {
      return fail(ErrorCode::kInvalidArgument, {"--out '", place.string(), "' is there and is no bundle '",
                                                manifest.name, "': name a new folder, or one of that bundle"});
    }
  }
  const fs::path above = fs::weakly_canonical(place, unknown).parent_path();
  fs::create_directories(above, unknown);
  if (::access(above.c_str(), W_OK) != 0) {
    return fail(ErrorCode::kIoError, {"nothing can be written into ", above.string(), ", where the bundle is put"});
  }
  return place;
}

bool was_added(const std::vector<Named>& added, const std::string& name) {
  return std::ranges::find(added, name, &Named::name) != added.end();
}

Result<VariantReport> measure(const VariantsOptions& options, const bundle::Bundle& bundle,
                              const std::vector<Named>& added, std::FILE* log) {
  auto trial = VariantTrial::create(bundle);
  if (!trial) return fail(trial.error());
  const auto data = open_variant_data(options.data, options.test, options.every);
  if (!data) return fail(data.error());
  const auto measured = trial->measure(data->calibration, ProgressLine(log, "measuring, picture"));
  if (!measured) return fail(measured.error());
  std::optional<std::vector<FormMeasurement>> tested;
  if (data->test) {
    auto more = trial->measure(*data->test, ProgressLine(log, "testing, picture"));
    if (!more) return fail(more.error());
    tested = *std::move(more);
  }
  const pipeline::Manifest& manifest = bundle.manifest;
  VariantReport report;
  report.bundle = manifest.name + " " + manifest.version;
  report.device = kMeasuredDevice;
  report.confidence = options.confidence;
  report.data = data->calibration.what;
  report.test_data = data->test ? data->test->what : std::string();
  report.model_file_bytes = bundle.part(manifest.model.part).size();
  report.model_memory_bytes = trial->memory_bytes().front();
  report.model_ms = measured->front().ms;
  for (std::size_t i = 0; i < manifest.variants.size(); ++i) {
    const pipeline::ModelVariant& variant = manifest.variants[i];
    const FormMeasurement& form = (*measured)[i + 1];
    VariantFigures figures{variant.name,
                           bundle.part(variant.part).size(),
                           trial->memory_bytes()[i + 1],
                           form.ms,
                           agreement_figures(form.blocks, options.confidence),
                           std::nullopt,
                           was_added(added, variant.name),
                           {},
                           false};
    if (tested) figures.test = agreement_figures((*tested)[i + 1].blocks, options.confidence);
    report.pictures = pictures_of(form);
    report.draws = form.blocks.size();
    if (tested) report.test_pictures = pictures_of((*tested)[i + 1]);
    report.variants.push_back(std::move(figures));
  }
  return report;
}

double written_agreement(const VariantFigures& figures) {
  return std::floor(figures.calibration.low / kAgreementStep) * kAgreementStep;
}

// What goes into the manifest, of those that are wanted: the bundle's own stay, with a word about those of no use; added ones of no use do
// not go in.
Result<void> choose(const VariantsOptions& options, VariantReport& report, std::FILE* log) {
  mark_dominated(report.model_ms, report.variants);
  for (VariantFigures& one : report.variants) {
    one.written = !one.added || one.dominated_by.empty() || options.keep_dominated;
    if (!one.written || written_agreement(one) > 0) continue;
    return fail(ErrorCode::kInvalidArgument,
                {"variant '", one.name, "' agrees with the model on ", 100 * one.calibration.share, " % of ",
                 report.pictures, " pictures, of which nothing can be promised: more pictures, or another variant"});
  }
  if (!report.variants.empty() && report.draws < kFewDraws && log != nullptr) {
    std::fprintf(
        log, "%zu pictures (videos counted as one) are few: what is written is the least agreement that they prove\n",
        report.draws);
  }
  return {};
}

Result<void> write(const VariantsOptions& options, const bundle::Bundle& bundle, const VariantReport& report,
                   const fs::path& place) {
  std::map<std::string, std::string> files;
  std::vector<pipeline::Part> parts;
  std::vector<pipeline::ModelVariant> variants;
  for (std::size_t i = 0; i < report.variants.size(); ++i) {
    const VariantFigures& figures = report.variants[i];
    if (!figures.written) continue;
    pipeline::ModelVariant variant = bundle.manifest.variants[i];
    variant.agreement = static_cast<float>(written_agreement(figures));
    std::erase_if(variant.profile, [&](const auto& profile) { return profile.device == report.device; });
    variant.profile.push_back(
        {report.device, static_cast<float>(std::round(figures.ms * 1000) / 1000), figures.memory_bytes});
    if (figures.added) {
      const pipeline::Part& part = *bundle.manifest.find_part(variant.part);
      parts.push_back(part);
      files[part.file] = bundle.parts.find(part.name)->second;
    }
    variants.push_back(std::move(variant));
  }
  const auto text = bundle::read_file(options.bundle / "manifest.json", pipeline::kMaxManifestBytes);
  if (!text) return fail(text.error());
  auto manifest = with_variants(*text, parts, variants);
  if (!manifest) return fail(manifest.error());
  files["manifest.json"] = *std::move(manifest);
  return bundle::replace_files(options.bundle, place, files);
}

}  // namespace

Result<void> run_variants(const VariantsOptions& options, std::FILE* out, std::FILE* log) {
  const auto added = parse_added(options.added);
  if (!added) return fail(added.error());
  auto bundle = bundle::read_bundle(options.bundle);
  if (!bundle) return fail(bundle.error());
  if (auto removed = remove_variants(options.removed, bundle->manifest); !removed) return removed;
  for (const Named& one : *added) {
    if (auto done = add_variant(one, *bundle); !done) return done;
  }
  if (bundle->manifest.variants.empty() && options.removed.empty()) {
    return fail(ErrorCode::kInvalidArgument,
                {"the bundle '", bundle->manifest.name, "' has no variants to measure: name one with --add NAME=FILE"});
  }
  const auto place = find_place(options, bundle->manifest);
  if (!place) return fail(place.error());
  auto report = measure(options, *bundle, *added, log);
  if (!report) return fail(report.error());
  if (auto chosen = choose(options, *report, log); !chosen) return chosen;
  if (!options.dry_run) {
    if (auto written = write(options, *bundle, *report, *place); !written) return written;
    report->folder = place->string();
  }
  std::fputs(variant_table(*report).c_str(), out);
  if (options.json) std::fprintf(out, "%s\n", variant_json(*report).c_str());
  return {};
}

}  // namespace sluice::eval
