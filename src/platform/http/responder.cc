// SPDX-License-Identifier: Apache-2.0
// The handles through which answers and events come back to a connection's thread.
#include <boost/asio/post.hpp>

#include "platform/http/connection.h"

namespace yukuai::http {

void Responder::Answer(Reply reply) const { state_->Answer(std::move(reply)); }
Result<EventStream> Responder::Stream() const { return state_->Stream(); }

Responder WaitingRequest::Handle(std::shared_ptr<WaitingRequest> state) {
  Responder::State* const raw = state.get();
  return Responder(std::shared_ptr<Responder::State>(raw, [kept = std::move(state)](Responder::State*) { kept->Lose(); }));
}

void WaitingRequest::Answer(Reply reply) {
  std::lock_guard lock(mutex_);
  EndService();
  if (answered_ || connection_ == nullptr) return;
  answered_ = true;
  reply_ = std::move(reply);
  Wake();
}

Result<EventStream> WaitingRequest::Stream() {
  std::lock_guard lock(mutex_);
  // Too late: whatever is sent goes nowhere, as it would had the reader left.
  if (answered_ || connection_ == nullptr) return Fault(kAnswerLost, "stream after the answer");
  const std::shared_ptr<Shared>& shared = connection_->shared();
  if (shared->draining) return Fault(kStreamsFull, "draining");
  if (shared->streams.fetch_add(1) >= shared->options.bounds.streams_max) {
    shared->streams.fetch_sub(1);
    return Fault(kStreamsFull);
  }
  answered_ = true;
  EndService();
  stream_ = std::make_shared<EventStream::State>(*connection_, shared);
  Wake();
  return EventStream(stream_);
}

bool WaitingRequest::BeginService(std::shared_ptr<admission::Admission> admission, size_t class_index, Instant now) {
  std::lock_guard lock(mutex_);
  if (connection_ == nullptr) {
    admission->Abandoned();
    return false;
  }
  service_ = Service{std::move(admission), class_index, now};
  return true;
}

void WaitingRequest::EndService() {
  const std::optional<Service> service = std::exchange(service_, std::nullopt);
  if (!service) return;
  const bool room = service->admission->Done(service->class_index, service->began, SteadyNow());
  // Without a connection nobody is known here who could go on; the next tick does.
  if (room && connection_ != nullptr) PostTurns(connection_->shared(), connection_->worker());
}

void WaitingRequest::Lose() {
  std::lock_guard lock(mutex_);
  EndService();
  if (answered_ || connection_ == nullptr) return;
  answered_ = true;
  Wake();
}

void WaitingRequest::Wake() {
  // The lock is held, so the connection is alive, and with it the context.
  if (connection_->context().get_executor().running_in_this_thread()) return connection_->Wake();
  asio::post(connection_->context(), [self = shared_from_this()] {
    std::lock_guard lock(self->mutex_);
    if (self->connection_ != nullptr) self->connection_->Wake();
  });
}

void WaitingRequest::Detach() {
  std::lock_guard lock(mutex_);
  connection_ = nullptr;
  if (stream_) stream_->Detach();
}

bool WaitingRequest::answered() {
  std::lock_guard lock(mutex_);
  return answered_;
}

std::optional<Reply> WaitingRequest::TakeReply() {
  std::lock_guard lock(mutex_);
  return std::exchange(reply_, std::nullopt);
}

std::shared_ptr<EventStream::State> WaitingRequest::TakeStream() {
  std::lock_guard lock(mutex_);
  return std::exchange(stream_, nullptr);
}

bool EventStream::Send(std::string_view event, std::string_view json) { return state_->Send(event, json); }
bool EventStream::closed() const { return state_->closed(); }
void EventStream::Close() { state_->Close(); }

EventStream::State::State(Connection& connection, std::shared_ptr<Shared> shared)
    : connection_(&connection), shared_(std::move(shared)) {}

bool EventStream::State::Send(std::string_view event, std::string_view json) {
  std::lock_guard lock(mutex_);
  if (closed_ || connection_ == nullptr) return false;
  constexpr size_t kFraming = sizeof("event: \ndata: \n\n") - 1;
  if (waiting_.size() + kFraming + event.size() + json.size() > shared_->options.bounds.stream_queue_bytes_max) {
    closed_ = overflowed_ = true;
    Wake();
    return false;
  }
  // A line end inside would let data pose as another event.
  YUKUAI_CHECK(event.find_first_of("\r\n") == std::string_view::npos && json.find_first_of("\r\n") == std::string_view::npos);
  waiting_.append("event: ").append(event).append("\ndata: ").append(json).append("\n\n");
  Wake();
  return true;
}

bool EventStream::State::closed() {
  std::lock_guard lock(mutex_);
  return closed_ || connection_ == nullptr;
}

void EventStream::State::Close() {
  std::lock_guard lock(mutex_);
  if (closed_ || connection_ == nullptr) return;
  closed_ = true;
  Wake();
}

EventStream::State::Taken EventStream::State::Take() {
  std::lock_guard lock(mutex_);
  woken_ = false;
  return {std::exchange(waiting_, {}), closed_, overflowed_};
}

void EventStream::State::Detach() {
  std::lock_guard lock(mutex_);
  if (connection_ == nullptr) return;
  connection_ = nullptr;
  closed_ = true;
  waiting_.clear();
  shared_->streams.fetch_sub(1);
}

void EventStream::State::Wake() {
  if (woken_ && !overflowed_) return;  // Already under way; one waking serves many events.
  woken_ = true;
  asio::post(connection_->context(), [self = shared_from_this()] {
    std::lock_guard lock(self->mutex_);
    if (self->connection_ != nullptr) self->connection_->WakeStream(self->overflowed_);
  });
}

}  // namespace yukuai::http
