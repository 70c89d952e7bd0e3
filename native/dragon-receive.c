/* The inbox of this process: one channel in a pool of its own, and one thread that takes out what arrives. */
#include "dragon-messages.h"

#include <linux/futex.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* How long a call that waits for messages from other nodes may take: it must come back to see that it should end. */
#define SLICE_NS 100000000
#define MOST_FAILURES 100

static struct {
  opaque channel, handle, bell_memory;
  struct bell *bell;
  const uint8_t *pool; /* where it lies */
  size_t pool_bytes;
  atomic_bool open, ended;
  atomic_int remote_peers; /* their messages do not ring the bell */
} inbox = {.ended = true};

static pthread_mutex_t connections_lock = PTHREAD_MUTEX_INITIALIZER;
static struct {
  bool used;
  uint8_t token[TOKEN_BYTES];
} connections[MOST_CONNECTIONS];

atomic_llong receiver_inside_since;
atomic_int receiver_thread;

static bool is_known(const struct header *header) {
  uint8_t difference = 0;
  if (header->magic != MAGIC || header->connection >= MOST_CONNECTIONS) return false;
  pthread_mutex_lock(&connections_lock);
  bool used = connections[header->connection].used;
  for (int i = 0; i < TOKEN_BYTES; i++) difference |= connections[header->connection].token[i] ^ header->token[i];
  pthread_mutex_unlock(&connections_lock);
  return used && difference == 0;
}

/* What comes from another node its agent has put into the pool of the inbox: that is to be freed here. Other memory is the sender's. */
static void let_go(void *memory) {
  void *start;
  bool is_known = dragon.memory_get_pointer(memory, &start) == 0;
  bool is_own = is_known && (uint8_t *)start >= inbox.pool && (uint8_t *)start < inbox.pool + inbox.pool_bytes;
  if (is_own) dragon.memory_free(memory);
  else dragon.memory_detach(memory);
}

/* Copies a message out of the sender's memory, if it is from somebody who has a token. */
static void take(void *memory) {
  void *start;
  size_t bytes;
  struct header header;
  if (dragon.memory_get_pointer(memory, &start) != 0 || dragon.memory_get_size(memory, &bytes) != 0) return;
  if (bytes < sizeof header) return;
  memcpy(&header, start, sizeof header); /* once: from here on the sender cannot change what was checked */
  if (!is_known(&header)) return;
  struct delivery *packet = calloc(1, sizeof *packet);
  packet->kind = PACKET;
  packet->bytes = bytes - sizeof header;
  packet->data = buffer_new(packet->bytes);
  memcpy(packet->data, (uint8_t *)start + sizeof header, packet->bytes);
  packet->numbers[0] = header.connection;
  packet->numbers[1] = (double)header.sequence;
  packet->numbers[2] = (double)header.acknowledged;
  packet->numbers[3] = (double)(now_ns() - (int64_t)header.sent_ns) / 1000;
  deliver(packet);
}

static int receive(void) {
  opaque message, memory;
  int code = dragon.channel_message_init(&message, NULL, NULL);
  if (code != 0) return code;
  if (atomic_load(&inbox.remote_peers) == 0) code = dragon.chrecv_get_msg(&inbox.handle, &message);
  else code = dragon.chrecv_get_msg_blocking(&inbox.handle, &message, &(struct timespec){.tv_nsec = SLICE_NS});
  if (code == 0) {
    code = dragon.channel_message_get_mem(&message, &memory);
    if (code == 0) take(&memory);
    dragon.channel_message_destroy(&message, false);
    if (code == 0) let_go(&memory);
  } else dragon.channel_message_destroy(&message, false);
  return code;
}

static void wait_for_bell(uint32_t heard) {
  static bool is_conversation; /* the last message came soon */
  const struct timespec second = {.tv_sec = 1};
  int64_t start = now_ns();
  while (is_conversation && now_ns() - start < SOON_NS) {
    if (atomic_load(&inbox.bell->rings) != heard) return;
    sched_yield(); /* whoever else wants the core has it */
  }
  atomic_store(&inbox.bell->waiting, 1);
  syscall(SYS_futex, &inbox.bell->rings, FUTEX_WAIT, heard, &second, NULL, 0);
  atomic_store(&inbox.bell->waiting, 0);
  is_conversation = now_ns() - start < SOON_NS;
  if (atomic_load(&inbox.bell->rings) == heard) free_kept_buffers(); /* it is quiet */
}

static void report_failure(int code) {
  struct delivery *failure = calloc(1, sizeof *failure);
  failure->kind = INBOX_FAILED;
  failure->code = code;
  failure->data = (uint8_t *)dragon.getlasterrstr();
  deliver(failure);
}

static void *receiver_main(void *unused) {
  (void)unused;
  int failures = 0;
  register_thread(&receiver_thread);
  while (atomic_load(&inbox.open)) {
    wait_for_room();
    uint32_t heard = atomic_load(&inbox.bell->rings);
    int code = INSIDE(receiver_inside_since, receive());
    OUTSIDE(receiver_inside_since);
    if (code == 0) failures = 0;
    else if (code == dragon.code.CHANNEL_EMPTY || code == dragon.code.TIMEOUT) {
      if (atomic_load(&inbox.remote_peers) == 0) wait_for_bell(heard);
    } else if (++failures == MOST_FAILURES) { /* one alone: its sender has gone, and its memory with it */
      report_failure(code);
      break;
    }
  }
  atomic_store(&inbox.ended, true);
  return NULL;
}

