-- Sends one prepared request after the other. Arguments: METHOD, FILE of lines, WHAT a line is (body or bearer or
-- none), and the Authorization header ("" for none). Prepared once, so that the generator costs little.

local prepared, place, once, sent = {}, 0, false, 0

function init(arguments)
  local method, file, what, authorization = arguments[1], arguments[2], arguments[3], arguments[4]
  once = arguments[5] == "once"
  local headers = {["Content-Type"] = arguments[6] or "application/x-www-form-urlencoded"}
  if authorization ~= "" then headers["Authorization"] = authorization end
  for line in io.lines(file) do
    local body = nil
    if what == "body" then body = line end
    if what == "bearer" then headers["Authorization"] = "Bearer " .. line; body = arguments[7] end
    prepared[#prepared + 1] = wrk.format(method, nil, headers, body)
  end
  math.randomseed(20261123)
end

function request()
  if once then
    place = place + 1
    if place > #prepared then wrk.thread:stop(); place = #prepared end
  else
    place = math.random(#prepared)
  end
  return prepared[place]
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '\n{"requests": %d, "seconds": %.3f, "p50_us": %d, "p99_us": %d, "refused": %d, "broken": %d}\n',
    summary.requests, summary.duration / 1e6, latency:percentile(50), latency:percentile(99),
    errors.status, errors.connect + errors.read + errors.write + errors.timeout))
end
