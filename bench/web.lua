-- Addresses for wrk: each request another one, in a fixed order. wrk -s bench/web.lua URL -- KIND
--   list    a page of 50 records, one state, by a column; never the same address twice, so that every page is made anew
--   deep    the same, any page of it
--   api     the same as JSON
--   kept    40 pages of them as JSON, again and again: what the server keeps while nothing is written
--   again   the same of pages
--   search  words that some records have
--   one     the page of one record
local kind, pages, items, n = "list", 1, 1, 0
local sorts = {"title", "-title", "period_from", "-period_from", "-changed", "owner"}
local states = {"received", "accepted", "rejected"}
local words = {"payroll", "billing", "warehouse", "gateway", "vault", "monitoring", "staging", "laptops"}
local acts = {"backup", "firewall", "restore", "ticket", "review", "scan"}

init = function(args)
   kind, pages, items = args[1] or "list", tonumber(args[2]) or 1, tonumber(args[3]) or 1
end

local function filter(i, page)
   return "sort=" .. sorts[i % #sorts + 1] .. "&state=" .. states[i % #states + 1] .. "&page=" .. page
end

request = function()
   n = n + 1
   local path
   if kind == "list" then path = "/records/evidence?" .. filter(n, n % 4 + 1) .. "&n=" .. n
   elseif kind == "deep" then path = "/records/evidence?" .. filter(n, n * 7919 % pages + 1) .. "&n=" .. n
   elseif kind == "api" then path = "/api/v1/records/evidence?" .. filter(n, n % 4 + 1) .. "&n=" .. n
   elseif kind == "kept" then path = "/api/v1/records/evidence?" .. filter(n % 40, n % 4 + 1)
   elseif kind == "again" then path = "/records/evidence?" .. filter(n % 40, n % 4 + 1)
   elseif kind == "search" then path = "/api/v1/search?q=" .. acts[n % #acts + 1] .. "+" .. words[n % #words + 1] .. "&n=" .. n
   else path = string.format("/records/evidence/EV-%04d?n=%d", n * 7919 % items + 1, n) end
   return wrk.format("GET", path)
end
