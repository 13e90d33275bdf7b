-- Text protocols: commands and numbered replies (API of LuaSocket's tp).
local socket = require("socket")
local ltn12 = require("ltn12")
local M = { TIMEOUT = 60 }

local function reply(sock)
  local line, err = sock:receive()
  if err then return nil, err end
  local all = line
  local code, sep = line:match("^(%d%d%d)(.?)")
  if not code then return nil, "invalid server reply" end
  while sep == "-" do
    line, err = sock:receive()
    if err then return nil, err end
    all = all .. "\n" .. line
    local c, s = line:match("^(%d%d%d)(.?)")
    if c == code and s ~= "-" then sep = s end
  end
  return code, all
end

local C = {}
C.__index = C

function C:check(ok)
  local code, text = reply(self.c)
  if not code then return nil, text end
  if type(ok) == "function" then return ok(tonumber(code), text) end
  for _, pattern in ipairs(type(ok) == "table" and ok or { ok }) do
    if code:find("^" .. pattern) then return tonumber(code), text end
  end
  return nil, text
end

function C:command(cmd, arg)
  cmd = cmd:upper()
  return self.c:send(cmd .. (arg and " " .. arg or "") .. "\r\n")
end

function C:sink(snk, pattern)
  local chunk, err = self.c:receive(pattern)
  return snk(chunk, err)
end

function C:send(data) return self.c:send(data) end
function C:receive(pattern) return self.c:receive(pattern) end
function C:getfd() return self.c:getfd() end
function C:dirty() return self.c:dirty() end
function C:getcontrol() return self.c end

function C:source(src, step)
  local sink = socket.sink("keep-open", self.c)
  return ltn12.pump.all(src, sink, step or ltn12.pump.step)
end

function C:close()
  self.c:close()
  return 1
end

function M.connect(host, port, timeout, create)
  local c, err = (create or socket.tcp)()
  if not c then return nil, err end
  c:settimeout(timeout or M.TIMEOUT)
  local ok
  ok, err = c:connect(host, port)
  if not ok then
    c:close()
    return nil, err
  end
  return setmetatable({ c = c }, C)
end

return M
