-- Events of debug.sethook, and what debug tells in them; the result is a text.
local out = {}
local function say(...)
  local t = {}
  for i = 1, select('#', ...) do t[i] = tostring((select(i, ...))) end
  out[#out + 1] = table.concat(t, ' ')
end

local function short(name) return (name:gsub('.*/', '')) end

local function watch(mask, f, count)
  local lines = {}
  debug.sethook(function(event, line)
    local info = debug.getinfo(2, 'Sl')
    if info.what ~= 'C' and short(info.short_src) == 'hooks.lua' then
      lines[#lines + 1] = event:sub(1, 1) .. (line or '')
    end
  end, mask, count)
  f()
  debug.sethook()
  say(mask, table.concat(lines, ' '))
end

local function add(a, b)
  local c = a + b
  return c
end

local function loop(n)
  local s = 0
  for i = 1, n do
    s = s + i
  end
  while n > 0 do n = n - 1 end
  repeat
    n = n + 1
  until n > 2
  return s
end

local function branches(x)
  if x == 1 then
    return 'one'
  elseif x == 2 then
    return 'two'
  else
    x = x + 1
  end
  local t = { a = x, b = add(x, 2) }
  for k, v in pairs({ 1 }) do
    t[k] = v
  end
  return t
end

local function tail(n)
  if n == 0 then return 0 end
  return tail(n - 1)
end

watch('l', function() add(1, 2) end)
watch('l', function()
  add(1, 2)
  loop(3)
end)
watch('l', function() branches(1) branches(2) end)
watch('l', function() branches(3) end)
watch('l', function() local f = function() return 1 end; f() f() end)
watch('l', function()
  local function fails()
    error('x')
  end
  local ok, err = pcall(function()
    fails()
  end)
  ok = ok and err
end)
watch('l', function()
  local less = function(a, b) return a < b end
  table.sort({ 2, 1 }, less)
end)
watch('c', function() add(1, 2) loop(1) end)
watch('cr', function() add(1, 2) tail(2) end)

-- variables of the function that is stopped
do
  local seen
  debug.sethook(function(_, line)
    local list = {}
    for i = 1, 20 do
      local name, value = debug.getlocal(2, i)
      if not name then break end
      if name:sub(1, 1) ~= '(' then
        list[#list + 1] = name .. '=' .. tostring(value)
        if name == 'q' and value == 4 then debug.setlocal(2, i, 40) end
      end
    end
    seen = seen or {}
    seen[#seen + 1] = table.concat(list, ',')
  end, 'l')
  local function work(p)
    local q = p * 2
    local r = q + 1
    do
      local inner = r
      r = inner + 1
    end
    return r
  end
  local result = work(2)
  debug.sethook()
  for i = 1, #seen do
    if seen[i]:find('^p=') then say(seen[i]) end
  end
  say(result)
end

-- what is told of functions
local function describe(level, what)
  local i = debug.getinfo(level + 1, what)
  return (i.name or '-') .. '|' .. tostring(i.namewhat) .. '|' .. i.what .. '|' .. short(i.short_src) .. '|' ..
    tostring(i.currentline) .. '|' .. i.linedefined .. '|' .. i.lastlinedefined .. '|' .. tostring(i.nups)
end
local function known() say(describe(1, 'nSlu')) end
known()
local object = { method = function(self) say(describe(1, 'nSlu')) end, nested = {} }
object:method()
object.nested.f = known
object.nested.f()
globalfunction = known
globalfunction()
known = known
say(debug.getinfo(print).what, debug.getinfo(print).short_src, debug.getinfo(print).currentline, debug.getinfo(print).linedefined)
say(debug.getinfo(add, 'S').linedefined, debug.getinfo(add, 'S').lastlinedefined, debug.getinfo(add, 'f').func == add, debug.getinfo(add, 'n').name)
say(short(debug.getinfo(1, 'S').source), debug.getinfo(1, 'S').what, debug.getinfo(100))
say(debug.getinfo(loadstring('return 1\n', '=named')).source, debug.getinfo(loadstring('return 1')).source, debug.getinfo(loadstring('return 1')).short_src)
do
  local lines, list = debug.getinfo(add, 'L').activelines, {}
  for n in pairs(lines) do list[#list + 1] = n end
  table.sort(list)
  say(table.concat(list, ' '))
end
say(pcall(debug.getinfo, 1, 'x'))
say(pcall(debug.getlocal, 50, 1))
say(debug.getlocal(1, 0), debug.getlocal(1, -1))

-- of threads
local co = coroutine.create(function(a)
  local b = a + 1
  coroutine.yield(b)
  return b
end)
coroutine.resume(co, 5)
say(debug.getinfo(co, 1, 'l').currentline, debug.getlocal(co, 1, 1))
say(debug.getlocal(co, 1, 2))
say(debug.setlocal(co, 1, 2, 9), select(2, coroutine.resume(co)))
do
  local lines = {}
  local c = coroutine.create(function()
    local x = 1
    coroutine.yield()
    x = 2
  end)
  debug.sethook(c, function(event, line) lines[#lines + 1] = line end, 'l')
  say(debug.gethook() == nil, select(2, debug.gethook(c)))
  coroutine.resume(c)
  coroutine.resume(c)
  debug.sethook(c)
  say(table.concat(lines, ' '))
end

-- count, and hooks that end themselves
do
  local n = 0
  debug.sethook(function(event) n = n + 1 if n == 3 then debug.sethook() end end, '', 100)
  local x = 0
  for i = 1, 10000 do x = x + i end
  say(n, debug.gethook() == nil)
end
do
  local f = function() end
  debug.sethook(f, 'lcr', 7)
  local a, b, c = debug.gethook()
  debug.sethook()
  say(a == f, b, c)
end

-- an error in a hook is one of the function
say((select(2, pcall(function()
  debug.sethook(function() debug.sethook() error('from the hook', 0) end, 'l')
  local x = 1
end))))

-- lines of errors in expressions over several lines
for _, text in ipairs{
  'local a\nlocal x = 1 +\n a +\n 2', 'local a\nlocal x = "x" ..\n a ..\n "y"', 'local a = {}\nif a\n <\n a\n then end', 'local a\nlocal x = -\na',
  'local x = {} local a\nx = (1\n + 2)\n * a\n', 'local a\nreturn {\n1,\n1 + a,\n2\n}', 'local a\nreturn #\na', 'local a = 1\nreturn a and\n (a .. {})\n or 5',
} do say(select(2, pcall(loadstring(text, '=t')))) end

-- tracebacks
local function inner() error('deep') end
local function middle() inner() end
say(select(2, xpcall(function() middle() end, function(m) return (debug.traceback(m):gsub('[^\n]*/', ''):match('^(.-middle)')) end)))
say(debug.traceback({}) ~= nil, type(debug.traceback({})))
local c2 = coroutine.create(function() local function waits() coroutine.yield() end waits() end)
coroutine.resume(c2)
say((debug.traceback(c2):gsub('[^\n%s]*/', '')))
say((debug.traceback(c2, 'message', 1):gsub('[^\n%s]*/', '')))
return table.concat(out, '\n')
