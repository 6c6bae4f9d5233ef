/* SPDX-License-Identifier: Apache-2.0 */
/* The terminal SDK: everything a gate decides without a network, for programs in C or any language that can call C.
 *
 * A terminal is one reader of one lane. It checks a code offline by signed files, decides by the scene's rules, and writes
 * every presentation and every passage into the caller's log as a signed record that names the record before it
 * (docs/formats/terminal.md). It reads no clock, file or network itself: time and the log come through `yukuai_terminal_host`.
 *
 *     create -> restore -> load_config, load_rules, load_freeze_list -> replay (each record of the log) -> per presentation:
 *     decide -> open the barrier if, and only if, decision.open_barrier is 1 -> outcome
 *     and whenever the server acknowledged an upload: acknowledged; whenever a newer file came: load_... again.
 *
 * No decision opens a barrier before its record is durable: `decide` calls host.append itself and admits only when that
 * succeeded. If it failed, the answer is a refusal, the chain has not moved, and the next record takes the same counter.
 *
 * A lane has at most one open passage: one that was admitted and whose end is not known. Until `outcome` said how it ended,
 * `decide` answers only the same code shown again; so no passage is left without an end, after a power cut neither.
 *
 * Functions that can fail return NULL when done, else the slug of the reason: a text that never changes, in static memory,
 * with titles and remedies in api/reasons.toml. A call that fails has changed nothing. Reasons are listed in order of
 * precedence; each function can also return "terminal_internal": a defect or memory exhausted; the terminal is then out of
 * order and must be made anew from the log.
 *
 * Threads: calls on one terminal must not overlap; different terminals are independent. Callbacks run inside calls on the
 * calling thread and must not call back into the same terminal. No exception leaves this interface.
 *
 * Pointers must not be null unless it is said that they may.
 *
 * Times are microseconds since 1970-01-01T00:00:00Z. Money is whole fen (1/100 yuan). Keys and digests are byte strings, the
 * most significant byte first. Byte arguments are borrowed for the call only; they may be null when their size is 0. */
#ifndef YUKUAI_TERMINAL_H
#define YUKUAI_TERMINAL_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Grows by one when a struct or a function changes its meaning. */
#define YUKUAI_TERMINAL_ABI 1u
uint32_t yukuai_terminal_abi(void); /* Of the library; compare with YUKUAI_TERMINAL_ABI before anything else. */

/* The longest record; host.append is never given more. */
#define YUKUAI_TERMINAL_RECORD_BYTES_MAX 730u

typedef struct yukuai_terminal yukuai_terminal;

/* ---- What the caller provides --------------------------------------------------------------------------------------- */

typedef struct yukuai_terminal_host {
  void* user; /* Passed to the callbacks as it is. */

  /* The time now. *trusted arrives as 0; set it to 1 only when the clock is known to be set (by NTP, by the server's signed
   * time, by a backed-up clock that was). An untrusted clock makes the freeze list count as stale. The terminal never takes
   * a time before its last record or its newest signed file, whatever this says. */
  int64_t (*now_us)(void* user, int* trusted);

  /* Appends one record to the log and returns 0 when it is durable (synchronised to the disk). Anything else says that the
   * record is not in the log and never will be: the next one carries the same counter. A caller that cannot tell must not
   * return, but end and read its log anew. `counter` is the record's, for the caller's index. */
  int (*append)(void* user, uint64_t counter, const uint8_t* record, size_t size);
} yukuai_terminal_host;

typedef struct yukuai_terminal_identity {
  uint8_t terminal_id[16]; /* The 16 bytes behind ter_... */
  uint8_t private_key[32]; /* d of the terminal's SM2 key, whose public key the server holds. Copied; wipe yours. */
  uint8_t list_key[33];    /* Compressed SM2 key got at enrolment: the anchor that signs this terminal's configuration. */
} yukuai_terminal_identity;

/* Copies both. The terminal is the caller's until yukuai_terminal_destroy.
 * Reasons: terminal_identity (a key that is none), host_incomplete (a callback or `out` is null). */
