/* SPDX-License-Identifier: Apache-2.0 */
/* A gate in one page of C: reads its files from a folder, decides the code in code.bin, writes the record, prints the answer.
 *
 *     terminal_example FOLDER [UTC-SECONDS]
 *
 * FOLDER holds identity.bin (terminal id 16, private key 32, list key 33 bytes), config.bin, rules.bin, freeze-list.bin and
 * code.bin; records.log is made there and read again at the next start. UTC-SECONDS stands in for the clock. A real gate
 * would read codes in a loop, wait for its barrier where this one says "confirmed", and upload its log.
 * Ends with 0 admitted, 1 refused or repeated, 2 when it could not decide. */
#define _POSIX_C_SOURCE 200809L /* fsync, fileno */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <yukuai/terminal.h>

enum { FILE_BYTES_MAX = 9 * 1024 * 1024 };

struct gate {
  const char* folder;
  int64_t at_us; /* 0: the system's clock. */
  FILE* log;
};

static int64_t now_us(void* user, int* trusted) {
  const struct gate* gate = user;
  *trusted = 1; /* A real gate asks whether the system's clock is synchronised. */
  return gate->at_us != 0 ? gate->at_us : (int64_t)time(NULL) * 1000000;
}

/* A record in the log: its size in two bytes, then the record. Durable when fsync returned. */
static int append(void* user, uint64_t counter, const uint8_t* record, size_t size) {
  struct gate* gate = user;
  const uint8_t head[2] = {(uint8_t)(size >> 8), (uint8_t)size};
  (void)counter;
  if (fwrite(head, 1, 2, gate->log) == 2 && fwrite(record, 1, size, gate->log) == size && fflush(gate->log) == 0 &&
      fsync(fileno(gate->log)) == 0) {
    return 0;
  }
  /* Whether the record reached the disk cannot be told: end, and find out from the log at the next start. */
  perror("records.log");
  exit(2);
}

/* The whole file, to be freed; NULL when it cannot be read. */
static uint8_t* read_file(const char* folder, const char* name, size_t* size) {
  char path[1024];
  if (snprintf(path, sizeof path, "%s/%s", folder, name) >= (int)sizeof path) return NULL;
  FILE* file = fopen(path, "rb");
  if (file == NULL) return NULL;
  uint8_t* bytes = malloc(FILE_BYTES_MAX);
  *size = bytes == NULL ? 0 : fread(bytes, 1, FILE_BYTES_MAX, file);
  fclose(file);
  return bytes;
}

typedef const char* load_function(yukuai_terminal*, const uint8_t*, size_t);

static const char* load(yukuai_terminal* terminal, const char* folder, const char* name, load_function* function) {
  size_t size = 0;
  uint8_t* bytes = read_file(folder, name, &size);
  const char* reason = bytes == NULL ? "cannot be read" : function(terminal, bytes, size);
  if (reason != NULL) fprintf(stderr, "%s: %s %s\n", name, reason, yukuai_terminal_detail(terminal));
  free(bytes);
  return reason;
}

/* Tells the terminal every record of the log. A torn record at the end was never answered by a barrier: it is left out. */
static const char* replay(yukuai_terminal* terminal, const struct gate* gate, long* good_size) {
  size_t size = 0;
  uint8_t* log = read_file(gate->folder, "records.log", &size);
  const char* reason = NULL;
  size_t at = 0;
  while (log != NULL && reason == NULL && at + 2 <= size) {
    const size_t length = (size_t)log[at] << 8 | log[at + 1];
    if (at + 2 + length > size) break;
    reason = yukuai_terminal_replay(terminal, log + at + 2, length);
    at += 2 + length;
  }
  free(log);
  *good_size = (long)at;
  return reason;
}

static int open_log(struct gate* gate, long good_size) {
  char path[1024];
  if (snprintf(path, sizeof path, "%s/records.log", gate->folder) >= (int)sizeof path) return -1;
  gate->log = fopen(path, "ab");
  return gate->log == NULL ? -1 : ftruncate(fileno(gate->log), good_size);
}

