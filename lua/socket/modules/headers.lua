-- Canonic spelling of header names.
local M = { canonic = {} }
setmetatable(M.canonic, {
  __index = function(_, name)
    if type(name) ~= "string" then return nil end
    return (name:gsub("(%a)([%w]*)", function(a, b) return a:upper() .. b end))
  end,
})
return M
