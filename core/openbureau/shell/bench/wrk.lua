-- Sends the requests of a file in turn and prints the figures as one line of JSON.
-- wrk ... -- FILE OFFSET; the file holds whole HTTP requests, each after its length on a line.
local requests = {}
local place = 0

function init(args)
  local file = assert(io.open(args[1], "rb"))
  for length in function() return file:read("*l") end do
    requests[#requests + 1] = file:read(tonumber(length))
  end
  file:close()
  place = tonumber(args[2] or "0")
end

function request()
  place = place + 1
  return requests[(place - 1) % #requests + 1]
end

function done(summary, latency, _)
  io.write(string.format(
    '{"requests": %d, "duration_us": %d, "bytes": %d, "p50_us": %d, "p99_us": %d, "faults": %d, "refused": %d}\n',
    summary.requests, summary.duration, summary.bytes, latency:percentile(50), latency:percentile(99),
    summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout,
    summary.errors.status))
end
