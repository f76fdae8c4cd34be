-- A node's sign of life, and which Redis this is.
-- KEYS[1]  the node
-- KEYS[2]  the generation
-- ARGV[1]  the node's name
-- ARGV[2]  its counter
-- ARGV[3]  milliseconds until the node is forgotten
-- ARGV[4]  the generation to write when there is none
-- Reply    the generation that holds.
-- Atomic because two nodes that find no generation must agree on one.
redis.call('HSET', KEYS[1], 'name', ARGV[1], 'beat', ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
redis.call('SET', KEYS[2], ARGV[4], 'NX')
return redis.call('GET', KEYS[2])
