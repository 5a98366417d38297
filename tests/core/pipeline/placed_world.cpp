#include "tests/core/pipeline/placed_world.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "core/pipeline/answer_chooser.hpp"
#include "core/pipeline/flow.hpp"
#include "core/pipeline/form_placer.hpp"
#include "core/pipeline/stand_in_route.hpp"
#include "core/wire/codec.hpp"

namespace sluice::pipeline::testing {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kAnswerBytes = 200;
constexpr std::uint32_t kModelSide = 320;
constexpr double kStep_s = 0.002;  // within which the link's rate is taken to stay

Duration of_ms(double ms) { return Duration(static_cast<Duration::rep>(ms * 1e3)); }
double in_ms(Duration duration) { return static_cast<double>(duration.count()) / 1e3; }

}  // namespace

double WorldInput::best_ms() const {
  double best = 1e12;
  for (const auto& one : would_take_ms) best = std::min(best, one.value_or(best));
  return best;
}

bool WorldInput::would_be_right(Form form) const {
  const auto taken = would_take_ms[static_cast<std::size_t>(form)];
  return taken && *taken <= 1.05 * best_ms() + 2;
}

PlacedWorld::PlacedWorld(const WorldOptions& options) : options_(options), random_(options.seed) {
  manifest.name = "photos";
  manifest.version = "1";
  manifest.model.part = "model";
  input::ImageSpec spec;
  spec.width = spec.height = kModelSide;
  spec.fit = input::Fit::kLetterbox;
  manifest.model.input = spec;
  if (options_.here_profile_ms > 0)
    manifest.variants.push_back({"fp32", "model", 1, {{"test", options_.here_profile_ms, 1}}});
  if (!options_.stand_in.empty()) manifest.variants.push_back({options_.stand_in, "small", 0.9F, {{"test", 20, 1}}});
  client_options.queue = QueuePolicy::kKeepAll;
  client_options.place = options_.here > 0ms ? ModelPlace::kRemoteElseLocal : ModelPlace::kRemote;
  client_options.place_forms = !options_.chosen_by;
  client_options.choose = options_.chosen_by.has_value();
  client_options.weights = options_.chosen_by.value_or(adapt::kUsualWeights);
  client_options.duplicate = options_.duplicate;
  client_options.stand_in = options_.stand_in;
  client_options.budget_ms = options_.budget_ms;
  client_options.ping_interval_ms = 0;
  std::vector<Client::MakeRoute> further;
  if (!options_.stand_in.empty()) {
    further.push_back([this](RouteHost& host, RemoteRoute*) {
      return std::make_unique<StandInRoute>(host, options_.stand_in, "small");
    });
  }
  client_ =
      std::make_unique<Client>(manifest, std::vector<std::unique_ptr<Question>>{}, client_options, nullptr, further);
  if (options_.chosen_by) {
    client_->choose_with(std::make_unique<AnswerChooser>(manifest, client_options), std::nullopt);
  } else {
    client_->place_with(std::make_unique<FormPlacer>(manifest, options_.stand_in));
  }
  client_->record_to(this);
}

PlacedWorld::~PlacedWorld() = default;

void PlacedWorld::line(std::string_view text) {
  decisions += text;
  decisions += '\n';
}

void PlacedWorld::run() {
  client_->start(now_);
  at(now_ + 200ms, [this] { offer(); });
  settle();
  while (offered_ < options_.inputs || open_ != 0) {
    Instant next = client_->next_deadline();
    if (!timeline_.empty()) next = std::min(next, timeline_.begin()->first);
    REQUIRE(next != kNever);
    now_ = std::max(now_, next);
    if (!timeline_.empty() && timeline_.begin()->first <= now_) {
      const auto what = std::move(timeline_.begin()->second);
      timeline_.erase(timeline_.begin());
      what();
    }
    if (client_->next_deadline() <= now_) client_->tick(now_);
    settle();
  }
  client_->stop(now_);
}

void PlacedWorld::settle() {
  for (bool moved = true; moved;) {
    moved = false;
    while (auto event = client_->next_event()) {
      handle(*std::move(event));
      moved = true;
    }
    while (const std::string* message = client_->next_message()) {
      hear(*message);
      moved = true;
    }
  }
}

