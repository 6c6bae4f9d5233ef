// SPDX-License-Identifier: Apache-2.0
#include "app/gate/folder.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <charconv>
#include <cstring>

#include "platform/host/boundary.h"
#include "platform/host/host.h"

namespace yukuai::gate {
namespace {

constexpr std::string_view kHeldMagic = "YKH1";
constexpr size_t kSmallBytesMax = 4096;
constexpr size_t kHeldBytesMax = 16 * 1024 * 1024;

std::string HeldName(FileKind kind) { return std::string(FileKindName(kind)) + ".held"; }

}  // namespace

std::string_view FileKindName(FileKind kind) {
  switch (kind) {
    case FileKind::kConfig: return "config";
    case FileKind::kRules: return "rules";
    case FileKind::kFreezeList: return "freeze-list";
  }
  return "";
}

Result<Folder> Folder::Open(std::filesystem::path path, Access access) {
  if (access == Access::kLook) return Folder(std::move(path), -1);
  std::error_code error;
  const bool made = std::filesystem::create_directories(path, error);
  if (error) return Fault(kFolderUnusable, error.message());
  if (made) std::filesystem::permissions(path, std::filesystem::perms::owner_all, error);
  const int lock = ::open((path / "gate.lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (lock < 0) return Fault(kFolderUnusable, std::strerror(errno));
  Folder folder(std::move(path), lock);
  if (::flock(lock, LOCK_EX | LOCK_NB) != 0) return Fault(kFolderInUse);
  return folder;
}

Folder::Folder(Folder&& other) noexcept : path_(std::move(other.path_)), lock_(std::exchange(other.lock_, -1)) {}

Folder::~Folder() {
  if (lock_ >= 0) ::close(lock_);
}

Result<std::optional<Bytes>> Folder::Load(std::string_view name, size_t size_max) const {
  auto content = host::ReadFile(path_ / name, size_max);
  if (content.ok()) return std::optional(*std::move(content));
  if (content.error().reason == host::kFileMissing) return std::optional<Bytes>();
  if (content.error().reason == host::kFileTooLarge) return Fault(kFolderMalformed, std::string(name));
  return Fault(kFolderUnusable, std::string(name));
}

Result<void> Folder::Save(std::string_view name, ByteSpan content) const {
  host::Boundary("gate.file.write.before");
  if (!host::WriteFileDurably(path_ / name, content).ok()) return Fault(kFolderUnusable, std::string(name));
  host::Boundary("gate.file.write.after");
  return {};
}

Result<sm2::PrivateKey> Folder::LoadKey() const {
  YUKUAI_ASSIGN(auto text, Load("terminal.key", kSmallBytesMax));
  if (!text) return Fault(kFolderMalformed, "terminal.key is missing");
  auto d = FromHex(AsText(*text));
  Wipe(*text);
  auto key = d ? sm2::PrivateKey::Parse(*d) : std::nullopt;
  if (d) Wipe(*d);
  if (!key) return Fault(kFolderMalformed, "terminal.key");
  return *std::move(key);
}

Result<sm2::PrivateKey> Folder::LoadOrMakeKey(Entropy& entropy) const {
  YUKUAI_ASSIGN(const auto present, Load("terminal.key", kSmallBytesMax));
  if (present) return LoadKey();
  auto key = sm2::PrivateKey::Generate(entropy);
  Bytes text = ToBytes(ToHex(key.d().Expose()));
  const auto saved = Save("terminal.key", text);
  Wipe(text);
  if (!saved.ok()) return saved.error();
  return key;
}

Result<std::optional<Identity>> Folder::LoadIdentity() const {
  YUKUAI_ASSIGN(const auto content, Load("identity", kSmallBytesMax));
  if (!content) return std::optional<Identity>();
  const std::string_view text = AsText(*content);
  const size_t space = text.find(' ');
  if (space == std::string_view::npos) return Fault(kFolderMalformed, "identity");
  const auto terminal = TerminalId::Parse(text.substr(0, space));
  const auto bytes = FromHex(text.substr(space + 1));
  const auto key = bytes ? sm2::PublicKey::Parse(*bytes) : std::nullopt;
  if (!terminal || !key) return Fault(kFolderMalformed, "identity");
  return std::optional(Identity{*terminal, key->compressed()});
}

Result<void> Folder::SaveIdentity(const Identity& identity) const {
  return Save("identity", AsBytes(identity.terminal.Text() + " " + ToHex(identity.list_key)));
}

Result<std::optional<std::string>> Folder::LoadRequest() const {
  YUKUAI_ASSIGN(const auto content, Load("enrolment.request", kSmallBytesMax));
  return content ? std::optional(std::string(AsText(*content))) : std::nullopt;
}

Result<void> Folder::SaveRequest(std::string_view body) const { return Save("enrolment.request", AsBytes(body)); }

void Folder::RemoveRequest() const {
  std::error_code ignored;  // It carries a token that is used up; a copy that stays harms nothing.
  std::filesystem::remove(path_ / "enrolment.request", ignored);
}

Result<std::optional<HeldFile>> Folder::LoadHeld(FileKind kind) const {
  YUKUAI_ASSIGN(const auto content, Load(HeldName(kind), kHeldBytesMax));
  if (!content) return std::optional<HeldFile>();
  ByteReader reader(*content);
  const ByteSpan magic = reader.Take(kHeldMagic.size());
  HeldFile held{reader.U64(), {}};
  const ByteSpan file = reader.Take(reader.remaining());
  if (!reader.ok() || AsText(magic) != kHeldMagic) return Fault(kFolderMalformed, HeldName(kind));
  held.file.assign(file.begin(), file.end());
  return std::optional(std::move(held));
}

Result<void> Folder::SaveHeld(FileKind kind, const HeldFile& held) const {
  return Save(HeldName(kind), ByteWriter().AppendText(kHeldMagic).U64(held.version).Append(held.file).bytes());
}

void Folder::RemoveHeld(FileKind kind) const {
  std::error_code ignored;  // A file that stays is refused when it is loaded, because it is of another scene or group.
  std::filesystem::remove(path_ / HeldName(kind), ignored);
}

Result<uint64_t> Folder::LoadAcknowledged() const {
  YUKUAI_ASSIGN(const auto content, Load("acknowledged", kSmallBytesMax));
  if (!content) return uint64_t{0};
  const std::string_view text = AsText(*content);
  uint64_t counter = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), counter);
  if (error != std::errc() || end != text.data() + text.size()) return Fault(kFolderMalformed, "acknowledged");
  return counter;
}

Result<void> Folder::SaveAcknowledged(uint64_t counter) const {
  host::Boundary("gate.upload.acknowledge.before");
  YUKUAI_TRY(Save("acknowledged", AsBytes(std::to_string(counter))));
  host::Boundary("gate.upload.acknowledge.after");
  return {};
}

}  // namespace yukuai::gate
