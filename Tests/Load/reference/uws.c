/* uWebSockets with the same rooms: one topic a room, `publish` for what everybody is shown. The library is the one the
 * PyPI package `socketify` ships; it is called by its C interface, so that no Python runs. Its loop is libuv.
 *
 * usage: uws-reference PORT */
#include "rooms.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- what of the library's C interface is used, version 0.0.31 ------------------------------------------------------- */

struct us_socket_context_options_t {
    const char *key_file_name, *cert_file_name, *passphrase, *dh_params_file_name, *ca_file_name, *ssl_ciphers;
    int ssl_prefer_low_memory_usage;
};
struct us_listen_socket_t;
typedef struct { int port; const char *host; int options; } uws_app_listen_config_t;
typedef struct uws_app_s uws_app_t;
typedef struct uws_req_s uws_req_t;
typedef struct uws_res_s uws_res_t;
typedef struct uws_socket_context_s uws_socket_context_t;
typedef struct uws_websocket_s uws_websocket_t;
typedef int uws_opcode_t;
typedef struct socketify_loop socketify_loop;
typedef struct {
    int compression;
    unsigned maxPayloadLength;
    unsigned short idleTimeout;
    unsigned maxBackpressure;
    bool closeOnBackpressureLimit, resetIdleTimeoutOnSend, sendPingsAutomatically;
    unsigned short maxLifetime;
    void (*upgrade)(uws_res_t *, uws_req_t *, uws_socket_context_t *, void *);
    void (*open)(uws_websocket_t *, void *);
    void (*message)(uws_websocket_t *, const char *, size_t, uws_opcode_t, void *);
    void (*drain)(uws_websocket_t *, void *);
    void (*ping)(uws_websocket_t *, const char *, size_t, void *);
    void (*pong)(uws_websocket_t *, const char *, size_t, void *);
    void (*close)(uws_websocket_t *, int, const char *, size_t, void *);
    void (*subscription)(uws_websocket_t *, const char *, size_t, int, int, void *);
} uws_socket_behavior_t;

socketify_loop *socketify_create_loop(void);
void *socketify_get_native_loop(socketify_loop *);
int socketify_loop_run(socketify_loop *, int);
void *uws_get_loop_with_native(void *);
uws_app_t *uws_create_app(int, struct us_socket_context_options_t);
void uws_app_listen_with_config(int, uws_app_t *, uws_app_listen_config_t,
                                void (*)(struct us_listen_socket_t *, uws_app_listen_config_t, void *), void *);
void uws_ws(int, uws_app_t *, const char *, uws_socket_behavior_t, void *);
void *uws_ws_get_user_data(int, uws_websocket_t *);
bool uws_ws_subscribe(int, uws_websocket_t *, const char *, size_t);
int uws_ws_send(int, uws_websocket_t *, const char *, size_t, uws_opcode_t);
bool uws_publish(int, uws_app_t *, const char *, size_t, const char *, size_t, uws_opcode_t, bool);
size_t uws_req_get_header(uws_req_t *, const char *, size_t, const char **);
void uws_res_upgrade(int, uws_res_t *, void *, const char *, size_t, const char *, size_t, const char *, size_t,
                     uws_socket_context_t *);

#define PLAIN 0
#define TEXT 1

/* ---- the rooms ------------------------------------------------------------------------------------------------------- */

struct connection {
    struct member member; /* first: a struct member * is a struct connection * */
    uws_websocket_t *socket;
};

static uws_app_t *app;

static size_t topic(uint32_t room, char name[16]) { return (size_t)snprintf(name, 16, "r%u", room); }

void member_seated(struct member *m)
{
    char name[16];
    size_t n = topic(m->room, name);
    uws_ws_subscribe(PLAIN, ((struct connection *)m)->socket, name, n);
}

void member_send(struct member *m, const char *text, size_t n)
{
    uws_ws_send(PLAIN, ((struct connection *)m)->socket, text, n, TEXT);
}

void room_send(uint32_t room, const char *text, size_t n)
{
    char name[16];
    size_t k = topic(room, name);
    uws_publish(PLAIN, app, name, k, text, n, TEXT, false);
}

static void upgrade(uws_res_t *response, uws_req_t *request, uws_socket_context_t *context, void *data)
{
    (void)data;
    const char *key;
    size_t n = uws_req_get_header(request, "sec-websocket-key", 17, &key);
    uws_res_upgrade(PLAIN, response, calloc(1, sizeof(struct connection)), key, n, "", 0, "", 0, context);
}

static void opened(uws_websocket_t *socket, void *data)
{
    (void)data;
    ((struct connection *)uws_ws_get_user_data(PLAIN, socket))->socket = socket;
}

static void message(uws_websocket_t *socket, const char *text, size_t n, uws_opcode_t opcode, void *data)
{
    (void)opcode, (void)data;
    rooms_received(uws_ws_get_user_data(PLAIN, socket), text, n);
}

static void closed(uws_websocket_t *socket, int code, const char *reason, size_t n, void *data)
{
    (void)code, (void)reason, (void)n, (void)data;
    struct connection *c = uws_ws_get_user_data(PLAIN, socket);
    rooms_left(&c->member);
    free(c);
}

static void listening(struct us_listen_socket_t *socket, uws_app_listen_config_t config, void *data)
{
    (void)data;
    if (socket) return;
    fprintf(stderr, "port %d cannot be listened on\n", config.port);
    exit(1);
}

int main(int argc, char **argv)
{
    if (argc != 2) { fputs("usage: uws-reference PORT\n", stderr); return 2; }
    socketify_loop *loop = socketify_create_loop();
    uws_get_loop_with_native(socketify_get_native_loop(loop));
    app = uws_create_app(PLAIN, (struct us_socket_context_options_t){0});
    uws_socket_behavior_t behavior = {.maxPayloadLength = 65536, .idleTimeout = 120, .maxBackpressure = 1 << 20,
                                      .upgrade = upgrade, .open = opened, .message = message, .close = closed};
    uws_ws(PLAIN, app, "/*", behavior, NULL);
    uws_app_listen_with_config(PLAIN, app, (uws_app_listen_config_t){atoi(argv[1]), "127.0.0.1", 0}, listening, NULL);
    socketify_loop_run(loop, 0);
}
