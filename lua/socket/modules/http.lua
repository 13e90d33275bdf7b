-- HTTP/1.1 client (API of LuaSocket's http).
local socket = require("socket")
local url = require("socket.url")
local ltn12 = require("ltn12")
local mime = require("mime")
local M = { TIMEOUT = 60, USERAGENT = "LuaSocket 3.0", PORT = 80, MAXREDIRECTS = 5 }

local function receiveheaders(sock, headers)
  headers = headers or {}
  local last
  while true do
    local line = socket.try(sock:receive())
    if line == "" then return headers end
    local name, value = line:match("^([^:%s]+):%s*(.*)$")
    if name then
      name = name:lower()
      headers[name] = headers[name] and headers[name] .. ", " .. value or value
      last = name
    elseif last and line:find("^%s") then
      headers[last] = headers[last] .. line
    else
      socket.try(nil, "malformed response headers")
    end
  end
end

-- Chunked transfer coding: a source and a sink.
socket.sourcet["http-chunked"] = function(sock, headers)
  local done
  return function()
    if done then return nil end
    local line, err = sock:receive()
    if err then return nil, err end
    local size = tonumber((line:gsub(";.*", "")), 16)
    if not size then return nil, "invalid chunk size" end
    if size == 0 then
      done = true
      receiveheaders(sock, headers)
      return nil
    end
    local chunk, e = sock:receive(size)
    if e then return nil, e end
    sock:receive()
    return chunk
  end
end
socket.sinkt["http-chunked"] = function(sock)
  return function(chunk)
    if not chunk then return sock:send("0\r\n\r\n") end
    if chunk == "" then return 1 end
    return sock:send(string.format("%X\r\n", #chunk) .. chunk .. "\r\n")
  end
end

local function request(r)
  local at = r.url and url.parse(r.url, { host = "", port = M.PORT, path = "/", scheme = "http" }) or {}
  local q = { method = r.method or "GET", headers = {}, create = r.create or socket.tcp }
  for k, v in pairs(at) do q[k] = v end
  for k, v in pairs(r) do if k ~= "url" and k ~= "headers" then q[k] = v end end
  if not q.host or q.host == "" then socket.try(nil, "invalid host '" .. tostring(q.host) .. "'") end
  if q.scheme == "https" and not r.create then socket.try(nil, "https is not supported") end
  q.port = q.port or M.PORT
  local uri = r.uri
  if not uri then
    uri = { path = q.path ~= "" and q.path or "/", params = q.params, query = q.query }
    if r.proxy or M.PROXY then
      uri.scheme, uri.host, uri.port = "http", q.host, q.port
    end
    uri = url.build(uri)
  end
  local host = q.host
  if tostring(q.port) ~= tostring(M.PORT) then host = host .. ":" .. tostring(q.port) end
  local headers = { ["user-agent"] = M.USERAGENT, ["host"] = host, ["connection"] = "close, TE", ["te"] = "trailers" }
  if q.user and q.password then
    headers["authorization"] = "Basic " .. (mime.b64(q.user .. ":" .. url.unescape(q.password)))
  end
  for k, v in pairs(r.headers or {}) do headers[k:lower()] = v end
  if r.source and not headers["content-length"] then headers["transfer-encoding"] = "chunked" end
  local proxy = r.proxy or M.PROXY
  local tohost, toport = q.host, q.port
  if proxy then
    local p = url.parse(proxy)
    tohost, toport = p.host, p.port or 3128
  end

  local sock = socket.try(q.create())
  local try = socket.newtry(function() sock:close() end)
  try(sock:settimeout(M.TIMEOUT))
  try(sock:connect(tohost, tonumber(toport)))
  local lines = { q.method .. " " .. uri .. " HTTP/1.1" }
  local canonic = require("socket.headers").canonic
  for k, v in pairs(headers) do lines[#lines + 1] = canonic[k] .. ": " .. v end
  try(sock:send(table.concat(lines, "\r\n") .. "\r\n\r\n"))
  if r.source then
    local how = headers["content-length"] and "keep-open" or "http-chunked"
    try(ltn12.pump.all(r.source, socket.sink(how, sock), r.step or ltn12.pump.step))
  end

  local code, status
  repeat
    status = try(sock:receive())
    code = tonumber(status:match("HTTP/%d*%.?%d* (%d%d%d)"))
    if not code then try(nil, "malformed response status: " .. status) end
    headers = receiveheaders(sock)
  until code ~= 100

  local location = headers.location
  if location and r.redirect ~= false and (code == 301 or code == 302 or code == 303 or code == 307 or code == 308) and
    (q.method == "GET" or q.method == "HEAD") and (r.nredirects or 0) < M.MAXREDIRECTS then
    sock:close()
    local nextr = {}
    for k, v in pairs(r) do nextr[k] = v end
    nextr.url = url.absolute(r.url or url.build(q), location)
    nextr.nredirects = (r.nredirects or 0) + 1
    for _, k in ipairs({ "host", "port", "path", "query", "params", "uri" }) do nextr[k] = nil end
    local one, c, h, s = request(nextr)
    h = h or {}
    h.location = h.location or location
    return one, c, h, s
  end

  if q.method ~= "HEAD" and code ~= 204 and code ~= 304 and code >= 200 then
    local length = tonumber(headers["content-length"])
    local coding = headers["transfer-encoding"]
    local mode = "until-closed"
    if coding and coding ~= "identity" then mode = "http-chunked" elseif length then mode = "by-length" end
    local body = mode == "http-chunked" and socket.source(mode, sock, headers) or socket.source(mode, sock, length)
    try(ltn12.pump.all(body, r.sink or ltn12.sink.null(), r.step or ltn12.pump.step))
  end
  sock:close()
  return 1, code, headers, status
end

-- genericform turns request(url [, body]) into the form with a table.
function M.genericform(u, body)
  local t = {}
  local r = { url = u, sink = ltn12.sink.table(t), target = t }
  if body then
    r.source = ltn12.source.string(body)
    r.headers = { ["content-length"] = #body, ["content-type"] = "application/x-www-form-urlencoded" }
    r.method = "POST"
  end
  return r
end

M.request = socket.protect(function(r, body)
  if type(r) ~= "string" then return request(r) end
  local form = M.genericform(r, body)
  local _, code, headers, status = request(form)
  return table.concat(form.target), code, headers, status
end)

return M
