// SPDX-License-Identifier: Apache-2.0
#include "app/gate/courier.h"

#include <algorithm>
#include <boost/json.hpp>

namespace yukuai::gate {

Courier::Courier(const Parts& parts) : parts_(parts), thread_([this] { Run(); }) {}

Courier::~Courier() { Finish(std::chrono::seconds(0)); }

void Courier::RecordsWaiting() {
  const std::lock_guard lock(mutex_);
  waiting_ = true;
  wake_.notify_one();
}

void Courier::AwaitFirstSynchronisation() {
  std::unique_lock lock(mutex_);
  first_.wait(lock, [this] { return first_done_; });
}

void Courier::Finish(std::chrono::seconds linger) {
  {
    const std::lock_guard lock(mutex_);
    if (!finishing_) deadline_ = std::chrono::steady_clock::now() + linger;
    finishing_ = true;
    wake_.notify_one();
  }
  if (thread_.joinable()) thread_.join();
}

bool Courier::WaitForWork() {
  std::unique_lock lock(mutex_);
  if (!finishing_) {
    const bool pending = !parts_.uploader.idle();
    const Time until = pending ? std::min(next_upload_, next_synchronisation_) : next_synchronisation_;
    wake_.wait_until(lock, until, [this] { return waiting_ || finishing_; });
  }
  waiting_ = false;
  if (!finishing_) return true;
  return !gave_up_ && !parts_.uploader.idle() && std::chrono::steady_clock::now() < deadline_;
}

void Courier::Run() {
  while (WaitForWork()) {
    const auto now = std::chrono::steady_clock::now();
    bool finishing = false;
    {
      const std::lock_guard lock(mutex_);
      finishing = finishing_;
    }
    if (!finishing && now >= next_synchronisation_) Synchronise();
    if (!parts_.uploader.idle() && (finishing || now >= next_upload_)) Upload();
  }
  // Whoever waits for the first try must not wait for ever.
  const std::lock_guard lock(mutex_);
  first_done_ = true;
  first_.notify_all();
}

void Courier::Synchronise() {
  const auto done = parts_.synchroniser.Step();
  next_synchronisation_ = std::chrono::steady_clock::now() + parts_.sync_interval;
  if (done.ok()) {
    Reached();
    for (const auto& refused : done->refused) {
      parts_.display.Tell("file_refused", {{"file", FileKindName(refused.kind)}, {"reason", refused.reason}},
                          "! " + std::string(FileKindName(refused.kind)) + ": " + Sentence(refused.reason));
    }
    if (done->changed || !told_once_) {
      const auto status = parts_.lane.Status();
      parts_.display.Tell("synchronised",
                          {{"config_version", status.state.config_version},
                           {"rules_version", status.state.rules_version},
                           {"freeze_list_version", status.state.freeze_list_version},
                           {"list_age_seconds", status.list_age_seconds}},
                          "已同步 synchronised: rules " + std::to_string(status.state.rules_version) + ", freeze list " +
                              std::to_string(status.state.freeze_list_version));
    }
    told_once_ = true;
  } else {
    Failed(done.error());
  }
  const std::lock_guard lock(mutex_);
  first_done_ = true;
  first_.notify_all();
}

void Courier::Upload() {
  const auto done = parts_.uploader.Step();
  if (!done.ok()) return Failed(done.error());
  Reached();
  if (done->rewound) {
    parts_.display.Tell(
        "upload_rewound", {{"acknowledged", done->acknowledged}},
        "! the server has fewer records than it had acknowledged; sending again from " + std::to_string(done->acknowledged + 1));
  }
  if (done->count > 0) {
    parts_.display.Tell(
        "uploaded", {{"count", done->count}, {"acknowledged", done->acknowledged}},
        "已上传 uploaded " + std::to_string(done->count) + " records, up to " + std::to_string(done->acknowledged));
  }
  if (done->refusal) {
    const auto& [counter, code] = *done->refusal;
    parts_.display.Tell(
        "upload_refused", {{"counter", counter}, {"reason", code}},
        "! 上传已停止 UPLOAD STOPPED: record " + std::to_string(counter) + " was refused, " + code + ": " + Sentence(code));
  }
}

void Courier::Failed(const Fault& fault) {
  next_upload_ = std::chrono::steady_clock::now() + backoff_.Next(parts_.entropy);
  {
    const std::lock_guard lock(mutex_);
    gave_up_ = finishing_;
  }
  // Said once, not with every try.
  const std::string text = std::string(fault.reason.slug) + (fault.detail.empty() ? "" : ": " + fault.detail);
  if (!reachable_ && text == last_fault_) return;
  reachable_ = false;
  last_fault_ = text;
  parts_.display.Tell("unreachable", {{"reason", fault.reason.slug}, {"detail", fault.detail}},
                      "! 未连接服务器 working offline (" + text + ")");
}

void Courier::Reached() {
  backoff_.Reset();
  next_upload_ = {};
  if (std::exchange(reachable_, true)) return;
  parts_.uploader.DoubtAcknowledged();
  parts_.display.Tell("reachable", {}, "已恢复连接 the server is reachable again");
}

}  // namespace yukuai::gate
