// The Open Inference Protocol over HTTP: results equal to a direct run of the engine, in both forms, and typed errors for
// requests that are wrong.
#include <doctest/doctest.h>
#include <rapidjson/document.h>

#include <chrono>
#include <cmath>
#include <cstring>
#include <thread>

#include "server/bench/identity_model.hpp"
#include "server/inference/infer_request.hpp"
#include "tests/server/raw_socket.hpp"
#include "tests/server/test_server.hpp"

using namespace sluice;
using namespace sluice::test;

namespace {

constexpr std::uint32_t kSide = 4;
constexpr std::size_t kCount = std::size_t{3} * kSide * kSide;

struct Scene {
  Scene() {
    write_plain_bundle(folder.path(), "identity", server::identity_onnx(kSide), kSide);
    server = std::make_unique<TestServer>(folder.path(), server::ServerOptions{}, real_engine());
  }
  HttpAnswer infer(const std::string& body, const Headers& headers = {}) const {
    return http_request(server->port(), "POST", "/v2/models/identity/infer", body, headers);
  }
  TemporaryFolder folder;
  std::unique_ptr<TestServer> server;
};

std::string json_input(const std::string& values, const std::string& shape = "[1,3,4,4]",
                       const std::string& more = {}) {
  return R"({"id":"a1",)" + more + R"("inputs":[{"name":"input","datatype":"FP32","shape":)" + shape + R"(,"data":)" +
         values + "}]}";
}

std::string numbers(std::size_t count) {
  std::string text = "[";
  for (std::size_t i = 0; i < count; ++i) text += (i > 0 ? "," : "") + std::to_string(i) + ".5";
  return text + "]";
}

std::vector<float> floats(std::string_view bytes) {
  std::vector<float> values(bytes.size() / sizeof(float));
  std::memcpy(values.data(), bytes.data(), values.size() * sizeof(float));
  return values;
}

}  // namespace

TEST_CASE("metadata and health have the protocol's form") {
  Scene scene;
  const auto port = scene.server->port();
  CHECK(http_get(port, "/v2/health/live").status == 200);
  CHECK(http_get(port, "/v2/health/ready").status == 200);
  CHECK(http_get(port, "/v2/models/identity/ready").status == 200);
  CHECK(http_get(port, "/v2/models/identity/versions/1.0.0/ready").status == 200);
  CHECK(http_get(port, "/v2/models/identity/versions/2/ready").status == 404);
  CHECK(http_get(port, "/v2/models/nobody").status == 404);
  rapidjson::Document server;
  server.Parse(http_get(port, "/v2").body.c_str());
  REQUIRE(server.IsObject());
  CHECK(std::string(server["name"].GetString()) == "sluice-server");
  CHECK(std::string(server["extensions"][0].GetString()) == "binary_tensor_data");
  rapidjson::Document model;
  model.Parse(http_get(port, "/v2/models/identity").body.c_str());
  REQUIRE(model.IsObject());
  CHECK(std::string(model["inputs"][0]["name"].GetString()) == "input");
  CHECK(std::string(model["inputs"][0]["datatype"].GetString()) == "FP32");
  CHECK(model["inputs"][0]["shape"][3].GetInt() == 4);
  CHECK(std::string(model["outputs"][0]["name"].GetString()) == "output");
}

TEST_CASE("JSON in, JSON out") {
  Scene scene;
  const auto answer = scene.infer(json_input(numbers(kCount)));
  CHECK(answer.status == 200);
  rapidjson::Document json;
  json.Parse(answer.body.c_str());
  REQUIRE(json.IsObject());
  CHECK(std::string(json["id"].GetString()) == "a1");
  CHECK(std::string(json["model_name"].GetString()) == "identity");
  const auto& output = json["outputs"][0];
  CHECK(std::string(output["datatype"].GetString()) == "FP32");
  REQUIRE(output["data"].Size() == kCount);
  for (rapidjson::SizeType i = 0; i < kCount; ++i) CHECK(output["data"][i].GetDouble() == i + 0.5);
  // Nested arrays say the same.
  std::string nested = "[[";
  for (int channel = 0; channel < 3; ++channel) nested += (channel > 0 ? "," : "") + numbers(16);
  CHECK(scene.infer(json_input(nested + "]]")).status == 200);
}

