-- Sockets with sources and sinks (API of LuaSocket).
local core = require("socket.core")
local M = { sourcet = {}, sinkt = {}, BLOCKSIZE = 2048 }
for name, v in pairs(core) do M[name] = v end

function M.choose(list)
  return function(name, a, b)
    if type(name) ~= "string" then name, a, b = "default", name, a end
    local make = list[name or "nil"]
    if not make then error("unknown key (" .. tostring(name) .. ")", 3) end
    return make(a, b)
  end
end

local function handle(sock, f)
  return setmetatable({ getfd = function() return sock:getfd() end, dirty = function() return sock:dirty() end }, { __call = f })
end

M.sinkt["close-when-done"] = function(sock)
  return handle(sock, function(_, chunk, err)
    if chunk then return sock:send(chunk) end
    sock:close()
    return 1
  end)
end
M.sinkt["keep-open"] = function(sock)
  return handle(sock, function(_, chunk, err)
    if chunk then return sock:send(chunk) end
    return 1
  end)
end
M.sinkt["default"] = M.sinkt["keep-open"]
M.sink = M.choose(M.sinkt)

M.sourcet["by-length"] = function(sock, left)
  return handle(sock, function()
    if left <= 0 then return nil end
    local chunk, err = sock:receive(math.min(left, M.BLOCKSIZE))
    if err then return nil, err end
    left = left - #chunk
    return chunk
  end)
end
M.sourcet["until-closed"] = function(sock)
  local done
  return handle(sock, function()
    if done then return nil end
    local chunk, err, part = sock:receive(M.BLOCKSIZE)
    if not err then return chunk end
    if err == "closed" then
      sock:close()
      done = true
      return part ~= "" and part or nil
    end
    return nil, err
  end)
end
M.sourcet["default"] = M.sourcet["until-closed"]
M.source = M.choose(M.sourcet)

_G.socket = _G.socket or M
return M
