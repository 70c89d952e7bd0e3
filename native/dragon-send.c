/* The other processes' inboxes: what is sent to them waits here until the messages' lane has put it into their channels. */
#include "dragon-messages.h"

#include <linux/futex.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define MOST_PEERS MOST_CONNECTIONS
/* So much is copied at once; of larger packets the memory of JavaScript is used, which stays until they are acknowledged. */
#define COPY_BYTES 8192
/* A peer to whom nothing could be sent for so long is reached in another way. */
#define PATIENCE_MS 2000
/* For messages to other nodes; those on this one are tried once. */
static const struct timespec REMOTE_TIMEOUT = {.tv_sec = 1};
static const struct timespec TRY_ONCE;

struct piece {
  const uint8_t *start;
  size_t bytes;
};

/* A packet on its way: waiting, then in memory of Dragon's, which is this process's own until the peer has acknowledged it. */
struct packet {
  struct packet *next;
  struct header header;
  size_t bytes;
  bool allocated;
  opaque memory;
  uint32_t count;
  struct piece *pieces;
};

struct packets {
  struct packet *first, **last;
};

struct peer {
  opaque channel, handle, bell_memory;
  struct bell *bell; /* null: it is on another node */
  uint32_t connection;
  uint8_t token[TOKEN_BYTES];
  struct packets waiting; /* also written by the thread of JavaScript, under the lock of the lane */
  struct packets sending, sent;
  atomic_ullong acknowledged;
  bool in_use, failed;
  int64_t stuck_since;
};

static struct peer *peers[MOST_PEERS];
static uint32_t peer_count;
static opaque *message_pool;

static void append(struct packets *packets, struct packet *packet) {
  if (packets->last == NULL || packets->first == NULL) packets->last = &packets->first;
  packet->next = NULL;
  *packets->last = packet;
  packets->last = &packet->next;
}

static struct packet *remove_first(struct packets *packets) {
  struct packet *first = packets->first;
  if (first != NULL) packets->first = first->next;
  return first;
}

static void free_packet(struct packet *packet) {
  if (packet->allocated) dragon.memory_free(&packet->memory);
  free(packet);
}

static void free_acknowledged(struct peer *peer) {
  uint64_t acknowledged = atomic_load(&peer->acknowledged);
  while (peer->sent.first != NULL && peer->sent.first->header.sequence <= acknowledged)
    free_packet(remove_first(&peer->sent));
}

static int fill(struct packet *packet) {
  void *start;
  int code = dragon.memory_alloc(&packet->memory, message_pool, sizeof packet->header + packet->bytes);
  if (code != 0) return code;
  packet->allocated = true;
  code = dragon.memory_get_pointer(&packet->memory, &start);
  if (code != 0) return code;
  memcpy(start, &packet->header, sizeof packet->header);
  uint8_t *place = (uint8_t *)start + sizeof packet->header;
  for (uint32_t i = 0; i < packet->count; i++) {
    memcpy(place, packet->pieces[i].start, packet->pieces[i].bytes);
    place += packet->pieces[i].bytes;
  }
  return 0;
}

static int send_to(struct peer *peer, struct packet *packet) {
  opaque message;
  int code = packet->allocated ? 0 : fill(packet);
  if (code == 0) code = dragon.channel_message_init(&message, &packet->memory, NULL);
  if (code != 0) return code;
  bool here = peer->bell != NULL;
  code = dragon.chsend_send_msg(&peer->handle, &message, here ? NO_COPY_READ_ONLY : NULL, here ? &TRY_ONCE : &REMOTE_TIMEOUT);
  dragon.channel_message_destroy(&message, false);
  return code;
}

static void ring(struct peer *peer) {
  if (peer->bell == NULL) return;
  atomic_fetch_add(&peer->bell->rings, 1);
  if (atomic_load(&peer->bell->waiting)) syscall(SYS_futex, &peer->bell->rings, FUTEX_WAKE, 1, NULL, NULL, 0);
}

static void fail(uint32_t number, struct peer *peer, int code) {
  struct delivery *failure = calloc(1, sizeof *failure);
  peer->failed = true;
  failure->kind = PEER_FAILED;
  failure->numbers[0] = number;
  failure->code = code;
  failure->data = (uint8_t *)dragon.getlasterrstr();
  deliver(failure);
}

