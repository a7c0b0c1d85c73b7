local suspended = obj.spec.suspend == true

local actions = {}
actions["recheck"] = {["disabled"] = suspended}
actions["suspend"] = {["disabled"] = suspended}
actions["resume"] = {["disabled"] = not suspended}
return actions
