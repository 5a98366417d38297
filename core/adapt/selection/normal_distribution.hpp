// How likely a time that scatters normally is at most a bound. A time that does not scatter is at most the bound or is not.
#pragma once

namespace sluice::adapt {

double probability_within(double bound, double mean, double deviation);

}  // namespace sluice::adapt
