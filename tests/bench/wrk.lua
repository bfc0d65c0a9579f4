-- The bodies that wrk sends: args are the mode (new, same, some, batch, door), the token, the run's name.
local mode, token, run, path, count = "new", "", "", "", 0

function init(args)
  mode, token, run = args[1], args[2], args[3]
  local paths = { batch = "/api/v1/incidents/batch/", door = "/api/v1/alerts/generic/" }
  path = paths[mode] or "/api/v1/incidents/"
  wrk.headers["Authorization"] = "Bearer " .. token
  wrk.headers["Content-Type"] = "application/json"
end

local function alert()
  count = count + 1
  local key = run
  if mode == "new" or mode == "batch" or mode == "door" then key = run .. count end
  if mode == "some" then key = run .. (count % 16) end
  return string.format(
    '{"title":"Load %d","description":"%s","service_name":"search","severity":"SEV4_LOW","fingerprint":"%s",' ..
    '"labels":{"instance":"web-%d","region":"eu-west-3"}}', count, string.rep("x", 200), key, count % 100)
end

function request()
  if mode ~= "batch" then return wrk.format("POST", path, nil, alert()) end
  local alerts = {}
  for number = 1, 1000 do alerts[number] = alert() end
  return wrk.format("POST", path, nil, '{"alerts":[' .. table.concat(alerts, ",") .. "]}")
end

function done(summary, latency, requests)
  local errors = summary.errors
  io.write(string.format(
    '\n{"requests":%d,"seconds":%f,"p50":%f,"p99":%f,"max":%f,"refused":%d,"broken":%d}\n',
    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1000, latency:percentile(99) / 1000,
    latency.max / 1000, errors.status, errors.connect + errors.read + errors.write + errors.timeout))
end
