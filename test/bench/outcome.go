// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"
)

// outcome is everything that a run measured.
type outcome struct {
	Began    time.Time `json:"began"`
	Machine  machine   `json:"machine"`
	Sizes    []int     `json:"sizes"`
	Figures  []figure  `json:"figures"`
	Failures []failure `json:"failures,omitempty"`
}

// failure is a scenario that could not be measured.
type failure struct {
	Scenario string `json:"scenario"`
	Size     int    `json:"size"`
	Reason   string `json:"reason"`
}

func (o *outcome) add(scenario string, size int, figures []figure) {
	for _, f := range figures {
		f.Scenario, f.Size = scenario, size
		o.Figures = append(o.Figures, f)
	}
}

// find returns the figure of a scenario at a size.
func (o *outcome) find(scenario, name string, size int) (figure, bool) {
	for _, f := range o.Figures {
		if f.Scenario == scenario && f.Name == name && f.Size == size {
			return f, true
		}
	}
	return figure{}, false
}

// addMemoryPerObject works out from two sizes what one object costs.
func (o *outcome) addMemoryPerObject() {
	if len(o.Sizes) < 2 {
		return
	}
	small, large := o.Sizes[0], o.Sizes[len(o.Sizes)-1]
	less, ok := o.find(steadyName, rssName, small)
	more, okToo := o.find(steadyName, rssName, large)
	if !ok || !okToo {
		return
	}
	perObject := (more.Value - less.Value) * (1 << 20) / float64(large-small)
	o.add(steadyName, large, []figure{{
		Name: fmt.Sprintf("memory per object, against %s", grouped(small)), Value: perObject, Unit: byteCount,
	}})
}

// failed is an error if something could not be measured.
func (o *outcome) failed() error {
	var problems []error
	for _, f := range o.Failures {
		problems = append(problems, fmt.Errorf("%s at %s could not be measured: %s", f.Scenario, grouped(f.Size), f.Reason))
	}
	return errors.Join(problems...)
}

// write stores the outcome as JSON; an empty name means nowhere.
func (o *outcome) write(name string) error {
	if name == "" {
		return nil
	}
	data, err := json.MarshalIndent(o, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(name, append(data, '\n'), 0o600)
}