// Skewed: most pictures are small, few are of many megapixels.
void PlacedWorld::offer() {
  std::uniform_real_distribution<double> even(0, 1);
  Picture picture;
  const double megapixels = 0.05 * std::pow(240, std::pow(even(random_), 1.6));
  picture.width = static_cast<std::uint32_t>(std::sqrt(megapixels * 1e6 * 4 / 3));
  picture.height = picture.width * 3 / 4;
  const double pixels = static_cast<double>(picture.width) * picture.height;
  picture.unit_bytes = pixels * (0.9 + 1.2 * even(random_));
  if (options_.own_files) {
    picture.own.bytes = static_cast<std::uint64_t>(picture.unit_bytes * FlowControl::relative_size({90, 1}));
    picture.own.quantiser = 0.2F;
  }
  const std::uint8_t pixel = 0;
  input::ImageView view{input::PixelFormat::kGray8, picture.width, picture.height, {{{&pixel, picture.width}, {}, {}}}};
  const auto id = client_->offer(view, now_, picture.own);
  REQUIRE(id.has_value());
  ++offered_;
  ++open_;
  pictures_[*id] = picture;
  offered_at_[*id] = now_;
  inputs.resize(static_cast<std::size_t>(*id));
  if (offered_ < options_.inputs) at(now_ + options_.every, [this] { offer(); });
}

double PlacedWorld::payload_bytes(const Picture& picture, const Encode& encode) const {
  if (encode.own) return static_cast<double>(picture.own.bytes);
  // Each halving of the sides leaves more to say in each pixel.
  const double crowded = std::pow(1 / static_cast<double>(encode.scale), 0.35);
  return 300 + picture.unit_bytes * FlowControl::relative_size({encode.jpeg_quality, encode.scale}) * crowded;
}

Instant PlacedWorld::carried(double bytes, Instant handed) const {
  Instant time = std::max(handed, link_free_);
  for (double left = bytes; left > 0;) {
    const double rate = options_.up_bytes_per_s(time);
    const double step = std::min(kStep_s, left / rate);
    left -= rate * step;
    time += of_ms(std::max(step * 1e3, 0.001));
  }
  return time;
}

Duration PlacedWorld::server_time(double bytes, double pixels) const {
  return options_.compute +
         of_ms(bytes / 1e6 * options_.decode_ms_per_mb + pixels / 1e6 * options_.decode_ms_per_megapixel);
}

double PlacedWorld::would_take(const Picture& picture, const FormSetting& setting) const {
  const double pixels = static_cast<double>(picture.width) * picture.height;
  const double side = static_cast<double>(setting.scale);
  const double per_megapixel = setting.form == Form::kFile    ? 0
                               : setting.form == Form::kWhole ? options_.encode_ms_per_megapixel
                                                              : options_.shrink_ms_per_megapixel;
  const double bytes = payload_bytes(picture, {{}, setting.jpeg_quality, setting.scale, setting.form == Form::kFile});
  const Instant handed = now_ + of_ms(pixels / 1e6 * per_megapixel);
  return in_ms(carried(bytes, handed) - now_ + 2 * options_.one_way + server_time(bytes, pixels * side * side));
}

// From now on; of an input's first decision.
void PlacedWorld::consider(WorldInput& one, const Picture& picture) const {
  if (std::ranges::any_of(one.would_take_ms, [](const auto& known) { return known.has_value(); })) return;
  const float scale = std::min(static_cast<float>(kModelSide) / static_cast<float>(picture.width), 1.0F);
  for (const FormSetting& setting :
       {FormSetting{Form::kWhole, 85, 1}, FormSetting{Form::kFile, 85, 1}, FormSetting{Form::kShrunk, 85, scale}}) {
    const bool there =
        setting.form == Form::kFile ? picture.own.bytes != 0 : setting.scale < 0.95F || setting.form == Form::kWhole;
    if (there) one.would_take_ms[static_cast<std::size_t>(setting.form)] = would_take(picture, setting);
  }
  if (options_.here > 0ms && options_.stand_in.empty())
    one.would_take_ms[static_cast<std::size_t>(Form::kHere)] = in_ms(options_.here);
}

