-- Sources, sinks, filters and pumps (API of LTN12).
local M = { BLOCKSIZE = 2048, _VERSION = "LTN12 1.0.3", filter = {}, source = {}, sink = {}, pump = {} }
local filter, source, sink, pump = M.filter, M.source, M.sink, M.pump

-- A high-level filter from a low-level one, its first state and an argument.
function filter.cycle(low, state, extra)
  return function(chunk)
    local out
    out, state = low(state, chunk, extra)
    return out
  end
end

-- Filters one after the other. A filter may give less than it has: it is asked
-- again with "" until it has no more, and with nil at the end.
function filter.chain(...)
  local fs, n = { ... }, select("#", ...)
  local function run(i, chunk)
    for k = i, n do
      if chunk == nil then
        local tail = fs[k](nil)
        if tail ~= nil and k < n then
          local a = run(k + 1, tail)
          local b = run(k + 1, nil)
          if a and b then return a .. b end
          return a or b
        end
        chunk = tail
      else
        chunk = fs[k](chunk)
        if chunk == nil then return "" end
      end
    end
    return chunk
  end
  return function(chunk) return run(1, chunk) end
end

function source.empty() return function() return nil end end
function source.error(err) return function() return nil, err end end

function source.file(handle, err)
  if not handle then return source.error(err or "unable to open file") end
  return function()
    local chunk = handle:read(M.BLOCKSIZE)
    if not chunk then handle:close() end
    return chunk
  end
end

function source.simplify(src)
  return function()
    local chunk, nextsrc = src()
    src = nextsrc or src
    if chunk then return chunk end
    return nil, nextsrc
  end
end

function source.string(s)
  if not s then return source.empty() end
  local at = 1
  return function()
    local chunk = s:sub(at, at + M.BLOCKSIZE - 1)
    at = at + M.BLOCKSIZE
    if chunk ~= "" then return chunk end
  end
end

function source.table(t)
  local i = 0
  return function() i = i + 1 return t[i] end
end

function source.rewind(src)
  local kept = {}
  return function(chunk)
    if chunk then kept[#kept + 1] = chunk return 1 end
    if #kept > 0 then return table.remove(kept) end
    return src()
  end
end

function source.chain(src, f, ...)
  if ... then f = filter.chain(f, ...) end
  local done = false
  return function()
    while not done do
      local chunk, err = src()
      if err then return nil, err end
      if chunk == nil then
        done = true
        local tail = f(nil)
        if tail ~= "" then return tail end
        return nil
      end
      local out = f(chunk)
      if out and out ~= "" then return out end
    end
  end
end

function source.cat(...)
  local list = { ... }
  return function()
    while list[1] do
      local chunk, err = list[1]()
      if chunk then return chunk end
      if err then return nil, err end
      table.remove(list, 1)
    end
  end
end

function sink.table(t)
  t = t or {}
  return function(chunk)
    if chunk then t[#t + 1] = chunk end
    return 1
  end, t
end

function sink.null() return function() return 1 end end
function sink.error(err) return function() return nil, err end end

function sink.file(handle, err)
  if not handle then return sink.error(err or "unable to open file") end
  return function(chunk)
    if not chunk then handle:close() return 1 end
    return handle:write(chunk)
  end
end

function sink.simplify(snk)
  return function(chunk, err)
    local ok, nextsnk = snk(chunk, err)
    if not ok then return nil, nextsnk end
    snk = nextsnk or snk
    return 1
  end
end

function sink.chain(f, snk, ...)
  if ... then
    local all = { f, snk, ... }
    snk = table.remove(all)
    f = filter.chain(unpack(all))
  end
  return function(chunk, err)
    local out = f(chunk)
    if chunk == nil then
      if out and out ~= "" then
        local ok, why = snk(out, err)
        if not ok then return nil, why end
      end
      return snk(nil, err)
    end
    if out == nil or out == "" then return 1 end
    return snk(out, err)
  end
end

function pump.step(src, snk)
  local chunk, serr = src()
  local ok, kerr = snk(chunk, serr)
  if chunk and ok then return 1 end
  return nil, serr or kerr
end

function pump.all(src, snk, step)
  step = step or pump.step
  while true do
    local ok, err = step(src, snk)
    if not ok then
      if err then return nil, err end
      return 1
    end
  end
end

return M
