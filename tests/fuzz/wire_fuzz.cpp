// The wire in three ways: the bytes as one message; as a script of what peers, users and time do to a Session and a Client;
// and whatever the two then say to each other. Aborts when an input ends twice or a limit does not hold.
// A script is a row of records: one byte what to do, one byte how many bytes follow, those bytes.
#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "core/pipeline/client.hpp"
#include "core/pipeline/session.hpp"
#include "core/wire/codec.hpp"
#include "tests/core/pipeline/bundle_list.hpp"

namespace {

using namespace sluice;
using namespace sluice::pipeline;

void require(bool holds) {
  if (!holds) std::abort();
}

void decode_alone(Bytes bytes) {
  wire::salvage_request_id(bytes);
  const auto message = wire::decode(bytes);
  if (!message) return require(!message.error().message.empty());
  std::string again;
  wire::encode(*message, again);
  require(wire::decode(as_bytes(again)).has_value());
}

class Conversation {
 public:
  Conversation() : client_(faces(), {}, options(), nullptr) {
    client_.start(now_);
    settle();
  }

  void act(std::uint8_t what, Bytes bytes) {
    switch (what % 11) {
      case 0: session_->receive(std::string(as_text(bytes)), now_); break;
      case 1: client_.receive(bytes, now_); break;
      case 2: pass(bytes.empty() ? 1 : std::to_integer<int>(bytes[0])); break;
      case 3: offer(); break;
      case 4: client_.submit(wanted_, Payload{wire::Encoding::kJpeg, bytes}, Duration{1}, now_); break;
      case 5: client_.cancel(offered_.empty() ? 0 : *offered_.begin(), now_); break;
      case 6: session_->complete(accepted_, {}, {}, AnswerKind::kRemote, now_); break;
      case 7: session_->reject(accepted_, {ErrorCode::kOverloaded, "full"}, 20, now_); break;
      case 8: session_->drain(50, now_); break;
      case 9: close(); break;
      default: client_.fail(wanted_, {ErrorCode::kExecutionFailed, "not encoded"}, now_); break;
    }
    settle();
  }

  void finish() {
    client_.stop(now_);
    settle();
    require(offered_.empty());  // every input has ended
    require(client_.in_flight() == 0 && client_.waiting() == 0);
  }

 private:
  static Manifest faces() {
    Manifest manifest;
    manifest.name = "faces";
    manifest.version = "1";
    return manifest;
  }

  static ClientOptions options() {
    ClientOptions options;
    options.budget_ms = 300;
    options.backoff_first_ms = 1;
    options.backoff_max_ms = 50;
    options.ping_interval_ms = 100;
    options.pong_timeout_ms = 100;
    return options;
  }

  void open() {
    SessionOptions chosen;
    chosen.max_in_flight = 3;
    chosen.max_unsent_bytes = 4096;
    session_ = std::make_unique<Session>(served_, chosen, now_);
    gathered_.clear();
    open_ = true;
    client_.connected(now_);
  }

  void close() {
    open_ = false;
    session_->disconnected(now_);
    client_.disconnected({ErrorCode::kConnectionLost, "closed"}, now_);
  }

  void pass(int milliseconds) {
    now_ += std::chrono::milliseconds(milliseconds);
    client_.tick(now_);
    session_->tick(now_);
    require(client_.next_deadline() > now_ && session_->next_deadline() > now_);
  }

  void offer() {
    const auto id =
        client_.offer(input::ImageView{input::PixelFormat::kRgb8, 1, 1, {{{pixel_.data(), 3}, {}, {}}}}, now_);
    require(id.has_value() && offered_.insert(*id).second);
  }

  void settle() {
    for (bool moved = true; moved;) {
      moved = false;
      while (auto event = client_.next_event()) {
        moved = true;
        if (auto* answered = std::get_if<Answered>(&*event)) require(offered_.erase(answered->answer.input) == 1);
        if (auto* failed = std::get_if<InputFailed>(&*event)) require(offered_.erase(failed->failed.input) == 1);
        if (auto* run = std::get_if<RunWanted>(&*event)) wanted_ = run->attempt;
        if (std::holds_alternative<ConnectWanted>(*event)) open();
        if (std::holds_alternative<CloseWanted>(*event)) {
          open_ = false;
          session_->disconnected(now_);
        }
      }
      while (const std::string* message = client_.next_message()) {
        require(wire::decode(as_bytes(*message)).has_value());
        if (open_) {
          session_->receive(*message, now_);
          client_.sent(message->size(), now_);
        }
        moved = true;
      }
      while (auto event = session_->next_event()) {
        moved = true;
        if (auto* request = std::get_if<RequestAccepted>(&*event)) {
          accepted_ = request->id;
          if (request->request.parts_follow) gathered_[request->id] = request->request.payload.size();
        }
        if (auto* part = std::get_if<PartArrived>(&*event)) {
          require(gathered_.contains(part->id));  // it is open
          gathered_[part->id] += part->payload.size();
          require(gathered_[part->id] <= 64);
          if (part->last) gathered_.erase(part->id);
        }
        if (auto* ended = std::get_if<RequestAbandoned>(&*event)) gathered_.erase(ended->id);
        if (std::holds_alternative<CloseRequested>(*event) && open_) close();
      }
      while (auto message = session_->next_message()) {
        session_->sent(message->size());
        if (open_) client_.receive(as_bytes(*message), now_);
        moved = true;
      }
    }
    require(session_->in_flight() <= 3 && client_.in_flight() <= 4 && client_.waiting() <= 5);
  }

  const pipeline::testing::BundleList served_ = {
      {"faces", "1", {"data"}, {wire::Encoding::kJpeg, wire::Encoding::kSplit}, false, 64}};
  const std::array<std::uint8_t, 3> pixel_{};
  Instant now_{};
  Client client_;
  std::unique_ptr<Session> session_;
  bool open_ = false;
  std::set<InputId> offered_;
  std::map<std::uint64_t, std::size_t> gathered_;  // bytes of the open payloads of this connection
  AttemptId wanted_ = 0;
  std::uint64_t accepted_ = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Bytes bytes = std::as_bytes(std::span(data, size));
  decode_alone(bytes);
  Conversation conversation;
  for (std::size_t at = 0; at + 2 <= size;) {
    const std::size_t length = std::min<std::size_t>(data[at + 1], size - at - 2);
    conversation.act(data[at], bytes.subspan(at + 2, length));
    at += 2 + length;
  }
  conversation.finish();
  return 0;
}
