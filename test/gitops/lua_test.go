// SPDX-License-Identifier: Apache-2.0

package gitops

import (
	"context"
	"fmt"
	"time"

	lua "github.com/yuin/gopher-lua"
)

// luaTimeout is how long Argo CD lets a script run.
const luaTimeout = time.Second

// verdict is what a health check returns.
type verdict struct {
	Status  string `json:"status"`
	Message string `json:"message"`
}

// runLua runs a script as Argo CD does (util/lua/lua.go there): the object is the global obj, and of the standard
// libraries it has the basic one, package and table, and of os only date and time.
func runLua(ctx context.Context, script string, object map[string]any) (lua.LValue, error) {
	ctx, cancel := context.WithTimeout(ctx, luaTimeout)
	defer cancel()
	state := lua.NewState(lua.Options{SkipOpenLibs: true})
	defer state.Close()
	state.SetContext(ctx)
	for name, open := range map[string]lua.LGFunction{
		lua.LoadLibName: lua.OpenPackage, lua.BaseLibName: lua.OpenBase, lua.TabLibName: lua.OpenTable,
	} {
		if err := state.CallByParam(lua.P{Fn: state.NewFunction(open), Protect: true}, lua.LString(name)); err != nil {
			return nil, err
		}
	}
	state.PreloadModule(lua.OsLibName, safeOS)
	state.SetGlobal("obj", toLua(state, object))
	if err := state.DoString(script); err != nil {
		return nil, err
	}
	return state.Get(-1), nil
}

// safeOS is the part of os that Argo CD lets scripts have: here only what the scripts need, at a fixed time.
func safeOS(state *lua.LState) int {
	state.Push(state.SetFuncs(state.NewTable(), map[string]lua.LGFunction{
		"date": func(state *lua.LState) int {
			state.Push(lua.LString("2026-01-01T00:00:00Z"))
			return 1
		},
	}))
	return 1
}

func health(ctx context.Context, script string, object map[string]any) (verdict, error) {
	result, err := runLua(ctx, script, object)
	if err != nil {
		return verdict{}, err
	}
	table, ok := result.(*lua.LTable)
	if !ok {
		return verdict{}, fmt.Errorf("the script returned a %s, not a table", result.Type())
	}
	return verdict{Status: lua.LVAsString(table.RawGetString("status")), Message: lua.LVAsString(table.RawGetString("message"))}, nil
}

// toLua makes a Lua value of what a JSON or YAML decoder gives.
func toLua(state *lua.LState, value any) lua.LValue {
	switch value := value.(type) {
	case bool:
		return lua.LBool(value)
	case int64:
		return lua.LNumber(value)
	case float64:
		return lua.LNumber(value)
	case string:
		return lua.LString(value)
	case []any:
		table := state.NewTable()
		for _, item := range value {
			table.Append(toLua(state, item))
		}
		return table
	case map[string]any:
		table := state.NewTable()
		for key, item := range value {
			table.RawSetString(key, toLua(state, item))
		}
		return table
	default:
		return lua.LNil
	}
}
