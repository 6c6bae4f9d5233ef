// SPDX-License-Identifier: Apache-2.0
#include "platform/http/server.h"

#include <openssl/ssl.h>

#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "platform/http/connection.h"

namespace yukuai::http {
namespace {

constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);
constexpr milliseconds kAcceptPause{100};    // When the process is out of file descriptors, trying at once only burns time.
constexpr int kLateShare = 2;                // A tick that is late by half of itself shows a loop under pressure.
constexpr milliseconds kCutPatience{1'000};  // A cut takes one turn of each loop.

// Only HTTP/1.1 is spoken; a client that offers nothing is served as well.
int SelectProtocol(SSL*, const unsigned char** out, unsigned char* out_size, const unsigned char* in, unsigned in_size, void*) {
  static constexpr std::array<unsigned char, 9> kOffer = {8, 'h', 't', 't', 'p', '/', '1', '.', '1'};
  unsigned char* selected = nullptr;
  if (SSL_select_next_proto(&selected, out_size, kOffer.data(), kOffer.size(), in, in_size) != OPENSSL_NPN_NEGOTIATED) {
    return SSL_TLSEXT_ERR_NOACK;
  }
  *out = selected;
  return SSL_TLSEXT_ERR_OK;
}

Result<std::shared_ptr<asio::ssl::context>> MakeTls(const TlsFiles& files) {
  auto context = std::make_shared<asio::ssl::context>(asio::ssl::context::tls_server);
  SSL_CTX* const native = context->native_handle();
  if (SSL_CTX_set_min_proto_version(native, TLS1_2_VERSION) != 1 ||
      SSL_CTX_set_cipher_list(native, "ECDHE+AESGCM:ECDHE+CHACHA20") != 1) {
    return Fault(kTlsFilesInvalid, "protocol");
  }
  SSL_CTX_set_options(native, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE);
  // Idle connections give their buffers back: memory is bounded by what is in flight.
  SSL_CTX_set_mode(native, SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_alpn_select_cb(native, SelectProtocol, nullptr);
  boost::system::error_code error;
  context->use_certificate_chain_file(files.certificate_chain, error);
  if (error) return Fault(kTlsFilesInvalid, "certificate");
  context->use_private_key_file(files.private_key, asio::ssl::context::pem, error);
  if (error || SSL_CTX_check_private_key(native) != 1) return Fault(kTlsFilesInvalid, "key");
  return context;
}

class AsioServer final : public Server {
 public:
  AsioServer(std::shared_ptr<Shared> shared, std::shared_ptr<asio::ssl::context> tls)
      : shared_(std::move(shared)), tls_(std::move(tls)), acceptor_(workers_[0]->context) {
    if (tls_ && shared_->options.precedence) pace_.emplace(shared_->options.precedence->handshakes);
  }
  ~AsioServer() override;

  Result<void> Listen();
  void Start();
  uint16_t port() const override { return port_; }
  size_t connections() const override { return shared_->connections(); }
  Result<void> ReloadTls(const TlsFiles& files) override;
  bool Drain(milliseconds deadline) override;

 private:
  static std::vector<std::unique_ptr<Worker>> MakeWorkers(int count, Entropy& entropy);
  asio::awaitable<void> Accept();
  asio::awaitable<void> Tick(Worker& worker);
  int64_t WaitBeforeAccept();
  void KeepPace(std::chrono::nanoseconds late);
  void Take(asio::ip::tcp::socket socket, Worker& worker);
  void OnEachConnection(void (Connection::*what)());
  std::shared_ptr<asio::ssl::context> tls();

  std::shared_ptr<Shared> shared_;
  std::mutex tls_mutex_;
  std::shared_ptr<asio::ssl::context> tls_;
  std::vector<std::unique_ptr<Worker>> workers_ = MakeWorkers(std::max(1, shared_->options.threads), shared_->entropy);
  asio::ip::tcp::acceptor acceptor_;
  std::optional<admission::Pace> pace_;  // Used on the first worker's thread.
  uint16_t port_ = 0;
  bool drained_ = false;
};

std::vector<std::unique_ptr<Worker>> AsioServer::MakeWorkers(int count, Entropy& entropy) {
  std::vector<std::unique_ptr<Worker>> workers;
  for (int i = 0; i < count; ++i) workers.push_back(std::make_unique<Worker>(entropy));
  return workers;
}

Result<void> AsioServer::Listen() {
  boost::system::error_code error;
  const auto address = asio::ip::make_address(shared_->options.address, error);
  if (error) return Fault(kListenFailed, "address");
  const asio::ip::tcp::endpoint endpoint(address, shared_->options.port);
  acceptor_.open(endpoint.protocol(), error);
  if (!error) acceptor_.set_option(asio::ip::tcp::acceptor::reuse_address(true), error);
  if (!error) acceptor_.bind(endpoint, error);
  if (!error) acceptor_.listen(shared_->options.bounds.accept_queue_max, error);
  if (error) return Fault(kListenFailed, error.message());
  port_ = acceptor_.local_endpoint(error).port();
  return {};
}

void AsioServer::Start() {
  asio::co_spawn(workers_[0]->context, Accept(), asio::detached);
  for (auto& worker : workers_) {
    asio::co_spawn(worker->context, Tick(*worker), asio::detached);
    // The ticking keeps the loop alive until stop(). What a connection throws it catches itself.
    worker->thread = std::thread([&context = worker->context] { context.run(); });
  }
}

int64_t AsioServer::WaitBeforeAccept() { return pace_ ? pace_->Take(SteadyNow()) : 0; }

asio::awaitable<void> AsioServer::Accept() {
  asio::steady_timer pause(workers_[0]->context);
  for (size_t next = 0;; next = (next + 1) % workers_.size()) {
    Worker& worker = *workers_[next];
    for (int64_t wait_us = WaitBeforeAccept(); wait_us > 0; wait_us = WaitBeforeAccept()) {
      pause.expires_after(std::chrono::microseconds(wait_us));
      co_await pause.async_wait(kAwait);
      if (!acceptor_.is_open()) co_return;
    }
    auto [error, socket] = co_await acceptor_.async_accept(worker.context, kAwait);
    if (error == asio::error::operation_aborted || !acceptor_.is_open()) co_return;
    if (error) {
      pause.expires_after(kAcceptPause);
      co_await pause.async_wait(kAwait);
      continue;
    }
    // The socket belongs to the worker's loop from here on; it is only touched there.
    asio::post(worker.context, [this, &worker, accepted = std::move(socket)]() mutable { Take(std::move(accepted), worker); });
  }
}

void AsioServer::Take(asio::ip::tcp::socket socket, Worker& worker) {
  boost::system::error_code error;
  const auto endpoint = socket.remote_endpoint(error);
  if (error || shared_->draining) return;
  const std::string address = NetworkOf(endpoint.address().to_string());
  if (!shared_->Admit(address)) return;
  socket.set_option(asio::ip::tcp::no_delay(true), error);
  auto connection = std::make_shared<Connection>(shared_, worker, std::move(socket), tls(), address);
  asio::co_spawn(worker.context, Connection::Run(std::move(connection)), asio::detached);
}

asio::awaitable<void> AsioServer::Tick(Worker& worker) {
  asio::steady_timer timer(worker.context);
  for (;;) {
    timer.expires_after(shared_->options.bounds.tick);
    const auto [error] = co_await timer.async_wait(kAwait);
    if (error) co_return;
    const SteadyTime now = std::chrono::steady_clock::now();
    if (&worker == workers_[0].get()) KeepPace(now - timer.expiry());
    RefuseLate(*shared_);
    if (shared_->options.precedence) PostTurns(shared_, worker);
    for (Connection* connection : worker.connections) connection->Tick(now);
  }
}

// Those inside had to wait: their queue stands, or this loop came round so late that it must have had too much to do.
void AsioServer::KeepPace(std::chrono::nanoseconds late) {
  if (!pace_) return;
  pace_->Tell(late > shared_->options.bounds.tick / kLateShare || shared_->options.precedence->admission->standing(SteadyNow()));
}

std::shared_ptr<asio::ssl::context> AsioServer::tls() {
  std::lock_guard lock(tls_mutex_);
  return tls_;
}

Result<void> AsioServer::ReloadTls(const TlsFiles& files) {
  YUKUAI_CHECK(shared_->options.tls.has_value());
  YUKUAI_ASSIGN(auto fresh, MakeTls(files));
  std::lock_guard lock(tls_mutex_);
  tls_ = std::move(fresh);
  return {};
}

void AsioServer::OnEachConnection(void (Connection::*what)()) {
  for (auto& worker : workers_) {
    asio::post(worker->context, [&worker = *worker, what] {
      for (Connection* connection : worker.connections) (connection->*what)();
    });
  }
}

bool AsioServer::Drain(milliseconds deadline) {
  if (std::exchange(drained_, true)) return true;
  shared_->draining = true;
  asio::post(workers_[0]->context, [this] {
    boost::system::error_code ignored;
    acceptor_.close(ignored);
  });
  OnEachConnection(&Connection::BeginDrain);
  if (shared_->WaitUntilEmpty(deadline)) return true;
  OnEachConnection(&Connection::Cut);
  shared_->WaitUntilEmpty(kCutPatience);
  return false;
}

AsioServer::~AsioServer() {
  Drain(milliseconds(0));
  for (auto& worker : workers_) worker->context.stop();
  for (auto& worker : workers_) {
    if (worker->thread.joinable()) worker->thread.join();  // Not started when listening failed.
  }
  if (shared_->options.precedence) shared_->options.precedence->admission->Forget();
  // Destroying the contexts destroys the coroutines that wait in them, and with these the connections, which detach every
  // handle that is still out there. Connections refer to workers, so all contexts go before any worker.
}

}  // namespace

bool Shared::Admit(const std::string& address) {
  std::lock_guard lock(mutex_);
  if (connections_ >= options.bounds.connections_max) return false;
  size_t& here = by_address_[address];
  if (here >= options.bounds.connections_per_address_max) return false;
  ++here;
  ++connections_;
  return true;
}

void Shared::Leave(const std::string& address) {
  std::lock_guard lock(mutex_);
  const auto at = by_address_.find(address);
  if (--at->second == 0) by_address_.erase(at);
  --connections_;
  left_.notify_all();
}

size_t Shared::connections() const {
  std::lock_guard lock(mutex_);
  return connections_;
}

bool Shared::WaitUntilEmpty(milliseconds patience) {
  std::unique_lock lock(mutex_);
  return left_.wait_for(lock, patience, [this] { return connections_ == 0; });
}

Result<std::unique_ptr<Server>> StartServer(ServerOptions options, const Clock& clock, Entropy& entropy) {
  std::shared_ptr<asio::ssl::context> tls;
  if (options.tls) { YUKUAI_ASSIGN(tls, MakeTls(*options.tls)); }
  auto server = std::make_unique<AsioServer>(std::make_shared<Shared>(std::move(options), clock, entropy), std::move(tls));
  YUKUAI_TRY(server->Listen());
  server->Start();
  return std::unique_ptr<Server>(std::move(server));
}

}  // namespace yukuai::http