void PlacedWorld::handle(ClientEvent event) {
  if (auto* answered = std::get_if<Answered>(&event)) {
    Answer& answer = answered->answer;
    WorldInput& one = inputs[answer.input - 1];
    if (answer.placement) one.placement = *answer.placement;
    one.kind = answer.kind;
    one.stopgap = answer.stopgap;
    ended(answer.input, one, std::string(kind_name(answer.kind)), answer.reason);
  } else if (auto* failed = std::get_if<InputFailed>(&event)) {
    WorldInput& one = inputs[failed->failed.input - 1];
    one.failed = true;
    ended(failed->failed.input, one, std::string(error_name(failed->failed.error.code)), {});
  } else if (auto* wanted = std::get_if<RunWanted>(&event)) {
    const Picture& picture = pictures_[wanted->input];
    const auto* encode = std::get_if<Encode>(&wanted->work);
    consider(inputs[wanted->input - 1], picture);
    if (encode == nullptr) {
      ++ran_here;
      at(now_ + options_.here, [this, attempt = wanted->attempt] {
        client_->submit(attempt, std::vector<OutputTensor>{}, options_.here, now_);
      });
      return;
    }
    const double pixels = static_cast<double>(picture.width) * picture.height;
    const double side = encode->own ? 1 : static_cast<double>(encode->scale);
    const double per_megapixel = encode->own         ? 0
                                 : encode->scale < 1 ? options_.shrink_ms_per_megapixel
                                                     : options_.encode_ms_per_megapixel;
    const Duration took = of_ms(pixels / 1e6 * per_megapixel);
    auto payload = std::string(static_cast<std::size_t>(payload_bytes(picture, *encode)), '.');
    sent_pixels_[payload.size()] = pixels * side * side;
    at(now_ + took, [this, attempt = wanted->attempt, took, moved = std::move(payload)] {
      client_->submit(attempt, Payload{wire::Encoding::kJpeg, as_bytes(moved)}, took, now_);
    });
  } else if (std::holds_alternative<ConnectWanted>(event)) {
    at(now_ + 2 * options_.one_way, [this] { client_->connected(now_); });
  }
}

void PlacedWorld::hear(const std::string& message_of_client) {
  const std::string bytes = message_of_client;  // valid until the next call only
  client_->sent(bytes.size(), now_);
  const Instant arrived = carried(static_cast<double>(bytes.size()), now_) + options_.one_way;
  link_free_ = arrived - options_.one_way;
  const auto message = wire::decode(as_bytes(bytes));
  REQUIRE(message.has_value());
  if (std::holds_alternative<wire::Hello>(*message)) {
    at(arrived + options_.one_way, [this] {
      std::string out;
      wire::Welcome welcome;
      welcome.server = "server";
      welcome.bundle = "photos";
      welcome.bundle_version = "1";
      welcome.limits = {std::uint64_t{16} << 20U, 8, 60'000};
      welcome.encodings = {wire::Encoding::kJpeg};
      wire::encode(welcome, out);
      client_->receive(as_bytes(out), now_);
    });
  } else if (const auto* request = std::get_if<wire::Request>(&*message)) {
    answer(request->id, request->payload.size(), sent_pixels_[request->payload.size()], arrived);
  }
}

void PlacedWorld::answer(std::uint64_t request, std::size_t bytes, double pixels, Instant arrived) {
  wire::Answer reply;
  reply.request_id = request;
  reply.cost.compute = options_.compute;
  reply.cost.decode = server_time(static_cast<double>(bytes), pixels) - options_.compute;
  Instant ready = arrived + server_time(static_cast<double>(bytes), pixels);
  if (options_.jitter > 0us)
    ready += Duration(static_cast<Duration::rep>(random_() % static_cast<std::uint64_t>(options_.jitter.count())));
  while (options_.server_silent(ready)) ready += 10ms;
  const Tensor filling = *Tensor::create(DataType::kUint8, {static_cast<std::int64_t>(kAnswerBytes)});
  reply.outputs.push_back({"boxes", filling.view()});
  std::string out;
  wire::encode(reply, out);
  at(ready + options_.one_way, [this, moved = std::move(out)] { client_->receive(as_bytes(moved), now_); });
}

void PlacedWorld::ended(InputId input, WorldInput& one, const std::string& how, std::string reason) {
  one.took = now_ - offered_at_[input];
  one.reason = reason;
  ends.push_back({now_, input, how, std::move(reason), one.placement});
  --open_;
}

}  // namespace sluice::pipeline::testing
