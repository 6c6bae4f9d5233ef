// SPDX-License-Identifier: Apache-2.0
// What each field of a code means, in words; see inspect.h.
#include "formats/code/inspect.h"

#include <algorithm>

#include "formats/code/alias.h"

namespace yukuai::code {
namespace {

uint64_t NumberOf(ByteSpan bytes) {
  uint64_t value = 0;
  for (const uint8_t byte : bytes) value = value << 8 | byte;
  return value;
}

std::string Version(uint8_t version) {
  if (version < kVersionInteroperable) return "not a transport code";
  return version == kVersionInteroperable ? "interoperable" : "local";
}

std::string AccountTypeName(uint8_t type) {
  switch (type) {
    case 1: return "ordinary";
    case 2: return "student";
    case 3: return "senior";
    case 4: return "test";
    case 5: return "soldier";
    default: return "not specified";  // A number from outside, not an enumerator.
  }
}

std::string Printable(ByteSpan text) {
  if (!IsPrintable(text)) return "not printable";
  return "\"" + std::string(AsText(text)) + "\"";
}

std::string Digits(ByteSpan packed) { return IsDecimal(packed) ? DecimalText(packed) : "not decimal"; }

std::string Month(ByteSpan mmyy) {
  const auto month = ParseCertificateMonth(mmyy.first<2>());
  if (!month) return "not a month";
  return "valid until " + ToRfc3339(month->End().PlusSeconds(-1));
}

std::string Point(ByteSpan compressed) {
  return sm2::PublicKey::Parse(compressed) ? "a point of the SM2 curve" : "no point of the SM2 curve";
}

std::string MarkedSignature(ByteSpan bytes) {
  return bytes[0] == kSignatureMark ? "mark 15, then r and s" : "the mark is not 15";
}

std::string Fixed(const FieldEntry& entry, ByteSpan bytes) {
  const auto expect = [bytes](ByteSpan expected) {
    return Equal(bytes, expected) ? std::string("as specified") : "should be " + ToHex(expected);
  };
  if (entry.offset == item::kHeader.offset) return expect(ByteArray<1>{kCertificateHeader});
  if (entry.offset == item::kService.offset) return expect(kCertificateService);
  if (entry.offset == item::kFormat.offset) return expect(ByteArray<1>{kCertificateFormat});
  return expect(ByteArray<1>{kCertificateAlgorithms[entry.offset - kCertificateAlgorithmsOffset]});
}

std::string Meaning(const FieldEntry& entry, ByteSpan bytes, size_t total) {
  switch (entry.coding) {
    case Coding::kVersion: return Version(bytes[0]);
    case Coding::kLength: {
      const uint64_t length = NumberOf(bytes);
      const size_t expected = entry.number == field::kLengthField.number ? total - std::min(total, field::kCertificate.offset)
                                                                         : total - std::min(total, kLengthFixed);
      return std::to_string(length) + " bytes" + (length == expected ? "" : ", the code has " + std::to_string(expected));
    }
    case Coding::kCertificate: return "13 items";
    case Coding::kText: return Printable(bytes);
    case Coding::kDecimal: return Digits(bytes);
    case Coding::kAccountType: return AccountTypeName(bytes[0]);
    case Coding::kFen: return Money::Fen(static_cast<int64_t>(NumberOf(bytes))).Text() + " yuan";
    case Coding::kPoint: return Point(bytes);
    case Coding::kInstant: return ToRfc3339(Instant::FromSeconds(static_cast<int64_t>(NumberOf(bytes))));
    case Coding::kSeconds: return std::to_string(NumberOf(bytes)) + " s";
    case Coding::kIssuerField:
      return ParseIssuerField(bytes) ? "of a 渝快码" : (bytes.empty() ? "empty" : "of another issuer's form");
    case Coding::kMarkedSignature: return MarkedSignature(bytes);
    case Coding::kSignature: return "r and s";
    case Coding::kMonth: return Month(bytes);
    case Coding::kFixed: return Fixed(entry, bytes);
    case Coding::kNumber: return std::to_string(NumberOf(bytes));
  }
  YUKUAI_CHECK(false);
  return {};
}

std::string_view KindName(GrantKind kind) {
  switch (kind) {
    case GrantKind::kRide: return "ride";
    case GrantKind::kGeneral: return "general";
    case GrantKind::kMember: return "member";
  }
  YUKUAI_CHECK(false);
  return {};
}

class Inspector {
 public:
  explicit Inspector(ByteSpan code) : code_(code) {
    if (code_.size() > field::kIssuerFieldLength.offset) n_ = code_[field::kIssuerFieldLength.offset];
  }

  std::vector<InspectedField> Run() && {
    for (const FieldEntry& entry : kFields) {
      const ByteSpan bytes = Add(std::to_string(entry.number), entry);
      if (entry.coding == Coding::kCertificate) {
        for (const FieldEntry& part : kCertificateItems) Add("3." + std::to_string(part.number), part);
      }
      if (entry.coding == Coding::kIssuerField) AddIssuerField(bytes);
    }
    const size_t end = kLengthFixed + n_;
    if (code_.size() > end) {
      out_.push_back({"", "多余字节", "bytes after the end", end, 0, code_.subspan(end), "belong to no field"});
    }
    return std::move(out_);
  }

 private:
  ByteSpan Add(std::string number, const FieldEntry& entry) {
    const size_t offset = entry.offset + (entry.moves_with_n ? n_ : 0);
    const size_t length = entry.length_is_n ? n_ : entry.length;
    const ByteSpan rest = offset < code_.size() ? code_.subspan(offset) : ByteSpan();
    const ByteSpan bytes = rest.first(std::min(length, rest.size()));
    std::string meaning = bytes.size() == length ? Meaning(entry, bytes, code_.size()) : bytes.empty() ? "missing" : "cut off";
    out_.push_back({std::move(number), entry.name_zh, entry.name_en, offset, length, bytes, std::move(meaning)});
    return bytes;
  }

  void AddIssuerField(ByteSpan bytes) {
    const auto content = ParseIssuerField(bytes);
    if (!content) return;
    const size_t at = field::kIssuerField.offset;
    out_.push_back({"14.1", "类别", "kind", at, 1, bytes.subspan(0, 1), std::string(KindName(content->kind))});
    out_.push_back({"14.2", "别名密钥期号", "alias epoch", at + 1, 1, bytes.subspan(1, 1), std::to_string(content->epoch)});
    out_.push_back({"14.3", "范围", "scope", at + 2, 2, bytes.subspan(2, 2), std::to_string(content->scope)});
    out_.push_back({"14.4", "标签", "tag", at + 4, 16, bytes.subspan(4, 16), "readable by the issuer only"});
  }

  ByteSpan code_;
  size_t n_ = 0;
  std::vector<InspectedField> out_;
};

}  // namespace

std::vector<InspectedField> Inspect(ByteSpan code) { return Inspector(code).Run(); }

}  // namespace yukuai::code