TEST_CASE("binary in, binary out") {
  Scene scene;
  std::vector<float> values(kCount);
  for (std::size_t i = 0; i < kCount; ++i) values[i] = std::sqrt(static_cast<float>(i));
  const std::string raw(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float));
  const std::string json = R"({"parameters":{"binary_data_output":true},"inputs":[{"name":"input","datatype":"FP32",)"
                           R"("shape":[1,3,4,4],"parameters":{"binary_data_size":192}}]})";
  const auto answer = scene.infer(json + raw, {{"Inference-Header-Content-Length", std::to_string(json.size())}});
  CHECK(answer.status == 200);
  const auto header = std::stoul(answer.headers.at("inference-header-content-length"));
  CHECK(floats(std::string_view(answer.body).substr(header)) == values);
  // One output in JSON although the rest is binary.
  const std::string mixed =
      R"({"parameters":{"binary_data_output":true},"outputs":[{"name":"output","parameters":{"binary_data":false}}],)"
      R"("inputs":[{"name":"input","datatype":"FP32","shape":[1,3,4,4],"parameters":{"binary_data_size":192}}]})";
  const auto text = scene.infer(mixed + raw, {{"Inference-Header-Content-Length", std::to_string(mixed.size())}});
  CHECK(text.status == 200);
  CHECK(!text.headers.contains("inference-header-content-length"));
  CHECK(text.body.find("\"data\":[0.0,1.0,") != std::string::npos);
  // The raw form.
  CHECK(floats(std::string_view(scene.infer(raw, {{"Inference-Header-Content-Length", "0"}}).body).substr(header))
            .size() == kCount);
}

TEST_CASE("RetinaFace over HTTP gives what the engine gives") {
  TestServer server;
  std::vector<float> input(std::size_t{3} * 640 * 640);
  std::uint32_t state = 1;
  for (auto& value : input) {
    state = state * 1664525 + 1013904223;
    value = static_cast<float>(state >> 24);
  }
  auto engine = real_engine();
  auto model = engine->load(as_bytes(retinaface_onnx()));
  REQUIRE(model);
  auto stage = (*model)->make_stage();
  REQUIRE(stage);
  const TensorView view{DataType::kFloat32, {1, 3, 640, 640}, std::as_bytes(std::span(input))};
  REQUIRE((*stage)->run({&view, 1}));
  std::string expected;
  for (std::size_t i = 0; i < (*model)->outputs().size(); ++i) expected += as_text((*stage)->output(i).bytes);

  const std::string raw(reinterpret_cast<const char*>(input.data()), input.size() * sizeof(float));
  const auto answer =
      http_request(server.port(), "POST", "/v2/models/faces/infer", raw, {{"Inference-Header-Content-Length", "0"}});
  REQUIRE(answer.status == 200);
  const auto header = std::stoul(answer.headers.at("inference-header-content-length"));
  CHECK(answer.body.substr(header) == expected);
}

