-- A node's sign of life to the cluster, and who else is there.
-- KEYS[1]  the members, a hash
-- KEYS[2]  the generation
-- ARGV[1]  the node's incarnation
-- ARGV[2]  what it says of itself, with its counter
-- ARGV[3]  the generation to write when there is none
-- Reply    the generation that holds, then incarnation and value of every member, in turn.
-- Atomic because two nodes that find no generation must agree on one, and because members read under one generation
-- must not be taken for those of another: an emptied Redis would look like the death of everybody.
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
redis.call('SET', KEYS[2], ARGV[3], 'NX')
local reply = redis.call('HGETALL', KEYS[1])
table.insert(reply, 1, redis.call('GET', KEYS[2]))
return reply
