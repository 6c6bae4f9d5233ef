// SPDX-License-Identifier: Apache-2.0
#include "app/gate/folder.h"

#include <charconv>

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

Result<Folder> Folder::Open(host::Files& files, std::filesystem::path path, Access access) {
  Folder folder(files, std::move(path));
  if (access == Access::kLook) return folder;
  if (const auto made = files.MakeFolder(folder.path_); !made.ok()) return Fault(kFolderUnusable, made.error().detail);
  auto lock = files.Lock(folder.path_ / "gate.lock");
  if (!lock.ok()) return Fault(lock.error().reason == host::kFileLocked ? kFolderInUse : kFolderUnusable, lock.error().detail);
  folder.lock_ = *std::move(lock);
  return folder;
}

Result<std::optional<Bytes>> Folder::Load(std::string_view name, size_t size_max) const {
  auto content = files_.Read(path_ / name, size_max);
  if (content.ok()) return std::optional(*std::move(content));
  if (content.error().reason == host::kFileMissing) return std::optional<Bytes>();
  if (content.error().reason == host::kFileTooLarge) return Fault(kFolderMalformed, std::string(name));
  return Fault(kFolderUnusable, std::string(name));
}

Result<void> Folder::Save(std::string_view name, ByteSpan content) const {
  host::Boundary("gate.file.write.before");
  if (!files_.WriteDurably(path_ / name, content).ok()) return Fault(kFolderUnusable, std::string(name));
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
  files_.Remove(path_ / "enrolment.request");  // It carries a token that is used up; a copy that stays harms nothing.
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
  files_.Remove(path_ / HeldName(kind));  // One that stays is refused when it is loaded: it is of another scene or group.
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
