-- Writes terms into the map of shards; per shard the higher epoch wins.
-- KEYS[1]  the map, a hash: shard to 'epoch|owner'
-- ARGV     shard, epoch, owner; repeated
-- Reply    how many were written.
-- Atomic because between reading an epoch and writing a higher one nobody else may write a higher one yet: a late node
-- would put the old owner back.
-- Epochs count moves of one shard, so that Lua's numbers, exact up to 2^53, hold them all. A value without an epoch is
-- nobody's term and is written over.
local term = '^(%d+)|' .. string.rep('[%x-]', 36) .. '$'
local written = 0
for i = 1, #ARGV, 3 do
  local old = redis.call('HGET', KEYS[1], ARGV[i])
  local epoch = old and tonumber(string.match(old, term) or '') or nil
  if not epoch or tonumber(ARGV[i + 1]) > epoch then
    redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1] .. '|' .. ARGV[i + 2])
    written = written + 1
  end
end
return written