static int decide(yukuai_terminal* terminal, const struct gate* gate) {
  size_t size = 0;
  uint8_t* code = read_file(gate->folder, "code.bin", &size);
  yukuai_terminal_decision decision;
  const char* reason = code == NULL ? "code.bin" : yukuai_terminal_decide(terminal, code, size, YUKUAI_TERMINAL_IN, &decision);
  free(code);
  if (reason != NULL) {
    fprintf(stderr, "no decision: %s\n", reason);
    return 2;
  }
  static const char* const words[] = {"", "admitted", "refused", "repeated"};
  printf("%s counter=%" PRIu64 " barrier=%u %s\n", words[decision.verdict], decision.counter, (unsigned)decision.open_barrier,
         decision.reason);
  if (decision.title_zh[0] != '\0')
    printf("%s / %s\n%s / %s\n", decision.title_zh, decision.title_en, decision.next_zh, decision.next_en);
  if (decision.open_barrier == 1) {
    reason = yukuai_terminal_outcome(terminal, decision.counter, YUKUAI_TERMINAL_CONFIRMED, NULL);
    if (reason != NULL) fprintf(stderr, "outcome: %s\n", reason);
  }
  return decision.verdict == YUKUAI_TERMINAL_ADMITTED ? 0 : 1;
}

static int run(yukuai_terminal* terminal, struct gate* gate) {
  const yukuai_terminal_state beginning = {0}; /* The log is kept whole, so everything is learnt from it. */
  yukuai_terminal_status status;
  long good_size = 0;
  const char* reason = yukuai_terminal_restore(terminal, &beginning);
  if (reason == NULL) reason = load(terminal, gate->folder, "config.bin", yukuai_terminal_load_config);
  if (reason == NULL) reason = load(terminal, gate->folder, "rules.bin", yukuai_terminal_load_rules);
  if (reason != NULL) return 2;
  load(terminal, gate->folder, "freeze-list.bin", yukuai_terminal_load_freeze_list); /* Without it, only exits. */
  reason = replay(terminal, gate, &good_size);
  if (reason == NULL && open_log(gate, good_size) != 0) reason = "cannot be opened";
  if (reason == NULL) reason = yukuai_terminal_read_status(terminal, &status);
  if (reason == NULL && status.passage_open == 1) { /* The power went between the record and the barrier. */
    reason = yukuai_terminal_outcome(terminal, status.state.open_counter, YUKUAI_TERMINAL_UNKNOWN, NULL);
  }
  if (reason != NULL) {
    fprintf(stderr, "records.log: %s %s\n", reason, yukuai_terminal_detail(terminal));
    return 2;
  }
  return decide(terminal, gate);
}

int main(int argc, char** argv) {
  if (argc < 2 || yukuai_terminal_abi() != YUKUAI_TERMINAL_ABI) {
    fprintf(stderr, "usage: %s FOLDER [UTC-SECONDS]\n", argv[0]);
    return 2;
  }
  struct gate gate = {argv[1], argc > 2 ? strtoll(argv[2], NULL, 10) * 1000000 : 0, NULL};
  const yukuai_terminal_host host = {&gate, now_us, append};
  size_t size = 0;
  uint8_t* bytes = read_file(gate.folder, "identity.bin", &size);
  yukuai_terminal_identity identity;
  yukuai_terminal* terminal = NULL;
  if (bytes == NULL || size != sizeof identity) {
    fprintf(stderr, "identity.bin: cannot be read\n");
    free(bytes);
    return 2;
  }
  memcpy(&identity, bytes, sizeof identity); /* Three byte arrays without gaps. */
  memset(bytes, 0, size);
  free(bytes);
  const char* reason = yukuai_terminal_create(&identity, &host, &terminal);
  memset(&identity, 0, sizeof identity);
  if (reason != NULL) {
    fprintf(stderr, "identity.bin: %s\n", reason);
    return 2;
  }
  const int result = run(terminal, &gate);
  if (gate.log != NULL) fclose(gate.log);
  yukuai_terminal_destroy(terminal);
  return result;
}
