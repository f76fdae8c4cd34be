-- Merges marks into the copy of the revocations; the later mark of a player wins.
-- KEYS[1]  the hash
-- ARGV[1]  milliseconds since 1970, now
-- ARGV[2]  'more': others follow; 'filled': the copy is complete with these; 'mark': only these were made
-- ARGV[3]  milliseconds until the hash expires
-- ARGV[4…] player, issued-before ms, until ms; repeated
-- Reply    how many marks the hash has.
-- Atomic because "filled" must never stand beside a copy without these marks.
for i = 4, #ARGV, 3 do
  local old = redis.call('HGET', KEYS[1], ARGV[i])
  local before = old and tonumber(string.match(old, '^(%-?%d+):')) or nil
  if not before or before < tonumber(ARGV[i + 1]) then
    redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1] .. ':' .. ARGV[i + 2])
  end
end
if ARGV[2] == 'filled' then
  redis.call('HSET', KEYS[1], 'filled', ARGV[1])
  -- Marks that have run out are of tokens that have run out.
  local all = redis.call('HGETALL', KEYS[1])
  for i = 1, #all, 2 do
    local ends = tonumber(string.match(all[i + 1], ':(%-?%d+)$') or '')
    if ends and ends < tonumber(ARGV[1]) then redis.call('HDEL', KEYS[1], all[i]) end
  end
  redis.call('PEXPIRE', KEYS[1], ARGV[3])
elseif redis.call('PTTL', KEYS[1]) == -1 then
  redis.call('PEXPIRE', KEYS[1], ARGV[3])
end
return redis.call('HLEN', KEYS[1]) - redis.call('HEXISTS', KEYS[1], 'filled')
