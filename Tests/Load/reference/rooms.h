/* The rooms of a reference server: who is in which, what is said in them, and their questions. It speaks the generator's
 * `raw` dialect, see ../README.md, and keeps nothing: no accounts, no journal, no recovery.
 *
 * The server it belongs to moves the bytes: it hands over texts with rooms_received() and implements the three
 * functions below it. */
#ifndef ROOMS_H
#define ROOMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ROOMS_MAX 20000u
#define MEMBERS_MAX 250u

/* A connection, as its room knows it. Zero when it begins. */
struct member {
    bool seated;
    uint32_t room, place; /* place: in the room, from 0 */
    uint32_t id;
    uint32_t score, delta;
};

/* A text that arrived. Malformed ones are not answered. */
void rooms_received(struct member *m, const char *text, size_t n);
void rooms_left(struct member *m);

/* Those in a room. */
uint32_t room_size(uint32_t room);
struct member *room_member(uint32_t room, uint32_t place);

/* The member has just come into its room. */
void member_seated(struct member *m);
void member_send(struct member *m, const char *text, size_t n);
void room_send(uint32_t room, const char *text, size_t n);

#endif