static void take_waiting(struct peer *peer) {
  pthread_mutex_lock(&messages_lane.lock);
  for (struct packet *next; (next = remove_first(&peer->waiting)) != NULL;) append(&peer->sending, next);
  pthread_mutex_unlock(&messages_lane.lock);
}

/* True if something is left that does not fit in now. */
static bool pump_peer(uint32_t number, struct peer *peer) {
  free_acknowledged(peer);
  while (peer->sending.first != NULL && !peer->failed) {
    int code = INSIDE(messages_lane.inside_since, send_to(peer, peer->sending.first));
    OUTSIDE(messages_lane.inside_since);
    if (code == 0) {
      append(&peer->sent, remove_first(&peer->sending));
      peer->stuck_since = 0;
      ring(peer);
    } else if (means_full(code)) {
      if (peer->stuck_since == 0) peer->stuck_since = now_ms();
      if (now_ms() - peer->stuck_since < PATIENCE_MS) return true;
      fail(number, peer, code);
    } else fail(number, peer, code);
  }
  return false;
}

bool pump_messages(void) {
  bool again = false;
  for (uint32_t i = 0; i < peer_count; i++) {
    struct peer *peer = peers[i];
    if (peer == NULL || !peer->in_use) continue;
    take_waiting(peer);
    if (pump_peer(i, peer)) again = true;
  }
  return again;
}

static struct peer *peer_at(int64_t number) {
  if (number < 0 || number >= peer_count || peers[number] == NULL || !peers[number]->in_use) return NULL;
  return peers[number];
}

static bool attach_bell(struct job *job, struct peer *peer) {
  void *start;
  if (!dragon.channel_is_local(&peer->channel)) return true;
  if (!succeeded(job, dragon.memory_attach(&peer->bell_memory, &(struct serial){job->lengths[1], job->bytes[1]}))) return false;
  if (!succeeded(job, dragon.memory_get_pointer(&peer->bell_memory, &start))) return false;
  peer->bell = start;
  return true;
}

static bool open_peer(struct job *job, struct peer *peer) {
  opaque attributes;
  if (!succeeded(job, dragon.channel_attach(&(struct serial){job->lengths[0], job->bytes[0]}, &peer->channel))) return false;
  return attach_bell(job, peer) && succeeded(job, dragon.channel_send_attr_init(&attributes)) &&
         succeeded(job, dragon.channel_sendh(&peer->channel, &peer->handle, &attributes)) &&
         succeeded(job, dragon.chsend_open(&peer->handle));
}

static int64_t free_number(void) {
  for (uint32_t i = 0; i < peer_count; i++)
    if (peers[i] == NULL) return i;
  return peer_count < MOST_PEERS ? (int64_t)peer_count++ : -1;
}

/* bytes: channel, bell. numbers: the pool for messages. The result is the peer's number; data is one byte, 1 if it is on this node. */
void run_peer_new(struct job *job) {
  message_pool = pool_at(job->numbers[0]);
  int64_t number = message_pool == NULL ? -1 : free_number();
  struct peer *peer = number < 0 ? NULL : calloc(1, sizeof *peer);
  if (peer == NULL) return failed(job, "There is no room for another peer");
  if (!open_peer(job, peer)) return free(peer);
  peer->in_use = true;
  pthread_mutex_lock(&messages_lane.lock);
  peers[number] = peer;
  pthread_mutex_unlock(&messages_lane.lock);
  job->number = number;
  give_data(job, &(uint8_t){peer->bell != NULL}, 1);
}

static void end_peer(int64_t number) {
  struct peer *peer = peer_at(number);
  if (peer == NULL) return;
  pthread_mutex_lock(&messages_lane.lock);
  peers[number] = NULL;
  pthread_mutex_unlock(&messages_lane.lock);
  for (struct packet *next; (next = remove_first(&peer->waiting)) != NULL;) free_packet(next);
  for (struct packet *next; (next = remove_first(&peer->sending)) != NULL;) free_packet(next);
  for (struct packet *next; (next = remove_first(&peer->sent)) != NULL;) free_packet(next);
  dragon.chsend_close(&peer->handle);
  if (peer->bell != NULL) dragon.memory_detach(&peer->bell_memory);
  dragon.channel_detach(&peer->channel);
  free(peer);
}

