// SPDX-License-Identifier: Apache-2.0

package gitops

import (
	"path"
	"reflect"
	"testing"

	lua "github.com/yuin/gopher-lua"
	"sigs.k8s.io/yaml"
)

func actionsFolder(kind string) string { return customization(kind) + "/actions" }

// actionTests is action_test.yaml, as Argo CD defines it.
type actionTests struct {
	Discovery []struct {
		InputPath string `json:"inputPath"`
		Result    []struct {
			Name     string `json:"name"`
			Disabled bool   `json:"disabled"`
		} `json:"result"`
	} `json:"discoveryTests"`
	Actions []struct {
		Action             string `json:"action"`
		InputPath          string `json:"inputPath"`
		ExpectedOutputPath string `json:"expectedOutputPath"`
	} `json:"actionTests"`
}

func loadActionTests(t *testing.T, kind string) actionTests {
	t.Helper()
	var tests actionTests
	if err := yaml.UnmarshalStrict([]byte(read(t, actionsFolder(kind)+"/action_test.yaml")), &tests); err != nil {
		t.Fatal(err)
	}
	if len(tests.Discovery) == 0 || len(tests.Actions) == 0 {
		t.Fatal("there is nothing to test")
	}
	return tests
}

// runAction runs a script of a kind's folder over an object of that folder, and returns the table that it returned.
func runAction(t *testing.T, kind, script, input string) map[string]any {
	t.Helper()
	result, err := runLua(t.Context(), read(t, actionsFolder(kind)+"/"+script), load(t, path.Join(actionsFolder(kind), input)).Object)
	if err != nil {
		t.Fatal(err)
	}
	fields, ok := fromLua(result).(map[string]any)
	if !ok {
		t.Fatalf("%s returned %v", script, result)
	}
	return fields
}

func TestActionsThatAreOffered(t *testing.T) {
	forEachKind(t, func(t *testing.T, kind string) {
		for _, c := range loadActionTests(t, kind).Discovery {
			t.Run(c.InputPath, func(t *testing.T) {
				want := map[string]any{}
				for _, action := range c.Result {
					want[action.Name] = map[string]any{"disabled": action.Disabled}
				}
				if got := runAction(t, kind, "discovery.lua", c.InputPath); !reflect.DeepEqual(got, want) {
					t.Errorf("got %v, want %v", got, want)
				}
			})
		}
	})
}

func TestActionsChangeWhatTheyShould(t *testing.T) {
	forEachKind(t, func(t *testing.T, kind string) {
		for _, c := range loadActionTests(t, kind).Actions {
			t.Run(c.Action, func(t *testing.T) {
				want := load(t, path.Join(actionsFolder(kind), c.ExpectedOutputPath)).Object
				if got := runAction(t, kind, c.Action+"/action.lua", c.InputPath); !reflect.DeepEqual(got, want) {
					t.Errorf("got\n%v\nwant\n%v", got, want)
				}
			})
		}
	})
}

// fromLua is the opposite of toLua. A table with a first element is a list.
func fromLua(value lua.LValue) any {
	switch value := value.(type) {
	case lua.LBool:
		return bool(value)
	case lua.LNumber:
		return float64(value)
	case lua.LString:
		return string(value)
	case *lua.LTable:
		if value.Len() > 0 {
			list := make([]any, 0, value.Len())
			value.ForEach(func(_, item lua.LValue) { list = append(list, fromLua(item)) })
			return list
		}
		fields := map[string]any{}
		value.ForEach(func(key, item lua.LValue) { fields[key.String()] = fromLua(item) })
		return fields
	default:
		return nil
	}
}
