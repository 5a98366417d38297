// A recorded network: how many bytes a second it carried, piece by piece. It is repeated where it ends. Immutable once read; any thread
// may use it.
//
// Three forms are read: one whole millisecond a line (mahimahi: at each, 1,504 bytes could leave), seconds and Mbit/s a line (the bandwidth
// collections of Pensieve, Oboe, Puffer), and tables with a header (the column DL_bitrate, in kbit/s, a row a second, as the Irish 5G set has
// it: what a download filled the link with; its uplink carried acknowledgements alone).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.hpp"

namespace sluice::simulate {

class NetworkTrace {
 public:
  struct Piece {
    double seconds = 0;  // how long, above 0
    double bytes_per_s = 0;
  };

  // kInvalidArgument when there is no piece, one is not finite or negative, or all of them carry nothing.
  static Result<NetworkTrace> create(std::string name, const std::vector<Piece>& pieces);
  // kInvalidArgument, naming the line, for text of none of the forms.
  static Result<NetworkTrace> parse(std::string name, std::string_view text);

  const std::string& name() const { return name_; }
  double seconds() const { return ends_s_.back(); }
  double mean_bytes_per_s() const { return carried_.back() / ends_s_.back(); }
  // When so many bytes, sent at `at_s` on a free link, have been carried. Times before 0 count as 0.
  double carried_at(double at_s, double bytes) const;

 private:
  NetworkTrace() = default;
  double carried_until(double at_s) const;  // bytes, within the first round

  std::string name_;
  std::vector<double> ends_s_;   // of each piece
  std::vector<double> carried_;  // bytes, up to each end
};

// The trace of a file, or of files in a folder and in those below it, in the order of their names: at most `most` of them, evenly spread.
// Files of a folder that are no traces are counted in `skipped`. kNotFound when there is none.
struct TraceFolder {
  std::vector<NetworkTrace> traces;
  std::size_t skipped = 0;
};
Result<TraceFolder> read_traces(const std::string& path, std::size_t most);

}  // namespace sluice::simulate
