-- repeated.lua at a fixed rate: each connection waits a random time around plan.pause_ms before each request.
require("repeated")

local start = init
local pause

function init(args)
  start(args)
  pause = dofile(args[1]).pause_ms
end

function delay()
  return math.random(0, 2 * pause)
end
