#include "core/output/retinaface.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <string>

#include "core/model/model.hpp"

using namespace sluice;
using namespace sluice::output;

namespace {

// The nine heads of a network for pictures of `side` pixels, all background until a test puts a face somewhere.
class Heads {
 public:
  explicit Heads(std::int64_t side) {
    for (const std::int64_t stride : {32, 16, 8}) {
      const std::int64_t cells = side / stride;
      for (const auto& [name, channels] : {std::pair<std::string, std::int64_t>{"face_rpn_cls_prob_reshape", 4},
                                           {"face_rpn_bbox_pred", 8},
                                           {"face_rpn_landmark_pred", 20}}) {
        tensors_.push_back({name + "_stride" + std::to_string(stride),
                            std::move(*Tensor::create(DataType::kFloat32, {1, channels, cells, cells}))});
      }
    }
  }

  float& at(std::size_t level, std::size_t head, std::size_t channel, std::size_t row, std::size_t column) {
    Tensor& tensor = tensors_[level * 3 + head].tensor;
    const auto cells = static_cast<std::size_t>(tensor.shape()[2]);
    return tensor.as<float>()[(channel * cells + row) * cells + column];
  }
  void put_score(std::size_t level, std::size_t anchor, std::size_t row, std::size_t column, float score) {
    at(level, 0, 2 + anchor, row, column) = score;
  }

  std::vector<ModelOutput> views() const {
    std::vector<ModelOutput> views;
    for (const OutputTensor& output : tensors_) views.push_back({output.name, output.tensor.view()});
    return views;
  }

  std::vector<OutputTensor>& tensors() { return tensors_; }

 private:
  std::vector<OutputTensor> tensors_;
};

const Source kSame{{input::Modality::kImage, {320, 320, 0}}, {1, 1}};

std::vector<Detection> detect(const Heads& heads, const Source& source = kSame) {
  RetinaFaceDecoder decoder({"retinaface", 0.5F, 0.4F});
  const auto faces = decoder.detect(heads.views(), source);
  REQUIRE(faces);
  return **faces;
}

}  // namespace

TEST_CASE("nothing above the threshold is no face") { CHECK(detect(Heads(320)).empty()); }

TEST_CASE("an undisturbed anchor is a square around its cell's centre") {
  Heads heads(320);
  heads.put_score(1, 1, 5, 6, 0.9F);  // stride 16, second anchor: 64 pixels
  const auto faces = detect(heads);
  REQUIRE(faces.size() == 1);
  const float x = 8 + 6 * 16;
  const float y = 8 + 5 * 16;
  CHECK(faces[0].x0 == doctest::Approx(x - 32));
  CHECK(faces[0].x1 == doctest::Approx(x + 32));
  CHECK(faces[0].y0 == doctest::Approx(y - 32));
  CHECK(faces[0].y1 == doctest::Approx(y + 32));
  CHECK(faces[0].score == doctest::Approx(0.9));
  CHECK(faces[0].landmarks[0] == doctest::Approx(x));
  CHECK(faces[0].landmarks[9] == doctest::Approx(y));
}

TEST_CASE("deltas move and scale the box, and landmarks by the training scale") {
  Heads heads(320);
  heads.put_score(2, 0, 20, 20, 0.8F);         // stride 8, first anchor: 32 pixels
  heads.at(2, 1, 0, 20, 20) = 0.25F;           // 8 pixels right
  heads.at(2, 1, 1, 20, 20) = -0.5F;           // 16 pixels up
  heads.at(2, 1, 2, 20, 20) = std::log(2.0F);  // twice as wide
  heads.at(2, 1, 3, 20, 20) = std::log(0.5F);  // half as high
  heads.at(2, 2, 4, 20, 20) = 1.0F;            // nose, x
  heads.at(2, 2, 5, 20, 20) = -1.0F;           // nose, y
  const auto faces = detect(heads);
  REQUIRE(faces.size() == 1);
  CHECK(faces[0].x0 == doctest::Approx(168 + 8 - 32));
  CHECK(faces[0].x1 == doctest::Approx(168 + 8 + 32));
  CHECK(faces[0].y0 == doctest::Approx(168 - 16 - 8));
  CHECK(faces[0].y1 == doctest::Approx(168 - 16 + 8));
  CHECK(faces[0].landmarks[4] == doctest::Approx(168 + 32 * 0.18181818));
  CHECK(faces[0].landmarks[5] == doctest::Approx(168 - 32 * 0.18181818));
}

