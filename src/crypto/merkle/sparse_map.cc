// SPDX-License-Identifier: Apache-2.0
#include "crypto/merkle/sparse_map.h"

#include <algorithm>

#include "base/result/check.h"

namespace yukuai::merkle {

struct SparseMap::Node {
  sm3::Digest hash{};
  bool is_leaf = false;
  size_t count = 0;  // Keys below.
  MapKey key{};      // Of a leaf.
  MapValue value{};  // Of a leaf.
  NodePtr left;
  NodePtr right;
};

namespace {

using Node = SparseMap::Node;
using NodePtr = SparseMap::NodePtr;

constexpr size_t kDepthMax = 256;
constexpr ByteArray<1> kLeafPrefix{0x02};
constexpr ByteArray<1> kInnerPrefix{0x03};
constexpr ByteArray<1> kEmptyPrefix{0x04};

bool Bit(const MapKey& key, size_t depth) { return ((key[depth / 8] >> (7 - depth % 8)) & 1) != 0; }

sm3::Digest EmptyHash() { return sm3::Hash(kEmptyPrefix); }
sm3::Digest LeafHashOf(const MapKey& key, const MapValue& value) { return sm3::Hash({kLeafPrefix, key, value}); }
sm3::Digest InnerHash(const sm3::Digest& left, const sm3::Digest& right) { return sm3::Hash({kInnerPrefix, left, right}); }

sm3::Digest HashOf(const NodePtr& node) { return node ? node->hash : EmptyHash(); }
size_t CountOf(const NodePtr& node) { return node ? node->count : 0; }

NodePtr MakeLeaf(const MapEntry& entry) {
  auto node = std::make_shared<Node>();
  node->is_leaf = true;
  node->count = 1;
  node->key = entry.first;
  node->value = entry.second;
  node->hash = LeafHashOf(entry.first, entry.second);
  return node;
}

NodePtr MakeInner(NodePtr left, NodePtr right) {
  auto node = std::make_shared<Node>();
  node->hash = InnerHash(HashOf(left), HashOf(right));
  node->count = CountOf(left) + CountOf(right);
  node->left = std::move(left);
  node->right = std::move(right);
  return node;
}

// The subtree at this depth with the entries set: sorted, of different keys, all with the prefix of this subtree.
// Recursion is at most 256 deep.
NodePtr WithEntries(const NodePtr& node, std::span<const MapEntry> entries, size_t depth) {
  if (entries.empty()) return node;
  if (entries.size() == 1 && (!node || (node->is_leaf && node->key == entries[0].first))) return MakeLeaf(entries[0]);
  const auto middle =
      std::partition_point(entries.begin(), entries.end(), [depth](const MapEntry& e) { return !Bit(e.first, depth); });
  const auto left_entries = entries.first(static_cast<size_t>(middle - entries.begin()));
  const auto right_entries = entries.subspan(left_entries.size());
  NodePtr left = node ? node->left : nullptr;
  NodePtr right = node ? node->right : nullptr;
  if (node && node->is_leaf) {
    // A leaf stands as high as it is alone; company pushes it down to the side of its next bit. Unless it is replaced itself:
    // then it must not come back beside its new value as company of its own.
    const bool replaced = std::any_of(entries.begin(), entries.end(), [&](const MapEntry& e) { return e.first == node->key; });
    if (!replaced) (Bit(node->key, depth) ? right : left) = node;
  }
  return MakeInner(WithEntries(left, left_entries, depth + 1), WithEntries(right, right_entries, depth + 1));
}

bool SharePrefix(const MapKey& a, const MapKey& b, size_t bits) {
  for (size_t i = 0; i < bits; ++i) {
    if (Bit(a, i) != Bit(b, i)) return false;
  }
  return true;
}

// Where the path of the key ends: nullptr or a leaf, with the siblings passed.
const Node* Descend(const NodePtr& root, const MapKey& key, std::vector<sm3::Digest>* siblings) {
  const Node* node = root.get();
  for (size_t depth = 0; node != nullptr && !node->is_leaf; ++depth) {
    YUKUAI_CHECK(depth < kDepthMax);
    const bool right = Bit(key, depth);
    if (siblings != nullptr) siblings->push_back(HashOf(right ? node->left : node->right));
    node = (right ? node->right : node->left).get();
  }
  return node;
}

}  // namespace

bool VerifyMapProof(const sm3::Digest& root, const MapKey& key, const std::optional<MapValue>& value, const MapProof& proof) {
  if (proof.siblings.size() > kDepthMax) return false;
  if (value && proof.other) return false;
  if (proof.other && (proof.other->first == key || !SharePrefix(key, proof.other->first, proof.siblings.size()))) return false;
  sm3::Digest hash = value         ? LeafHashOf(key, *value)
                     : proof.other ? LeafHashOf(proof.other->first, proof.other->second)
                                   : EmptyHash();
  for (size_t depth = proof.siblings.size(); depth > 0; --depth) {
    const sm3::Digest& sibling = proof.siblings[depth - 1];
    hash = Bit(key, depth - 1) ? InnerHash(sibling, hash) : InnerHash(hash, sibling);
  }
  return hash == root;
}

void SparseMap::Set(const MapKey& key, const MapValue& value) { SetAll({{key, value}}); }

void SparseMap::SetAll(std::vector<MapEntry> entries) {
  const auto by_key = [](const MapEntry& a, const MapEntry& b) { return a.first < b.first; };
  std::stable_sort(entries.begin(), entries.end(), by_key);
  std::vector<MapEntry> last;
  last.reserve(entries.size());
  for (const MapEntry& entry : entries) {
    if (!last.empty() && last.back().first == entry.first)
      last.back() = entry;
    else
      last.push_back(entry);
  }
  root_ = WithEntries(root_, last, 0);
  size_ = CountOf(root_);
}

sm3::Digest SparseMap::Root() const { return HashOf(root_); }

MapProof SparseMap::Prove(const MapKey& key) const {
  MapProof proof;
  const Node* end = Descend(root_, key, &proof.siblings);
  if (end != nullptr && end->key != key) proof.other.emplace(end->key, end->value);
  return proof;
}

std::optional<MapValue> SparseMap::Get(const MapKey& key) const {
  const Node* end = Descend(root_, key, nullptr);
  return end != nullptr && end->key == key ? std::optional<MapValue>(end->value) : std::nullopt;
}

}  // namespace yukuai::merkle
