-- A VectaraJobDiscovery creates a VectaraJob for each job that matches. Its health says nothing of how the jobs fare. Its
-- conditions follow kstatus: Reconciling and Stalled are there only while True, and never both, but Reconciling may stand
-- beside a Ready of before. status.observedGeneration is -1 in a new object.

local function condition(kind)
  if obj.status == nil or obj.status.conditions == nil then
    return nil
  end
  for _, c in ipairs(obj.status.conditions) do
    if c.type == kind and c.status == "True" then
      return c
    end
  end
  return nil
end

local hs = {}

-- Nothing is listed and nothing is created, so that whatever status says may be old.
if obj.spec ~= nil and obj.spec.suspend == true then
  hs.status = "Suspended"
  hs.message = "The VectaraJobDiscovery is suspended"
  return hs
end

if obj.status == nil or obj.status.observedGeneration ~= obj.metadata.generation then
  hs.status = "Progressing"
  hs.message = "Waiting for the operator"
  return hs
end

-- A person has to see to something.
local stalled = condition("Stalled")
if stalled ~= nil then
  hs.status = "Degraded"
  hs.message = stalled.message
  return hs
end

local reconciling = condition("Reconciling")
if reconciling ~= nil then
  hs.status = "Progressing"
  hs.message = reconciling.message
  return hs
end

local ready = condition("Ready")
if ready ~= nil then
  hs.status = "Healthy"
  hs.message = ready.message
  return hs
end

hs.status = "Progressing"
hs.message = "Waiting for the jobs to be listed"
return hs