TEST_CASE("the second anchor has its own channels") {
  Heads heads(320);
  heads.put_score(2, 1, 10, 10, 0.8F);
  heads.at(2, 1, 4, 10, 10) = 1.0F;   // its dx
  heads.at(2, 2, 10, 10, 10) = 2.0F;  // its left eye, x
  const auto faces = detect(heads);
  REQUIRE(faces.size() == 1);
  CHECK(faces[0].x0 == doctest::Approx(88 + 16 - 8));
  CHECK(faces[0].landmarks[0] == doctest::Approx(88 + 16 * 2 * 0.18181818));
}

TEST_CASE("the background's score is not the face's") {
  Heads heads(320);
  heads.at(0, 0, 0, 2, 2) = 1.0F;
  heads.at(0, 0, 1, 2, 2) = 1.0F;
  CHECK(detect(heads).empty());
}

TEST_CASE("overlapping boxes give the best, distant ones stay, best first") {
  Heads heads(320);
  heads.put_score(2, 0, 10, 10, 0.7F);
  heads.put_score(2, 0, 10, 11, 0.9F);  // 8 pixels beside: IoU 0.6
  heads.put_score(2, 0, 10, 13, 0.6F);  // 24 and 16 pixels beside: IoU 0.33 with the best
  heads.put_score(2, 0, 30, 30, 0.8F);
  const auto faces = detect(heads);
  REQUIRE(faces.size() == 3);
  CHECK(faces[0].score == doctest::Approx(0.9));
  CHECK(faces[1].score == doctest::Approx(0.8));
  CHECK(faces[2].score == doctest::Approx(0.6));
}

TEST_CASE("boxes are mapped to the source picture and cut to it") {
  Heads heads(320);
  heads.put_score(0, 1, 0, 0, 0.9F);  // 256 pixels around (8, 8)
  const auto faces = detect(heads, {{input::Modality::kImage, {1280, 640, 0}}, {0.25F, 0.5F}});
  REQUIRE(faces.size() == 1);
  CHECK(faces[0].x0 == 0);
  CHECK(faces[0].y0 == 0);
  CHECK(faces[0].x1 == doctest::Approx((8 + 128) * 4));
  CHECK(faces[0].y1 == doctest::Approx((8 + 128) * 2));
  CHECK(faces[0].landmarks[0] == doctest::Approx(32));
  CHECK(faces[0].landmarks[1] == doctest::Approx(16));
  RetinaFaceDecoder decoder({"retinaface", 0.5F, 0.4F});
  CHECK_FALSE(decoder.detect(heads.views(), {{input::Modality::kImage, {10, 10, 0}}, {0, 1}}));
}

TEST_CASE("what is not a number is no face") {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const float infinity = std::numeric_limits<float>::infinity();
  Heads heads(320);
  heads.put_score(0, 0, 1, 1, nan);
  heads.put_score(1, 0, 1, 1, 0.9F);
  heads.at(1, 1, 0, 1, 1) = nan;
  heads.put_score(2, 0, 1, 1, 0.9F);
  heads.at(2, 1, 1, 1, 1) = infinity;
  heads.put_score(2, 0, 30, 1, 0.9F);
  heads.at(2, 2, 3, 30, 1) = nan;
  CHECK(detect(heads).empty());
  // A huge growth is cut to one that fits numbers.
  heads.put_score(2, 0, 20, 20, 0.9F);
  heads.at(2, 1, 2, 20, 20) = 1e30F;
  const auto faces = detect(heads);
  REQUIRE(faces.size() == 1);
  CHECK(faces[0].x0 == 0);
  CHECK(faces[0].x1 == 320);
}

