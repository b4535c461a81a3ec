-- What every load script shares: raw requests, judging answers, samples for the side checker, and the final line.
-- wrk runs each script in one state per thread, shared by all connections of the thread; we always use one thread.
-- The globals here are what `done` reads from that state: it runs in another one.
local bench = {}

right, wrong, first_wrong = 0, 0, ""
exchanges = 0
refusals = 0 -- 1 where a refusal is the right answer, which wrk counts as an error

local sample_file, sampled_second, sampled = nil, 0, 0
local threads = {}

function setup(thread)
  threads[#threads + 1] = thread
end

-- Reads the plan the bench wrote: a Lua file that returns a table.
function bench.open(args)
  local plan = dofile(args[1])
  math.randomseed(plan.seed)
  if (plan.status or 200) >= 400 then refusals = 1 end
  sample_file = plan.samples and io.open(plan.samples, "a")
  return plan
end

-- A request as the bytes on the wire: cheaper than wrk.format, and the head never changes within a run.
function bench.head(method, path, headers)
  local lines = { method .. " " .. path .. " HTTP/1.1" }
  for name, value in pairs(headers) do
    lines[#lines + 1] = name .. ": " .. value
  end
  return table.concat(lines, "\r\n") .. "\r\n"
end

function bench.post(head, body)
  return head .. "Content-Length: " .. #body .. "\r\n\r\n" .. body
end

function bench.get(path, tail)
  return "GET " .. path .. " HTTP/1.1\r\n" .. tail .. "\r\n"
end

function bench.refuse(why, status, body)
  wrong = wrong + 1
  if wrong == 1 then
    first_wrong = (why .. ": " .. status .. " " .. string.sub(body or "", 1, 200)):gsub("[^%w%p ]", " "):gsub('["\\]', "'")
  end
end

function bench.accept()
  right = right + 1
end

-- About one answer in a hundred, and at most `cap` a second, goes to the checker beside us.
function bench.sample(kind, value)
  if not sample_file or not value or math.random() >= 0.01 then return end
  local now = os.time()
  if now ~= sampled_second then
    sampled_second, sampled = now, 0
  end
  if sampled >= 50 then return end
  sampled = sampled + 1
  sample_file:write(kind, "\t", value, "\n")
  sample_file:flush()
end

function bench.field(body, name)
  return string.match(body, '"' .. name .. '"%s*:%s*"([^"]+)"')
end

-- A request that can not be served, for when nothing is left to ask: it spoils the figure instead of hiding the gap.
function bench.starved(host)
  bench.refuse("the load ran out of values to send", 0, "")
  return "GET /bench-starved HTTP/1.1\r\nHost: " .. host .. "\r\n\r\n"
end

local function percentile(latency, share)
  return string.format("%.3f", latency:percentile(share) / 1000)
end

function done(summary, latency, _requests)
  local errors = summary.errors
  local total = { right = 0, wrong = 0, exchanges = 0, first_wrong = "" }
  for _, thread in ipairs(threads) do
    total.right = total.right + thread:get("right")
    total.wrong = total.wrong + thread:get("wrong")
    total.exchanges = total.exchanges + thread:get("exchanges")
    if total.first_wrong == "" then total.first_wrong = thread:get("first_wrong") end
  end
  print(string.format(
    'BENCH {"requests": %d, "seconds": %.6f, "right": %d, "wrong": %d, "exchanges": %d, "first_wrong": "%s", '
      .. '"failed": %d, "p50_ms": %s, "p90_ms": %s, "p99_ms": %s, "max_ms": %.3f}',
    summary.requests, summary.duration / 1e6, total.right, total.wrong, total.exchanges, total.first_wrong,
    errors.connect + errors.read + errors.write + errors.timeout + (threads[1]:get("refusals") == 1 and 0 or errors.status),
    percentile(latency, 50), percentile(latency, 90), percentile(latency, 99), latency.max / 1000))
end

return bench
