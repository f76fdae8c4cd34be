-- Forgets where a player is, if it still says what this node wrote.
-- KEYS[1]  the player's presence
-- ARGV[1]  what it begins with when this node wrote it
-- Reply    1: forgotten; 0: somebody else's, or nothing.
-- Atomic because the player may have connected elsewhere between the look and the deletion.
local now = redis.call('GET', KEYS[1])
if now and string.sub(now, 1, #ARGV[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0
