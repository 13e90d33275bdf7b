-- Sending mail (API of LuaSocket's smtp).
local socket = require("socket")
local tp = require("socket.tp")
local ltn12 = require("ltn12")
local mime = require("mime")
local canonic = require("socket.headers").canonic
local M = { TIMEOUT = 60, SERVER = "localhost", PORT = 25, DOMAIN = os.getenv("SERVER_NAME") or "localhost", ZONE = "-0000" }

local S = { __index = {} }
local s = S.__index

function s:greet(domain)
  self.try(self.tp:check("2.."))
  self.try(self.tp:command("EHLO", domain or M.DOMAIN))
  return socket.skip(1, self.try(self.tp:check("2..")))
end

function s:mail(from)
  self.try(self.tp:command("MAIL", "FROM:" .. from))
  return self.try(self.tp:check("2.."))
end

function s:rcpt(to)
  self.try(self.tp:command("RCPT", "TO:" .. to))
  return self.try(self.tp:check("2.."))
end

function s:data(src, step)
  self.try(self.tp:command("DATA"))
  self.try(self.tp:check("3.."))
  self.try(self.tp:source(src, step))
  self.try(self.tp:send("\r\n.\r\n"))
  return self.try(self.tp:check("2.."))
end

function s:quit()
  self.try(self.tp:command("QUIT"))
  return self.try(self.tp:check("2.."))
end

function s:close() return self.tp:close() end

function s:auth(user, password, ext)
  if not user or not password then return 1 end
  if ext:find("AUTH[^\n]+LOGIN") then
    self.try(self.tp:command("AUTH", "LOGIN"))
    self.try(self.tp:check("3.."))
    self.try(self.tp:send(mime.b64(user) .. "\r\n"))
    self.try(self.tp:check("3.."))
    self.try(self.tp:send(mime.b64(password) .. "\r\n"))
    return self.try(self.tp:check("2.."))
  elseif ext:find("AUTH[^\n]+PLAIN") then
    self.try(self.tp:command("AUTH", "PLAIN " .. (mime.b64("\0" .. user .. "\0" .. password))))
    return self.try(self.tp:check("2.."))
  end
  self.try(nil, "authentication not supported")
end

function s:send(m)
  self:mail(m.from)
  for _, to in ipairs(type(m.rcpt) == "table" and m.rcpt or { m.rcpt }) do self:rcpt(to) end
  self:data(ltn12.source.chain(m.source, mime.stuff()), m.step)
end

function M.open(server, port, create)
  local c = socket.try(tp.connect(server or M.SERVER, port or M.PORT, M.TIMEOUT, create))
  local o = setmetatable({ tp = c }, S)
  o.try = socket.newtry(function() o:close() end)
  return o
end

-- A message as a source: headers, then the body; bodies that are tables are
-- multipart.
local parts = 0
local function emit(m, put)
  local headers = {}
  for k, v in pairs(m.headers or {}) do headers[k:lower()] = v end
  local multipart = type(m.body) == "table"
  local boundary
  if multipart then
    parts = parts + 1
    boundary = string.format("%s%05d==%05u", os.date("%d%m%Y%H%M%S"), math.random(0, 99999), parts)
    headers["content-type"] = (headers["content-type"] or "multipart/mixed") .. '; boundary="' .. boundary .. '"'
  else
    headers["content-type"] = headers["content-type"] or 'text/plain; charset="iso-8859-1"'
  end
  for k, v in pairs(headers) do put(canonic[k] .. ": " .. v .. "\r\n") end
  put("\r\n")
  if multipart then
    if m.body.preamble then put(m.body.preamble .. "\r\n") end
    for _, part in ipairs(m.body) do
      put("\r\n--" .. boundary .. "\r\n")
      emit(part, put)
    end
    put("\r\n--" .. boundary .. "--\r\n\r\n")
    if m.body.epilogue then put(m.body.epilogue .. "\r\n") end
  elseif type(m.body) == "function" then
    while true do
      local chunk, err = m.body()
      if err then error(err) end
      if not chunk then return end
      put(chunk)
    end
  else
    put(m.body or "")
  end
end

function M.message(m)
  local all = { headers = {}, body = m.body }
  for k, v in pairs(m.headers or {}) do all.headers[k:lower()] = v end
  all.headers["date"] = all.headers["date"] or os.date("!%a, %d %b %Y %H:%M:%S ") .. M.ZONE
  all.headers["x-mailer"] = all.headers["x-mailer"] or socket._VERSION
  all.headers["mime-version"] = "1.0"
  local co = coroutine.create(function() emit(all, coroutine.yield) end)
  return function()
    local ok, chunk = coroutine.resume(co)
    if not ok then return nil, chunk end
    return chunk
  end
end

M.send = socket.protect(function(m)
  local o = M.open(m.server, m.port, m.create)
  local ext = o:greet(m.domain)
  o:auth(m.user, m.password, ext or "")
  o:send(m)
  o:quit()
  return o:close()
end)

return M
