// SPDX-License-Identifier: Apache-2.0
#include "gateway/routing/idempotency.h"

#include <algorithm>

namespace yukuai::routing {
namespace {

using storage::Sql;

constexpr Sql kFind{"routing_find_answer",
                    "SELECT request, status, body FROM kept_answer WHERE shard = ? AND caller = ? AND idempotency_key = ?"};
constexpr Sql kInsert{"routing_keep_answer",
                      "INSERT INTO kept_answer (shard, caller, idempotency_key, request, status, body, forget_at) VALUES (?, ?, "
                      "?, ?, ?, ?, ?)"};
// No more than the oldest few: the first commit after a long rest must not be a long one.
constexpr Sql kForget{"routing_forget_answers",
                      "DELETE FROM kept_answer WHERE forget_at <= ? AND forget_at <= COALESCE((SELECT forget_at FROM kept_answer "
                      "ORDER BY forget_at LIMIT 1 OFFSET ?), forget_at)"};

constexpr int64_t kForgottenAtOnce = 64;
constexpr size_t kKeyBytesMin = 8;
constexpr size_t kKeyBytesMax = 64;

Bytes ContextOf(const KeptUnder& under) {
  return ByteWriter().AppendText("kept answer").Append(under.caller).AppendText(under.key).Finish();
}

Shard ShardOf(const Caller& caller) {
  if (caller.device != DeviceId()) return caller.device.shard();
  if (caller.terminal != TerminalId()) return caller.terminal.shard();
  if (caller.staff != StaffId()) return caller.staff.shard();
  return 0;
}

}  // namespace

KeptAnswers::KeptAnswers(const Secret<ByteArray<32>>& key, Entropy& entropy)
    : box_key_(sealing::DeriveKey(key, "kept answer")),
      fingerprint_key_(sealing::DeriveKey(key, "kept request")),
      entropy_(entropy) {}

Result<KeptUnder> KeptAnswers::Under(const Route& route, const http::Request& request, const Caller& caller) const {
  const auto key = request.headers.Find("idempotency-key");
  const bool good = key && request.headers.Count("idempotency-key") == 1 && key->size() >= kKeyBytesMin &&
                    key->size() <= kKeyBytesMax && std::ranges::all_of(*key, [](char c) { return c > 0x20 && c < 0x7f; });
  if (!good) return Fault(kIdempotencyKeyMissing);
  const ByteArray<32>& fingerprint_key = fingerprint_key_.Expose();
  // A NUL cannot stand in a method or target, so the parts cannot be shifted against each other.
  const ByteArray<1> nul{};
  KeptUnder under;
  under.shard = ShardOf(caller);
  under.caller = sm3::Hmac(fingerprint_key, {AsBytes("caller"), nul, AsBytes(caller.keyid)});
  under.key = std::string(*key);
  under.request = sm3::Hmac(fingerprint_key, {AsBytes("request"), nul, AsBytes(request.method), nul, AsBytes(request.target), nul,
                                              AsBytes(request.body)});
  const bool known = route.access == Access::kDevice || route.access == Access::kStaff;
  under.keep_seconds = known || route.access == Access::kNewDevice ? kKeepAnswerSeconds : kKeepBrieflySeconds;
  under.keep_refusal_seconds = known ? kKeepAnswerSeconds : kKeepBrieflySeconds;
  return under;
}

Result<std::optional<Answer>> KeptAnswers::Find(storage::Reader& reader, const KeptUnder& under) const {
  YUKUAI_ASSIGN(const auto row, reader.QueryOne(kFind, {under.shard, under.caller, under.key}));
  if (!row) return std::optional<Answer>();
  if ((*row)[0].Array<32>() != under.request) return Fault(kIdempotencyKeyReused);
  Answer answer;
  answer.status = static_cast<int>((*row)[1].Int());
  YUKUAI_ASSIGN(const Bytes body, sealing::OpenBox(box_key_, ContextOf(under), (*row)[2].Blob()));
  answer.body = std::string(AsText(body));
  if (answer.status >= 400) answer.content_type = "application/problem+json";
  return std::optional<Answer>(std::move(answer));
}

Result<void> KeptAnswers::Keep(storage::Transaction& transaction, const KeptUnder& under, const Answer& answer,
                               Instant now) const {
  const Bytes body = sealing::SealBox(box_key_, ContextOf(under), AsBytes(answer.body), entropy_);
  const int64_t seconds = answer.status < 400 ? under.keep_seconds : under.keep_refusal_seconds;
  YUKUAI_TRY(transaction.Execute(
      kInsert, {under.shard, under.caller, under.key, under.request, answer.status, body, now.PlusSeconds(seconds)}));
  YUKUAI_TRY(transaction.Execute(kForget, {now, kForgottenAtOnce}));
  return {};
}

}  // namespace yukuai::routing
