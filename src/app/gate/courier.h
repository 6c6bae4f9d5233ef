// SPDX-License-Identifier: Apache-2.0
// The thread that talks to the server: files down every few seconds, records up as soon as there are any, waiting longer after
// each failure. The reading thread never waits for it, except a gate that has no files at all yet.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "app/gate/display.h"
#include "app/gate/sync.h"

namespace yukuai::gate {

class Courier {
 public:
  struct Parts {
    Synchroniser& synchroniser;
    Uploader& uploader;
    Lane& lane;
    Display& display;
    Entropy& entropy;
    std::chrono::seconds sync_interval{5};
  };
  explicit Courier(const Parts& parts);
  ~Courier();  // As Finish(0).

  void RecordsWaiting();
  void AwaitFirstSynchronisation();  // Returns after the first try, however it ended.
  // Uploads what is pending for at most `linger`, gives up at the first failure, and ends the thread. An exchange that has
  // begun is waited for: the client's timeout bounds it.
  void Finish(std::chrono::seconds linger);

 private:
  using Time = std::chrono::steady_clock::time_point;
  void Run();
  bool WaitForWork();  // False: end.
  void Synchronise();
  void Upload();
  void Failed(const Fault& fault);
  void Reached();

  const Parts parts_;
  Backoff backoff_;
  Time next_synchronisation_{};
  Time next_upload_{};
  bool reachable_ = true;
  bool told_once_ = false;
  std::string last_fault_;

  std::mutex mutex_;  // Guards what follows.
  std::condition_variable wake_;
  std::condition_variable first_;
  bool waiting_ = true;
  bool first_done_ = false;
  bool finishing_ = false;
  bool gave_up_ = false;
  Time deadline_{};

  std::thread thread_;  // Last: it uses all of the above.
};

}  // namespace yukuai::gate