/* numbers: the peer. Its memory is free again; what it has not received it must get in another way. */
void run_peer_end(struct job *job) {
  end_peer(job->numbers[0]);
}

void end_peers(void) {
  for (uint32_t i = 0; i < peer_count; i++) end_peer(i);
}

static size_t total_bytes(napi_env env, napi_value pieces, uint32_t count) {
  size_t total = 0;
  for (uint32_t i = 0; i < count; i++) {
    napi_value piece;
    size_t bytes = 0;
    napi_get_element(env, pieces, i, &piece);
    napi_get_typedarray_info(env, piece, NULL, &bytes, NULL, NULL, NULL);
    total += bytes;
  }
  return total;
}

static void read_pieces(napi_env env, napi_value pieces, struct packet *packet) {
  uint8_t *copy = packet->bytes <= COPY_BYTES ? (uint8_t *)(packet->pieces + packet->count) : NULL;
  for (uint32_t i = 0; i < packet->count; i++) {
    napi_value piece;
    void *start = NULL;
    struct piece *into = &packet->pieces[i];
    napi_get_element(env, pieces, i, &piece);
    napi_get_typedarray_info(env, piece, NULL, &into->bytes, &start, NULL, NULL);
    into->start = start;
    if (copy == NULL) continue;
    if (into->bytes > 0) memcpy(copy, start, into->bytes);
    into->start = copy;
    copy += into->bytes;
  }
}

static struct packet *new_packet(napi_env env, napi_value pieces) {
  uint32_t count = 0;
  if (napi_get_array_length(env, pieces, &count) != napi_ok) return NULL;
  size_t bytes = total_bytes(env, pieces, count);
  size_t room = count * sizeof(struct piece) + (bytes <= COPY_BYTES ? bytes : 0);
  struct packet *packet = calloc(1, sizeof *packet + room);
  if (packet == NULL) return NULL;
  packet->pieces = (struct piece *)(packet + 1);
  packet->count = count;
  packet->bytes = bytes;
  read_pieces(env, pieces, packet);
  return packet;
}

/* (peer, connection, token, sequence, acknowledged, pieces) */
napi_value send_packet(napi_env env, napi_callback_info info) {
  napi_value arguments[6];
  int64_t numbers[5];
  void *token;
  size_t bytes;
  if (!read_arguments(env, info, 6, arguments)) return NULL;
  for (int i = 0; i < 5; i++)
    if (i != 2 && !read_integer(env, arguments[i], &numbers[i])) return NULL;
  if (napi_get_typedarray_info(env, arguments[2], NULL, &bytes, &token, NULL, NULL) != napi_ok || bytes != TOKEN_BYTES)
    return wrong_call(env, "the token has the wrong length");
  struct packet *packet = new_packet(env, arguments[5]);
  if (packet == NULL) return wrong_call(env, "the pieces are no array");
  packet->header = (struct header){.magic = MAGIC, .connection = (uint32_t)numbers[1],
                                   .sequence = (uint64_t)numbers[3], .acknowledged = (uint64_t)numbers[4], .sent_ns = (uint64_t)now_ns()};
  memcpy(packet->header.token, token, TOKEN_BYTES);
  pthread_mutex_lock(&messages_lane.lock);
  struct peer *peer = peer_at(numbers[0]);
  if (peer != NULL) {
    append(&peer->waiting, packet);
    messages_lane.poked = true;
  } else free(packet);
  pthread_mutex_unlock(&messages_lane.lock);
  call(&messages_lane);
  return NULL;
}

/* (peer, sequence) The peer has all packets up to this one. Their memory is free when something is sent again. */
napi_value packets_acked(napi_env env, napi_callback_info info) {
  int64_t integers[2];
  if (!read_integers(env, info, 2, integers)) return NULL;
  pthread_mutex_lock(&messages_lane.lock);
  struct peer *peer = peer_at(integers[0]);
  if (peer != NULL) atomic_store(&peer->acknowledged, (uint64_t)integers[1]);
  pthread_mutex_unlock(&messages_lane.lock);
  return NULL;
}
