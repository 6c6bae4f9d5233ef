// SPDX-License-Identifier: Apache-2.0
// The register of natural persons: who exists, under which document, with which attributes, frozen or not.
//
// Document number, name, birth date and concession are sealed (crypto/sealing) with a context that names row and column. A
// person is found by number through a blind index: HMAC-SM3 under a key that is in no database and no backup. The low 10 bits
// of that index are the person's shard for ever.
//
// Writing calls find their refusals before their first write. The caller writes the audit entry in the same transaction.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/entropy/entropy.h"
#include "base/ids/ids.h"
#include "base/result/result.h"
#include "base/secret/secret.h"
#include "base/time/time.h"
#include "crypto/sealing/sealing.h"
#include "formats/identifiers/document.h"
#include "platform/storage/storage.h"
#include "registers/persons/name.h"

namespace yukuai::persons {

extern const std::vector<storage::Migration> kSchema;

// In order of precedence.
inline constexpr Reason kPersonUnknown{Kind::kNotFound, "person_unknown"};
inline constexpr Reason kPersonUnreadable{Kind::kInternal,
                                          "person_unreadable"};  // A sealed field does not open: wrong key or damage.

// The account types of the transport code; the values are stored and shown to gates.
enum class Concession : uint8_t { kOrdinary = 1, kStudent = 2, kSenior = 3, kTest = 4, kSoldier = 5 };

struct Person {
  PersonId id;
  PersonIndex index;
  Name name;
  CivilDate birth_date;
  Concession concession = Concession::kOrdinary;
  std::optional<Instant> frozen_since;
  Instant created_at;

  bool frozen() const { return frozen_since.has_value(); }
};

struct NewPerson {
  identifiers::Document document;
  Name name;
  Concession concession = Concession::kOrdinary;
  std::string source;  // Who said so: "city-generator", "counter".
};

struct Created {
  PersonId id;
  PersonIndex index;
  bool is_new = false;  // False: the document was known, nothing was written.
};

struct FrozenPerson {
  PersonId id;
  PersonIndex index;
  Instant frozen_since;
};

// One value of an attribute as one source gave it.
struct AttributeValue {
  std::string source;
  Instant valid_from;
  Instant recorded_at;
};
struct NameValue : AttributeValue {
  Name name;
};
struct ConcessionValue : AttributeValue {
  Concession concession = Concession::kOrdinary;
};

struct Keys {
  Secret<ByteArray<32>> blind_index;
  Secret<ByteArray<32>> data;
};

// Stateless but for its keys; thread-safe as far as the readers and transactions handed to it are not shared.
class Register {
 public:
  // The entropy outlives the register.
  Register(const Keys& keys, Entropy& entropy);

  // Claims the document, then creates the person; running it again gives the same person and changes nothing.
  Result<Created> Create(storage::Transaction& transaction, const NewPerson& person, Instant now) const;

  Result<std::optional<PersonId>> FindId(storage::Reader& reader, const identifiers::Document& document) const;
  // As known and valid at `now`. kPersonUnknown, kPersonUnreadable.
  Result<Person> Load(storage::Reader& reader, PersonId id, Instant now) const;
  Result<Person> LoadByIndex(storage::Reader& reader, PersonIndex index, Instant now) const;
  Result<Person> LoadByDocument(storage::Reader& reader, const identifiers::Document& document, Instant now) const;
  // The number in clear: for the person's own counter business. The caller audits it. `now` bounds the birth date.
  Result<identifiers::Document> RevealDocument(storage::Reader& reader, PersonId id, Instant now) const;

  // A value that holds from `valid_from`, recorded now. Values are only added: what was known when stays answerable.
  Result<void> RecordName(storage::Transaction& transaction, PersonId id, const Name& name, std::string_view source,
                          Instant valid_from, Instant now) const;
  Result<void> RecordConcession(storage::Transaction& transaction, PersonId id, Concession concession, std::string_view source,
                                Instant valid_from, Instant now) const;
  // What was known at `known_at` of what held at `valid_at`: the latest valid_from, of that the latest recording.
  Result<NameValue> NameAt(storage::Reader& reader, PersonId id, Instant valid_at, Instant known_at) const;
  Result<ConcessionValue> ConcessionAt(storage::Reader& reader, PersonId id, Instant valid_at, Instant known_at) const;

  // Every carrier of the person refuses from now on. True when the person was not frozen before; the version grew then.
  Result<bool> Freeze(storage::Transaction& transaction, PersonId id, Instant now) const;
  // True when the person was frozen; the version grew then.
  Result<bool> Unfreeze(storage::Transaction& transaction, PersonId id) const;
  // Grows with every freeze and unfreeze; 1 before the first. A terminal that holds this version knows of all of them.
  Result<uint64_t> FreezeVersion(storage::Reader& reader) const;
  Result<std::vector<FrozenPerson>> FrozenPersons(storage::Reader& reader) const;

  // HMAC-SM3(blind-index key, kind || number): for tests and for tables of other registers that look up by document.
  ByteArray<32> BlindIndex(const identifiers::Document& document) const;

 private:
  enum class Attribute : uint8_t { kName = 1, kConcession = 2 };  // Stored.
  struct Opened {
    AttributeValue value;
    Bytes plain;
  };
  Result<void> BumpFreezeVersion(storage::Transaction& transaction, Shard shard) const;
  Result<void> RecordAttribute(storage::Transaction& transaction, PersonId id, Attribute attribute, ByteSpan plain,
                               std::string_view source, Instant valid_from, Instant now) const;
  Result<Opened> AttributeAt(storage::Reader& reader, PersonId id, Attribute attribute, Instant valid_at, Instant known_at) const;
  Result<Person> FromRow(storage::Reader& reader, const storage::Row& row, Instant now) const;

  Secret<ByteArray<32>> blind_index_key_;
  sealing::BoxKey box_key_;
  Entropy& entropy_;
};

// For a database that was put back from a backup: leaves out the person numbers and freeze versions that may have been given out
// since the backup was made. A number given twice would let a code of its first holder be charged to the second; a version that
// terminals hold already would keep them from every newer list.
Result<void> LeaveGap(storage::Transaction& transaction);

}  // namespace yukuai::persons
