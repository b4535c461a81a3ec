-- The same kind of request again and again, with one of the plan's bodies or bearer tokens: at random, or each in turn
-- so that none comes again before all others did.
-- Plan: method, path, headers, bodies | bearers | neither, order ("turn" or none), status (200 if not given), expect (a
-- pattern), sample_kind, sample_field.
local bench = require("bench")
local plan, requests
local turn = 0

function init(args)
  plan = bench.open(args)
  requests = {}
  local head = bench.head(plan.method, plan.path, plan.headers)
  for _, body in ipairs(plan.bodies or {}) do
    requests[#requests + 1] = bench.post(head, body)
  end
  for _, token in ipairs(plan.bearers or {}) do
    requests[#requests + 1] = head .. "Authorization: Bearer " .. token .. "\r\n\r\n"
  end
  if #requests == 0 then requests[1] = head .. "\r\n" end
end

function request()
  if plan.order == "turn" then
    turn = turn % #requests + 1
    return requests[turn]
  end
  return requests[math.random(#requests)]
end

function response(status, _headers, body)
  if status ~= (plan.status or 200) or not string.find(body, plan.expect) then
    return bench.refuse("an answer was not as expected", status, body)
  end
  bench.accept()
  if plan.sample_kind then bench.sample(plan.sample_kind, bench.field(body, plan.sample_field)) end
end
