-- The authorization code flow of people who are signed in and have consented, in three forms (plan.part):
--   authorize  GET /authorize only; with plan.codes_out every code is kept in that file
--   exchange   POST /token only, with the codes an authorize run has just kept (plan.codes_in)
--   flow       both: whoever finds a code waiting exchanges it, everybody else asks for one
-- Plan: part, host, authorize_head, cookies, verifiers, challenges, token_path, token_headers, body_before, redirect_uri.
local bench = require("bench")
local queue = require("queue")
local plan, token_head, waiting, codes_out
local turn = 0

local function read_codes(path)
  local found = {}
  for line in io.lines(path) do found[#found + 1] = line end
  return found
end

function init(args)
  plan = bench.open(args)
  token_head = bench.head("POST", plan.token_path, plan.token_headers)
  waiting = queue.of(plan.codes_in and read_codes(plan.codes_in) or {})
  codes_out = plan.codes_out and io.open(plan.codes_out, "w")
end

-- `state` is the number of the PKCE pair, so that the answer says which verifier belongs to its code.
local function authorize()
  turn = turn + 1
  local pair = turn % #plan.challenges + 1
  local query = plan.authorize_head .. "&code_challenge=" .. plan.challenges[pair]
    .. "&nonce=n" .. turn .. "&state=" .. pair
  return bench.get(query, "Host: " .. plan.host .. "\r\nCookie: " .. plan.cookies[turn % #plan.cookies + 1] .. "\r\n")
end

local function exchange(entry)
  local pair, code = string.match(entry, "^(%d+) (.+)$")
  local verifier = plan.verifiers[tonumber(pair)]
  return bench.post(token_head, plan.body_before .. "&code=" .. code .. "&code_verifier=" .. verifier)
end

function request()
  if plan.part == "authorize" then return authorize() end
  local entry = waiting:take()
  if entry then return exchange(entry) end
  if plan.part == "flow" then return authorize() end
  return bench.starved(plan.host)
end

local function location(headers)
  return headers["Location"] or headers["location"] or ""
end

local function redirected(status, headers)
  local target = location(headers)
  local code = string.match(target, "[?&]code=([^&]+)")
  local pair = string.match(target, "[?&]state=(%d+)")
  local expected = string.sub(target, 1, #plan.redirect_uri) == plan.redirect_uri
  if not (code and pair and expected) then return bench.refuse("no code came back", status, target) end
  bench.accept()
  local entry = pair .. " " .. code
  if codes_out then codes_out:write(entry, "\n") end
  if plan.part == "flow" then waiting:put(entry) end
end

local function exchanged(status, body)
  local access, id = bench.field(body, "access_token"), bench.field(body, "id_token")
  if status ~= 200 or not access or not id or not bench.field(body, "refresh_token") then
    return bench.refuse("a code was not exchanged", status, body)
  end
  bench.accept()
  exchanges = exchanges + 1
  bench.sample("access", access)
  bench.sample("id", id)
end

function response(status, headers, body)
  if status == 302 or status == 303 then return redirected(status, headers) end
  exchanged(status, body)
end
