/* A non-blocking WebSocket client (RFC 6455) for load generation: text frames, masking, fragments, ping and pong, close;
 * over TLS and with permessage-deflate (RFC 7692, no context takeover) where the run asks for it. Input is parsed in
 * place in one receive buffer that all connections share; a connection owns memory only while a partial frame or unsent
 * output is pending. Any failure ends the connection and is told once, by ws_ended(). */
#ifndef WEBSOCKET_H
#define WEBSOCKET_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ssl_st;
struct ssl_ctx_st;

enum ws_state { WS_IDLE, WS_CONNECTING, WS_SECURING, WS_UPGRADING, WS_OPEN, WS_CLOSED };

/* Bytes that grow as needed. */
struct bytes {
    char *p;
    size_t n, cap;
};

struct ws {
    int fd;
    enum ws_state state;
    struct ssl_st *tls;  /* NULL: plain TCP */
    struct bytes in;     /* an incomplete frame or HTTP head */
    struct bytes out;    /* what the kernel did not take yet */
    struct bytes joined; /* the fragments of a message so far */
    bool joined_deflated;
};

/* How all connections to one server are made. */
struct ws_server {
    int epoll;
    struct sockaddr_in address;
    char host[64];          /* of the Host header */
    struct ssl_ctx_st *tls; /* NULL: plain TCP */
    bool deflate;           /* offer permessage-deflate */
};

/* Room that a payload handed to ws_send() needs in front of it. */
#define WS_HEADROOM 14

/* Implemented by the user of this module. A text is valid until the function returns and may be changed. */
void ws_opened(struct ws *w);
void ws_text(struct ws *w, char *text, size_t n);
void ws_ended(struct ws *w, const char *why);

/* Bytes that came out of recv(2), calls of it, and messages that arrived deflated. */
extern uint64_t ws_bytes_received, ws_reads, ws_deflated;

/* Begins to connect. Returns -1 with errno set when that failed at once; ws_ended() is not called then. */
int ws_connect(struct ws *w, const struct ws_server *server);
/* Handles what epoll says about the connection. Path and header fields, each with its line end, go into the upgrade
 * request, once TCP or TLS is up. */
void ws_ready(struct ws *w, uint32_t events, const struct ws_server *server, const char *path, const char *fields);
/* Sends payload[0..n) as one masked text frame. The WS_HEADROOM bytes in front of it are overwritten and the payload is
 * masked in place. */
void ws_send(struct ws *w, char *payload, size_t n);
/* Says goodbye and closes; nothing is called. */
void ws_close(struct ws *w);

/* A context for clients that trust any certificate: what is measured is the server. NULL on failure. */
struct ssl_ctx_st *ws_tls_context(void);

void bytes_append(struct bytes *b, const char *p, size_t n);
void bytes_free(struct bytes *b);

#endif
