// Load and run times in seconds on an AWS m5.large: CremeBrulee's released profile (models.m5.json; Guo, Walls, Ogden:
// ACSOS 2021). Its sizes are zero, so they are calculated here: 4 bytes for each parameter that the Keras documentation
// states.
#include "native/simulate/residency/measured_models.hpp"

namespace sluice::simulate {
namespace {

constexpr std::uint64_t kParameterBytes = 4;

const std::vector<MeasuredModel>& table() {
  static const std::vector<MeasuredModel> models{
      {"DenseNet121", 7.43, .272, kParameterBytes * 8'062'504},
      {"DenseNet169", 9.40, .301, kParameterBytes * 14'307'880},
      {"DenseNet201", 11.55, .339, kParameterBytes * 20'242'984},
      {"EfficientNetB0", 4.75, .263, kParameterBytes * 5'330'571},
      {"EfficientNetB1", 5.95, .331, kParameterBytes * 7'856'239},
      {"EfficientNetB2", 6.70, .379, kParameterBytes * 9'177'569},
      {"EfficientNetB3", 6.95, .524, kParameterBytes * 12'320'535},
      {"EfficientNetB4", 8.27, .869, kParameterBytes * 19'466'823},
      {"EfficientNetB5", 10.27, 1.440, kParameterBytes * 30'562'527},
      {"EfficientNetB6", 11.98, 2.216, kParameterBytes * 43'265'143},
      {"EfficientNetB7", 14.87, 3.550, kParameterBytes * 66'658'687},
      {"InceptionResNetV2", 12.14, .687, kParameterBytes * 55'873'736},
      {"InceptionV3", 5.63, .423, kParameterBytes * 23'851'784},
      {"MobileNet", 2.55, .191, kParameterBytes * 4'253'864},
      {"MobileNetV2", 3.14, .193, kParameterBytes * 3'538'984},
      {"NASNetLarge", 19.47, 1.269, kParameterBytes * 88'949'818},
      {"NASNetMobile", 13.01, .300, kParameterBytes * 5'326'716},
      {"ResNet50", 4.05, .278, kParameterBytes * 25'636'712},
      {"ResNet101", 7.55, .373, kParameterBytes * 44'707'176},
      {"ResNet152", 10.64, .464, kParameterBytes * 60'419'944},
      {"ResNet50V2", 3.98, .269, kParameterBytes * 25'613'800},
      {"ResNet101V2", 6.59, .366, kParameterBytes * 44'675'560},
      {"ResNet152V2", 10.34, .454, kParameterBytes * 60'380'648},
      {"VGG16", 4.59, .455, kParameterBytes * 138'357'544},
      {"VGG19", 4.23, .522, kParameterBytes * 143'667'240},
      {"Xception", 3.56, .512, kParameterBytes * 22'910'480},
  };
  return models;
}

}  // namespace

std::span<const MeasuredModel> keras_models() { return table(); }

}  // namespace sluice::simulate
