-- Messages, protected calls, handlers, tracebacks and the variables that closures share.
local out = {}
local function p(...)
  local line = {}
  for i = 1, select('#', ...) do line[i] = tostring((select(i, ...))) end
  out[#out + 1] = table.concat(line, ',')
end
local function try(f, ...) p(pcall(f, ...)) end
local t = {}
try(function() return t + 1 end)
try(function() local a = {} return 1 + a end)
try(function() local a = {} return a.b.c + a end)
try(function() local s, a = 'x', {} return s + a end)
try(function() local s, a = '1', {} return s + a end)
try(function() return -t end)
try(function() local a = {b = {}} return a.b ^ 2 end)
try(function() return t.x.y end)
try(function() t.x() end)
try(function() t() end)
try(function() local q = {z = {}} q.z() end)
try(function() t:foo() end)
try(function() loadstring(('('):rep(2))() end)
try(function() local q = {z = {}} q.z.y() end)
try(function() local q = {z = {}} q['z']() end)
try(function() local q = {{}} q[1]() end)
try(function() (t)() end)
try(function() ('x')() end)
try(function() undefined(t.x.y) end)
try(function() return #nil end)
try(function() return #newproxy() end)
try(function() local u = newproxy() return #u end)
try(function() return newproxy().x end)
try(function() local u = newproxy() u.x = 1 end)
try(function() return t < t end)
try(function() return t < 1 end)
try(function() return nil < 1 end)
try(function() return 'a' < 1 end)
try(function() for i = {}, 2 do end end)
try(function() for i = 1, {} do end end)
try(function() for i = 1, 2, {} do end end)
try(function() return type() end)
try(function() return ipairs() end)
try(function() return ('x'):rep({}) end)
try(function() return ('x').rep() end)
try(function() return string.rep() end)
try(function() return setmetatable(1) end)
try(function() return ('%s'):format() end)
try(function() return string.format('%s') end)
try(function() return string.format('%d%d', 1) end)
try(function() return string.format('%') end)
try(function() return string.format('%q') end)
try(function() return string.format('%s', nil) end)
try(function() return string.format('%s', {}) end)
try(function() return string.format() end)
try(string.format, '%s')
try(function() t[nil] = 1 end)
try(function() t[0/0] = 1 end)
try(type)
try(pcall)
try(xpcall)
try(error)
try(error, nil)
try(error, 'x')
try(error, 'x', 0)
try(error, 'x', 2)
local loop = {} setmetatable(loop, {__index = loop, __newindex = loop})
try(function() return loop.x end)
try(function() loop.x = 1 end)
p(coroutine.resume(coroutine.create(function() local q = {} return q + 1 end)))
p(coroutine.resume(coroutine.create(function() return nil .. 'x' end)))
p(coroutine.resume(coroutine.create(function() local v v.x = 1 end)))
p(coroutine.resume(coroutine.create(function() for i = 1, 100 do t = t end t() end)))
p(coroutine.resume(coroutine.create(function() p(pcall(function() return t + 1 end)) return t + 2 end)))
local dead = coroutine.create(function() end) coroutine.resume(dead)
p(coroutine.resume(dead))
p(coroutine.resume(coroutine.create(function() return coroutine.resume(coroutine.running()) end)))
local outer outer = coroutine.create(function() return coroutine.resume(coroutine.create(function() return coroutine.resume(outer) end)) end)
p(coroutine.resume(outer))

-- handlers
p(xpcall(function() return t + 1 end, function(m) return 'handled ' .. m end))
p(xpcall(function() error({}) end, function(m) return type(m) end))
p(xpcall(function() local z = 7 error('e') end, function() return debug.getlocal(3, 1) end))
p(xpcall(function() error('e', 0) end, function(m) return m, 'second' end))
p(pcall(function() p(xpcall(error, function(m) return 'inner' end)) error('outer', 0) end))
local function deep() return 1 + deep() end
p(pcall(deep))
p((select(2, xpcall(deep, function(m) return 'handled ' .. m end)):gsub('\n.*', '')))
p(pcall(function() local function f() local x = {} return f() + x end f() end))

-- tracebacks, in a coroutine: below it are no calls
local function trace(n, level) if n == 0 then return debug.traceback('m', level) end return (trace(n - 1, level)) end
for _, n in ipairs { 3, 17, 18, 19, 20, 21, 22, 23, 40, 3000 } do
  p(n, coroutine.wrap(function() return trace(n, 1) end)())
  p(n, coroutine.wrap(function() return trace(n, 0) end)())
  p(n, coroutine.wrap(function() return trace(n, 3) end)())
end
local function tail(n) if n == 0 then return debug.traceback() end return tail(n - 1) end
p(coroutine.wrap(function() return (tail(5)) end)())

-- variables that closures share outlive errors that are caught, for both
local x = 1
local get, set = function() return x end, function(v) x = v end
pcall(error) x = 2
p(get()) set(3) p(x)
xpcall(error, function() end) x = 4
p(get()) set(5) p(x)
pcall(pcall, error) pcall(function() pcall(error) x = 6 end)
p(get(), x)
pcall(function() local ok = pcall(error) x = 7 error() end)
p(get(), x)
local g, h
pcall(function() local y = 5 g = function() y = y + 1 return y end h = function() return y end error() end)
local a, b, c, d, e = 1, 2, 3, 4, 5
p(g(), h(), g(), h())
xpcall(function() local y = 5 g = function() y = y + 1 return y end h = function() return y end error() end, function() end)
local function over(...) local a, b, c, d = 'a', 'b', 'c', 'd' return g(), h() end
p(over(1, 2, 3))
coroutine.resume(coroutine.create(function() local y = 5 g = function() y = y + 1 return y end h = function() return y end error() end))
p(g(), h())
p(coroutine.wrap(function() local z = 1 local k = function() return z end pcall(error) z = 7 coroutine.yield(k()) end)())
for i = 1, 3 do
  local v = i
  local f = function() return v end
  pcall(error) v = v * 10
  p(f())
end
return table.concat(out, '\n')
