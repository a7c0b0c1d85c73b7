// SPDX-License-Identifier: Apache-2.0

package gitops

import (
	"path"
	"reflect"
	"testing"

	lua "github.com/yuin/gopher-lua"
	"sigs.k8s.io/yaml"
)

const actionsFolder = customization + "/actions"

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

func loadActionTests(t *testing.T) actionTests {
	t.Helper()
	var tests actionTests
	if err := yaml.UnmarshalStrict([]byte(read(t, actionsFolder+"/action_test.yaml")), &tests); err != nil {
		t.Fatal(err)
	}
	if len(tests.Discovery) == 0 || len(tests.Actions) == 0 {
		t.Fatal("there is nothing to test")
	}
	return tests
}

// runAction runs a script of the folder over an object of the folder, and returns the table that it returned.
func runAction(t *testing.T, script, input string) map[string]any {
	t.Helper()
	result, err := runLua(t.Context(), read(t, actionsFolder+"/"+script), load(t, path.Join(actionsFolder, input)).Object)
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
	for _, c := range loadActionTests(t).Discovery {
		t.Run(c.InputPath, func(t *testing.T) {
			want := map[string]any{}
			for _, action := range c.Result {
				want[action.Name] = map[string]any{"disabled": action.Disabled}
			}
			if got := runAction(t, "discovery.lua", c.InputPath); !reflect.DeepEqual(got, want) {
				t.Errorf("got %v, want %v", got, want)
			}
		})
	}
}

func TestActionsChangeWhatTheyShould(t *testing.T) {
	for _, c := range loadActionTests(t).Actions {
		t.Run(c.Action, func(t *testing.T) {
			want := load(t, path.Join(actionsFolder, c.ExpectedOutputPath)).Object
			if got := runAction(t, c.Action+"/action.lua", c.InputPath); !reflect.DeepEqual(got, want) {
				t.Errorf("got\n%v\nwant\n%v", got, want)
			}
		})
	}
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
