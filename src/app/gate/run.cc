// SPDX-License-Identifier: Apache-2.0
#include "app/gate/run.h"

#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "platform/host/boundary.h"
#include "platform/host/host.h"
#include "platform/qr/qr.h"

namespace yukuai::gate {
namespace {

constexpr Reason kNotACode{Kind::kMalformed, "gate_input_unreadable"};
constexpr size_t kReadBytes = 4096;
constexpr int kSilenceMs = 1'000;  // A scanner sends a code in one burst.

sigset_t EndingSignals() {
  sigset_t set;
  ::sigemptyset(&set);
  ::sigaddset(&set, SIGINT);
  ::sigaddset(&set, SIGTERM);
  return set;
}

Result<Bytes> ReadImage(const std::string& path) {
  const auto file = host::ReadFile(path, qr::kImageBytesMax);
  if (!file.ok() && file.error().reason == host::kFileTooLarge) return Fault(qr::kImageTooLarge);
  if (!file.ok()) return file.error();
  YUKUAI_ASSIGN(const qr::Image image, qr::LoadPng(*file));
  return qr::Decode(image);
}

}  // namespace

void Attendant::Take(const Input& input) {
  switch (input.kind) {
    case Input::Kind::kCode: return Present(input.code);
    case Input::Kind::kImage: return TakeImage(input.path);
    case Input::Kind::kNonsense: return Unreadable(kNotACode.slug);
  }
}

void Attendant::TakeImage(const std::string& path) {
  const auto content = ReadImage(path);
  if (!content.ok()) return Unreadable(content.error().reason.slug);
  if (!AsText(*content).starts_with("https://")) return Present(*content);
  // The QR code carries the text form.
  Framing line;
  line.Feed(*content);
  const auto input = line.End();
  if (!input || input->kind != Input::Kind::kCode) return Unreadable(kNotACode.slug);
  Present(input->code);
}

void Attendant::Unreadable(std::string_view slug) {
  parts_.display.Tell("input_unreadable", {{"reason", slug}}, "! " + Sentence(slug));
}

void Attendant::Present(ByteSpan code) {
  // The outcome of the passage before could not be written: it comes first, or the SDK decides nothing.
  if (open_) EndPassage();
  const auto config = parts_.lane.Config();
  const Answer answer = parts_.lane.Decide(code, parts_.direction);
  parts_.display.Show(answer, {config ? config->point : "", parts_.direction == YUKUAI_TERMINAL_IN ? "in" : "out"});
  if (answer.open_barrier) {
    host::Boundary("gate.barrier.before");
    // Here a real gate gives the order to its barrier and waits until a sensor says that it moved.
    host::Boundary("gate.barrier.after");
    open_ = answer.counter;
    EndPassage();
  }
  parts_.records_waiting();
}

void Attendant::EndPassage() {
  const bool moved = parts_.barrier == Barrier::kOk;
  const uint64_t held = *open_;
  const auto counter = parts_.lane.EndPassage(held, moved ? Outcome::kConfirmed : Outcome::kVoided);
  if (!counter.ok()) {
    parts_.display.Tell("outcome_unwritten", {{"held_counter", held}, {"reason", counter.error().reason.slug}},
                        "! " + Sentence(counter.error().reason.slug));
    return;
  }
  open_.reset();
  parts_.display.Tell(
      moved ? "passed" : "voided", {{"held_counter", held}, {"counter", *counter}, {"barrier", "simulated"}},
      moved ? "闸门已开（模拟）  the simulated barrier moved"
            : "! 闸门未开（模拟），不扣费，请再次出示  the simulated barrier did not move, nothing is charged, show the "
              "code again");
}

void ReadPresentations(int input, Attendant& attendant) {
  const sigset_t set = EndingSignals();
  const int signals = ::signalfd(-1, &set, SFD_CLOEXEC);
  YUKUAI_CHECK(signals >= 0);
  Framing framing;
  std::array<uint8_t, kReadBytes> buffer;
  for (;;) {
    std::array<pollfd, 2> watched{{{signals, POLLIN, 0}, {input, POLLIN, 0}}};
    const int ready = ::poll(watched.data(), watched.size(), kSilenceMs);
    if (ready < 0 && errno == EINTR) continue;
    if (ready < 0 || watched[0].revents != 0) break;
    if (ready == 0) {
      while (const auto one = framing.Idle()) attendant.Take(*one);
      continue;
    }
    const ssize_t count = ::read(input, buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) {
      while (const auto one = framing.End()) attendant.Take(*one);
      break;
    }
    framing.Feed(ByteSpan(buffer).first(static_cast<size_t>(count)));
    while (const auto one = framing.Next()) attendant.Take(*one);
  }
  ::close(signals);
}

SignalsHeld::SignalsHeld() {
  const sigset_t set = EndingSignals();
  ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

SignalsHeld::~SignalsHeld() {
  const sigset_t set = EndingSignals();
  // One that came meanwhile was obeyed; let loose now, it would end the program without its exit code.
  const timespec at_once{};
  while (::sigtimedwait(&set, nullptr, &at_once) > 0) {}
  ::pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
}

}  // namespace yukuai::gate
