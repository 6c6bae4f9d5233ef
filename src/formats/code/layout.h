// SPDX-License-Identifier: Apache-2.0
// Where everything lies in a code: the field tables of docs/formats/code.md as data. The encoder, the verifier and the
// inspector use these offsets and no others.
//
//   0   1     3                            120              136        146    150    154 155 158
//   +---+-----+----------------------------+----------------+----------+------+------+---+---+------------- …
//   |ver| len | institution certificate 117| payment acct 16| card 10  |issuer|platf.|typ|cap| user key 33
//   191    195 197 198     198+N            263+N  267+N            332+N
//   … -----+---+--+-------+----------------+------+----------------+
//   expiry |val| N| field | 15 r s (issuer)| gen. | 15 r s (user)  |
//
// A code with N = 0 begins 80 01 49 24 …: version 80, length 0x0149 = 329 = 332 - 3, certificate header 24.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace yukuai::code {

// Bytes of a code whose issuer field is empty, and how long that field may be.
inline constexpr size_t kLengthFixed = 332;
inline constexpr size_t kIssuerFieldMax = 32;
inline constexpr size_t kLengthMin = kLengthFixed;
inline constexpr size_t kLengthMax = kLengthFixed + kIssuerFieldMax;
inline constexpr size_t kCertificateLength = 117;
inline constexpr size_t kTemplateLengthFixed = 263;  // Fields 1..15 with N = 0: what the issuer gives to the phone.

enum class Coding : uint8_t {
  kVersion,
  kLength,       // A count of bytes.
  kCertificate,  // The 13 items of kCertificateItems.
  kText,         // Printable ASCII.
  kDecimal,      // cn: two digits a byte.
  kAccountType,
  kFen,
  kPoint,    // A compressed SM2 point.
  kInstant,  // Seconds since 1970, UTC.
  kSeconds,
  kIssuerField,
  kMarkedSignature,  // 15, then r and s.
  kSignature,        // r and s.
  kMonth,            // cn, MMYY.
  kFixed,            // One permitted value.
  kNumber,
};

struct FieldEntry {
  int number;  // As the specification counts.
  std::string_view name_zh;
  std::string_view name_en;
  size_t offset;      // From the start of the code, for N = 0.
  size_t length;      // For N = 0.
  bool moves_with_n;  // The offset grows by N.
  bool length_is_n;   // The length is N.
  Coding coding;
};

inline constexpr std::array<FieldEntry, 17> kFields{{
    {1, "二维码版本", "version", 0, 1, false, false, Coding::kVersion},
    {2, "二维码数据长度", "length", 1, 2, false, false, Coding::kLength},
    {3, "发卡机构公钥证书", "institution certificate", 3, kCertificateLength, false, false, Coding::kCertificate},
    {4, "支付账户号", "payment account", 120, 16, false, false, Coding::kText},
    {5, "卡账户号", "card account", 136, 10, false, false, Coding::kDecimal},
    {6, "发卡机构号", "issuer", 146, 4, false, false, Coding::kDecimal},
    {7, "发码平台编号", "platform", 150, 4, false, false, Coding::kDecimal},
    {8, "卡账户类型", "account type", 154, 1, false, false, Coding::kAccountType},
    {9, "单次消费金额上限", "amount cap", 155, 3, false, false, Coding::kFen},
    {10, "用户公钥", "user key", 158, 33, false, false, Coding::kPoint},
    {11, "支付账户系统授权过期时间", "authorisation expiry", 191, 4, false, false, Coding::kInstant},
    {12, "二维码有效时间", "validity", 195, 2, false, false, Coding::kSeconds},
    {13, "发卡机构自定义域长度", "issuer field length", 197, 1, false, false, Coding::kLength},
    {14, "发卡机构自定义域", "issuer field", 198, 0, false, true, Coding::kIssuerField},
    {15, "发卡机构授权签名", "issuer signature", 198, 65, true, false, Coding::kMarkedSignature},
    {16, "二维码生成时间", "generated at", 263, 4, true, false, Coding::kInstant},
    {17, "用户私钥签名", "user signature", 267, 65, true, false, Coding::kMarkedSignature},
}};

