-- First in, first out.
local queue = {}
queue.__index = queue

function queue.of(values)
  local self = setmetatable({ first = 1, last = 0 }, queue)
  for _, value in ipairs(values) do self:put(value) end
  return self
end

function queue:put(value)
  self.last = self.last + 1
  self[self.last] = value
end

function queue:take()
  if self.first > self.last then return nil end
  local value = self[self.first]
  self[self.first] = nil
  self.first = self.first + 1
  return value
end

return queue
