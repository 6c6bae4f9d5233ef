// SPDX-License-Identifier: Apache-2.0
// What people and programs see of a gate: one line for each decision and each event. Lines of two threads do not mix.
//
//   ✓ 请通行  Please pass
//   ✕ 二维码已过期  The code has expired — 请刷新后再出示  Show it again
//   ! 人工核验  Ask the staff — 闸机尚无配置  …
#pragma once

#include <boost/json/object.hpp>
#include <iosfwd>
#include <mutex>
#include <string>

#include "app/gate/lane.h"

namespace yukuai::gate {

class Display {
 public:
  Display(std::ostream& out, bool as_json) : out_(out), as_json_(as_json) {}

  struct Place {
    std::string point;  // Empty before the first configuration.
    std::string_view direction;
  };
  void Show(const Answer& answer, const Place& place);
  // `text` for people; programs get the object with "event" first.
  void Tell(std::string_view event, boost::json::object details, std::string_view text);

 private:
  void Line(std::string_view line);

  std::ostream& out_;
  const bool as_json_;
  std::mutex mutex_;
};

// "title  title — next  next" of a reason by its slug; the slug itself when it is the server's own.
std::string Sentence(std::string_view slug);

}  // namespace yukuai::gate
