-- FTP client, passive mode (API of LuaSocket's ftp).
local socket = require("socket")
local url = require("socket.url")
local tp = require("socket.tp")
local ltn12 = require("ltn12")
local M = { TIMEOUT = 60, PORT = 21, USER = "ftp", PASSWORD = "anonymous@anonymous.org" }

local F = { __index = {} }
local f = F.__index

function f:greet()
  local code = self.try(self.tp:check({ "1..", "2.." }))
  if code < 200 then self.try(self.tp:check("2..")) end
  return 1
end

function f:login(user, password)
  self.try(self.tp:command("user", user or M.USER))
  local code = self.try(self.tp:check({ "2..", "331" }))
  if code == 331 then
    self.try(self.tp:command("pass", password or M.PASSWORD))
    self.try(self.tp:check("2.."))
  end
  return 1
end

function f:pasv()
  self.try(self.tp:command("pasv"))
  local _, text = self.try(self.tp:check("2.."))
  local a, b, c, d, p1, p2 = text:match("(%d+)%D(%d+)%D(%d+)%D(%d+)%D(%d+)%D(%d+)")
  self.try(a and p2, text)
  self.pasvt = { address = string.format("%d.%d.%d.%d", a, b, c, d), port = p1 * 256 + p2 }
  return self.pasvt.address, self.pasvt.port
end

function f:pasvconnect()
  self.data = self.try(socket.tcp())
  self.try(self.data:settimeout(M.TIMEOUT))
  self.try(self.data:connect(self.pasvt.address, self.pasvt.port))
end

function f:type(t)
  self.try(self.tp:command("type", t or "i"))
  self.try(self.tp:check(200))
  return 1
end

function f:cwd(dir)
  self.try(self.tp:command("cwd", dir))
  self.try(self.tp:check(250))
  return 1
end

local function argument(r)
  local a = r.argument or url.unescape((r.path or ""):gsub("^[/\\]", ""))
  if a == "" then a = nil end
  return a
end

function f:send(r)
  self:pasvconnect()
  self.try(self.tp:command(r.command or "stor", argument(r)))
  local code = self.try(self.tp:check({ "2..", "1.." }))
  self.try(ltn12.pump.all(r.source, socket.sink("close-when-done", self.data), r.step or ltn12.pump.step))
  if code < 200 then self.try(self.tp:check("2..")) end
  self.data:close()
  return 1
end

function f:receive(r)
  self:pasvconnect()
  self.try(self.tp:command(r.command or "retr", argument(r)))
  local code = self.try(self.tp:check({ "1..", "2.." }))
  self.try(ltn12.pump.all(socket.source("until-closed", self.data), r.sink, r.step or ltn12.pump.step))
  if code < 200 then self.try(self.tp:check("2..")) end
  return 1
end

function f:quit()
  self.try(self.tp:command("quit"))
  self.try(self.tp:check("2.."))
  return 1
end

function f:close()
  if self.data then self.data:close() end
  return self.tp:close()
end

function M.open(server, port, create)
  local c = socket.try(tp.connect(server, port or M.PORT, M.TIMEOUT, create))
  local o = setmetatable({ tp = c }, F)
  o.try = socket.newtry(function() o:close() end)
  return o
end

local function fill(u)
  local r = socket.try(url.parse(u, { path = "/", scheme = "ftp" }))
  socket.try(r.scheme == "ftp", "wrong scheme '" .. tostring(r.scheme) .. "'")
  socket.try(r.host, "missing hostname")
  r.type = r.params and r.params:match("^type=([aAiI])$")
  return r
end

local function session(r, what)
  socket.try(r.host, "missing hostname")
  local o = M.open(r.host, r.port, r.create)
  o:greet()
  o:login(r.user, r.password)
  if r.type then o:type(r.type) end
  o:pasv()
  o[what](o, r)
  o:quit()
  return o:close()
end

M.put = socket.protect(function(r, body)
  if type(r) == "string" then
    r = fill(r)
    r.source = ltn12.source.string(body)
  end
  return session(r, "send")
end)

M.get = socket.protect(function(r)
  if type(r) ~= "string" then return session(r, "receive") end
  local t = {}
  r = fill(r)
  r.sink = ltn12.sink.table(t)
  session(r, "receive")
  return table.concat(t)
end)

return M
