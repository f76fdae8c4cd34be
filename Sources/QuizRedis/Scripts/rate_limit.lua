-- Counts one request against a bucket that holds a minute's worth and refills evenly (generic cell rate algorithm).
-- KEYS[1]  when the next request is due, microseconds of the server's clock
-- ARGV[1]  microseconds between two requests
-- ARGV[2]  microseconds of requests that may come at once
-- Reply    0: allowed; else milliseconds after which to try again.
-- Atomic because reading and moving the due time must not interleave with another request of the same stranger.
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local interval = tonumber(ARGV[1])
local burst = tonumber(ARGV[2])
local due = math.max(tonumber(redis.call('GET', KEYS[1]) or '0') or 0, now)
-- A due time far ahead was written under another clock or limit; believing it could lock a stranger out for ever.
due = math.min(due, now + burst)
local wait = due + interval - burst - now
if wait > 0 then return math.ceil(wait / 1000) end
due = due + interval
redis.call('SET', KEYS[1], string.format('%.0f', due), 'PX', math.ceil((due - now) / 1000))
return 0