inline constexpr std::array<FieldEntry, 13> kCertificateItems{{
    {1, "记录头", "header", 3, 1, false, false, Coding::kFixed},
    {2, "服务标识", "service", 4, 4, false, false, Coding::kFixed},
    {3, "根CA公钥索引", "root index", 8, 1, false, false, Coding::kNumber},
    {4, "证书格式", "format", 9, 1, false, false, Coding::kFixed},
    {5, "机构标识", "institution", 10, 4, false, false, Coding::kDecimal},
    {6, "证书失效日期", "expiry", 14, 2, false, false, Coding::kMonth},
    {7, "证书序列号", "serial", 16, 3, false, false, Coding::kNumber},
    {8, "签名算法标识", "signature algorithm", 19, 1, false, false, Coding::kFixed},
    {9, "加密算法标识", "encryption algorithm", 20, 1, false, false, Coding::kFixed},
    {10, "公钥参数标识", "key parameter", 21, 1, false, false, Coding::kFixed},
    {11, "公钥长度", "key length", 22, 1, false, false, Coding::kFixed},
    {12, "机构公钥", "issuer key", 23, 33, false, false, Coding::kPoint},
    {13, "根CA签名", "root signature", 56, 64, false, false, Coding::kSignature},
}};

namespace layout_check {
// Each table is without gaps and overlaps; the second fills the certificate.
template <size_t N>
constexpr size_t EndOf(const std::array<FieldEntry, N>& table, size_t at) {
  for (const FieldEntry& field : table) {
    if (field.offset != at) return 0;
    at += field.length;
  }
  return at;
}
static_assert(EndOf(kFields, 0) == kLengthFixed);
static_assert(EndOf(kCertificateItems, kFields[2].offset) == kFields[2].offset + kCertificateLength);
}  // namespace layout_check

// The fields by name. Offsets are for N = 0; see FieldEntry.
namespace field {
inline constexpr const FieldEntry& kVersion = kFields[0];
inline constexpr const FieldEntry& kLengthField = kFields[1];
inline constexpr const FieldEntry& kCertificate = kFields[2];
inline constexpr const FieldEntry& kPaymentAccount = kFields[3];
inline constexpr const FieldEntry& kCardAccount = kFields[4];
inline constexpr const FieldEntry& kIssuer = kFields[5];
inline constexpr const FieldEntry& kPlatform = kFields[6];
inline constexpr const FieldEntry& kAccountType = kFields[7];
inline constexpr const FieldEntry& kAmountCap = kFields[8];
inline constexpr const FieldEntry& kUserKey = kFields[9];
inline constexpr const FieldEntry& kAuthorisationExpiry = kFields[10];
inline constexpr const FieldEntry& kValidity = kFields[11];
inline constexpr const FieldEntry& kIssuerFieldLength = kFields[12];
inline constexpr const FieldEntry& kIssuerField = kFields[13];
inline constexpr const FieldEntry& kIssuerSignature = kFields[14];
inline constexpr const FieldEntry& kGeneratedAt = kFields[15];
inline constexpr const FieldEntry& kUserSignature = kFields[16];
}  // namespace field

namespace item {
inline constexpr const FieldEntry& kHeader = kCertificateItems[0];
inline constexpr const FieldEntry& kService = kCertificateItems[1];
inline constexpr const FieldEntry& kRootIndex = kCertificateItems[2];
inline constexpr const FieldEntry& kFormat = kCertificateItems[3];
inline constexpr const FieldEntry& kInstitution = kCertificateItems[4];
inline constexpr const FieldEntry& kExpiry = kCertificateItems[5];
inline constexpr const FieldEntry& kSerial = kCertificateItems[6];
inline constexpr const FieldEntry& kIssuerKey = kCertificateItems[11];
inline constexpr const FieldEntry& kRootSignature = kCertificateItems[12];
}  // namespace item

inline constexpr uint8_t kVersionInteroperable = 0x80;
inline constexpr uint8_t kSignatureMark = 0x15;
inline constexpr uint8_t kCertificateHeader = 0x24;
inline constexpr std::array<uint8_t, 4> kCertificateService{0x01, 0x01, 0x00, 0x00};
inline constexpr uint8_t kCertificateFormat = 0x12;
// Items 8..11: SM2 with SM3, the same for encryption, no parameter, a key of 33 bytes.
inline constexpr std::array<uint8_t, 4> kCertificateAlgorithms{0x04, 0x04, 0x00, 0x21};
inline constexpr size_t kCertificateAlgorithmsOffset = 19;
// The root signs items 4..12.
inline constexpr size_t kCertificateSignedOffset = 9;
inline constexpr size_t kCertificateSignedLength = 47;

}  // namespace yukuai::code
