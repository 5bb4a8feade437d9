-- Sends one prepared request after the other. Arguments: METHOD, FILE of lines, WHAT a line is (body, bearer, asks: a bearer
-- token, a blank and a path, or none), the Authorization header ("" for none), whether a line is good for "once", for "many" times at random or in
-- "turns", the media type, the BODY of every request (either "" for none), and which PART of how many PARTS of the lines is taken. Prepared once, so that
-- the generator costs little.

local prepared, place, order = {}, 0, nil

function init(arguments)
  local method, file, what, authorization = arguments[1], arguments[2], arguments[3], arguments[4]
  order = arguments[5]
  local headers = {}
  if arguments[6] ~= "" then headers["Content-Type"] = arguments[6] end
  if authorization ~= "" then headers["Authorization"] = authorization end
  local part, parts, number = tonumber(arguments[8]), tonumber(arguments[9]), 0
  for line in io.lines(file) do
    if number % parts == part then
      local body = nil
      if what == "body" then body = line end
      if arguments[7] ~= "" then body = arguments[7] end
      local path = nil
      if what == "bearer" then headers["Authorization"] = "Bearer " .. line end
      if what == "asks" then
        local token, asked = line:match("^(%S+) (%S+)$")
        headers["Authorization"], path = "Bearer " .. token, asked
      end
      prepared[#prepared + 1] = wrk.format(method, path, headers, body)
    end
    number = number + 1
  end
  math.randomseed(20261123)
end

function request()
  if order == "once" then
    place = place + 1
    if place > #prepared then wrk.thread:stop(); place = #prepared end
  elseif order == "turns" then
    place = place % #prepared + 1
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