const char* yukuai_terminal_create(const yukuai_terminal_identity* identity, const yukuai_terminal_host* host,
                                   yukuai_terminal** out);
void yukuai_terminal_destroy(yukuai_terminal* terminal); /* Null does nothing. Wipes the key. */

/* ---- After a start -------------------------------------------------------------------------------------------------- */

#define YUKUAI_TERMINAL_IN 1u
#define YUKUAI_TERMINAL_OUT 2u

/* Where the chain stood at one record: all zeros for a terminal that has none yet. */
typedef struct yukuai_terminal_state {
  uint64_t counter;   /* Of that record; 0: none. */
  uint8_t digest[32]; /* SM3 of that whole record. */
  int64_t at_us;      /* Its time. */
  /* The highest version of each file ever held, 0 for none; an older file is refused from here on. */
  uint64_t config_version;
  uint64_t rules_version;
  uint64_t freeze_list_version;
  /* The held record whose passage was open at that record; 0: none. */
  uint64_t open_counter;
  uint32_t open_direction; /* YUKUAI_TERMINAL_IN or _OUT when open_counter is not 0. */
} yukuai_terminal_state;

/* Must be called once, right after `create`; a new terminal is restored from all zeros. Choose a record at or before the last one
 * that the server acknowledged (a log that is kept whole: all zeros) and then replay every later record in order: from them the
 * terminal learns its unsynchronised sums, its open passage and which codes it has seen. Reasons: restore_late (called before, or
 * a file is loaded), restore_malformed. */
const char* yukuai_terminal_restore(yukuai_terminal* terminal, const yukuai_terminal_state* state);

/* One record of the log, the next after the head. Checks that it continues the chain and that this terminal signed it.
 * Reasons: restore_missing, replay_late (`decide` made a record), record_malformed, record_terminal, record_signature,
 * record_gap, record_fork, record_chain, record_time, record_code_time. */
const char* yukuai_terminal_replay(yukuai_terminal* terminal, const uint8_t* record, size_t size);

/* ---- Signed files --------------------------------------------------------------------------------------------------- */

/* Each call replaces what was held, or changes nothing. First the configuration: it names scene, clearing group and keys.
 * A configuration of another scene or clearing group lets go of the rule file or freeze list held so far.
 * A file that has expired is refused, except for the very version that `restore` names as held: a gate that restarts while
 * offline must still let people out. Entry is refused by it, `file_expired` for configuration and rules, `list_stale` for
 * the freeze list.
 * Reasons: file_malformed, file_signature, file_malformed (the content), then
 *   load_config       restore_missing (before all others), config_malformed, config_not_canonical, config_terminal (of
 *                     another terminal)
 *   load_rules        config_missing (before all others), file_scene (of another scene), those of the scene file,
 *                     rule_set_unknown, fare_rules
 *   load_freeze_list  config_missing (before all others), file_clearing_group (of another group)
 * then file_older, file_expired. */
const char* yukuai_terminal_load_config(yukuai_terminal* terminal, const uint8_t* file, size_t size);
const char* yukuai_terminal_load_rules(yukuai_terminal* terminal, const uint8_t* file, size_t size);
const char* yukuai_terminal_load_freeze_list(yukuai_terminal* terminal, const uint8_t* file, size_t size);

/* ---- Presentations and passages ------------------------------------------------------------------------------------- */

#define YUKUAI_TERMINAL_ADMITTED 1u
#define YUKUAI_TERMINAL_REFUSED 2u
#define YUKUAI_TERMINAL_REPEATED 3u

