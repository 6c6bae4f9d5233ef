// SPDX-License-Identifier: Apache-2.0
// tables/<name>.toml of the rule set "fare": stations, the track between neighbours, prices by distance.
#include <map>

#include "scenes/engine/loader.h"

namespace yukuai::engine {
namespace {

using StationPlaces = std::map<std::string, size_t>;

StationPlaces ReadStations(Section& root, scene_file::Fare& fare) {
  StationPlaces places;
  for (Section& section : root.Tables("station")) {
    scene_file::Station station{section.Text("code"), section.Bilingual("name")};
    const int line = section.LineOf("code");
    if (!station.code.empty() && !scene_file::IsPoint(station.code)) {
      section.report().Add(line, "`" + station.code + "` is no station code",
                           "write letters, digits, '-', '_' or '.', at most 64");
    } else if (!places.emplace(station.code, fare.stations.size()).second) {
      section.report().Add(line, "a second station with the code `" + station.code + "`", "give each station a code of its own");
    }
    section.Finish();
    fare.stations.push_back(std::move(station));
  }
  return places;
}

void ReadSegments(Section& root, const StationPlaces& places, scene_file::Fare& fare) {
  std::vector<std::string> codes;
  for (const auto& [code, place] : places) codes.push_back(code);
  for (Section& section : root.Tables("segment")) {
    const std::string from = section.OneOf("from", codes);
    const std::string to = section.OneOf("to", codes);
    const auto metres = static_cast<uint32_t>(section.Integer("metres", scene_file::kMetresRange));
    section.Finish();
    if (from.empty() || to.empty()) continue;
    if (from == to) {
      section.report().Add(section.LineOf("to"), "a segment from `" + from + "` to itself", "name its other end");
      continue;
    }
    fare.segments.push_back({static_cast<uint16_t>(places.at(from)), static_cast<uint16_t>(places.at(to)), metres});
  }
}

void ReadBands(Section& root, scene_file::Fare& fare) {
  std::vector<Section> sections = root.Tables("band");
  for (size_t i = 0; i < sections.size(); ++i) {
    Section& section = sections[i];
    const bool last = i + 1 == sections.size();
    scene_file::Band band;
    band.price = section.Price("price_fen", scene_file::kPriceFenRange);
    if (const auto metres = section.OptionalInteger("up_to_metres", scene_file::kMetresRange)) {
      band.up_to_metres = static_cast<uint32_t>(*metres);
    }
    section.Finish();
    if (last && band.up_to_metres) {
      section.report().Add(section.LineOf("up_to_metres"), "the last band ends",
                           "remove `up_to_metres`: it holds for any distance");
    } else if (!last && !band.up_to_metres) {
      section.report().Add(section.LineOf(""), "a band without end before the last", "write `up_to_metres = <metres>`");
    } else if (!fare.bands.empty() && band.up_to_metres && fare.bands.back().up_to_metres &&
               *band.up_to_metres <= *fare.bands.back().up_to_metres) {
      section.report().Add(section.LineOf("up_to_metres"), "bands do not ascend",
                           "write more than " + std::to_string(*fare.bands.back().up_to_metres));
    }
    if (!fare.bands.empty() && band.price < fare.bands.back().price) {
      section.report().Add(section.LineOf("price_fen"), "a longer distance costs less",
                           "write at least " + std::to_string(fare.bands.back().price.fen()));
    }
    fare.bands.push_back(band);
  }
}

}  // namespace

void LoadFareTable(const Folder& folder, const std::string& file, scene_file::Fare& fare, std::vector<Problem>* problems) {
  const auto table = ReadRoot(folder, file, problems);
  if (!table) return;
  Section root({file, problems}, *table, "", 1);
  const StationPlaces places = ReadStations(root, fare);
  if (fare.stations.size() > scene_file::kStationCountMax) {
    root.report().Add(1, "more than " + std::to_string(scene_file::kStationCountMax) + " stations",
                      "divide the network into scenes");
  } else {
    ReadSegments(root, places, fare);
  }
  ReadBands(root, fare);
  fare.incomplete_price = root.Price("incomplete_price_fen", scene_file::kPriceFenRange);
  root.Finish();
}

}  // namespace yukuai::engine
