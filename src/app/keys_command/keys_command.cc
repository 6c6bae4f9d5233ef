// SPDX-License-Identifier: Apache-2.0
// The ceremony and its two ends, see keys_command.h.
#include "app/keys_command/keys_command.h"

#include <memory>
#include <ostream>

#include "app/keys_command/papers.h"
#include "crypto/sm3/sm3.h"
#include "platform/host/host.h"
#include "platform/keys/keys.h"
#include "platform/keys/root_key.h"

namespace yukuai::keys_command {
namespace {

namespace fs = std::filesystem;
using cli::Streams;

constexpr size_t kPaperBytesMax = 4096;
constexpr int64_t kYearsMax = 20;
constexpr uint32_t kSerialMax = 0xFFFFFF;

struct InitOptions {
  Place place;
  std::string institution;
  std::string request = "certificate-request";
};
struct CeremonyOptions {
  std::string out;
  std::string seal_file;
  std::string request;
  std::string certificate = "institution-certificate";
  int64_t root_index = 1;
  int64_t years = 3;
};
struct InstallOptions {
  Place place;
  std::string certificate;
  bool replace_root = false;
};
struct ShowOptions {
  Place place;
};

fs::path KeyFolder(const std::string& data) { return fs::path(data) / "keys"; }
std::string Fingerprint(const sm2::PublicKey& key) { return ToHex(sm3::Hash(key.compressed())); }

Result<keys::Passphrase> FindPassphrase(const Parts& parts, const Place& place) {
  YUKUAI_ASSIGN(const fs::path file, parts.find_seal_file(place));
  return keys::ReadPassphrase(file);
}

Result<std::string> ReadText(const fs::path& path) {
  YUKUAI_ASSIGN(const Bytes bytes, host::ReadFile(path, kPaperBytesMax));
  return std::string(AsText(bytes));
}

Result<void> Init(const InitOptions& options, const Parts& parts, Streams streams) {
  const auto institution = code::ParseDecimal4(options.institution);
  YUKUAI_CHECK(institution.has_value());
  YUKUAI_ASSIGN(const keys::Passphrase passphrase, FindPassphrase(parts, options.place));
  const fs::path folder = KeyFolder(options.place.data);
  // Keys that exist are used: a request can be made again, keys cannot.
  const bool exist = keys::KeyStore::Exists(folder);
  YUKUAI_ASSIGN(const keys::KeyStore store, exist ? keys::KeyStore::Open(folder, passphrase)
                                                  : keys::KeyStore::Create(folder, passphrase, parts.entropy, parts.cost));
  YUKUAI_TRY(host::WriteFileDurably(options.request, AsBytes(RequestText(*institution, store.issuer())), 0644));
  streams.out << (exist ? "keys      used as they are: " : "keys      made in ") << folder.string() << "\n"
              << "request   " << options.request << "\n"
              << "issuer    " << ToHex(store.issuer().public_key().compressed()) << "\n"
              << "Compare the issuer key at the ceremony: yukuai keys ceremony --request " << options.request << "\n";
  return {};
}

// Serials are counted by the certificates the root's folder holds: a serial is never given twice.
Result<uint32_t> NextSerial(const fs::path& issued) {
  for (uint32_t serial = 1; serial <= kSerialMax; ++serial) {
    std::error_code error;
    if (!fs::exists(issued / std::to_string(serial), error)) return serial;
  }
  return Fault(keys::kKeysExist, "every serial number was given");
}

Result<void> Ceremony(const CeremonyOptions& options, const Parts& parts, Streams streams) {
  YUKUAI_ASSIGN(const std::string request_text, ReadText(options.request));
  YUKUAI_ASSIGN(const Request request, ParseRequest(request_text));
  YUKUAI_ASSIGN(const keys::Passphrase passphrase, keys::ReadPassphrase(options.seal_file));
  const bool exists = keys::RootKey::Exists(options.out);
  YUKUAI_ASSIGN(const keys::RootKey root, exists ? keys::RootKey::Open(options.out, passphrase)
                                                 : keys::RootKey::Create(options.out, static_cast<uint8_t>(options.root_index),
                                                                         passphrase, parts.entropy, parts.cost));
  const fs::path issued = fs::path(options.out) / "issued";
  std::error_code error;
  fs::create_directories(issued, error);
  if (error) return Fault(keys::kKeyFileUnwritable, issued.string() + ": " + error.message());
  YUKUAI_ASSIGN(const uint32_t serial, NextSerial(issued));
  const CivilDate today = ChinaDate(parts.clock.Now());
  const code::CertificateMonth expiry{today.year + static_cast<int>(options.years), today.month};
  YUKUAI_ASSIGN(const Paper paper, Issue(request, {root.key(), root.record().index}, serial, expiry));
  // The folder's own copy first: a certificate that left without it would share its serial with the next.
  const std::string text = PaperText(paper);
  YUKUAI_TRY(host::WriteFileDurably(issued / std::to_string(serial), AsBytes(text), 0644));
  YUKUAI_TRY(host::WriteFileDurably(options.certificate, AsBytes(text), 0644));
  streams.out << (exists ? "root         used from " : "root         made in ") << options.out << "\n"
              << "root index   " << int{root.record().index} << "\n"
              << "root key     " << ToHex(root.record().key.compressed()) << "\n"
              << "institution  " << code::DecimalText(request.institution) << "\n"
              << "issuer key   " << ToHex(request.issuer_key.compressed()) << "\n"
              << "serial       " << serial << "\n"
              << "good until   the end of " << expiry.year << "-" << (expiry.month < 10 ? "0" : "") << expiry.month
              << " (UTC+8)\n"
              << "certificate  " << options.certificate << "\n"
              << "On the server: yukuai keys install --certificate " << options.certificate << "\n";
  return {};
}

Result<void> Install(const InstallOptions& options, const Parts& parts, Streams streams) {
  YUKUAI_ASSIGN(const std::string text, ReadText(options.certificate));
  YUKUAI_ASSIGN(const Paper paper, ParsePaper(text));
  YUKUAI_ASSIGN(const keys::Passphrase passphrase, FindPassphrase(parts, options.place));
  const fs::path folder = KeyFolder(options.place.data);
  YUKUAI_ASSIGN(const keys::KeyStore store, keys::KeyStore::Open(folder, passphrase));
  YUKUAI_TRY(CheckPaper(paper, store.issuer().public_key(), parts.clock.Now()));

  const fs::path root_file = folder / "root-record";
  std::error_code error;
  if (fs::exists(root_file, error)) {
    YUKUAI_ASSIGN(const std::string installed_text, ReadText(root_file));
    YUKUAI_ASSIGN(const keys::RootRecord installed, keys::ParseRootRecord(installed_text));
    const bool same = installed.key == paper.root.key && installed.index == paper.root.index;
    if (!same && !options.replace_root) return Fault(kPaperRoot, "every gate must be given the new root: --replace-root");
  }
  YUKUAI_TRY(host::WriteFileDurably(root_file, AsBytes(keys::RootRecordText(paper.root)), 0644));
  YUKUAI_TRY(host::WriteFileDurably(folder / "certificate", paper.certificate, 0644));
  streams.out << "certificate  " << (folder / "certificate").string() << "\n"
              << "root index   " << int{paper.root.index} << "\n"
              << "root key     " << ToHex(paper.root.key.compressed()) << "\n";
  return {};
}

Result<void> Show(const ShowOptions& options, const Parts& parts, Streams streams) {
  YUKUAI_ASSIGN(const keys::Passphrase passphrase, FindPassphrase(parts, options.place));
  YUKUAI_ASSIGN(const keys::KeyStore store, keys::KeyStore::Open(KeyFolder(options.place.data), passphrase));
  struct Line {
    std::string_view name;
    const sm2::PublicKey& key;
  };
  for (const Line& line : {Line{"issuer", store.issuer().public_key()}, Line{"log   ", store.log().public_key()},
                           Line{"list  ", store.list().public_key()}, Line{"rules ", store.rules().public_key()}}) {
    streams.out << line.name << "  " << ToHex(line.key.compressed()) << "  SM3 " << Fingerprint(line.key) << "\n";
  }
  return {};
}

int Finish(const Result<void>& done, Streams streams) { return done ? int{cli::kExitOk} : cli::Report(done.error(), streams); }

int Usage(std::string_view message, Streams streams) {
  streams.err << "yukuai: " << message << "\n";
  return cli::kExitUsage;
}

cli::Command InitCommand(const Parts& parts) {
  const auto options = std::make_shared<InitOptions>();
  return {.name = "init",
          .summary = "Make the server's sealed keys and a certificate request",
          .examples = {"yukuai keys init --data ./yukuai-data --seal-file seal --institution 65000001"},
          .options = {{"--data", "The city's data folder; keys go to its folder keys/", &options->place.data},
                      {"--config", "The city\'s configuration file", &options->place.config},
                      {"--seal-file", "File with the passphrase of the key files", &options->place.seal_file},
                      {"--institution", "Eight digits: the institution the certificate is for", &options->institution, true},
                      {"--request", "The request to write", &options->request}},
          .run =
              [options, parts](Streams streams) {
                if (!code::ParseDecimal4(options->institution)) return Usage("--institution is eight digits", streams);
                return Finish(Init(*options, parts, streams), streams);
              },
          .subcommands = {}};
}

cli::Command CeremonyCommand(const Parts& parts) {
  const auto options = std::make_shared<CeremonyOptions>();
  return {.name = "ceremony",
          .summary = "Off line: make the root key if there is none, and sign the certificate for a request",
          .examples = {"yukuai keys ceremony --out /media/root --seal-file /media/root-seal --request certificate-request"},
          .options = {{"--out", "The root's own folder; never on a server", &options->out, true},
                      {"--seal-file", "File with the passphrase of the root key; another one than the server's",
                       &options->seal_file, true},
                      {"--request", "The request that yukuai keys init wrote", &options->request, true},
                      {"--certificate", "The certificate to write", &options->certificate},
                      {"--root-index", "Index of a root that is made now, 0 to 255", &options->root_index},
                      {"--years", "How long the certificate is good, 1 to 20", &options->years}},
          .run =
              [options, parts](Streams streams) {
                if (options->root_index < 0 || options->root_index > 255) return Usage("--root-index is 0 to 255", streams);
                if (options->years < 1 || options->years > kYearsMax) return Usage("--years is 1 to 20", streams);
                return Finish(Ceremony(*options, parts, streams), streams);
              },
          .subcommands = {}};
}

cli::Command InstallCommand(const Parts& parts) {
  const auto options = std::make_shared<InstallOptions>();
  return {.name = "install",
          .summary = "Take in the certificate that the ceremony signed",
          .examples = {"yukuai keys install --data ./yukuai-data --certificate institution-certificate"},
          .options = {{"--data", "The city's data folder", &options->place.data},
                      {"--config", "The city\'s configuration file", &options->place.config},
                      {"--seal-file", "File with the passphrase of the key files", &options->place.seal_file},
                      {"--certificate", "The certificate that yukuai keys ceremony wrote", &options->certificate, true},
                      {"--replace-root", "Accept another root than the installed one", &options->replace_root}},
          .run = [options, parts](Streams streams) { return Finish(Install(*options, parts, streams), streams); },
          .subcommands = {}};
}

cli::Command ShowCommand(const Parts& parts) {
  const auto options = std::make_shared<ShowOptions>();
  return {.name = "show",
          .summary = "Print the public keys and their SM3 fingerprints",
          .examples = {"yukuai keys show --data ./yukuai-data"},
          .options = {{"--data", "The city's data folder", &options->place.data},
                      {"--config", "The city\'s configuration file", &options->place.config},
                      {"--seal-file", "File with the passphrase of the key files", &options->place.seal_file}},
          .run = [options, parts](Streams streams) { return Finish(Show(*options, parts, streams), streams); },
          .subcommands = {}};
}

}  // namespace

cli::Command Keys(Parts parts) {
  return {.name = "keys",
          .summary = "The keys of a city: make them, have them certified, show what is public",
          .examples = {},
          .options = {},
          .run = {},
          .subcommands = {InitCommand(parts), CeremonyCommand(parts), InstallCommand(parts), ShowCommand(parts)}};
}

}  // namespace yukuai::keys_command
