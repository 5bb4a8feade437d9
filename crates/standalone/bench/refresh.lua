-- Refreshes, each time with a token that was not used yet: the answer's token goes to the end of the line. Arguments:
-- FILE of tokens, the Authorization header, and which PART of how many PARTS of the tokens is taken.

local line, first, last, headers = {}, 1, 0, {}

function init(arguments)
  headers = {["Content-Type"] = "application/x-www-form-urlencoded", ["Authorization"] = arguments[2]}
  local part, parts, number = tonumber(arguments[3]), tonumber(arguments[4]), 0
  for token in io.lines(arguments[1]) do
    if number % parts == part then
      last = last + 1
      line[last] = token
    end
    number = number + 1
  end
end

function request()
  local token = line[first]
  line[first] = nil
  first = first + 1
  return wrk.format("POST", nil, headers, "grant_type=refresh_token&refresh_token=" .. (token or "none"))
end

function response(status, _, body)
  local token = body:match('"refresh_token":"([^"]+)"')
  if token then
    last = last + 1
    line[last] = token
  end
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '\n{"requests": %d, "seconds": %.3f, "p50_us": %d, "p99_us": %d, "refused": %d, "broken": %d}\n',
    summary.requests, summary.duration / 1e6, latency:percentile(50), latency:percentile(99),
    errors.status, errors.connect + errors.read + errors.write + errors.timeout))
end
