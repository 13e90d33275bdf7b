-- Filters of mail bodies (API of LuaSocket's mime).
local core = require("mime.core")
local ltn12 = require("ltn12")
local M = { _VERSION = "MIME 1.0.3", encodet = {}, decodet = {}, wrapt = {} }
for name, f in pairs(core) do M[name] = f end

M.encodet["base64"] = function() return ltn12.filter.cycle(core.b64, "") end
M.encodet["quoted-printable"] = function(mode)
  return ltn12.filter.cycle(core.qp, "", mode == "binary" and "=0D=0A" or "\r\n")
end
M.decodet["base64"] = function() return ltn12.filter.cycle(core.unb64, "") end
M.decodet["quoted-printable"] = function() return ltn12.filter.cycle(core.unqp, "") end

local function wrap(low)
  return function(length)
    length = length or 76
    local left = length
    return function(chunk)
      local out
      out, left = low(left, chunk, length)
      return out
    end
  end
end
M.wrapt["text"] = wrap(core.wrp)
M.wrapt["base64"] = M.wrapt["text"]
M.wrapt["default"] = M.wrapt["text"]
M.wrapt["quoted-printable"] = wrap(core.qpwrp)

local function choose(list, default)
  return function(name, a, b)
    if type(name) ~= "string" then name, a, b = default, name, a end
    local make = list[name or "nil"]
    if not make then error("unknown key (" .. tostring(name) .. ")", 3) end
    return make(a, b)
  end
end
M.encode = choose(M.encodet, "default")
M.decode = choose(M.decodet, "default")
M.wrap = choose(M.wrapt, "default")

function M.normalize(marker) return ltn12.filter.cycle(core.eol, 0, marker) end
function M.stuff() return ltn12.filter.cycle(core.dot, 2) end

return M