TEST_CASE("wrong requests get a typed error that names what is wrong") {
  Scene scene;
  const auto refused = [&](const std::string& body, unsigned status, const std::string& word,
                           const Headers& headers = {}) {
    const auto answer = scene.infer(body, headers);
    CHECK_MESSAGE(answer.status == status, body.substr(0, 200), " gave ", answer.status, " ", answer.body);
    rapidjson::Document json;
    json.Parse(answer.body.c_str());
    REQUIRE(json.IsObject());
    CHECK_MESSAGE(std::string(json["error"].GetString()).find(word) != std::string::npos, answer.body);
  };
  refused("{", 400, "not JSON");
  refused("[]", 400, "object");
  refused("{}", 400, "inputs");
  refused(json_input("[1,2,3]"), 400, "its shape takes 48");
  refused(json_input(numbers(kCount + 1)), 400, "more than 48");
  refused(json_input(numbers(kCount), "[1,3,4,5]"), 400, "60");
  refused(json_input(numbers(48), "[1,3,16,1]"), 400, "float32 [1, 3, 4, 4]");
  refused(json_input(numbers(kCount), "[1,3,4,-4]"), 400, "shape");
  refused(json_input("[]", "[4294967296,4294967296,4294967296,4294967296]"), 413, "inputs[0]");
  refused(json_input("[\"a\"]", "[1]"), 400, "element 0 is not a number");
  refused(json_input("[1]", "[1]", R"("outputs":[{"name":"other"}],)"), 400, "no output 'other'");
  refused(R"({"inputs":[{"name":"input","datatype":"BYTES","shape":[1],"data":["a"]}]})", 400, "BYTES");
  refused(R"({"inputs":[{"name":"input","datatype":"INT8","shape":[1],"data":[300]}]})", 400, "range");
  refused(R"({"inputs":[{"name":"wrong","datatype":"FP32","shape":[1],"data":[1]}]})", 400, "'input' is missing");
  refused(R"({"inputs":[]})", 400, "takes 1 tensors, got 0");
  refused(json_input(numbers(kCount), "[1,3,4,4]", R"("parameters":{"timeout":-1},)"), 400, "timeout");
  refused("{}", 400, "Inference-Header-Content-Length", {{"Inference-Header-Content-Length", "100"}});
  refused("{}", 400, "not a number", {{"Inference-Header-Content-Length", "x"}});
  const std::string binary =
      R"({"inputs":[{"name":"input","datatype":"FP32","shape":[1,3,4,4],"parameters":{"binary_data_size":192}}]})";
  refused(binary, 400, "needs the header");
  refused(binary + "short", 400, "follow", {{"Inference-Header-Content-Length", std::to_string(binary.size())}});
  refused(binary + std::string(193, 'x'), 400, "1 bytes follow",
          {{"Inference-Header-Content-Length", std::to_string(binary.size())}});
  refused(std::string(100'000, '['), 400, "nested 100000 deep");
  CHECK(http_request(scene.server->port(), "POST", "/v2/models/nobody/infer", "{}").status == 404);
  CHECK(http_get(scene.server->port(), "/v2/models/identity/infer").status == 405);
  CHECK(scene.infer(json_input(numbers(kCount))).status == 200);
}

TEST_CASE("outputs are answered once each, and a timeout beyond all time is as good as none") {
  Scene scene;
  const auto twice =
      scene.infer(json_input(numbers(kCount), "[1,3,4,4]", R"("outputs":[{"name":"output"},{"name":"output"}],)"));
  CHECK(twice.status == 400);
  CHECK_MESSAGE(twice.body.find("the output 'output' is asked for twice") != std::string::npos, twice.body);
  for (const char* timeout : {"9223372036854775807", "86400000001", "1000000000"}) {
    const std::string parameters = std::string(R"("parameters":{"timeout":)") + timeout + "},";
    CHECK(scene.infer(json_input(numbers(kCount), "[1,3,4,4]", parameters)).status == 200);
  }
  for (const char* timeout : {"9223372036854775808", "0", "1e99", "\"1\""}) {
    const std::string parameters = std::string(R"("parameters":{"timeout":)") + timeout + "},";
    const auto answer = scene.infer(json_input(numbers(kCount), "[1,3,4,4]", parameters));
    CHECK_MESSAGE(answer.status == 400, timeout, " gave ", answer.body);
  }
}

TEST_CASE("replies that clients do not read are bounded over all connections") {
  constexpr std::uint32_t kLarge = 1600;  // a reply of 31 MB, which no socket takes at once
  constexpr std::size_t kReplyBytes = std::size_t{3} * kLarge * kLarge * sizeof(float);
  TemporaryFolder folder;
  write_plain_bundle(folder.path(), "identity", server::identity_onnx(kLarge), kLarge);
  server::ServerOptions options;
  options.max_unsent_http_bytes = kReplyBytes + 65'536;
  TestServer server(folder.path(), options, real_engine());
  const std::string body(kReplyBytes, '\0');
  const auto infer = [&] {
    return http_request(server.port(), "POST", "/v2/models/identity/infer", body,
                        {{"Inference-Header-Content-Length", "0"}});
  };
  CHECK(infer().status == 200);
  const auto settled = [&](double low, double high) {
    for (const auto until = std::chrono::steady_clock::now() + kPatience; std::chrono::steady_clock::now() < until;) {
      const double now = server.metric("sluice_unsent_http_bytes");
      if (now >= low && now <= high) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return false;
  };
  CHECK(settled(0, 0));
  {
    RawSocket slow(server.port());
    REQUIRE(
        slow.send("POST /v2/models/identity/infer HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
                  "Inference-Header-Content-Length: 0\r\nContent-Length: " +
                  std::to_string(body.size()) + "\r\n\r\n"));
    REQUIRE(slow.send(body));
    REQUIRE(settled(kReplyBytes, kReplyBytes + 65'536));
    const auto refused = infer();
    CHECK(refused.status == 503);
    CHECK_MESSAGE(refused.body.find("\"overloaded\"") != std::string::npos, refused.body);
    CHECK(refused.body.find("max_unsent_http_bytes") != std::string::npos);
    CHECK(refused.headers.contains("retry-after"));
    CHECK(http_get(server.port(), "/v2/health/ready").status == 200);  // small replies go all the same
    CHECK(slow.read_to_end().size() > kReplyBytes);
  }
  CHECK(settled(0, 0));
  CHECK(infer().status == 200);
}