static bool new_channel(struct job *job, opaque *pool) {
  opaque attributes;
  if (!succeeded(job, dragon.channel_attr_init(&attributes))) return false;
  memcpy(attributes.bytes + CHANNEL_CAPACITY, &(size_t){(size_t)job->numbers[1]}, sizeof(size_t));
  memcpy(attributes.bytes + CHANNEL_BLOCK_BYTES, &(size_t){(size_t)job->numbers[2]}, sizeof(size_t));
  return succeeded(job, dragon.channel_create(&inbox.channel, new_uid(), pool, &attributes));
}

static bool new_bell(struct job *job, opaque *pool) {
  void *start;
  if (!succeeded(job, dragon.memory_alloc(&inbox.bell_memory, pool, sizeof(struct bell)))) return false;
  if (!succeeded(job, dragon.memory_get_pointer(&inbox.bell_memory, &start))) return false;
  memset(start, 0, sizeof(struct bell));
  inbox.bell = start;
  return true;
}

static bool open_handle(struct job *job) {
  opaque attributes;
  return succeeded(job, dragon.channel_recv_attr_init(&attributes)) &&
         succeeded(job, dragon.channel_recvh(&inbox.channel, &inbox.handle, &attributes)) &&
         succeeded(job, dragon.chrecv_open(&inbox.handle));
}

/* The descriptors of channel and bell, one after the other; the number is the length of the first. */
static void give_descriptors(struct job *job) {
  struct serial channel, bell;
  uint8_t both[1024];
  if (!succeeded(job, dragon.channel_serialize(&inbox.channel, &channel))) return;
  if (succeeded(job, dragon.memory_serialize(&bell, &inbox.bell_memory))) {
    if (channel.length + bell.length > sizeof both) failed(job, "The descriptors of the inbox are too long");
    else {
      memcpy(both, channel.data, channel.length);
      memcpy(both + channel.length, bell.data, bell.length);
      give_data(job, both, channel.length + bell.length);
      job->number = (int64_t)channel.length;
    }
    dragon.memory_serial_free(&bell);
  }
  dragon.channel_serial_free(&channel);
}

static bool find_pool(struct job *job, opaque *pool) {
  void *start;
  if (!succeeded(job, dragon.memory_pool_get_pointer(pool, &start))) return false;
  inbox.pool = start;
  inbox.pool_bytes = (size_t)job->numbers[3];
  return true;
}

/* numbers: pool, capacity in messages, bytes of a message that lie in the channel itself, bytes of the pool */
void run_inbox_new(struct job *job) {
  opaque *pool = pool_at(job->numbers[0]);
  if (!atomic_load(&inbox.ended)) return failed(job, "This process has an inbox already");
  if (pool == NULL || !find_pool(job, pool) || !new_channel(job, pool) || !new_bell(job, pool) || !open_handle(job)) return;
  give_descriptors(job);
  if (job->code != 0) return;
  atomic_store(&inbox.ended, false);
  atomic_store(&inbox.open, true);
  if (!start_thread(receiver_main, NULL)) failed(job, "No thread can be started");
}

/*
 * numbers: how many milliseconds to wait for the thread, 1 to leave the channel as it is. With the inbox end the peers: afterwards nothing
 * is left in the pool of messages, which can then be destroyed.
 */
void run_inbox_end(struct job *job) {
  int64_t end = now_ms() + job->numbers[0];
  end_peers();
  if (!atomic_exchange(&inbox.open, false)) return;
  atomic_fetch_add(&inbox.bell->rings, 1);
  syscall(SYS_futex, &inbox.bell->rings, FUTEX_WAKE, 1, NULL, NULL, 0);
  while (!atomic_load(&inbox.ended) && now_ms() < end) nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
  if (!atomic_load(&inbox.ended)) return failed(job, "The receiving thread does not end");
  if (!succeeded(job, dragon.chrecv_close(&inbox.handle)) || job->numbers[1] != 0) return;
  succeeded(job, dragon.channel_destroy(&inbox.channel));
}

/* (connection, token, 1 if it comes from another node) From here on, messages with this token are delivered. */
napi_value expect_peer(napi_env env, napi_callback_info info) {
  napi_value arguments[3];
  int64_t connection, remote;
  void *token;
  size_t bytes;
  if (!read_arguments(env, info, 3, arguments) || !read_integer(env, arguments[0], &connection)) return NULL;
  if (!read_integer(env, arguments[2], &remote)) return NULL;
  if (napi_get_typedarray_info(env, arguments[1], NULL, &bytes, &token, NULL, NULL) != napi_ok || bytes != TOKEN_BYTES)
    return wrong_call(env, "the token has the wrong length");
  if (connection < 0 || connection >= MOST_CONNECTIONS) return wrong_call(env, "there is no such connection");
  pthread_mutex_lock(&connections_lock);
  memcpy(connections[connection].token, token, TOKEN_BYTES);
  connections[connection].used = true;
  pthread_mutex_unlock(&connections_lock);
  if (remote != 0 && atomic_fetch_add(&inbox.remote_peers, 1) == 0 && inbox.bell != NULL) {
    atomic_fetch_add(&inbox.bell->rings, 1);
    syscall(SYS_futex, &inbox.bell->rings, FUTEX_WAKE, 1, NULL, NULL, 0);
  }
  return NULL;
}

/* (connection, 1 if it came from another node) */
napi_value forget_peer(napi_env env, napi_callback_info info) {
  int64_t integers[2];
  if (!read_integers(env, info, 2, integers)) return NULL;
  if (integers[0] < 0 || integers[0] >= MOST_CONNECTIONS) return wrong_call(env, "there is no such connection");
  pthread_mutex_lock(&connections_lock);
  connections[integers[0]].used = false;
  pthread_mutex_unlock(&connections_lock);
  if (integers[1] != 0) atomic_fetch_sub(&inbox.remote_peers, 1);
  return NULL;
}
