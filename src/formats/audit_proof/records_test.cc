// SPDX-License-Identifier: Apache-2.0
#include "formats/audit_proof/records.h"

#include <gtest/gtest.h>

namespace yukuai::audit_proof {
namespace {

EntryContent SampleContent() {
  EntryContent content;
  content.subject.fill(0x11);
  content.sequence = 2;
  content.previous.fill(0x22);
  content.at = Instant{1'772'323'200'000'000};
  content.action = "ride_charged";
  content.actor = "system";
  content.scene = "tram";
  content.details = R"({"fare_fen":300})";
  return content;
}

// The worked example of docs/formats/audit.md.
constexpr std::string_view kSampleHex =
    "594b4131"
    "1111111111111111111111111111111111111111111111111111111111111111"
    "0000000000000002"
    "2222222222222222222222222222222222222222222222222222222222222222"
    "00064beb26c36000"
    "000c726964655f63686172676564"
    "000673797374656d"
    "00047472616d"
    "00107b22666172655f66656e223a3330307d";

TEST(EntryContent, IsTheBytesOfTheSpecification) {
  EXPECT_EQ(ToHex(EncodeContent(SampleContent())), kSampleHex);
  EXPECT_EQ(DecodeContent(*FromHex(kSampleHex)), SampleContent());
}

TEST(EntryContent, NothingElseDecodes) {
  const Bytes good = *FromHex(kSampleHex);
  for (size_t size = 0; size < good.size(); ++size) EXPECT_FALSE(DecodeContent(ByteSpan(good).first(size))) << size;
  Bytes longer = good;
  longer.push_back(0);
  EXPECT_FALSE(DecodeContent(longer));
  for (const size_t at : {size_t{0}, size_t{3}, size_t{84}, size_t{85}}) {  // The magic; the length of the action.
    Bytes changed = good;
    changed[at] ^= 1;
    EXPECT_FALSE(DecodeContent(changed)) << at;
  }
  Bytes not_text = good;
  not_text[86] = 0xFF;
  EXPECT_FALSE(DecodeContent(not_text));
}

TEST(EntryContent, BoundsHoldOnBothSides) {
  const auto valid = [](auto change) {
    EntryContent content = SampleContent();
    change(content);
    return IsValid(content);
  };
  EXPECT_TRUE(valid([](auto& c) { c.action.assign(kActionMax, 'a'); }));
  EXPECT_FALSE(valid([](auto& c) { c.action.assign(kActionMax + 1, 'a'); }));
  EXPECT_FALSE(valid([](auto& c) { c.action.clear(); }));
  EXPECT_TRUE(valid([](auto& c) { c.actor.assign(kActorMax, 'a'); }));
  EXPECT_FALSE(valid([](auto& c) { c.actor.assign(kActorMax + 1, 'a'); }));
  EXPECT_FALSE(valid([](auto& c) { c.actor.clear(); }));
  EXPECT_TRUE(valid([](auto& c) { c.scene.assign(kSceneMax, 'a'); }));
  EXPECT_FALSE(valid([](auto& c) { c.scene.assign(kSceneMax + 1, 'a'); }));
  EXPECT_TRUE(valid([](auto& c) { c.scene.clear(); }));
  EXPECT_TRUE(valid([](auto& c) { c.details.assign(kDetailsMax, ' '); }));
  EXPECT_FALSE(valid([](auto& c) { c.details.assign(kDetailsMax + 1, ' '); }));
  EXPECT_FALSE(valid([](auto& c) { c.details = "\xC0\x80"; }));
  EXPECT_FALSE(valid([](auto& c) { c.sequence = 0; }));
  EntryContent largest = SampleContent();
  largest.action.assign(kActionMax, 'a');
  largest.actor.assign(kActorMax, 'a');
  largest.scene.assign(kSceneMax, 'a');
  largest.details.assign(kDetailsMax, ' ');
  EXPECT_EQ(EncodeContent(largest).size(), kContentMax);
}

TEST(SignedRoot, RoundTripsAndRefusesOtherSizes) {
  SignedRoot root;
  root.root = {7, Instant{1'772'323'200'000'000}, {0x33}, {0x44}};
  root.signature[0] = 0x55;
  const SignedRootBytes bytes = EncodeRoot(root);
  EXPECT_EQ(ToHex(ByteSpan(bytes).first(20)),
            "594b5431"
            "0000000000000007"
            "00064beb26c36000");
  EXPECT_EQ(DecodeRoot(bytes), root);
  EXPECT_FALSE(DecodeRoot(ByteSpan(bytes).first(kSignedRootSize - 1)));
  Bytes longer(bytes.begin(), bytes.end());
  longer.push_back(0);
  EXPECT_FALSE(DecodeRoot(longer));
  longer.pop_back();
  longer[2] ^= 1;
  EXPECT_FALSE(DecodeRoot(longer));
}

TEST(Subject, DependsOnTheKeyAndTheId) {
  const PersonId person(ByteArray<16>{1});
  const MapSecret key(ByteArray<32>{9});
  EXPECT_EQ(SubjectOf(key, person.bytes()), sm3::Hmac(ByteArray<32>{9}, ByteArray<16>{1}));
  EXPECT_NE(SubjectOf(key, person.bytes()), SubjectOf(key, ByteArray<16>{2}));
  EXPECT_NE(SubjectOf(key, person.bytes()), SubjectOf(MapSecret(ByteArray<32>{8}), person.bytes()));
}

TEST(ShardHead, EmptyIsTheEmptyTreeAndTheEmptyMap) {
  EXPECT_EQ(ShardHead::Empty().log_root, sm3::Hash(ByteSpan{}));
  EXPECT_EQ(ShardHead::Empty().map_root, sm3::Hash(ByteArray<1>{4}));
}

}  // namespace
}  // namespace yukuai::audit_proof
