// SPDX-License-Identifier: Apache-2.0
// Persons in SQL, see persons.h.
#include "registers/persons/persons.h"

#include "crypto/sm3/sm3.h"

namespace yukuai::persons {
namespace {

using storage::Row;
using storage::Sql;

constexpr Sql kSelectClaim{"person_select_claim", "SELECT person_id FROM person_claim WHERE shard = ? AND id_hash = ?"};
constexpr Sql kInsertClaim{"person_insert_claim",
                           "INSERT INTO person_claim (shard, id_hash, person_id, claimed_at) VALUES (?, ?, ?, ?)"};
constexpr Sql kSelectNumber{"person_select_number", "SELECT person_number FROM person WHERE shard = ? AND person_id = ?"};
constexpr Sql kInsertCounter{"person_insert_counter", "INSERT INTO person_counter (shard, last_number) VALUES (?, 0)"};
constexpr Sql kSelectCounter{"person_select_counter", "SELECT last_number FROM person_counter WHERE shard = ?"};
constexpr Sql kUpdateCounter{"person_update_counter",
                             "UPDATE person_counter SET last_number = last_number + 1 WHERE shard = ? AND last_number = ?"};
constexpr Sql kInsertPerson{
    "person_insert",
    "INSERT INTO person (shard, person_id, person_number, document_box, birth_date_box, created_at) VALUES (?, ?, ?, ?, ?, ?)"};
constexpr Sql kSelectPerson{
    "person_select",
    "SELECT p.shard, p.person_id, p.person_number, p.birth_date_box, p.created_at, f.frozen_since FROM person p LEFT JOIN "
    "person_freeze f ON f.shard = p.shard AND f.person_id = p.person_id WHERE p.shard = ? AND p.person_id = ?"};
constexpr Sql kSelectPersonByNumber{
    "person_select_by_number",
    "SELECT p.shard, p.person_id, p.person_number, p.birth_date_box, p.created_at, f.frozen_since FROM person p LEFT JOIN "
    "person_freeze f ON f.shard = p.shard AND f.person_id = p.person_id WHERE p.shard = ? AND p.person_number = ?"};
constexpr Sql kSelectDocument{"person_select_document", "SELECT document_box FROM person WHERE shard = ? AND person_id = ?"};
constexpr Sql kInsertAttribute{
    "person_insert_attribute",
    "INSERT INTO person_attribute (shard, person_id, attribute, valid_from, recorded_at, source, value_box) VALUES "
    "(?, ?, ?, ?, ?, ?, ?)"};
constexpr Sql kSelectAttribute{
    "person_select_attribute",
    "SELECT source, valid_from, recorded_at, value_box FROM person_attribute WHERE shard = ? AND person_id = ? AND attribute = ? "
    "AND valid_from <= ? AND recorded_at <= ? ORDER BY valid_from DESC, recorded_at DESC LIMIT 1"};
constexpr Sql kSelectFreeze{"person_select_freeze", "SELECT frozen_since FROM person_freeze WHERE shard = ? AND person_id = ?"};
constexpr Sql kInsertFreeze{"person_insert_freeze",
                            "INSERT INTO person_freeze (shard, person_id, person_number, frozen_since) VALUES (?, ?, ?, ?)"};
constexpr Sql kDeleteFreeze{"person_delete_freeze", "DELETE FROM person_freeze WHERE shard = ? AND person_id = ?"};
constexpr Sql kInsertFreezeChange{"person_insert_freeze_change",
                                  "INSERT INTO person_freeze_change (shard, changes) VALUES (?, 0)"};
constexpr Sql kUpdateFreezeChange{"person_update_freeze_change",
                                  "UPDATE person_freeze_change SET changes = changes + 1 WHERE shard = ?"};
constexpr Sql kSelectFreezeVersion{"person_select_freeze_version",
                                   "SELECT CAST(COALESCE(SUM(changes), 0) AS BIGINT) FROM person_freeze_change"};
// Wider than any number of registrations, and of freezes, between two backups.
constexpr int64_t kNumbersGap = 1024;  // In each shard: a million persons.
constexpr int64_t kFreezeVersionsGap = 1'000'000;
constexpr Sql kSkipNumbers{"person_skip_numbers", "UPDATE person_counter SET last_number = last_number + ? WHERE shard = ?"};
constexpr Sql kSkipFreezeVersions{"person_skip_freeze_versions",
                                  "UPDATE person_freeze_change SET changes = changes + ? WHERE shard = ?"};
constexpr Sql kSelectFrozen{
    "person_select_frozen",
    "SELECT shard, person_id, person_number, frozen_since FROM person_freeze ORDER BY shard, person_number"};

Shard ShardOfHash(const ByteArray<32>& id_hash) {
  return static_cast<Shard>((id_hash[30] << 8 | id_hash[31]) & (kShardCount - 1));
}

PersonIndex IndexOf(int64_t number, Shard shard) { return {static_cast<uint64_t>(number) << 10 | shard}; }

PersonId IdOf(const storage::Value& value) { return PersonId(value.Array<16>()); }

Bytes Context(std::string_view column, PersonId id) {
  return ByteWriter().AppendText("person/").AppendText(column).U8(0).Append(id.bytes()).Finish();
}

Bytes AttributeContext(uint8_t attribute, PersonId id, Instant valid_from, Instant recorded_at) {
  return ByteWriter()
      .AppendText("person_attribute")
      .U8(0)
      .U8(attribute)
      .Append(id.bytes())
      .I64(valid_from.us)
      .I64(recorded_at.us)
      .Finish();
}

Bytes DocumentPlain(const identifiers::Document& document) {
  return ByteWriter().U8(static_cast<uint8_t>(document.kind())).AppendText(document.number()).Finish();
}

Bytes DatePlain(CivilDate date) { return ToBytes(ToText(date)); }

}  // namespace

Register::Register(const Keys& keys, Entropy& entropy)
    : blind_index_key_(keys.blind_index), box_key_(sealing::DeriveKey(keys.data, "persons")), entropy_(entropy) {}

ByteArray<32> Register::BlindIndex(const identifiers::Document& document) const {
  return sm3::Hmac(blind_index_key_.Expose(), DocumentPlain(document));
}

Result<std::optional<PersonId>> Register::FindId(storage::Reader& reader, const identifiers::Document& document) const {
  const ByteArray<32> id_hash = BlindIndex(document);
  YUKUAI_ASSIGN(const std::vector<Row> rows, reader.Query(kSelectClaim, {int64_t{ShardOfHash(id_hash)}, id_hash}));
  if (rows.empty()) return std::optional<PersonId>();
  return std::optional(IdOf(rows[0][0]));
}

Result<Created> Register::Create(storage::Transaction& transaction, const NewPerson& person, Instant now) const {
  const ByteArray<32> id_hash = BlindIndex(person.document);
  const Shard shard = ShardOfHash(id_hash);
  // A claim without a person is a creation that did not finish: it is taken up under the id that was claimed.
  YUKUAI_ASSIGN(const std::optional<PersonId> claimed, FindId(transaction, person.document));
  const PersonId id = claimed ? *claimed : PersonId::Make(now, shard, entropy_);
  if (claimed) {
    YUKUAI_ASSIGN(const std::vector<Row> rows, transaction.Query(kSelectNumber, {int64_t{shard}, id}));
    if (!rows.empty()) return Created{id, IndexOf(rows[0][0].Int(), shard), false};
  } else {
    YUKUAI_ASSIGN(const bool is_new, transaction.InsertIfAbsent(kInsertClaim, {int64_t{shard}, id_hash, id, now}));
    if (!is_new) return Fault(storage::kStorageBusy, "another writer claims the document");
  }

  YUKUAI_ASSIGN(const bool first, transaction.InsertIfAbsent(kInsertCounter, {int64_t{shard}}));
  static_cast<void>(first);
  YUKUAI_ASSIGN(const std::vector<Row> counter, transaction.Query(kSelectCounter, {int64_t{shard}}));
  const int64_t last = counter.at(0)[0].Int();
  YUKUAI_ASSIGN(const int64_t counted, transaction.Execute(kUpdateCounter, {int64_t{shard}, last}));
  if (counted != 1) return Fault(storage::kStorageBusy, "another writer numbers persons of the shard");
  const int64_t number = last + 1;

  const Bytes document_box = sealing::SealBox(box_key_, Context("document", id), DocumentPlain(person.document), entropy_);
  const Bytes birth_box =
      sealing::SealBox(box_key_, Context("birth_date", id), DatePlain(person.document.birth_date()), entropy_);
  YUKUAI_TRY(transaction.Execute(kInsertPerson, {int64_t{shard}, id, number, document_box, birth_box, now}));
  YUKUAI_TRY(RecordAttribute(transaction, id, Attribute::kName, AsBytes(person.name.text()), person.source, now, now));
  const uint8_t concession = static_cast<uint8_t>(person.concession);
  YUKUAI_TRY(RecordAttribute(transaction, id, Attribute::kConcession, ByteSpan(&concession, 1), person.source, now, now));
  return Created{id, IndexOf(number, shard), true};
}

Result<Person> Register::FromRow(storage::Reader& reader, const Row& row, Instant now) const {
  const auto shard = static_cast<Shard>(row[0].Int());
  const PersonId id = IdOf(row[1]);
  const auto birth_plain = sealing::OpenBox(box_key_, Context("birth_date", id), row[3].Blob());
  if (!birth_plain) return Fault(kPersonUnreadable, "birth date");
  const std::optional<CivilDate> birth_date = ParseDate(AsText(*birth_plain));
  if (!birth_date) return Fault(kPersonUnreadable, "birth date");
  YUKUAI_ASSIGN(NameValue name, NameAt(reader, id, now, now));
  YUKUAI_ASSIGN(const ConcessionValue concession, ConcessionAt(reader, id, now, now));
  return Person{id,           IndexOf(row[2].Int(), shard), std::move(name.name),
                *birth_date,  concession.concession,        row[5].is_null() ? std::nullopt : std::optional(row[5].Time()),
                row[4].Time()};
}

Result<Person> Register::Load(storage::Reader& reader, PersonId id, Instant now) const {
  YUKUAI_ASSIGN(const std::vector<Row> rows, reader.Query(kSelectPerson, {int64_t{id.shard()}, id}));
  if (rows.empty()) return Fault(kPersonUnknown);
  return FromRow(reader, rows[0], now);
}

Result<Person> Register::LoadByIndex(storage::Reader& reader, PersonIndex index, Instant now) const {
  const auto number = static_cast<int64_t>(index.value >> 10);
  YUKUAI_ASSIGN(const std::vector<Row> rows, reader.Query(kSelectPersonByNumber, {int64_t{index.shard()}, number}));
  if (rows.empty()) return Fault(kPersonUnknown);
  return FromRow(reader, rows[0], now);
}

Result<Person> Register::LoadByDocument(storage::Reader& reader, const identifiers::Document& document, Instant now) const {
  YUKUAI_ASSIGN(const std::optional<PersonId> id, FindId(reader, document));
  if (!id) return Fault(kPersonUnknown);
  return Load(reader, *id, now);
}

Result<identifiers::Document> Register::RevealDocument(storage::Reader& reader, PersonId id, Instant now) const {
  YUKUAI_ASSIGN(const std::vector<Row> rows, reader.Query(kSelectDocument, {int64_t{id.shard()}, id}));
  if (rows.empty()) return Fault(kPersonUnknown);
  const auto plain = sealing::OpenBox(box_key_, Context("document", id), rows[0][0].Blob());
  if (!plain || plain->empty()) return Fault(kPersonUnreadable, "document");
  const auto kind = identifiers::KindFromStored(plain->front());
  if (!kind) return Fault(kPersonUnreadable, "document kind");
  auto document = identifiers::Document::Parse(*kind, AsText(*plain).substr(1), ChinaDate(now));
  if (!document) return Fault(kPersonUnreadable, "document");
  return document;
}

Result<void> Register::RecordAttribute(storage::Transaction& transaction, PersonId id, Attribute attribute, ByteSpan plain,
                                       std::string_view source, Instant valid_from, Instant now) const {
  const auto number = static_cast<uint8_t>(attribute);
  const Bytes box = sealing::SealBox(box_key_, AttributeContext(number, id, valid_from, now), plain, entropy_);
  // The key holds both times: two recordings of one microsecond are one recording.
  auto inserted =
      transaction.InsertIfAbsent(kInsertAttribute, {int64_t{id.shard()}, id, int64_t{number}, valid_from, now, source, box});
  if (!inserted) return std::move(inserted).error();
  return {};
}

Result<void> Register::RecordName(storage::Transaction& transaction, PersonId id, const Name& name, std::string_view source,
                                  Instant valid_from, Instant now) const {
  YUKUAI_ASSIGN(const std::vector<Row> rows, transaction.Query(kSelectNumber, {int64_t{id.shard()}, id}));
  if (rows.empty()) return Fault(kPersonUnknown);
  return RecordAttribute(transaction, id, Attribute::kName, AsBytes(name.text()), source, valid_from, now);
}

Result<void> Register::RecordConcession(storage::Transaction& transaction, PersonId id, Concession concession,
                                        std::string_view source, Instant valid_from, Instant now) const {
  YUKUAI_ASSIGN(const std::vector<Row> rows, transaction.Query(kSelectNumber, {int64_t{id.shard()}, id}));
  if (rows.empty()) return Fault(kPersonUnknown);
  const auto value = static_cast<uint8_t>(concession);
  return RecordAttribute(transaction, id, Attribute::kConcession, ByteSpan(&value, 1), source, valid_from, now);
}

Result<Register::Opened> Register::AttributeAt(storage::Reader& reader, PersonId id, Attribute attribute, Instant valid_at,
                                               Instant known_at) const {
  const auto number = static_cast<uint8_t>(attribute);
  YUKUAI_ASSIGN(const std::vector<Row> rows,
                reader.Query(kSelectAttribute, {int64_t{id.shard()}, id, int64_t{number}, valid_at, known_at}));
  if (rows.empty()) return Fault(kPersonUnknown);
  const Row& row = rows[0];
  auto plain = sealing::OpenBox(box_key_, AttributeContext(number, id, row[1].Time(), row[2].Time()), row[3].Blob());
  if (!plain) return Fault(kPersonUnreadable, "attribute");
  return Opened{{row[0].Text(), row[1].Time(), row[2].Time()}, *std::move(plain)};
}

Result<NameValue> Register::NameAt(storage::Reader& reader, PersonId id, Instant valid_at, Instant known_at) const {
  YUKUAI_ASSIGN(const Opened opened, AttributeAt(reader, id, Attribute::kName, valid_at, known_at));
  auto name = Name::Parse(AsText(opened.plain));
  if (!name) return Fault(kPersonUnreadable, "name");
  return NameValue{opened.value, *std::move(name)};
}

Result<ConcessionValue> Register::ConcessionAt(storage::Reader& reader, PersonId id, Instant valid_at, Instant known_at) const {
  YUKUAI_ASSIGN(const Opened opened, AttributeAt(reader, id, Attribute::kConcession, valid_at, known_at));
  if (opened.plain.size() != 1 || opened.plain[0] < 1 || opened.plain[0] > 5) return Fault(kPersonUnreadable, "concession");
  return ConcessionValue{opened.value, static_cast<Concession>(opened.plain[0])};
}

Result<bool> Register::Freeze(storage::Transaction& transaction, PersonId id, Instant now) const {
  YUKUAI_ASSIGN(const std::vector<Row> rows, transaction.Query(kSelectNumber, {int64_t{id.shard()}, id}));
  if (rows.empty()) return Fault(kPersonUnknown);
  YUKUAI_ASSIGN(const bool is_new, transaction.InsertIfAbsent(kInsertFreeze, {int64_t{id.shard()}, id, rows[0][0].Int(), now}));
  if (is_new) YUKUAI_TRY(BumpFreezeVersion(transaction, id.shard()));
  return is_new;
}

Result<bool> Register::Unfreeze(storage::Transaction& transaction, PersonId id) const {
  YUKUAI_ASSIGN(const std::vector<Row> rows, transaction.Query(kSelectFreeze, {int64_t{id.shard()}, id}));
  if (rows.empty()) return false;
  YUKUAI_ASSIGN(const int64_t deleted, transaction.Execute(kDeleteFreeze, {int64_t{id.shard()}, id}));
  if (deleted == 1) YUKUAI_TRY(BumpFreezeVersion(transaction, id.shard()));
  return deleted == 1;
}

Result<void> Register::BumpFreezeVersion(storage::Transaction& transaction, Shard shard) const {
  YUKUAI_TRY(transaction.InsertIfAbsent(kInsertFreezeChange, {int64_t{shard}}));
  YUKUAI_ASSIGN(const int64_t changed, transaction.Execute(kUpdateFreezeChange, {int64_t{shard}}));
  YUKUAI_CHECK(changed == 1);
  return {};
}

Result<uint64_t> Register::FreezeVersion(storage::Reader& reader) const {
  YUKUAI_ASSIGN(const std::vector<Row> rows, reader.Query(kSelectFreezeVersion, {}));
  return static_cast<uint64_t>(rows.at(0)[0].Int()) + 1;
}

Result<void> LeaveGap(storage::Transaction& transaction) {
  for (int64_t shard = 0; shard < kShardCount; ++shard) {
    YUKUAI_TRY(transaction.InsertIfAbsent(kInsertCounter, {shard}));
    YUKUAI_TRY(transaction.Execute(kSkipNumbers, {kNumbersGap, shard}));
  }
  // The version is the sum over all shards.
  YUKUAI_TRY(transaction.InsertIfAbsent(kInsertFreezeChange, {int64_t{0}}));
  YUKUAI_TRY(transaction.Execute(kSkipFreezeVersions, {kFreezeVersionsGap, int64_t{0}}));
  return {};
}

Result<std::vector<FrozenPerson>> Register::FrozenPersons(storage::Reader& reader) const {
  YUKUAI_ASSIGN(const std::vector<Row> rows, reader.Query(kSelectFrozen, {}));
  std::vector<FrozenPerson> frozen;
  frozen.reserve(rows.size());
  for (const Row& row : rows) {
    frozen.push_back({IdOf(row[1]), IndexOf(row[2].Int(), static_cast<Shard>(row[0].Int())), row[3].Time()});
  }
  return frozen;
}

}  // namespace yukuai::persons