TEST_CASE("outputs full of faces cost no more than the limits") {
  Heads heads(1280);
  for (OutputTensor& output : heads.tensors()) {
    if (output.name.find("cls_prob") == std::string::npos) continue;
    for (float& value : output.tensor.as<float>()) value = 1.0F;
  }
  const auto faces = detect(heads, {{input::Modality::kImage, {1280, 1280, 0}}, {1, 1}});
  CHECK(faces.size() <= RetinaFaceDecoder::kMaxFaces);
  CHECK_FALSE(faces.empty());
}

TEST_CASE("a missing or misshapen head is named") {
  RetinaFaceDecoder decoder({"retinaface", 0.5F, 0.4F});
  Heads heads(320);
  auto views = heads.views();
  views.erase(views.begin() + 4);
  const auto missing = decoder.decode(views, kSame);
  REQUIRE_FALSE(missing);
  CHECK(missing.error().code == ErrorCode::kNotFound);
  CHECK(missing.error().message.find("face_rpn_bbox_pred_stride16") != std::string::npos);

  views = heads.views();
  views[0].tensor.shape = {1, 2, 10, 10};
  CHECK(decoder.decode(views, kSame).error().code == ErrorCode::kShapeMismatch);
  views = heads.views();
  views[0].tensor.type = DataType::kInt32;
  CHECK(decoder.decode(views, kSame).error().code == ErrorCode::kTypeMismatch);
  views = heads.views();
  views[1].tensor.bytes = views[1].tensor.bytes.first(16);
  CHECK(decoder.decode(views, kSame).error().code == ErrorCode::kShapeMismatch);

  Heads other(640);
  views[1] = other.views()[1];
  const auto mixed = decoder.decode(views, kSame);
  REQUIRE_FALSE(mixed);
  CHECK(mixed.error().message.find("10 x 10 and 20 x 20") != std::string::npos);
}

TEST_CASE("faces arrive as the detections tensor") {
  RetinaFaceDecoder decoder({"retinaface", 0.5F, 0.4F});
  Heads heads(320);
  heads.put_score(1, 0, 5, 5, 0.75F);
  const auto result = decoder.decode(heads.views(), kSame);
  REQUIRE(result);
  REQUIRE(result->size() == 1);
  CHECK((*result)[0].name == kDetectionsName);
  const auto faces = from_tensor((*result)[0].tensor.view());
  REQUIRE(faces);
  REQUIRE(faces->size() == 1);
  CHECK((*faces)[0].score == 0.75F);
}

TEST_CASE("heads are held against what the model says of them, as far as it says") {
  const RetinaFaceDecoder decoder({"retinaface", 0.5F, 0.4F});
  Heads heads(320);
  const auto said = [&] {
    std::vector<model::TensorInfo> infos;
    for (const OutputTensor& output : heads.tensors()) {
      const auto dims = output.tensor.shape().dims();
      infos.push_back({output.name, output.tensor.type(), {dims.begin(), dims.end()}});
    }
    return infos;
  };
  CHECK(decoder.check(said()));
  auto open = said();
  for (model::TensorInfo& head : open) head = {head.name, DataType::kUndefined, {}};
  open[4].dims = {-1, -1, -1, -1};
  CHECK(decoder.check(open));

  auto other = said();
  other[1].dims[1] = 12;
  CHECK(decoder.check(other).error().message ==
        "output 'face_rpn_bbox_pred_stride32' must have the shape [1, 8, height, width], not [1, 12, 10, 10]");
  other = said();
  other[2].dims = {1, 20, -1};
  CHECK(decoder.check(other).error().code == ErrorCode::kShapeMismatch);
  other = said();
  other[8].type = DataType::kFloat16;
  CHECK(decoder.check(other).error().message == "output 'face_rpn_landmark_pred_stride8' must be float32, not float16");
  other.pop_back();
  CHECK(decoder.check(other).error().code == ErrorCode::kNotFound);
}
