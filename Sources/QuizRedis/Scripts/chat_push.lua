-- Appends lines to a room's recent ones, if they are known here.
-- KEYS[1]  the list
-- KEYS[2]  mark: a line was missed
-- ARGV[1]  lines to keep
-- ARGV[2]  milliseconds until the list expires
-- ARGV[3]  milliseconds for which the mark is kept
-- ARGV[4…] the lines, oldest first
-- Reply    1: appended; 0: the list is not known, and the mark was left.
-- Atomic because between "not known" and the mark somebody could fill the list without these lines.
if redis.call('RPUSHX', KEYS[1], unpack(ARGV, 4)) == 0 then
  redis.call('SET', KEYS[2], '1', 'PX', ARGV[3])
  return 0
end
redis.call('LTRIM', KEYS[1], -tonumber(ARGV[1]), -1)
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return 1
