-- Addresses for wrk, from a file of one a line: each request the next one, and never the same twice, so that every page is made anew.
--   wrk -s bench/year.lua URL -- FILE
local paths, n = {}, 0

init = function(args)
   for line in io.lines(args[1]) do paths[#paths + 1] = line end
end

request = function()
   n = n + 1
   local path = paths[n % #paths + 1]
   return wrk.format("GET", path .. (string.find(path, "?", 1, true) and "&" or "?") .. "n=" .. n)
end
