/* The C limit: what a room costs where nothing is done that need not be. One thread, one epoll loop; whatever a turn of
 * the loop has for a connection leaves in one send(2). It answers every upgrade with the accept of RFC 6455's sample
 * nonce, which the generator sends, and trusts its clients to be the generator.
 *
 * usage: epoll-limit PORT */
#define _GNU_SOURCE
#include "rooms.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define CONNECTIONS_MAX 70000
#define INCOMPLETE_MAX 512
#define OUT_MAX (1u << 20)

struct connection {
    struct member member; /* first: a struct member * is a struct connection * */
    int fd;
    bool open, upgraded, dirty, gone;
    char incomplete[INCOMPLETE_MAX]; /* the begin of a frame */
    size_t incomplete_n;
    char *out;
    size_t out_n, out_cap;
};

static struct connection *connections[CONNECTIONS_MAX];
static struct connection *dirty[CONNECTIONS_MAX];
static size_t dirty_n;
static int loop;

static void append(struct connection *c, const char *p, size_t n)
{
    if (c->gone) return;
    if (c->out_n + n > OUT_MAX) { c->gone = true; return; } /* it does not read */
    if (c->out_n + n > c->out_cap) {
        size_t cap = c->out_cap ? c->out_cap : 1024;
        while (cap < c->out_n + n) cap *= 2;
        c->out = realloc(c->out, cap);
        if (!c->out) { perror("realloc"); exit(1); }
        c->out_cap = cap;
    }
    memcpy(c->out + c->out_n, p, n);
    c->out_n += n;
    if (!c->dirty) {
        c->dirty = true;
        dirty[dirty_n++] = c;
    }
}

static size_t frame_head(unsigned char *head, size_t n)
{
    head[0] = 0x81;
    if (n < 126) {
        head[1] = (unsigned char)n;
        return 2;
    }
    head[1] = 126;
    head[2] = (unsigned char)(n >> 8);
    head[3] = (unsigned char)n;
    return 4;
}

void member_seated(struct member *m) { (void)m; }

void member_send(struct member *m, const char *text, size_t n)
{
    unsigned char head[4];
    size_t k = frame_head(head, n);
    append((struct connection *)m, (char *)head, k);
    append((struct connection *)m, text, n);
}

void room_send(uint32_t room, const char *text, size_t n)
{
    static unsigned char frame[65536 + 4];
    size_t k = frame_head(frame, n);
    memcpy(frame + k, text, n);
    for (uint32_t i = 0; i < room_size(room); i++)
        append((struct connection *)room_member(room, i), (char *)frame, n + k);
}

static void end(struct connection *c)
{
    rooms_left(&c->member);
    close(c->fd);
    c->open = false;
    connections[c->fd] = NULL;
    /* Its place in `dirty` may still point to it until the turn ends. */
    c->gone = true;
    free(c->out);
    c->out = NULL;
    c->out_n = c->out_cap = 0;
    if (!c->dirty) free(c);
}

static void flush(struct connection *c)
{
    while (c->out_n && !c->gone) {
        ssize_t k = send(c->fd, c->out, c->out_n, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (k < 0 && errno == EAGAIN) return; /* goes on at EPOLLOUT */
        if (k < 0) { c->gone = true; return; }
        c->out_n -= (size_t)k;
        if (c->out_n) memmove(c->out, c->out + k, c->out_n);
    }
}

/* Takes whole frames; returns bytes taken. */
static size_t take_frames(struct connection *c, unsigned char *p, size_t n)
{
    size_t used = 0;
    while (n - used >= 6) {
        unsigned char *f = p + used;
        size_t length = f[1] & 127, head = 6;
        if (length == 126) {
            if (n - used < 8) break;
            length = (size_t)f[2] << 8 | f[3];
            head = 8;
        }
        if (length == 127 || n - used < head + length) break;
        if ((f[0] & 15) == 8) { c->gone = true; return n; }
        for (size_t i = 0; i < length; i++) f[head + i] ^= f[head - 4 + (i & 3)];
        if ((f[0] & 15) == 1) rooms_received(&c->member, (char *)f + head, length);
        used += head + length;
    }
    return used;
}

static void receive(struct connection *c)
{
    static unsigned char buffer[INCOMPLETE_MAX + 65536];
    memcpy(buffer, c->incomplete, c->incomplete_n);
    ssize_t k = recv(c->fd, buffer + c->incomplete_n, 65536, 0);
    if (k < 0 && errno == EAGAIN) return;
    if (k <= 0) { c->gone = true; return; }
    size_t n = c->incomplete_n + (size_t)k, used = 0;
    if (c->upgraded) {
        used = take_frames(c, buffer, n);
    } else if (memmem(buffer, n, "\r\n\r\n", 4)) {
        static const char reply[] = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                                    "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";
        c->upgraded = true;
        append(c, reply, sizeof reply - 1);
        used = n;
    }
    c->incomplete_n = n - used;
    if (c->incomplete_n > sizeof c->incomplete)
        c->gone = true;
    else
        memcpy(c->incomplete, buffer + used, c->incomplete_n);
}

static void accept_all(int listener)
{
    int fd, one = 1;
    while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
        struct connection *c = fd < CONNECTIONS_MAX ? calloc(1, sizeof *c) : NULL;
        if (!c) { close(fd); continue; }
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        c->fd = fd;
        c->open = true;
        connections[fd] = c;
        struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLET, .data.fd = fd};
        epoll_ctl(loop, EPOLL_CTL_ADD, fd, &event);
    }
}

int main(int argc, char **argv)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    if (argc != 2) { fputs("usage: epoll-limit PORT\n", stderr); return 2; }
    address.sin_port = htons((uint16_t)atoi(argv[1]));
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), one = 1;
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) || listen(listener, 4096)) { perror("bind"); return 1; }
    loop = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event event = {.events = EPOLLIN, .data.fd = listener}, events[512];
    epoll_ctl(loop, EPOLL_CTL_ADD, listener, &event);
    for (;;) {
        int n = epoll_wait(loop, events, 512, -1);
        for (int i = 0; i < n; i++) {
            int fd = events[i].data.fd;
            if (fd == listener) { accept_all(listener); continue; }
            struct connection *c = connections[fd];
            if (!c) continue;
            if (events[i].events & EPOLLOUT) flush(c);
            /* A frame is far shorter than the buffer, so that one read empties the socket. */
            if (events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR)) receive(c);
            if (c->gone) end(c);
        }
        for (size_t i = 0; i < dirty_n; i++) {
            struct connection *c = dirty[i];
            c->dirty = false;
            if (!c->open) { free(c); continue; }
            flush(c);
            if (c->gone) end(c);
        }
        dirty_n = 0;
    }
}
