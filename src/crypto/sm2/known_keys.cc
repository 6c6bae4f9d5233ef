// SPDX-License-Identifier: Apache-2.0
// The tables and who has one, see known_keys.h.
#include "crypto/sm2/known_keys.h"

#include <algorithm>
#include <mutex>

#include "base/result/check.h"
#include "crypto/sm2_curve/engine.h"

namespace yukuai::sm2 {
namespace {

uint32_t WindowsOf(Footprint footprint) {
  switch (footprint) {
    case Footprint::kSmall: return 48;
    case Footprint::kLarge: return 28;
  }
  YUKUAI_CHECK(false);
  return 0;
}

}  // namespace

// The counters change under the shared lock, the comb under the other.
struct KnownKeys::Entry {
  explicit Entry(const PublicKey& whose) : key(whose) {}
  const PublicKey key;
  std::atomic<uint64_t> uses{0};
  std::atomic<uint64_t> last_use{0};
  std::shared_ptr<const sm2_curve::Comb> comb;
};

KnownKeys::KnownKeys(Footprint footprint, size_t table_bytes_max)
    : footprint_(footprint), keys_max_(std::max<size_t>(1, table_bytes_max / sm2_curve::Comb::BytesOf(WindowsOf(footprint)))) {}

KnownKeys::~KnownKeys() = default;

const sm2_curve::Comb& KnownKeys::Generator() const {
  return footprint_ == Footprint::kSmall ? sm2_curve::SmallGeneratorComb() : sm2_curve::LargeGeneratorComb();
}

// A few dozen keys at most: looking through them costs less than hashing one.
KnownKeys::Entry* KnownKeys::Find(const PublicKey& key) const {
  const auto found = std::ranges::find_if(entries_, [&key](const auto& entry) { return entry->key == key; });
  return found == entries_.end() ? nullptr : found->get();
}

KnownKeys::Entry& KnownKeys::Enter(const PublicKey& key) const {
  if (Entry* const entry = Find(key)) return *entry;
  auto entry = std::make_unique<Entry>(key);
  if (entries_.size() < keys_max_) return *entries_.emplace_back(std::move(entry));
  auto& oldest = *std::ranges::min_element(entries_, {}, [](const auto& one) { return one->last_use.load(); });
  oldest = std::move(entry);
  return *oldest;
}

// Counts a use. True for the one use at which the table is to be made.
bool KnownKeys::Count(Entry& entry) const {
  entry.last_use.store(clock_.fetch_add(1, std::memory_order_relaxed), std::memory_order_relaxed);
  return entry.uses.fetch_add(1, std::memory_order_relaxed) == kUsesBeforeTable;
}

std::shared_ptr<const sm2_curve::Comb> KnownKeys::CombOf(const PublicKey& key) const {
  bool is_known = false;
  {
    const std::shared_lock lock(mutex_);
    if (Entry* const entry = Find(key)) {
      if (!Count(*entry)) return entry->comb;
      is_known = true;
    }
  }
  if (!is_known) {
    const std::unique_lock lock(mutex_);
    Count(Enter(key));
    return nullptr;
  }
  // Others go on without it meanwhile. Where the key was pushed out at the same moment, this one answer has the table to itself.
  auto comb = std::make_shared<const sm2_curve::Comb>(sm2_curve::Fastest().make_comb(key.point(), WindowsOf(footprint_)));
  const std::unique_lock lock(mutex_);
  if (Entry* const entry = Find(key)) entry->comb = comb;
  return comb;
}

bool KnownKeys::Verify(const PublicKey& key, ByteSpan id, ByteSpan message, const Signature& signature) const {
  if (id.size() > kIdSizeMax) return false;
  return VerifyDigest(key, sm3::Hash({IdentityDigest(key, id), message}), signature);
}

bool KnownKeys::VerifyDigest(const PublicKey& key, const sm3::Digest& e, const Signature& signature) const {
  const auto equation = sm2_curve::Equation::Of(e, signature);
  if (!equation) return false;
  const auto& curve = sm2_curve::Fastest();
  const auto comb = CombOf(key);
  return comb != nullptr ? curve.holds_by_comb(*equation, Generator(), *comb) : curve.holds(*equation, Generator(), key.point());
}

bool KnownKeys::VerifyNewDigest(const PublicKey& key, const sm3::Digest& e, const Signature& signature) const {
  const auto equation = sm2_curve::Equation::Of(e, signature);
  return equation && sm2_curve::Fastest().holds(*equation, Generator(), key.point());
}

size_t KnownKeys::table_bytes() const {
  const std::shared_lock lock(mutex_);
  size_t bytes = 0;
  for (const auto& entry : entries_) bytes += entry->comb != nullptr ? entry->comb->bytes() : 0;
  return bytes;
}

}  // namespace yukuai::sm2
