-- URLs by RFC 3986 (API of LuaSocket's url).
local M = { _VERSION = "URL 1.0.3" }

function M.escape(s)
  return (s:gsub("[^A-Za-z0-9_]", function(c) return string.format("%%%02x", c:byte()) end))
end

function M.unescape(s)
  return (s:gsub("%%(%x%x)", function(hex) return string.char(tonumber(hex, 16)) end))
end

function M.parse(url, default)
  local u = {}
  for k, v in pairs(default or {}) do u[k] = v end
  if not url or url == "" then return nil, "invalid url" end
  local function take(pattern, key)
    url = url:gsub(pattern, function(v) u[key] = v return "" end, 1)
  end
  take("#(.*)$", "fragment")
  take("^([%w][%w%+%-%.]*)%:", "scheme")
  take("^//([^/%?]*)", "authority")
  take("%?(.*)", "query")
  take("%;(.*)", "params")
  if url ~= "" then u.path = url end
  local authority = u.authority
  if not authority then return u end
  authority = authority:gsub("^([^@]*)@", function(v) u.userinfo = v return "" end)
  authority = authority:gsub(":([^:%]]*)$", function(v) u.port = v return "" end)
  if authority ~= "" then u.host = authority:match("^%[(.+)%]$") or authority end
  if u.userinfo then
    u.user, u.password = u.userinfo:match("^([^:]*):?(.*)$")
    if not u.userinfo:find(":", 1, true) then u.password = nil end
  end
  return u
end

function M.parse_path(path)
  local parts = {}
  path = path or ""
  for part in path:gmatch("[^/]+") do parts[#parts + 1] = M.unescape(part) end
  if path:sub(1, 1) == "/" then parts.is_absolute = 1 end
  if path:sub(-1) == "/" then parts.is_directory = 1 end
  return parts
end

function M.build_path(parts, unsafe)
  local out = {}
  for i, part in ipairs(parts) do out[i] = unsafe and part or M.escape(part) end
  local path = table.concat(out, "/")
  if #out > 0 and parts.is_directory then path = path .. "/" end
  if parts.is_absolute then path = "/" .. path end
  return path
end

function M.build(u)
  local url = u.path or ""
  if u.params then url = url .. ";" .. u.params end
  if u.query then url = url .. "?" .. u.query end
  local authority = u.authority
  if u.host then
    authority = u.host:find(":", 1, true) and "[" .. u.host .. "]" or u.host
    if u.port then authority = authority .. ":" .. tostring(u.port) end
    local userinfo = u.userinfo
    if u.user then
      userinfo = u.user
      if u.password then userinfo = userinfo .. ":" .. u.password end
    end
    if userinfo then authority = userinfo .. "@" .. authority end
  end
  if authority then url = "//" .. authority .. url end
  if u.scheme then url = u.scheme .. ":" .. url end
  if u.fragment then url = url .. "#" .. u.fragment end
  return url
end

-- remove_dots is RFC 3986 5.2.4.
local function remove_dots(path)
  local out = {}
  local absolute = path:sub(1, 1) == "/"
  for part in (path .. "/"):gmatch("([^/]*)/") do
    if part == ".." then
      if #out > 0 and out[#out] ~= "" then table.remove(out) end
    elseif part ~= "." then
      out[#out + 1] = part
    end
  end
  local result = table.concat(out, "/")
  if path:find("/%.%.?$") then result = result .. "/" end
  if absolute and result:sub(1, 1) ~= "/" then result = "/" .. result end
  return result
end

function M.absolute(base, relative)
  local b = base
  if type(base) == "table" then base = M.build(base) else b = M.parse(base) end
  local r = M.parse(relative)
  if not b then return relative end
  if not r then return base end
  if r.scheme then return relative end
  r.scheme = b.scheme
  if not r.authority then
    r.authority, r.host, r.port, r.userinfo, r.user, r.password = b.authority, b.host, b.port, b.userinfo, b.user, b.password
    if not r.path then
      r.path = b.path
      if not r.params then
        r.params = b.params
        if not r.query then r.query = b.query end
      end
    elseif r.path:sub(1, 1) ~= "/" then
      r.path = remove_dots((b.path or "/"):gsub("[^/]*$", "") .. r.path)
    end
  end
  return M.build(r)
end

return M
