// SPDX-License-Identifier: Apache-2.0
#include "gateway/routing/idempotency.h"

#include <algorithm>

namespace yukuai::routing {
namespace {

using storage::Sql;

constexpr Sql kFind{"routing_find_answer",
                    "SELECT request_hash, status, body FROM kept_answer WHERE shard = ? AND caller = ? AND idempotency_key = ?"};
constexpr Sql kInsert{"routing_keep_answer",
                      "INSERT INTO kept_answer (shard, caller, idempotency_key, request_hash, status, body, kept_at) VALUES (?, "
                      "?, ?, ?, ?, ?, ?)"};
constexpr Sql kPurge{"routing_purge_answers", "DELETE FROM kept_answer WHERE kept_at < ?"};

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

Result<KeptUnder> MakeKeptUnder(const http::Request& request, const Caller& caller) {
  const auto key = request.headers.Find("idempotency-key");
  const bool good = key && request.headers.Count("idempotency-key") == 1 && key->size() >= kKeyBytesMin &&
                    key->size() <= kKeyBytesMax && std::ranges::all_of(*key, [](char c) { return c > 0x20 && c < 0x7f; });
  if (!good) return Fault(kIdempotencyKeyMissing);
  KeptUnder under;
  under.shard = ShardOf(caller);
  under.caller = sm3::Hash(AsBytes(caller.keyid));
  under.key = std::string(*key);
  under.request =
      sm3::Hash({AsBytes(request.method), AsBytes("\n"), AsBytes(request.target), AsBytes("\n"), AsBytes(request.body)});
  return under;
}

Result<std::optional<Answer>> FindKept(storage::Reader& reader, const KeptUnder& under, const Seal& seal) {
  YUKUAI_ASSIGN(const auto row, reader.QueryOne(kFind, {under.shard, under.caller, under.key}));
  if (!row) return std::optional<Answer>();
  if ((*row)[0].Array<32>() != under.request) return Fault(kIdempotencyKeyReused);
  Answer answer;
  answer.status = static_cast<int>((*row)[1].Int());
  YUKUAI_ASSIGN(const Bytes body, sealing::OpenBox(seal.key, ContextOf(under), (*row)[2].Blob()));
  answer.body = std::string(AsText(body));
  if (answer.status >= 400) answer.content_type = "application/problem+json";
  return std::optional<Answer>(std::move(answer));
}

Result<void> Keep(storage::Transaction& transaction, const KeptUnder& under, const Answer& answer, const Seal& seal,
                  Instant now) {
  const Bytes body = sealing::SealBox(seal.key, ContextOf(under), AsBytes(answer.body), seal.entropy);
  YUKUAI_TRY(transaction.Execute(kInsert, {under.shard, under.caller, under.key, under.request, answer.status, body, now}));
  return {};
}

Result<void> Purge(storage::Transaction& transaction, Instant now) {
  YUKUAI_TRY(transaction.Execute(kPurge, {now.PlusSeconds(-kKeepAnswerSeconds)}));
  return {};
}

}  // namespace yukuai::routing
