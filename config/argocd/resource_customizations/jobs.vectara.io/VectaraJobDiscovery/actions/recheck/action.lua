-- Has the jobs listed now.
local os = require("os")
if obj.metadata.annotations == nil then
  obj.metadata.annotations = {}
end
obj.metadata.annotations["jobs.vectara.io/requestedAt"] = "By Argo CD at: " .. os.date("!%Y-%m-%dT%XZ")
return obj
