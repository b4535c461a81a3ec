-- Refresh with rotation. Any connection may carry any chain, but a chain is carried by one at a time: a request takes
-- the oldest waiting refresh token, its answer puts the successor at the end. There are more chains than connections.
-- Plan: path, headers, host, tokens, body_before; access_out: a file to keep the access tokens in.
local bench = require("bench")
local queue = require("queue")
local plan, head, waiting, access_out
local used = {}

function init(args)
  plan = bench.open(args)
  head = bench.head("POST", plan.path, plan.headers)
  waiting = queue.of(plan.tokens)
  access_out = plan.access_out and io.open(plan.access_out, "a")
end

function request()
  local token = waiting:take()
  if not token then return bench.starved(plan.host) end
  used[token] = true
  return bench.post(head, plan.body_before .. token)
end

function response(status, _headers, body)
  local successor = bench.field(body, "refresh_token")
  if status ~= 200 or not successor then return bench.refuse("a refresh was refused", status, body) end
  if used[successor] then return bench.refuse("a refresh token was not rotated", status, "") end
  bench.accept()
  waiting:put(successor)
  local access = bench.field(body, "access_token")
  bench.sample("access", access)
  if access_out then access_out:write(access, "\n") end
end
