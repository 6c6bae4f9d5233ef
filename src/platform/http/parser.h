// SPDX-License-Identifier: Apache-2.0
// Reads one HTTP/1.x request after the other out of a connection's bytes. Beast does the reading, in parser.cc alone; what
// Beast leaves to its user is done here: bounds on the whole head however it is cut into pieces and on the number of
// fields, and a strict view of what says where a body ends (Content-Length, once), because two readers who disagree about
// that are how requests are smuggled.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

#include "base/result/result.h"
#include "platform/http/message.h"

namespace yukuai::http {

struct ParserBounds {
  size_t head_bytes_max = 16 * 1024;
  size_t header_count_max = 64;
  size_t request_line_bytes_max = 8 * 1024;
};

class RequestParser {
 public:
  enum class State { kHead, kBody, kComplete };

  explicit RequestParser(ParserBounds bounds);
  ~RequestParser();

  // Takes bytes from the front of input, as many as it can use now, and says how many; the caller keeps the rest and comes
  // back with more behind it. Stops at the end of the head and at the end of the body. Faults: kTargetTooLong,
  // kHeadTooLarge, kRequestMalformed, kLengthRequired. After a fault only Reset is allowed.
  Result<size_t> Feed(std::string_view input);
  // To be called once when the state has become kBody. Faults: kBodyTooLarge, when the head already says so.
  Result<void> BeginBody(size_t body_bytes_max);
  void DropBody();  // What comes of this request's body is read and not kept.
  void Reset();     // Ready for the next request.

  State state() const;
  bool idle() const;        // Nothing of a request has come yet.
  bool keep_alive() const;  // Never for HTTP/1.0.
  bool expects_continue() const;
  Request& request();  // Head fields from state kBody on; the body in state kComplete.

 private:
  class Reader;
  std::unique_ptr<Reader> reader_;
  ParserBounds bounds_;
};

}  // namespace yukuai::http
