// SPDX-License-Identifier: Apache-2.0
// Between the connections and the admission: whose turn it is, and what the others are told.
#include <boost/asio/post.hpp>

#include "platform/http/connection.h"

namespace yukuai::http {
namespace {

constexpr int kUnavailable = 503;

void RunTurns(const std::shared_ptr<Shared>& shared, Worker& worker) {
  worker.turns_posted = false;
  admission::Admission::Turn turn = shared->options.precedence->admission->Next(SteadyNow());
  for (const auto& late : turn.late) late.work->Refuse(late.refusal);
  if (!turn.work) return;
  turn.work->Start();
  PostTurns(shared, worker);
}

}  // namespace

void PostTurns(const std::shared_ptr<Shared>& shared, Worker& worker) {
  if (!worker.context.get_executor().running_in_this_thread()) {
    return asio::post(worker.context, [shared, &worker] { PostTurns(shared, worker); });
  }
  if (std::exchange(worker.turns_posted, true)) return;
  asio::post(worker.context, [shared, &worker] { RunTurns(shared, worker); });
}

void RefuseLate(Shared& shared) {
  if (!shared.options.precedence) return;
  for (const auto& late : shared.options.precedence->admission->TakeLate(SteadyNow())) late.work->Refuse(late.refusal);
}

void WaitingTurn::Start() {
  if (!waiting_->BeginService(shared_->options.precedence->admission, class_index_, SteadyNow())) return;
  // A handler that throws has dropped its Responder, and that is the answer.
  try {
    shared_->options.handler(std::move(request_), WaitingRequest::Handle(waiting_));
  } catch (const std::exception&) {}
}

void WaitingTurn::Refuse(admission::Refusal refusal) {
  waiting_->Answer(shared_->overload.AsReply(refusal.retry_after_s, request_.request_id));
}

// What makes a refusal is asked once, with a mark where the request's number goes.
OverloadText::OverloadText(const ServerOptions& options) {
  if (!options.precedence) return;
  const std::string mark = "req_00000000000000000000000000";
  Reply reply;
  if (options.refuse) {
    reply = options.refuse(kUnavailable, admission::kOverloaded, mark);
  } else {
    reply.content_type = "application/problem+json";
    reply.body = "{\"status\":503,\"code\":\"" + std::string(admission::kOverloaded.slug) + "\",\"request_id\":\"" + mark + "\"}";
  }
  content_type_ = reply.content_type;
  const size_t at = reply.body.find(mark);
  before_id_ = reply.body.substr(0, at);
  if (at != std::string::npos) after_id_ = reply.body.substr(at + mark.size());
  head_ = "HTTP/1.1 503 Service Unavailable\r\nContent-Type: " + content_type_ +
          "\r\nCache-Control: no-store\r\nX-Content-Type-Options: nosniff";
  if (options.tls && options.hsts_seconds > 0) {
    head_ += "\r\nStrict-Transport-Security: max-age=" + std::to_string(options.hsts_seconds);
  }
  head_ += "\r\nRetry-After: ";
}

void OverloadText::AppendHead(std::string& out, int retry_after_s) const {
  out.append(head_).append(std::to_string(retry_after_s));
}

void OverloadText::AppendBody(std::string& out, std::string_view request_id) const {
  out.append(before_id_).append(request_id).append(after_id_);
}

Reply OverloadText::AsReply(int retry_after_s, std::string_view request_id) const {
  Reply reply;
  reply.status = kUnavailable;
  reply.content_type = content_type_;
  AppendBody(reply.body, request_id);
  reply.headers = {{"Retry-After", std::to_string(retry_after_s)}};
  reply.route = kOverloadedRoute;
  return reply;
}

}  // namespace yukuai::http