typedef struct yukuai_terminal_decision {
  uint32_t verdict;       /* YUKUAI_TERMINAL_ADMITTED, _REFUSED, _REPEATED: the same code again, answered as the first time. */
  uint32_t open_barrier;  /* 1: open it. Admitted, and repeated while that first passage is still open; else 0. */
  uint32_t first_verdict; /* Repeated: what was answered first, ADMITTED or REFUSED; else the verdict itself. */
  uint64_t counter;       /* The record of this decision; repeated: of the first one; 0 when none could be written. */
  int64_t at_us;          /* The time by which it was decided. */
  int64_t exposure_fen;   /* The most the passage can come to, as far as this terminal answers for it. */
  /* UTF-8, never null, empty when there is nothing to say; valid until the next call on this terminal. */
  const char* reason; /* Slug; empty unless refused (now or first). */
  const char* title_zh;
  const char* title_en;
  const char* next_zh; /* What the person can do; the scene's own words where it has any. */
  const char* next_en;
} yukuai_terminal_decision;

/* `code`: the raw bytes as read, any bytes and any number of them. `direction`: which way the lane leads for this person.
 *
 * Refuses in this order: the code's own checks (docs/formats/code.md); repeated; then for an entry clearing_group_wrong,
 * file_expired, frozen and the scene's (list_stale, offline_limit_carrier, offline_limit_terminal, ...). An exit with a
 * code that holds is always admitted, frozen or stale: nobody is locked in, the server prices it later. Last of all
 * log_unavailable: host.append failed.
 * Reasons for no decision at all: config_missing, rules_missing, direction_wrong (the configuration does not allow it),
 * passage_open (call `outcome` first). */
const char* yukuai_terminal_decide(yukuai_terminal* terminal, const uint8_t* code, size_t size, uint32_t direction,
                                   yukuai_terminal_decision* decision);

#define YUKUAI_TERMINAL_CONFIRMED 2u /* The barrier moved. */
#define YUKUAI_TERMINAL_VOIDED 3u    /* It did not: nothing is charged and the same code may be shown again. */
#define YUKUAI_TERMINAL_UNKNOWN 5u   /* Nobody can tell, as after a power cut; the scene's rules resolve it. */

/* How the open passage ended. *counter (may be null) is the record's. After log_unavailable the passage is still open.
 * Reasons: outcome_malformed, config_missing, rules_missing, passage_not_open (none is, or another one), log_unavailable. */
const char* yukuai_terminal_outcome(yukuai_terminal* terminal, uint64_t held_counter, uint32_t outcome, uint64_t* counter);

/* The server holds every record up to `counter`: they no longer count against the offline bounds. A lower counter than
 * before changes nothing. Reason: acknowledged_ahead (beyond the last record). */
const char* yukuai_terminal_acknowledged(yukuai_terminal* terminal, uint64_t counter);

/* ---- For the display, for alarms and for the next start -------------------------------------------------------------- */

typedef struct yukuai_terminal_status {
  yukuai_terminal_state state;   /* As of now: what `restore` wants, if nothing is unsynchronised. */
  uint64_t acknowledged_counter; /* Records above it are unsynchronised. */
  int64_t exposure_total_fen;    /* The most that the unsynchronised entries can come to. */
  int64_t list_age_seconds;      /* Of the freeze list; -1: none, expired, or the clock cannot be relied upon. */
  int64_t clock_behind_us;       /* How far the clock reads behind the last record or signed file; 0 when it does not. */
  uint32_t clock_trusted;        /* 1: trusted by the host and not behind by more than the configured skew. */
  uint32_t passage_open;         /* 1: state.open_counter waits for its outcome. */
  uint64_t append_failures;      /* Since creation. */
  uint64_t forgotten_early;      /* Codes dropped from the replay window before their time: alarm when not 0. */
  int64_t config_expires_us;     /* 0: not loaded. */
  int64_t rules_expires_us;
  int64_t freeze_list_expires_us;
} yukuai_terminal_status;

/* What the last call that failed on this terminal had to say beside its slug, for a log: never personal data, in English,
 * never null. Valid until the next call on this terminal. */
const char* yukuai_terminal_detail(const yukuai_terminal* terminal);

/* Reasons: none. */
const char* yukuai_terminal_read_status(yukuai_terminal* terminal, yukuai_terminal_status* status);

#ifdef __cplusplus
}
#endif
#endif
