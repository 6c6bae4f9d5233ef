// SPDX-License-Identifier: Apache-2.0
// What an operator or a service manager says to the running server: end, or read again what can be read again.
#pragma once

#include <chrono>
#include <csignal>

namespace yukuai::serve {

enum class Signal { kNone, kEnd, kReload };

// SIGTERM and SIGINT end, SIGHUP reloads; a pipe whose reader has gone (whoever collected the log) is a write that fails, not the
// end of the city. Made before the first other thread, which inherits that they are blocked: one thread
// waits for them, and nothing is interrupted.
class Signals {
 public:
  Signals() {
    sigemptyset(&set_);
    for (const int number : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&set_, number);
    pthread_sigmask(SIG_BLOCK, &set_, nullptr);
    std::signal(SIGPIPE, SIG_IGN);
  }
  // The first that arrives within the time.
  Signal Wait(std::chrono::milliseconds time) const {
    const timespec wait{time.count() / 1000, (time.count() % 1000) * 1'000'000};
    const int number = sigtimedwait(&set_, nullptr, &wait);
    if (number == SIGHUP) return Signal::kReload;
    return number > 0 ? Signal::kEnd : Signal::kNone;
  }

 private:
  sigset_t set_;
};

}  // namespace yukuai::serve
