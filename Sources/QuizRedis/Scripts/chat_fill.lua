-- Makes a room's recent lines known, unless they are, or a line was missed since they were read from the store.
-- KEYS[1]  the list
-- KEYS[2]  mark: a line was missed
-- ARGV[1]  lines to keep
-- ARGV[2]  milliseconds until the list expires
-- ARGV[3…] the lines, oldest first
-- Reply    1: filled; 0: left alone.
-- Atomic because a half-filled list would be believed.
if redis.call('EXISTS', KEYS[1], KEYS[2]) > 0 then return 0 end
-- A list cannot be empty in Redis; the empty string in front says that no line was left out.
redis.call('RPUSH', KEYS[1], '', unpack(ARGV, 3))
redis.call('LTRIM', KEYS[1], -tonumber(ARGV[1]), -1)
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return 1
