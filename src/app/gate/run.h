// SPDX-License-Identifier: Apache-2.0
// A gate at work: reads presentations, has them decided, moves the barrier, until its input or a signal ends it.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "app/gate/display.h"
#include "app/gate/framing.h"
#include "app/gate/lane.h"

namespace yukuai::gate {

// Simulated: it does what it is told, or never moves.
enum class Barrier : uint8_t { kOk, kStuck };

class Attendant {
 public:
  struct Parts {
    Lane& lane;
    Display& display;
    uint32_t direction = YUKUAI_TERMINAL_IN;
    Barrier barrier = Barrier::kOk;
    std::function<void()> records_waiting;
  };
  explicit Attendant(Parts parts) : parts_(std::move(parts)) {}

  void Take(const Input& input);
  void TakeImage(const std::string& path);

 private:
  void Present(ByteSpan code);
  void EndPassage();
  void Unreadable(std::string_view slug);

  const Parts parts_;
  std::optional<uint64_t> open_;  // The held record whose outcome is not written yet.
};

// Reads `input` until it ends, or SIGINT or SIGTERM comes.
void ReadPresentations(int input, Attendant& attendant);

// While it lives, SIGINT and SIGTERM of this process wait until somebody asks for them. Made before any thread is.
class SignalsHeld {
 public:
  SignalsHeld();
  ~SignalsHeld();
  SignalsHeld(const SignalsHeld&) = delete;
  SignalsHeld& operator=(const SignalsHeld&) = delete;
};

}  // namespace yukuai::gate
