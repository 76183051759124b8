-- Sends one JSON-RPC request over and over, each time with another id, and each time with the next headers.
-- wrk --script load.lua URL -- BODY HEADERS...   where BODY has ID_OF_REQUEST in place of the id, and HEADERS are of the
-- form "name=value;name=value".

local heads, tails = {}, {}
local count = 0

function init(arguments)
  local body = arguments[1]
  for index = 2, #arguments do
    local headers = {
      ["Content-Type"] = "application/json",
      ["Accept"] = "application/json, text/event-stream",
    }
    for name, value in arguments[index]:gmatch("([^=;]+)=([^;]*)") do headers[name] = value end
    -- Of the length that ids have, so that Content-Length is right for all of them.
    local request = wrk.format("POST", nil, headers, (body:gsub("ID_OF_REQUEST", "1000000000")))
    local start, stop = request:find("1000000000", request:find("\r\n\r\n", 1, true), true)
    heads[index - 1], tails[index - 1] = request:sub(1, start - 1), request:sub(stop + 1)
  end
end

function request()
  count = count + 1
  local session = count % #heads + 1
  return heads[session] .. string.format("%d", 1000000000 + count) .. tails[session]
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    'RESULT {"requests":%d,"seconds":%.6f,"failed":%d,"p50":%.1f,"p99":%.1f,"max":%.1f}\n',
    summary.requests, summary.duration / 1e6,
    errors.connect + errors.read + errors.write + errors.status + errors.timeout,
    latency:percentile(50), latency:percentile(99), latency.max))
end
