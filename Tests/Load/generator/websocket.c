#define _GNU_SOURCE
#include "websocket.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>
#include <zlib.h>

/* The nonce of RFC 6455 section 1.3, whose answer is known: the server's reply can be checked without hashing. */
#define NONCE "dGhlIHNhbXBsZSBub25jZQ=="
#define ACCEPT "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="

#define FRAME_BYTES_MAX (64u << 20)
#define INFLATED_BYTES_MAX (1u << 20)

static char received[256 * 1024];

uint64_t ws_bytes_received, ws_reads, ws_deflated;

/* ---- bytes ---------------------------------------------------------------------------------------------------- */

void bytes_append(struct bytes *b, const char *p, size_t n)
{
    if (b->n + n > b->cap) {
        size_t cap = b->cap ? b->cap : 512;
        while (cap < b->n + n) cap *= 2;
        b->p = realloc(b->p, cap);
        if (!b->p) { perror("realloc"); exit(1); }
        b->cap = cap;
    }
    memcpy(b->p + b->n, p, n);
    b->n += n;
}

void bytes_free(struct bytes *b)
{
    free(b->p);
    *b = (struct bytes){0};
}

static void bytes_drop(struct bytes *b, size_t n)
{
    if (n == b->n) {
        bytes_free(b);
    } else if (n) {
        memmove(b->p, b->p + n, b->n - n);
        b->n -= n;
    }
}

/* ---- the end -------------------------------------------------------------------------------------------------- */

static void release(struct ws *w)
{
    if (w->tls) SSL_free(w->tls);
    w->tls = NULL;
    if (w->fd >= 0) close(w->fd);
    w->fd = -1;
    w->state = WS_CLOSED;
    bytes_free(&w->in);
    bytes_free(&w->out);
    bytes_free(&w->joined);
}

static void fail(struct ws *w, const char *why)
{
    if (w->state == WS_CLOSED) return;
    release(w);
    ws_ended(w, why);
}

/* ---- bytes in and out, plain or through TLS -------------------------------------------------------------------- */

/* As send(2): bytes taken, or -1 with errno; EAGAIN: none at this moment. */
static ssize_t put(struct ws *w, const char *p, size_t n)
{
    if (!w->tls) return send(w->fd, p, n, MSG_NOSIGNAL);
    size_t done = 0;
    if (SSL_write_ex(w->tls, p, n, &done)) return (ssize_t)done;
    int e = SSL_get_error(w->tls, 0);
    ERR_clear_error();
    errno = e == SSL_ERROR_WANT_WRITE || e == SSL_ERROR_WANT_READ ? EAGAIN : EPIPE;
    return -1;
}

/* As recv(2). */
static ssize_t get(struct ws *w, char *p, size_t n)
{
    if (!w->tls) return recv(w->fd, p, n, 0);
    size_t done = 0;
    if (SSL_read_ex(w->tls, p, n, &done)) return (ssize_t)done;
    int e = SSL_get_error(w->tls, 0);
    ERR_clear_error();
    if (e == SSL_ERROR_ZERO_RETURN) return 0;
    errno = e == SSL_ERROR_WANT_WRITE || e == SSL_ERROR_WANT_READ ? EAGAIN : EPIPE;
    return -1;
}

static bool is_transient(void)
{
    return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

static void send_bytes(struct ws *w, const char *p, size_t n)
{
    if (!w->out.n) {
        ssize_t k = put(w, p, n);
        if (k < 0 && !is_transient()) return fail(w, "send failed");
        if (k < 0) k = 0;
        p += k;
        n -= (size_t)k;
    }
    if (n) bytes_append(&w->out, p, n);
}

static void flush(struct ws *w)
{
    while (w->out.n) {
        ssize_t k = put(w, w->out.p, w->out.n);
        if (k < 0 && !is_transient()) return fail(w, "send failed");
        if (k <= 0) return;
        bytes_drop(&w->out, (size_t)k);
    }
}

/* ---- connecting ------------------------------------------------------------------------------------------------- */

struct ssl_ctx_st *ws_tls_context(void)
{
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    if (!context) return NULL;
    SSL_CTX_set_verify(context, SSL_VERIFY_NONE, NULL);
    /* A session resumed would spare the server half of its handshake. */
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
    return context;
}

int ws_connect(struct ws *w, const struct ws_server *server)
{
    memset(w, 0, sizeof *w);
    w->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (w->fd < 0) return -1;
    int one = 1;
    setsockopt(w->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    w->state = WS_CONNECTING;
    int begun = connect(w->fd, (const struct sockaddr *)&server->address, sizeof server->address);
    /* Edge-triggered for both directions, registered once. */
    struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, .data.ptr = w};
    if ((begun < 0 && errno != EINPROGRESS) || epoll_ctl(server->epoll, EPOLL_CTL_ADD, w->fd, &event) < 0) {
        int problem = errno;
        release(w);
        errno = problem;
        return -1;
    }
    return 0;
}

static void begin_tls(struct ws *w, const struct ws_server *server)
{
    w->state = WS_SECURING;
    w->tls = SSL_new(server->tls);
    if (!w->tls || !SSL_set_fd(w->tls, w->fd)) return fail(w, "no TLS");
    SSL_set_connect_state(w->tls);
}

static void request_upgrade(struct ws *w, const struct ws_server *server, const char *path, const char *fields)
{
    char request[4096];
    int n = snprintf(request, sizeof request,
                     "GET %s HTTP/1.1\r\nHost: %s\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                     "Sec-WebSocket-Key: " NONCE "\r\nSec-WebSocket-Version: 13\r\n%s%s\r\n",
                     path, server->host,
                     server->deflate ? "Sec-WebSocket-Extensions: permessage-deflate; client_no_context_takeover; "
                                       "server_no_context_takeover\r\n"
                                     : "",
                     fields);
    if (n <= 0 || (size_t)n >= sizeof request) return fail(w, "upgrade request too long");
    w->state = WS_UPGRADING;
    send_bytes(w, request, (size_t)n);
}

/* ---- frames out --------------------------------------------------------------------------------------------------- */

static uint32_t next_mask(void)
{
    static uint32_t s = 2463534242u; /* xorshift32 */
    s ^= s << 13;
    s ^= s >> 17;
    s ^= s << 5;
    return s;
}

/* Masks the payload and writes the frame's head in front of it; returns the head's length. */
static size_t frame(char *payload, size_t n, unsigned opcode)
{
    uint32_t mask = next_mask();
    size_t extended = n < 126 ? 0 : n < 65536 ? 2 : 8, length = 2 + extended + 4;
    unsigned char *head = (unsigned char *)payload - length;
    head[0] = (unsigned char)(0x80 | opcode);
    head[1] = (unsigned char)(0x80 | (extended == 0 ? n : extended == 2 ? 126 : 127));
    for (size_t i = 0; i < extended; i++) head[2 + i] = (unsigned char)(n >> (8 * (extended - 1 - i)));
    memcpy(head + 2 + extended, &mask, 4);
    size_t i = 0;
    for (; i + 4 <= n; i += 4) {
        uint32_t v;
        memcpy(&v, payload + i, 4);
        v ^= mask;
        memcpy(payload + i, &v, 4);
    }
    for (; i < n; i++) payload[i] = (char)(payload[i] ^ ((unsigned char *)&mask)[i & 3]);
    return length;
}

void ws_send(struct ws *w, char *payload, size_t n)
{
    if (w->state != WS_OPEN) return;
    size_t head = frame(payload, n, 1);
    send_bytes(w, payload - head, n + head);
}

static void send_control(struct ws *w, unsigned opcode, const char *p, size_t n)
{
    char buffer[WS_HEADROOM + 125];
    if (n > 125) n = 125;
    memcpy(buffer + WS_HEADROOM, p, n);
    size_t head = frame(buffer + WS_HEADROOM, n, opcode);
    send_bytes(w, buffer + WS_HEADROOM - head, n + head);
}

void ws_close(struct ws *w)
{
    if (w->state == WS_OPEN) send_control(w, 8, "\x03\xe8", 2);
    if (w->state != WS_CLOSED && w->state != WS_IDLE) release(w);
}

/* ---- frames in ------------------------------------------------------------------------------------------------------ */

/* Takes the HTTP head if it is complete; returns bytes taken. */
static size_t take_head(struct ws *w, const char *p, size_t n)
{
    const char *end = memmem(p, n, "\r\n\r\n", 4);
    if (!end) {
        if (n > 16384) fail(w, "HTTP head too long");
        return 0;
    }
    if (n < 12 || memcmp(p, "HTTP/1.1 101", 12)) {
        static char why[64];
        snprintf(why, sizeof why, "upgrade refused: %.*s", (int)strcspn(p, "\r\n") > 40 ? 40 : (int)strcspn(p, "\r\n"), p);
        fail(w, why);
        return 0;
    }
    if (!memmem(p, (size_t)(end - p), ACCEPT, sizeof ACCEPT - 1)) {
        fail(w, "wrong Sec-WebSocket-Accept");
        return 0;
    }
    w->state = WS_OPEN;
    ws_opened(w);
    return (size_t)(end - p) + 4;
}

/* A whole message; deflated ones are inflated, each by itself, as no context is taken over. */
static void message(struct ws *w, char *p, size_t n, bool deflated)
{
    static char inflated[INFLATED_BYTES_MAX];
    static z_stream z;
    if (!deflated) return ws_text(w, p, n);
    ws_deflated++;
    if (!z.state && inflateInit2(&z, -15) != Z_OK) return fail(w, "no inflater");
    inflateReset(&z);
    z.next_out = (unsigned char *)inflated;
    z.avail_out = sizeof inflated;
    z.next_in = (unsigned char *)p;
    z.avail_in = (uInt)n;
    int status = inflate(&z, Z_SYNC_FLUSH);
    z.next_in = (unsigned char *)(uintptr_t) "\0\0\xff\xff";
    z.avail_in = 4;
    if (status == Z_OK || status == Z_BUF_ERROR) status = inflate(&z, Z_SYNC_FLUSH);
    if ((status != Z_OK && status != Z_BUF_ERROR && status != Z_STREAM_END) || !z.avail_out)
        return fail(w, "a message does not inflate");
    ws_text(w, inflated, sizeof inflated - z.avail_out);
}

/* Takes one whole frame if there is one; returns bytes taken. */
static size_t take_frame(struct ws *w, char *p, size_t n)
{
    const unsigned char *b = (const unsigned char *)p;
    if (n < 2) return 0;
    size_t extended = (b[1] & 0x7f) == 126 ? 2 : (b[1] & 0x7f) == 127 ? 8 : 0, head = 2 + extended;
    if (n < head) return 0;
    uint64_t length = extended ? 0 : b[1] & 0x7f;
    for (size_t i = 0; i < extended; i++) length = length << 8 | b[2 + i];
    bool deflated = b[0] & 0x40, final = b[0] & 0x80;
    if (b[1] & 0x80 || b[0] & 0x30 || length > FRAME_BYTES_MAX) {
        fail(w, "malformed frame");
        return 0;
    }
    if (n - head < length) return 0;
    char *payload = p + head;
    switch (b[0] & 0x0f) {
    case 0:
    case 1:
        if (final && !w->joined.n && b[0] & 0x0f) {
            message(w, payload, length, deflated);
            break;
        }
        if (b[0] & 0x0f) w->joined_deflated = deflated;
        bytes_append(&w->joined, payload, length);
        if (final) {
            struct bytes whole = w->joined;
            w->joined = (struct bytes){0};
            message(w, whole.p, whole.n, w->joined_deflated);
            bytes_free(&whole);
        }
        break;
    case 8: fail(w, "closed by the server"); break;
    case 9: send_control(w, 10, payload, length); break;
    case 10: break;
    default: fail(w, "unexpected opcode");
    }
    return head + length;
}

/* Takes as much as is complete; returns bytes taken. */
static size_t take(struct ws *w, char *p, size_t n)
{
    size_t used = 0;
    while (used < n && (w->state == WS_OPEN || w->state == WS_UPGRADING)) {
        size_t k = w->state == WS_OPEN ? take_frame(w, p + used, n - used) : take_head(w, p + used, n - used);
        if (!k) break;
        used += k;
    }
    return used;
}

/* - to_end: the peer has shut down or failed, so that even a short read is not the last. */
static void read_all(struct ws *w, bool to_end)
{
    while (w->state == WS_OPEN || w->state == WS_UPGRADING) {
        ssize_t k = get(w, received, sizeof received);
        ws_reads++;
        if (k < 0) {
            if (errno == EINTR) continue;
            if (!is_transient()) fail(w, "recv failed");
            return;
        }
        if (k == 0) return fail(w, "the connection ended");
        ws_bytes_received += (uint64_t)k;
        if (w->in.n) {
            bytes_append(&w->in, received, (size_t)k);
            size_t used = take(w, w->in.p, w->in.n);
            if (w->state == WS_CLOSED) return;
            bytes_drop(&w->in, used);
        } else {
            size_t used = take(w, received, (size_t)k);
            if (w->state == WS_CLOSED) return;
            if (used < (size_t)k) bytes_append(&w->in, received + used, (size_t)k - used);
        }
        /* A short read empties a socket, and a later byte is a new edge; TLS hands out a record at a time. */
        if ((size_t)k < sizeof received && !to_end && !w->tls) return;
    }
}

void ws_ready(struct ws *w, uint32_t events, const struct ws_server *server, const char *path, const char *fields)
{
    if (w->state == WS_CLOSED) return;
    if (w->state == WS_CONNECTING) {
        int problem = 0;
        socklen_t n = sizeof problem;
        if (!(events & (EPOLLOUT | EPOLLERR | EPOLLHUP))) return;
        getsockopt(w->fd, SOL_SOCKET, SO_ERROR, &problem, &n);
        if (problem) return fail(w, strerror(problem));
        if (server->tls)
            begin_tls(w, server);
        else
            request_upgrade(w, server, path, fields);
    }
    if (w->state == WS_SECURING) {
        int done = SSL_do_handshake(w->tls), e = SSL_get_error(w->tls, done);
        ERR_clear_error();
        if (done != 1 && e != SSL_ERROR_WANT_READ && e != SSL_ERROR_WANT_WRITE) return fail(w, "TLS handshake failed");
        if (done != 1) return;
        request_upgrade(w, server, path, fields);
    }
    if (events & EPOLLOUT) flush(w);
    if (events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) read_all(w, events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR));
}
